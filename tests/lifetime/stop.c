/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ends that are meant: on_stop, stop --release, disarm, the kernel's command line; and a host that has no
 * bpf file system.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

static const char released[] = KEPT_HEAD "mode: enforce\non_stop: release\n" KEPT_BODY;
static const char second[] =
	"version: 1\ninstance: second\nroot: @ROOT@\nallow_partial: @PARTIAL@\n"
	"mode: enforce\non_stop: release\n"
	"executables:\n  second: { path: \"${root}/bin/second\", entry: true }\n"
	"exec: off\nsockets: off\nlibrary: off\nbind: off\nconnect: []\n";

#define ACT "socket udp, connect 127.0.0.1:" UNLISTED

static void stop_keep(void)
{
	if (!tap_ok(start_kept() && refused(), "stop: a daemon enforces"))
		return;
	tap_ok(daemon_stop(SIGTERM) == 0 && refused() && daemon_said("stay in force"),
	       "stop: on_stop: keep, the default when enforcing: verdicts stay");
	tap_ok(daemon_start() && refused(), "stop: and the next daemon takes over");
	tap_ok(client(NULL, "stop", NULL) == 0 && daemon_wait() == 0 && refused(),
	       "stop: the same by `stop`");
	tap_ok(daemon_start() && client(NULL, "stop", "--release", NULL) == 0 &&
		       daemon_wait() == 0 && passes() && pins_count("") == 0,
	       "stop: `stop --release` takes all out");
}

static void stop_release(void)
{
	policy_write("kept", released);
	tap_ok(daemon_start() && status_await_trust(NULL) && refused() &&
		       daemon_stop(SIGTERM) == 0 && passes() && pins_count("") == 0,
	       "stop: on_stop: release takes all out");
	tap_ok(daemon_said("instance kept: enforcing ends"), "stop: and that is told");
	policy_write("kept", KEPT_HEAD "mode: audit\n" KEPT_BODY);
	tap_ok(daemon_start() && daemon_stop(SIGTERM) == 0 && pins_count("") == 0,
	       "stop: in audit mode that is the default");
	policy_write("kept", kept);
	policy_write("second", second);
	world_copy(world.actor, world_path("bin/second"));
	tap_ok(daemon_start() && status_await_trust(NULL) && refused() &&
		       act_run("second", ACT).kind == OUTCOME_FAILED,
	       "stop: two instances, one kept");
	tap_ok(daemon_stop(SIGTERM) == 0 && refused() &&
		       act_run("second", ACT).kind == OUTCOME_DONE,
	       "stop: the one stays in force, the other does not");
	tap_ok(daemon_said("instance second: enforcing ends"), "stop: which is told");
	tap_ok(daemon_start() && refused() && act_run("second", ACT).kind == OUTCOME_FAILED,
	       "stop: and is back with the next daemon");
	policy_write("second", "");
	clean();
}

static int disarm(char **ret_output)
{
	char option[PATH_MAX], runtime[PATH_MAX];
	char *const argv[] = { (char *)world.program, (char *)"disarm", option, runtime, NULL };

	snprintf(option, sizeof(option), "--pin-dir=%s", world_path("bpf/pins"));
	snprintf(runtime, sizeof(runtime), "--runtime-dir=%s", world_path("run"));
	return program_run(argv, ret_output);
}

static void stop_disarm(void)
{
	char *output = NULL;
	int status;

	if (!tap_ok(start_kept() && refused(), "disarm: a daemon enforces"))
		return;
	daemon_stop(SIGKILL);
	status = disarm(&output);
	if (!tap_ok(status == 0 && strstr(output, "disarmed") && passes() && pins_count("") == 0,
		    "disarm: with the daemon dead everything goes"))
		tap_note("exit status %d: %s", status, output);
	free(output);
	tap_ok(disarm(NULL) == 1, "disarm: nothing is there a second time");
	tap_ok(start_kept() && refused(), "disarm: a daemon enforces again");
	kill(daemon_pid(), SIGSTOP);
	tap_ok(disarm(NULL) == 0 && passes(), "disarm: with the daemon hung everything goes");
	kill(daemon_pid(), SIGCONT);
	tap_ok(daemon_wait() == 0 && daemon_said("taken out (disarm)"),
	       "disarm: the daemon notices, and ends with success");
}

static void stop_command_line(void)
{
	world_write("cmdline", 0644, "quiet cachewarden=off root=/dev/vda\n");
	if (mount(world_path("cmdline"), "/proc/cmdline", NULL, MS_BIND, NULL)) {
		tap_skip("no bind mount over /proc/cmdline", "off: on the kernel's command line");
		return;
	}
	policy_write("kept", kept);
	daemon_launch();
	tap_ok(daemon_wait() == 0 && daemon_said("cachewarden=off") && passes(),
	       "off: cachewarden=off on the kernel's command line");
	umount("/proc/cmdline");
}

/* Nothing is pinned where it looks, and yet operations are refused: that must not sound like success. */
static void unpinned_disarm(void)
{
	char *output = NULL, who[64];
	int status = disarm(&output);

	snprintf(who, sizeof(who), "(process %d) goes on", (int)daemon_pid());
	if (!tap_ok(status == 1 && refused() && strstr(output, who) && strstr(output, "kill -9"),
		    "unpinned: disarm says who goes on judging, and what ends it"))
		tap_note("exit status %d: %s", status, output);
	free(output);
	daemon_stop(SIGKILL);
	status = disarm(&output);
	tap_ok(status == 1 && !strstr(output, "goes on"),
	       "unpinned: and that nobody does any more");
	free(output);
}

static void stop_unpinned(void)
{
	char option[PATH_MAX];

	clean();
	snprintf(option, sizeof(option), "--pin-dir=%s", world_path("pins"));
	daemon_how.option = option;
	policy_write("kept", kept);
	daemon_launch();
	tap_ok(daemon_wait() == 3 && daemon_said("not in a bpf file system") &&
		       daemon_said("mount -t bpf") && passes(),
	       "unpinned: what is to be kept and cannot be, is an error");
	policy_write("kept", released);
	tap_ok(daemon_start() && daemon_said("nothing is pinned") && status_await_trust(NULL) &&
		       refused(),
	       "unpinned: else there is a warning");
	daemon_stop(SIGKILL);
	tap_ok(passes(), "unpinned: verdicts end with the daemon");
	daemon_how.option = "--pin-dir=none";
	policy_write("kept", kept);
	tap_ok(daemon_start() && status_await_trust(NULL) && refused(),
	       "unpinned: --pin-dir=none is taken at its word");
	unpinned_disarm();
	tap_ok(passes(), "unpinned: and ends with the daemon too");
	policy_write("kept", "");
	tap_ok(daemon_start() && client(NULL, "mode", "enforce", NULL) == 2,
	       "unpinned: without a policy there is no mode to change");
}

void scene_stop(void)
{
	stop_keep();
	stop_release();
	stop_disarm();
	stop_command_line();
	stop_unpinned();
}

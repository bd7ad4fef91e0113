/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that is killed changes no verdict; the next takes over what is pinned, delivers what nobody
 * read, and goes on counting. What is not what was pinned is refused, with a list.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

#define WHILE_DEAD 20

static bool adds_up(const struct json *status)
{
	const char *said = json_get(status, "adds_up");

	return said && strcmp(said, "true") == 0;
}

static void adopt_killed(void)
{
	unsigned long long judged;
	struct json status;
	struct records records;
	bool all = true;

	daemon_how.records = records_path();
	tap_ok(passes(), "adopt: ungoverned, the act succeeds");
	if (!tap_ok(start_kept() && refused(), "adopt: a daemon enforces"))
		return;
	daemon_stop(SIGKILL);
	for (int i = 0; i < WHILE_DEAD; i++)
		all &= refused();
	tap_ok(all, "adopt: killed with -9, verdicts are unchanged");
	tap_ok(daemon_start() && daemon_said("took over what is pinned"),
	       "adopt: the next takes over");
	daemon_status(&status);
	judged = status_judged(&status, "connect", "deny");
	tap_ok(judged == WHILE_DEAD + 1 && adds_up(&status),
	       "adopt: counters went on, and add up (%llu)", judged);
	json_release(&status);
	tap_ok(refused(), "adopt: and enforces");
	daemon_stop(SIGTERM); /* it delivers what is there */
	records_read(world_path("records"), &records);
	if (!tap_ok(records.distinct == WHILE_DEAD + 2 && records.count == records.distinct &&
			    records.first == 1 && !records.holes,
		    "adopt: each record was delivered once, in order, sequence numbers go on"))
		tap_note("%zu lines, %zu numbers from %llu to %llu, %zu missing", records.count,
			 records.distinct, (unsigned long long)records.first,
			 (unsigned long long)records.last, records.holes);
	records_release(&records);
	daemon_how.records = NULL;
}

/* Labels and numbers: a process that was governed before stays its instance's, whatever else the next
 * daemon finds in its files. */
static void adopt_numbers(void)
{
	static const char another[] = "version: 1\ninstance: another\nroot: @ROOT@\nmode: audit\n"
				      "executables:\n"
				      "  a: { path: \"${root}/bin/unlisted\", entry: true }\n";
	struct worker worker;
	uint64_t passed;

	clean();
	if (!tap_ok(start_kept(), "numbers: a daemon enforces"))
		return;
	worker_start(&worker, 1000, 1);
	worker_await(&worker, 5);
	daemon_stop(SIGKILL);
	policy_write("a-is-first", another);
	passed = worker.counts->passed;
	tap_ok(daemon_start() && status_governed("kept") == 1 && status_governed("another") == 0,
	       "numbers: an instance keeps its number, and its processes");
	worker_await(&worker, 20);
	worker_stop(&worker);
	tap_ok(worker.counts->passed == passed && passed == 0,
	       "numbers: and they are refused all the time");
	policy_write("a-is-first", "");
}

/* A start that is refused says what is wrong, and leaves everything as it is. */
static void adopt_wrong(const char *how, const char *says)
{
	char option[PATH_MAX], *output = NULL;
	char *const argv[] = { (char *)world.program,
			       (char *)"run",
			       (char *)"--policy",
			       strdup(world_path("policy.d")),
			       (char *)"--runtime-dir",
			       strdup(world_path("run")),
			       option,
			       NULL };
	int status;

	snprintf(option, sizeof(option), "--pin-dir=%s", world_path("bpf/pins"));
	status = program_run(argv, &output);
	if (!tap_ok(status == 3 && strstr(output, says) && strstr(output, "--recover") && refused(),
		    "wrong: %s: refused, told, and verdicts are unchanged", how))
		tap_note("exit status %d: %s", status, output);
	free(output);
	daemon_how.option = "--recover";
	tap_ok(daemon_start() && refused() && pins_count("") == 1, "wrong: %s: --recover", how);
	daemon_how.option = NULL;
	daemon_stop(SIGKILL);
}

static void pin_swap(const char *one, const char *other)
{
	world_command("cd %s && mv %s swap && mv %s %s && mv swap %s", world_path("bpf/pins/v1"),
		      one, other, one, other);
}

static const char *bind_link(void)
{
	return world.backend == CGROUP	   ? "link_cgroup_bind6"
	       : world.backend == FMOD_RET ? "link_fmod_bind"
					   : "link_lsm_bind";
}

static bool self_test_passed(void)
{
	struct json status;
	const char *passed;
	bool is;

	daemon_status(&status);
	passed = json_get(&status, "self_test.passed");
	is = passed && strcmp(passed, "true") == 0;
	json_release(&status);
	return is;
}

static bool damage_is_told(void *context)
{
	(void)context;
	return daemon_said("somebody took away what judges") && !self_test_passed();
}

/* Nobody starts anew for weeks: the daemon that runs has to see it. */
static void adopt_taken(void)
{
	clean();
	if (!tap_ok(start_kept() && refused() && self_test_passed(), "taken: a daemon enforces"))
		return;
	world_command("rm %s", world_path("bpf/pins/v1/%s", bind_link()));
	tap_ok(wait_until(damage_is_told, NULL) && daemon_said(bind_link()),
	       "taken: a pin is removed under it: told, and seen in the status");
	daemon_stop(SIGTERM);
	daemon_how.option = "--recover";
	tap_ok(daemon_start() && refused() && self_test_passed(), "taken: --recover");
	daemon_how.option = NULL;
	daemon_stop(SIGTERM);
}

static void adopt_refused(void)
{
	struct worker worker;

	clean();
	if (!tap_ok(start_kept(), "wrong: a daemon enforces"))
		return;
	daemon_stop(SIGKILL);
	worker_start(&worker, 1000, 1);
	worker_await(&worker, 1);
	world_command("rm %s", world_path("bpf/pins/v1/%s", bind_link()));
	adopt_wrong("a pin is missing", "missing");
	pin_swap("map_identity", "map_counters");
	adopt_wrong("two are exchanged", "map_identity: another object");
	world_command("mv %s %s", world_path("bpf/pins/v1/map_counters"),
		      world_path("bpf/pins/v1/link_counters"));
	adopt_wrong("one is under another name", "link_counters: does not belong there");
	worker_stop(&worker);
	tap_ok(worker.counts->passed == 0, "wrong: nobody passed meanwhile (%llu were refused)",
	       (unsigned long long)worker.counts->refused);
}

static int second_daemon(char **ret_output)
{
	char pins[PATH_MAX], runtime[PATH_MAX], policy[PATH_MAX];
	char *const argv[] = { (char *)world.program, (char *)"run", policy, runtime, pins, NULL };

	snprintf(pins, sizeof(pins), "--pin-dir=%s", world_path("bpf/pins"));
	snprintf(runtime, sizeof(runtime), "--runtime-dir=%s", world_path("other"));
	snprintf(policy, sizeof(policy), "--policy=%s", world_path("policy.d"));
	return program_run(argv, ret_output);
}

static void adopt_two(void)
{
	char *output = NULL;
	int status;

	clean();
	if (!tap_ok(start_kept(), "two: a daemon enforces"))
		return;
	status = second_daemon(&output);
	if (!tap_ok(status == 3 && strstr(output, "another cachewarden has") && refused(),
		    "two: a second one does not get its pins"))
		tap_note("exit status %d: %s", status, output);
	free(output);
	daemon_stop(SIGKILL);
}

static bool is_hashed(void *context)
{
	struct json status;
	const char *reason;
	bool found = false;

	(void)context;
	daemon_status(&status);
	for (int i = 0; (reason = json_get(&status, "files.%d.reason", i)); i++)
		found |= strstr(reason, "is still being hashed") != NULL;
	json_release(&status);
	return found;
}

/* The daemon's child has a copy of all that it had: the lock on its place, the socket that it listened on. */
static void adopt_hashing(void)
{
	static const char pinned[] = KEPT_HEAD
		"mode: enforce\nexecutables:\n"
		"  entry: { path: \"${root}/bin/entry\", entry: true }\n"
		"  large:\n    path: \"${root}/bin/large\"\n    sha256: "
		"0000000000000000000000000000000000000000000000000000000000000000\n"
		"exec: off\nsockets: off\nlibrary: off\nbind: off\nconnect: []\n";

	world_write("bin/large", 0755, "%s", "");
	if (truncate(world_path("bin/large"), (off_t)(world.guest ? 256 : 2048) << 20))
		tap_bail("truncate: %s", strerror(errno));
	policy_write("kept", pinned);
	if (!tap_ok(daemon_start() && chmod(world_path("bin/large"), 0700) == 0 &&
			    wait_until(is_hashed, NULL),
		    "adopt: a large file is being hashed"))
		return;
	daemon_stop(SIGKILL);
	tap_ok(daemon_start() && refused(), "adopt: killed meanwhile: the next takes over at once");
	if (unlink(world_path("bin/large")))
		tap_note("unlink: %s", strerror(errno));
	policy_write("kept", kept);
	clean();
}

void scene_adopt(void)
{
	adopt_killed();
	adopt_numbers();
	adopt_refused();
	adopt_taken();
	adopt_two();
	adopt_hashing();
}

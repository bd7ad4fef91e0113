/* SPDX-License-Identifier: GPL-2.0-only */
/* Modes for a time: they fall back by themselves, and they outlive the daemon like everything else. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

static bool mode(const char *word, const char *option)
{
	char *output = NULL;
	int status = client(&output, "mode", word, option, NULL);

	if (status)
		tap_note("mode %s: exit status %d: %s", word, status, output);
	free(output);
	return status == 0;
}

static bool passes_now(void *context)
{
	(void)context;
	return passes();
}

static bool refused_now(void *context)
{
	(void)context;
	return refused();
}

static bool mode_is(const char *word)
{
	return strcmp(status_mode("kept"), word) == 0;
}

/* The status says when the mode falls back. */
static bool falls_back(void)
{
	struct json status;
	bool told;

	daemon_status(&status);
	told = json_get(&status, "mode_falls_back") != NULL;
	json_release(&status);
	return told;
}

/* The daemon is killed before its time is over, and another comes when it is. */
static void times_enforce(void)
{
	policy_write("kept", KEPT_HEAD "mode: audit\n" KEPT_BODY);
	tap_ok(daemon_start() && status_await_trust(NULL) && passes(), "times: in audit mode");
	tap_ok(mode("enforce", world.guest ? "--confirm=20s" : "--confirm=5s") && refused(),
	       "times: enforce --confirm");
	daemon_stop(SIGKILL);
	tap_ok(refused(), "times: killed, enforcing goes on");
	tap_ok(wait_until(passes_now, NULL), "times: and falls back, without a daemon");
	tap_ok(daemon_start() && mode_is("audit") && passes(), "times: the next daemon knows");
	tap_ok(mode("enforce", "--confirm=60s") && refused(), "times: enforce --confirm again");
	daemon_stop(SIGKILL);
	tap_ok(daemon_start() && mode_is("enforce") && refused(),
	       "times: the next daemon goes on enforcing while the time runs");
	tap_ok(falls_back(), "times: and says that it does");
	tap_ok(mode("confirm", NULL) && refused() && client(NULL, "mode", "confirm", NULL) == 1,
	       "times: which it can confirm");
	tap_ok(!falls_back(), "times: then nothing falls back");
	daemon_stop(SIGKILL);
	tap_ok(daemon_start() && mode_is("enforce") && refused(),
	       "times: a mode set by command outlives a daemon that is killed");
	tap_ok(client(NULL, "stop", "--release", NULL) == 0 && daemon_wait() == 0,
	       "times: the end of it");
}

static void times_audit(void)
{
	if (!tap_ok(start_kept() && refused(), "times: in enforce mode"))
		return;
	tap_ok(mode("audit", world.guest ? "--for=20s" : "--for=5s") && passes(),
	       "times: audit --for");
	tap_ok(daemon_reload() && passes(), "times: a reload leaves it");
	daemon_stop(SIGKILL);
	tap_ok(wait_until(refused_now, NULL), "times: and enforces again, without a daemon");
	tap_ok(daemon_start() && mode_is("enforce") && refused(), "times: the next daemon knows");
}

/* What the kernel did when its time came, and what the daemon says at that moment. */
static void times_told(void)
{
	int agreed = 0, times = world.guest ? 1 : 4;

	policy_write("kept", KEPT_HEAD "mode: audit\n" KEPT_BODY);
	if (!tap_ok(daemon_start() && status_await_trust(NULL), "times: in audit mode again"))
		return;
	for (int i = 0; i < times; i++)
		agreed += mode("enforce", "--for=1s") && wait_until(passes_now, NULL) &&
			  mode_is("audit") && !falls_back();
	tap_ok(agreed == times, "times: the status says so at once, %d of %d", agreed, times);
	daemon_stop(SIGTERM);
}

void scene_times(void)
{
	times_enforce();
	times_audit();
	clean();
	times_told();
}

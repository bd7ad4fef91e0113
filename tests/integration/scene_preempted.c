/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many at once on few processors. Where the kernel preempts tasks within tracing programs, others then
 * pass by these programs: nobody may be connected for it, and everybody is judged exactly once.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

#define CHILDREN 64

static unsigned long long judged(const char *verdict)
{
	struct json status;
	unsigned long long count;

	daemon_status(&status);
	count = status_judged(&status, "connect", verdict);
	json_release(&status);
	return count;
}

/* What is let through is connected: so it is known that these calls are what they seem. */
static void preempted_try(const char *verdict, int port, unsigned int times,
			  enum outcome_kind expected)
{
	unsigned long long before = judged(verdict);
	struct outcome outcome;
	char act[96];

	snprintf(act, sizeof(act), "crowd-connect %d %u udp 127.0.0.1:%d", CHILDREN, times, port);
	outcome = act_run("entry", act);
	/* Before the sentinel, which is denied one more. */
	before = judged(verdict) - before;
	if (!tap_ok(outcome.kind == expected, "preempted: %s: as it must end", verdict))
		tap_note("%s", outcome_text(&outcome));
	tap_note("%s: %llu of %u judged", verdict, before, CHILDREN * times);
	tap_ok(before == CHILDREN * times, "preempted: %s: each was judged once", verdict);
	events_await();
}

static bool kernel_preempts(void)
{
	struct utsname name;

	return !uname(&name) && strtoul(name.release, NULL, 10) >= 7;
}

static void paranoid(const char *level)
{
	int fd = open("/proc/sys/kernel/perf_event_paranoid", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, level, 1) != 1)
		tap_bail("perf_event_paranoid");
	close(fd);
}

/* Debian's kernels keep kprobes from the unit unless told otherwise, as tests/vm/init does: then doctor tells so. */
static void preempted_denied(void)
{
	char *argv[] = { (char *)"/proc/self/exe", (char *)"--as-unit", (char *)world.program,
			 (char *)"doctor", NULL };
	char *output = NULL;

	paranoid("3");
	program_run(argv, &output);
	paranoid("2");
	if (!tap_ok(output && strstr(output, "kernel.perf_event_paranoid=2"),
		    "preempted: doctor says how to have kprobes"))
		tap_note("%s", output ? output : "");
	free(output);
}

void scene_preempted(void)
{
	unsigned int times = world.guest ? 200 : 1000;
	unsigned long long skipped;

	policy_write("preempted", POLICY_OF_CONNECTS("preempted"));
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "preempted: in force"))
		return;
	events_await();
	skipped = status_fault("skipped");
	preempted_try("allow", 29400, times, OUTCOME_FAILED);
	preempted_try("audit", 29401, times / 10, OUTCOME_FAILED);
	preempted_try("deny", 29500, times / 10, OUTCOME_DONE);
	/* All were judged, as is known by now: this is the kernel's upper bound, see user/kern/skipped.c. */
	if (world.guest && world.backend == FMOD_RET && kernel_preempts())
		preempted_denied();
	tap_note("passed by, at most: %llu", status_fault("skipped") - skipped);
	policy_write("preempted", "");
	events_await();
	tail_forget(&events);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The counters: what the kernel judged is what it recorded, did not record because nobody wanted it,
 * suppressed and lost, at every moment that somebody looks; and in the end exactly as many as were made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const struct work {
	const char *act; /* with the number of times */
	const char *operation, *verdict;
} works[] = {
	{ "hammer-connect %d udp 127.0.0.1:29400", "connect", "allow" },
	{ "hammer-connect %d udp 127.0.0.1:29401", "connect", "audit" },
	{ "hammer-connect %d udp 127.0.0.1:29500", "connect", "deny" },
	{ "hammer-bind %d udp 127.0.0.1:29500", "bind", "deny" },
	{ "hammer-send %d udp 127.0.0.1:29500", "send", "deny" },
	{ "hammer-exec %d bin/unlisted", "exec", "deny" },
};
#define WORKS (sizeof(works) / sizeof(works[0]))

static void act_of(const struct work *work, unsigned int times, char *act, size_t size)
{
	const char *rest = strstr(work->act, "%d");

	snprintf(act, size, "%.*s%u%s", (int)(rest - work->act), work->act, times, rest + 2);
}

static bool adds_up(const struct json *status)
{
	bool good = true;

	for (int i = 0; json_get(status, "counters.%d.operation", i); i++) {
		unsigned long long sum = 0;
		static const char *const parts[] = { "recorded", "unwanted", "suppressed", "lost" };

		for (size_t part = 0; part < 4; part++)
			sum += json_number(status, 0, "counters.%d.%s", i, parts[part]);
		if (sum != json_number(status, 0, "counters.%d.judged", i)) {
			tap_note("%s %s: %llu judged, the sum is %llu",
				 json_get(status, "counters.%d.operation", i),
				 json_get(status, "counters.%d.verdict", i),
				 json_number(status, 0, "counters.%d.judged", i), sum);
			good = false;
		}
	}
	return good;
}

/* What a table says more in the second status than in the first. */
static unsigned long long more(const struct json *before, const struct json *after,
			       const struct work *work)
{
	return status_judged(after, work->operation, work->verdict) -
	       status_judged(before, work->operation, work->verdict);
}

/* Not a fault: what is lost is counted as such. */
static unsigned long long lost(const struct json *status)
{
	unsigned long long sum = 0;

	for (int i = 0; json_get(status, "counters.%d.operation", i); i++)
		sum += json_number(status, 0, "counters.%d.lost", i);
	return sum;
}

static bool all_ended(const struct running *running)
{
	for (size_t i = 0; i < WORKS; i++) {
		siginfo_t info = { 0 };

		if (!waitid(P_PID, (id_t)running[i].pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
		    !info.si_pid)
			return false;
	}
	return true;
}

void scene_load(void)
{
	unsigned int times = world.guest ? 300 : 5000, looks = 0;
	unsigned int most = world.guest ? 10 : 100;
	struct running running[WORKS];
	struct json before, after;
	unsigned long long skipped, missing = 0;
	bool good = true, done = true;

	policy_write("load", POLICY_OF_CONNECTS("load"));
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "load: in force"))
		return;
	events_await();
	skipped = status_fault("skipped");
	daemon_status(&before);
	for (size_t i = 0; i < WORKS; i++) {
		char act[96];

		act_of(&works[i], times, act, sizeof(act));
		act_start(&running[i], "entry", act);
	}
	/* Nobody reads the events meanwhile, which would go on until all have ended. */
	do {
		struct json status;

		daemon_status(&status);
		good &= adds_up(&status);
		json_release(&status);
	} while (++looks < most && !all_ended(running));
	for (size_t i = 0; i < WORKS; i++)
		done &= act_wait(&running[i]).kind == OUTCOME_DONE;
	tap_note("looked %u times", looks);
	tap_ok(good, "load: judged is the sum, again and again while %zu processes work", WORKS);
	daemon_status(&after);
	tap_ok(done && adds_up(&after), "load: judged is the sum in the end");
	skipped = status_fault("skipped") - skipped;
	for (size_t i = 0; i < WORKS; i++) {
		unsigned long long judged = more(&before, &after, &works[i]);

		/* What the kernel passed its program by for was not judged, and is counted as that. */
		missing += times - judged;
		if (!tap_ok(judged <= times && missing <= skipped,
			    "load: %s %s: each was counted once", works[i].operation,
			    works[i].verdict))
			tap_note("%llu, not %u", judged, times);
	}
	tap_note("%llu skipped by the kernel", skipped);
	tap_note("%llu records lost in the kernel", lost(&after) - lost(&before));
	json_release(&before);
	json_release(&after);
	events_await();
	tail_forget(&events);
	policy_write("load", "");
}

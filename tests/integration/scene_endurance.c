/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much as a day brings, in bounded time: ten million judged operations, each counted once, and the
 * daemon no larger and with no more open files after them than after the first tenth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "footprint.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: endurance\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry: { path: \"${root}/bin/entry\", entry: true }\n"
			     "exec: []\n"
			     "bind: []\n"
			     "connect:\n"
			     "  - { id: peer, allow: udp/29410, by: entry }\n"
			     "library: off\n";

#define WORKERS 2
#define DEVIATIONS_SHARE 1000 /* one bind that is refused for so many connects */
#define ROUNDS 10
#define GROWTH_KIB 512 /* what an allocator may keep; a leak of one byte an operation is 8,800 */

static unsigned long long judged(const char *operation, const char *verdict)
{
	struct json status;
	unsigned long long count;

	daemon_status(&status);
	count = status_judged(&status, operation, verdict);
	json_release(&status);
	return count;
}

static bool round_work(unsigned int connects)
{
	struct running running[WORKERS + 1];
	bool done = true;
	char act[96];

	snprintf(act, sizeof(act), "socket udp, sustain %u 127.0.0.1:29410", connects / WORKERS);
	for (int i = 0; i < WORKERS; i++)
		act_start(&running[i], "entry", act);
	snprintf(act, sizeof(act), "hammer-bind %u udp 127.0.0.1:29411",
		 connects / DEVIATIONS_SHARE);
	act_start(&running[WORKERS], "entry", act);
	for (int i = 0; i <= WORKERS; i++)
		done &= act_wait(&running[i]).kind == OUTCOME_DONE;
	return done;
}

void scene_endurance(void)
{
	unsigned int connects = world.guest ? 2000 : 1000000;
	unsigned long long allowed, denied;
	struct footprint early = { 0 }, late;
	bool done = true;

	/* Nobody reads: what is judged is all that there is to do. */
	free(tail_end(&events));
	tail_release(&events);
	policy_write("endurance", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL) && status_await_clients(0),
		    "endurance: in force"))
		goto end;
	allowed = judged("connect", "allow");
	denied = judged("bind", "deny");
	for (int round = 0; round < ROUNDS; round++) {
		done &= round_work(connects);
		if (round == 0)
			early = daemon_footprint();
	}
	late = daemon_footprint();
	allowed = judged("connect", "allow") - allowed;
	denied = judged("bind", "deny") - denied;
	tap_ok(done, "endurance: every act ended");
	if (!tap_ok(allowed == (unsigned long long)ROUNDS * connects &&
			    denied == (unsigned long long)ROUNDS * (connects / DEVIATIONS_SHARE),
		    "endurance: %u operations, each counted once", ROUNDS * connects))
		tap_note("%llu connects, %llu binds", allowed, denied);
	tap_note("%llu KiB and %u descriptors after a tenth, %llu KiB and %u in the end",
		 early.resident, early.descriptors, late.resident, late.descriptors);
	tap_ok(early.resident && late.resident <= early.resident + GROWTH_KIB,
	       "endurance: the daemon has not grown");
	tap_ok(early.descriptors && footprint_await_descriptors(&early),
	       "endurance: and holds no more files");
end:
	policy_write("endurance", "");
	events_start();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Killed at random, again and again, under load: nobody passes, and in the end every refusal is a record
 * that was delivered or one that was counted as lost.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

#define WORKERS 2

/* Up to twice as long as a daemon takes to start, so that half of them die in it. */
static void kill_at_random(unsigned int most)
{
	unsigned int microseconds = (unsigned int)rand() % most;

	daemon_launch();
	nanosleep(&(struct timespec){ .tv_sec = microseconds / 1000000,
				      .tv_nsec = microseconds % 1000000 * 1000L },
		  NULL);
	daemon_stop(SIGKILL);
}

/* Start the next, and then have the end of the last. */
static bool next_start(pid_t last)
{
	bool started = daemon_start();

	waitpid(last, NULL, 0);
	return started;
}

/* Whoever starts the next does not wait until the kernel has cleared the last one away. */
static void kills_at_once(void)
{
	int times = world.guest ? 3 : 20, killed = 0;
	bool started = start_kept();
	pid_t last = daemon_pid();

	for (; started && killed < times; killed++, last = daemon_pid()) {
		kill(last, SIGKILL);
		started = next_start(last);
	}
	if (!tap_ok(started, "kills: killed and started at once, %d times", killed))
		return;
	tap_ok(client(NULL, "stop", NULL) == 0 && next_start(last),
	       "kills: and at once after `stop`");
	daemon_stop(SIGTERM);
}

void scene_kills(void)
{
	unsigned int times = world.guest ? 20 : 200, most = world.guest ? 4000000 : 250000;
	struct worker workers[WORKERS];
	unsigned long long refusals = 0, passed = 0, lost;
	struct records records;
	unsigned int seed = (unsigned int)time(NULL);

	srand(seed);
	kills_at_once();
	clean();
	daemon_how.records = records_path();
	if (!tap_ok(start_kept(), "kills: a daemon enforces"))
		return;
	daemon_stop(SIGKILL);
	for (size_t i = 0; i < WORKERS; i++)
		worker_start(&workers[i], 500, 4);
	for (unsigned int i = 0; i < times; i++)
		kill_at_random(most);
	tap_ok(daemon_start(), "kills: %u times at random (seed %u), and it starts", times, seed);
	for (size_t i = 0; i < WORKERS; i++) {
		worker_stop(&workers[i]);
		refusals += workers[i].counts->refused;
		passed += workers[i].counts->passed;
	}
	tap_ok(!passed && refusals, "kills: nobody passed, %llu were refused", refusals);
	tap_ok(status_denied("judged") == refusals && status_denied("recorded") +
								      status_denied("suppressed") +
								      status_denied("lost") ==
							      refusals,
	       "kills: every one was counted once (%llu)", status_denied("judged"));
	lost = status_denied("lost");
	tap_ok(daemon_stop(SIGTERM) == 0, "kills: the end");
	records_read(world_path("records"), &records);
	if (!tap_ok(records.operations + lost == refusals && !records.holes &&
			    !records.contradictions && records.first == 1,
		    "kills: every one was delivered under a number of its own, or counted as lost"))
		tap_note("numbers %llu to %llu, %zu missing, %zu contradict",
			 (unsigned long long)records.first, (unsigned long long)records.last,
			 records.holes, records.contradictions);
	tap_note("%zu delivered, for %llu refusals, %llu lost; %zu came again under their numbers, "
		 "from daemons killed before they had noted it",
		 records.distinct, records.operations, lost, records.count - records.distinct);
	records_release(&records);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * To a daemon with other programs, and to one of the next version of the contract: the new stands before
 * the old goes. A worker's every operation is refused throughout, and told; the few that both judged while
 * both were there are told twice, and refused by both.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

/* The worker goes through 19,000 ports from 10,000: at this rest it comes to none a second time. */
#define REST 2000
#define FIRST_PORT 10000

static void upgrade(const char *name, const char *program, const char *set)
{
	struct worker worker;
	struct records records;
	size_t untold = 0, twice = 0;
	uint64_t done;

	clean();
	daemon_how.records = records_path();
	if (!tap_ok(start_kept(), "upgrade to %s: a daemon enforces", name))
		return;
	worker_start(&worker, world.guest ? 5 * REST : REST);
	worker_await(&worker, 50);
	daemon_stop(SIGTERM);
	worker_await(&worker, 5);
	daemon_how.program = program;
	tap_ok(daemon_start() && !daemon_said("took over") && pins_count("") == 1 &&
		       pins_count(set) > 20,
	       "upgrade to %s: its own programs are in force", name);
	tap_ok(status_governed("kept") == 1, "upgrade to %s: labels are carried over", name);
	worker_await(&worker, 50);
	worker_stop(&worker);
	done = worker.counts->refused;
	tap_ok(!worker.counts->passed && done, "upgrade to %s: none of %llu operations passed",
	       name, (unsigned long long)done);
	tap_ok(refused(), "upgrade to %s: it enforces", name);
	tap_ok(client(NULL, "stop", "--release", NULL) == 0 && daemon_wait() == 0,
	       "upgrade to %s: the end", name);
	records_read(world_path("records"), &records);
	for (uint64_t n = 0; n < done; n++) {
		untold += records.ports[FIRST_PORT + n] == 0;
		twice += records.ports[FIRST_PORT + n] > 1;
	}
	if (!tap_ok(!untold && !records.holes && !records.contradictions && records.first == 1,
		    "upgrade to %s: each was told, and sequence numbers go on", name))
		tap_note("%zu untold, %zu numbers missing", untold, records.holes);
	tap_note("%zu were judged by both, and refused by both", twice);
	records_release(&records);
}

void scene_upgrades(void)
{
	upgrade("other programs", variants.other, "v1");
	upgrade("the next contract", variants.next, "v2");
}

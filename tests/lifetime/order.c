/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot order: what ran before the daemon is governed from the moment that it says it is ready, a whole
 * instance with processes of every kind as well as one that never rests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/standin.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

/* Under the policy that is generated of it, enforced. */
static bool install(void)
{
	return standin_install() && standin_govern("-e 's/^# allow_partial/allow_partial/' "
						   "-e 's/^mode: audit/mode: enforce/'");
}

static void order_instance(void)
{
	unsigned long long governed;
	char *output = NULL;
	int status;

	if (!world.standin) {
		tap_skip("not given", "order: the stand-in instance");
		return;
	}
	if (!tap_ok(install() && standin_do("start"), "order: an instance runs, without a daemon"))
		return;
	tap_ok(daemon_start(), "order: then the daemon starts");
	governed = status_governed(STANDIN_NAME);
	tap_ok(governed > 5, "order: all of its %llu processes are governed", governed);
	status = standin_run(&output, "deviate", "connect-tcp");
	if (!tap_ok(status == 0 && strstr(output, ": refused: "),
		    "order: which the first thing that one does wrong shows"))
		tap_note("exit status %d: %s", status, output);
	free(output);
	tap_ok(standin_do("day"), "order: and its day works");
	tap_ok(standin_do("stop"), "order: stopped");
	policy_write("standin", "");
	clean();
}

static void order_worker(void)
{
	struct worker worker;
	uint64_t passed;

	worker_start(&worker, 100, 1);
	tap_ok(worker_await(&worker, 50) && !worker.counts->refused,
	       "order: a process that never rests, not governed");
	if (!tap_ok(start_kept(), "order: a daemon enforces"))
		return;
	passed = __atomic_load_n(&worker.counts->passed, __ATOMIC_ACQUIRE);
	worker_await(&worker, 200);
	worker_stop(&worker);
	tap_ok(worker.counts->passed == passed && worker.counts->refused,
	       "order: from when the daemon is ready, nothing passes");
}

void order_release(void)
{
	if (world.standin && world_command("test -e %s", world_path("standin/mgr/cache.pid")) == 0)
		standin_do("stop");
}

void scene_order(void)
{
	order_instance();
	order_worker();
}

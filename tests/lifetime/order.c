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
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

#define NAME "STANDIN"

/* `instance COMMAND ROOT [ARGUMENT]`: its exit status; output is the caller's. */
static int instance(char **ret_output, const char *command, const char *argument)
{
	char program[PATH_MAX], root[PATH_MAX];

	snprintf(program, sizeof(program), "%s/instance", world.standin);
	snprintf(root, sizeof(root), "%s", world_path("standin"));
	return program_run((char *const[]){ (char *)"sh", program, (char *)command, root,
					    (char *)argument, NULL },
			   ret_output);
}

static bool instance_do(const char *command)
{
	char *output = NULL;
	int status = instance(&output, command, NULL);

	if (status)
		tap_note("instance %s: exit status %d: %s", command, status, output);
	free(output);
	return status == 0;
}

/* Under the policy that is generated of it, enforced. */
static bool install(void)
{
	return world_command("sh %s/instance install %s --name " NAME " --ports-base 29700 %s"
			     " >/dev/null",
			     world.standin, world_path("standin"),
			     world.guest ? "--own-httpd" : "") == 0 &&
	       world_command("CACHESYS=%s %s policy generate --root %s --instance " NAME
			     " --output %s",
			     world_path("standin/agent"), world.program, world_path("standin"),
			     world_path("standin/made.yaml")) == 0 &&
	       world_command("sed -e 's/^# allow_partial/allow_partial/' -e 's/^mode: audit/mode: "
			     "enforce/' %s >%s",
			     world_path("standin/made.yaml"),
			     world_path("policy.d/standin.yaml")) == 0;
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
	if (!tap_ok(install() && instance_do("start"), "order: an instance runs, without a daemon"))
		return;
	tap_ok(daemon_start(), "order: then the daemon starts");
	governed = status_governed(NAME);
	tap_ok(governed > 5, "order: all of its %llu processes are governed", governed);
	status = instance(&output, "deviate", "connect-tcp");
	if (!tap_ok(status == 0 && strstr(output, ": refused: "),
		    "order: which the first thing that one does wrong shows"))
		tap_note("exit status %d: %s", status, output);
	free(output);
	tap_ok(instance_do("day"), "order: and its day works");
	tap_ok(instance_do("stop"), "order: stopped");
	policy_write("standin", "");
	clean();
}

static void order_worker(void)
{
	struct worker worker;
	uint64_t passed;

	worker_start(&worker, 100);
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
		instance_do("stop");
}

void scene_order(void)
{
	order_instance();
	order_worker();
}

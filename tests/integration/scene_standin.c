/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stand-in instance from end to end, under the policy that is generated of it: it is started
 * governed, its ordinary day is no deviation, and each of its deviations is told exactly once; then
 * the same with enforcement, where the day still works and each deviation is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "standin.h"
#include "tap.h"
#include "world.h"

/*
 * Its policy is what `policy generate` makes of it. What an operator does where only the cgroup backend
 * works is done to it: the line that lets the rest be enforced is no comment any more.
 */
static bool install(void)
{
	return standin_install() &&
	       world_command("%s policy check %s 2>&1 | grep -q '^0 errors, 0 warnings$'",
			     world.program, world_path("standin/made.yaml")) == 0 &&
	       standin_govern("'s/^# allow_partial/allow_partial/'");
}

/* Deviations told since the events were last forgotten; of a given operation, or of any. */
static size_t deviations(const char *operation)
{
	struct event_query query = { .operation = operation, .verdict = "deny" };
	size_t position = 0, count = 0;
	const struct json *event;

	while ((event = event_next(&events, &query, &position))) {
		const char *name = json_get(event, "instance");

		count += name && strcmp(name, STANDIN_NAME) == 0;
	}
	return count;
}

static void deviations_note(void)
{
	struct event_query query = { .verdict = "deny" };
	size_t position = 0;
	const struct json *event;

	while ((event = event_next(&events, &query, &position)))
		event_note(event);
}

/* What the cgroup backend does not see. */
static bool seen(const char *act)
{
	static const char *const unseen[] = { "library-file", "library-memory", "receive",
					      "socket-packet" };

	for (size_t i = 0; world.backend == CGROUP && i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (strcmp(unseen[i], act) == 0)
			return false;
	}
	return true;
}

static bool killed(const char *operation)
{
	return world.backend == CGROUP &&
	       (strcmp(operation, "exec") == 0 || strcmp(operation, "listen") == 0);
}

static void deviate(const char *act, const char *operation, bool enforce)
{
	const char *wanted = !enforce || !seen(act) ? "done"
			     : killed(operation)    ? "killed"
						    : "refused";
	char *output = NULL, result[32];
	int status = standin_run(&output, "deviate", act);
	bool good;

	/* act NAME: RESULT: what was tried (ERRNO) */
	snprintf(result, sizeof(result), ": %s: ", wanted);
	output[strcspn(output, "\n")] = '\0';
	if (status == 77) {
		tap_skip(output, "standin: %s", act);
		free(output);
		return;
	}
	events_await();
	good = status == 0 && strstr(output, result) && deviations(operation) == seen(act) &&
	       deviations(NULL) == seen(act);
	if (!good) {
		tap_note("exit status %d: %s", status, output);
		deviations_note();
	}
	tap_ok(good, "standin: %s: %s: %s", enforce ? "enforce" : "audit", act, wanted);
	tail_forget(&events);
	free(output);
}

/* Each line of the list: name, operation, executable, what it does, with tabs between. */
static void deviate_all(bool enforce)
{
	char *list = NULL, *rest;

	program_run((char *const[]){ (char *)world_path("standin/standin/outsider"), (char *)"list",
				     NULL },
		    &list);
	rest = list;
	tail_forget(&events);
	for (char *line; (line = strsep(&rest, "\n")) && *line;) {
		char *act = strsep(&line, "\t"), *operation = strsep(&line, "\t");

		deviate(act, operation ? operation : "", enforce);
	}
	free(list);
}

static void day(const char *mode)
{
	bool worked = standin_do("day"), none;

	events_await();
	none = deviations(NULL) == 0;
	if (!none)
		deviations_note();
	tap_ok(worked && none, "standin: %s: the day works and is no deviation", mode);
	tail_forget(&events);
}

/* At the end of a run that did not come so far. */
void standin_release(void)
{
	if (world.standin && access(world_path("standin/mgr/cache.pid"), F_OK) == 0)
		standin_do("stop");
}

void scene_standin(void)
{
	if (!world.standin) {
		tap_skip("not given", "standin: the stand-in instance");
		return;
	}
	if (!tap_ok(install() && daemon_reload() && status_await_trust(NULL),
		    "standin: installed, its policy generated and in force"))
		return;
	tail_forget(&events);
	if (!tap_ok(standin_do("start"), "standin: started"))
		return;
	if (!tap_ok(status_governed(STANDIN_NAME) > 5, "standin: its processes are governed"))
		tap_note("%llu", status_governed(STANDIN_NAME));
	standin_roles();
	standin_listed();
	day("audit");
	standin_since();
	deviate_all(false);
	standin_learn();
	tap_ok(client(NULL, "mode", "enforce", STANDIN_NAME, NULL) == 0, "standin: `mode enforce`");
	day("enforce");
	deviate_all(true);
	tap_ok(standin_do("stop"), "standin: stopped");
	tap_ok(status_await_governed(STANDIN_NAME, 0), "standin: nothing of it is governed");
	policy_write("standin", "");
	tail_forget(&events);
}

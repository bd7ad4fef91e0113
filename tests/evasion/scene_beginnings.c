/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that are there before their policy is, in every shape that might be passed over. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../integration/daemon.h"
#include "evasion.h"
#include "../integration/events.h"
#include "../integration/tap.h"
#include "../integration/world.h"

static const char policy[] = "version: 1\n"
			     "instance: late\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  late: { path: \"${root}/bin/late\", entry: true }\n"
			     "  script: { path: \"${root}/bin/late.sh\", entry: true }\n"
			     "exec: off\n"
			     "bind: off\n"
			     "connect: []\n"
			     "library: off\n"
			     "sockets: off\n";

#define THEN "tell told.late, await gate, socket udp, connect 127.0.0.1:" UNLISTED

static const struct evasion rows[] = {
	{ "there before its policy", "a process", THEN, "connect" },
	{ "there before its policy", "a thread", "thread " THEN, "connect" },
	{ "there before its policy", "a thread whose first thread has ended", "leaderless " THEN,
	  "connect" },
	{ "there before its policy", "an orphan", "daemonize " THEN, "connect" },
	{ "there before its policy", "a child that runs another program",
	  "fork exec bin/plain " THEN, "connect" },
	{ "there before its policy", "in a process namespace of its own", "space pid, fork " THEN,
	  "connect" },
	{ "there before its policy", "a script", THEN, "connect", "entry-scripts", "late.sh" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool told(void *context)
{
	(void)context;
	return access(world_path("told.late"), F_OK) == 0;
}

/* One after the other, since all wait at the same gate. */
static struct outcome wait_and_act(const struct evasion *row, bool govern, bool *ret_told)
{
	struct running running;
	struct outcome outcome;
	struct event_query query = { .operation = "connect", .verdict = "deny" };

	unlink(world_path("told.late"));
	act_start(&running, row->who ? row->who : "late", row->act);
	if (!wait_until(told, NULL))
		tap_bail("%s does not run", row->name);
	if (govern) {
		policy_write("late", policy);
		if (!daemon_reload())
			tap_bail("late: not in force");
	}
	gate_open();
	outcome = act_wait(&running);
	if (govern) {
		policy_write("late", "");
		if (!daemon_reload())
			tap_bail("late: not taken back");
		events_await();
		query.pid = outcome.who;
		*ret_told = events_count(&events, &query) > 0;
	}
	return outcome;
}

void scene_beginnings(void)
{
	world_copy(world.actor, "bin/late");
	world_write("bin/late.sh", 0755, "#!/bin/sh\nbin/plain \"$@\"\n");
	for (size_t i = 0; i < ROWS; i++) {
		bool is_told = false;
		struct outcome control = wait_and_act(&rows[i], false, NULL);
		struct outcome outcome;

		if (control.kind != OUTCOME_DONE) {
			evasion_result(&rows[i], outcome_text(&control), false);
			continue;
		}
		outcome = wait_and_act(&rows[i], true, &is_told);
		if (!limit_holds(rows[i].limit) && (outcome.kind != OUTCOME_FAILED || !is_told))
			tap_note("%s, %s", outcome_text(&outcome), is_told ? "told" : "not told");
		evasion_result(&rows[i], NULL, outcome.kind == OUTCOME_FAILED && is_told);
	}
	tail_forget(&events);
}

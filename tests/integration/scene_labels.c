/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is governed: a process from its entry to its end, with all that descends from it and nothing else,
 * however many come and go, and whatever the daemon does meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] =
	"version: 1\n"
	"instance: labels\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables:\n"
	"  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
	"  second: { path: \"${root}/bin/second\", entry: true }\n"
	"exec:\n"
	"  - { id: all, allow: [entry, /bin/sh, \"${root}/bin/plain\"], by: entry }\n"
	"bind: off\n"
	"connect: off\n"
	"library: off\n"
	"sockets: off\n";

static const struct shape {
	const char *name, *act;
	unsigned int governed;
} shapes[] = {
	{ "a process", "await gate", 1 },
	{ "a thread does not count", "thread await gate", 1 },
	{ "a child counts", "fork await gate", 2 },
	{ "a child that runs another program counts", "fork exec bin/plain await gate", 2 },
	{ "an orphan counts", "daemonize await gate", 1 },
	{ "a program that nobody names, instead", "exec bin/plain await gate", 1 },
	{ "another user counts", "user 65534, await gate", 1 },
};

static void shape_try(const struct shape *shape)
{
	struct running running;
	struct outcome outcome;
	bool counted;

	act_start(&running, "entry", shape->act);
	counted = status_await_governed("labels", shape->governed);
	gate_open();
	outcome = act_wait(&running);
	if (outcome.kind != OUTCOME_DONE)
		tap_note("%s", outcome_text(&outcome));
	tap_ok(counted && outcome.kind == OUTCOME_DONE && status_await_governed("labels", 0),
	       "labels: %s, and nothing is left of it", shape->name);
}

/* Deviations that are the execution of this file. */
static size_t events_of(const char *file)
{
	struct event_query query = { .operation = "exec", .verdict = "deny" };
	size_t position = 0, count = 0;
	const struct json *event;

	while ((event = event_next(&events, &query, &position))) {
		const char *path = json_get(event, "target.path");

		count += path && strcmp(path, world_path("%s", file)) == 0;
	}
	return count;
}

/* Many that come and go while the daemon looks through all processes, as it does at each reload. */
static void labels_hammered(void)
{
	/* The last is refused, which may mean that the process is killed. */
	static const char *const acts[3][2] = { { "entry", "entry" },
						{ "plain", "second" },
						{ "entry", "unlisted" } };
	struct running running[3];
	char act[64];
	bool good = true;

	for (size_t i = 0; i < 3; i++) {
		snprintf(act, sizeof(act), "hammer-exec %d bin/%s", world.guest ? 100 : 3000,
			 acts[i][1]);
		act_start(&running[i], acts[i][0], act);
	}
	for (int i = 0; i < (world.guest ? 5 : 30); i++) {
		good &= daemon_reload();
		events_drain();
	}
	for (size_t i = 0; i < 3; i++)
		good &= act_wait(&running[i]).kind == OUTCOME_DONE;
	events_await();
	/* The second of them is nobody's, until it has executed an entry. */
	tap_ok(!events_of("bin/second"),
	       "labels: no process that becomes governed is judged for it");
	tap_ok(good, "labels: many processes while the policy is loaded again and again");
	if (!tap_ok(status_await_governed("labels", 0), "labels: none of them is left"))
		tap_note("%llu are", status_governed("labels"));
	tap_note("%llu skipped", status_fault("skipped"));
}

void scene_labels(void)
{
	policy_write("labels", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "labels: in force"))
		return;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		shape_try(&shapes[i]);
	labels_hammered();
	policy_write("labels", "");
	tail_forget(&events);
}

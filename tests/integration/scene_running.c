/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ran before the daemon: entries, what descends from them, and an orphan whose own executable is
 * an entry. They are governed from the daemon's first moment, which each shows by what it is refused.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: early\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  early: { path: \"${root}/bin/early\", entry: true }\n"
			     "exec: off\n"
			     "bind: off\n"
			     "connect:\n"
			     "  - { id: one, allow: tcp/29400, by: early }\n";

#define ACT "socket udp, connect 127.0.0.1:" UNLISTED

static struct early {
	const char *name, *fifo, *act;
	const char *executable; /* as the event must name it; NULL: none that the policy names */
	struct running running;
	struct outcome outcome;
} early[] = {
	{ "an entry", "first", "tell told.first, await first, " ACT, "early" },
	{ "a child that runs another program", "second",
	  "fork, exec bin/plain tell told.second, await second, " ACT, NULL },
	{ "an orphan", "third", "daemonize, tell told.third, await third, " ACT, "early" },
	{ "a thread", "fourth", "thread tell told.fourth, await fourth, " ACT, "early" },
};
#define EARLY (sizeof(early) / sizeof(early[0]))
/* The parent of the second waits for it. */
#define GOVERNED (EARLY + 1)

static bool told(void *context)
{
	return access(world_path("told.%s", (const char *)context), F_OK) == 0;
}

void running_prepare(void)
{
	policy_write("early", policy);
	for (size_t i = 0; i < EARLY; i++) {
		if (mkfifo(world_path("%s", early[i].fifo), 0600))
			tap_bail("mkfifo %s", early[i].fifo);
		act_start(&early[i].running, "early", early[i].act);
	}
	for (size_t i = 0; i < EARLY; i++) {
		if (!wait_until(told, (void *)early[i].fifo))
			tap_bail("%s does not run", early[i].name);
	}
}

/* Those that nobody has let go on: at the end of a run that did not come so far. */
void running_release(void)
{
	for (size_t i = 0; i < EARLY; i++) {
		int fd = open(world_path("%s", early[i].fifo), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

		if (fd < 0)
			continue; /* nobody waits */
		if (write(fd, "x", 1) == 1)
			act_wait(&early[i].running);
		close(fd);
	}
}

void scene_running(void)
{
	unsigned long long governed = status_governed("early");
	char said[64];

	if (!tap_ok(governed == GOVERNED, "running: what ran before the daemon is governed"))
		tap_note("%llu processes, not %zu", governed, GOVERNED);
	snprintf(said, sizeof(said), "passed, %zu processes governed", GOVERNED);
	tap_ok(daemon_said(said), "running: the daemon says how many");
	for (size_t i = 0; i < EARLY; i++) {
		int fd = open(world_path("%s", early[i].fifo), O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "x", 1) != 1)
			tap_note("%s does not wait", early[i].name);
		close(fd);
		early[i].outcome = act_wait(&early[i].running);
	}
	events_await();
	for (size_t i = 0; i < EARLY; i++) {
		const struct outcome *outcome = &early[i].outcome;
		struct event_query query = { outcome->who, "connect", "deny" };
		size_t position = 0;
		const struct json *event = event_next(&events, &query, &position);
		bool good = outcome->kind == OUTCOME_FAILED &&
			    strcmp(outcome->step, "connect") == 0 && event &&
			    event_has(event, "instance", "early") &&
			    event_has(event, "process.executable", early[i].executable) &&
			    events_count(&events, &query) == 1;

		if (!tap_ok(good, "running: %s is refused, and it is told", early[i].name))
			tap_note("%s", outcome_text(outcome));
	}
	tap_ok(status_await_governed("early", 0), "running: none is governed after its end");
	tail_forget(&events);
}

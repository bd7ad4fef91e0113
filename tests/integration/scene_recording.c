/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told when there is much to tell: the same again becomes a number, a deviation arrives whatever else
 * is going on, and the recording passes over to the live stream without a gap and without a repeat.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: recording\n"
			     "root: @ROOT@\n"
			     "mode: audit\n"
			     "executables:\n"
			     "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			     "exec: off\n"
			     "bind: off\n"
			     "connect:\n"
			     "  - { id: listed, allow: udp/29400 }\n"
			     "library: off\n";

static unsigned long long counters_sum(const struct json *status, const char *column)
{
	unsigned long long sum = 0;

	for (int i = 0; json_get(status, "counters.%d.operation", i); i++)
		sum += json_number(status, 0, "counters.%d.%s", i, column);
	return sum;
}

static unsigned long long operations(const struct tail *tail)
{
	unsigned long long sum = 0;

	for (size_t i = 0; i < tail->count; i++)
		sum += json_number(&tail->events[i], 0, "count");
	return sum;
}

/* One in full, the others as numbers with a first and a last; and the counters say the same. */
static void recording_repeats(void)
{
	unsigned int times = world.guest ? 500 : 20000;
	struct json before, after;
	struct tail tail;
	char act[64], *said;
	bool good = true;

	tail_start(&tail, "--verdict deny --port 29516");
	if (!status_await_clients(2))
		tap_note("the client does not come");
	daemon_status(&before);
	snprintf(act, sizeof(act), "hammer-connect %u udp 127.0.0.1:29516", times);
	act_run("entry", act);
	events_await();
	said = tail_end(&tail);
	daemon_status(&after);
	for (size_t i = 0; i < tail.count; i++)
		good &= json_get(&tail.events[i], "first") != NULL ||
			json_number(&tail.events[i], 0, "count") == 1;
	if (!tap_ok(operations(&tail) == times && good,
		    "recording: %u times the same: the counts add up to it", times))
		tap_note("%llu in %zu events %s", operations(&tail), tail.count, said);
	/* One in full and one number a second, and the last number. */
	tap_ok(tail.count >= 2 && tail.count <= 2 + 3 * WAIT_SECONDS && tail.count < times / 5,
	       "recording: … and are few (%zu)", tail.count);
	if (!tap_ok(counters_sum(&after, "suppressed") ==
				    json_number(&after, 0, "repeats.told") +
					    json_number(&after, 0, "repeats.waiting") &&
			    counters_sum(&after, "suppressed") >
				    counters_sum(&before, "suppressed"),
		    "recording: suppressed is what was told as numbers"))
		tap_note("%llu suppressed, %s told, %s waiting", counters_sum(&after, "suppressed"),
			 json_get(&after, "repeats.told"), json_get(&after, "repeats.waiting"));
	json_release(&before);
	json_release(&after);
	free(said);
	tail_release(&tail);
}

struct awaited {
	struct tail *tail;
	size_t count;
};

static bool has_come(void *context)
{
	struct awaited *awaited = context;

	tail_drain(awaited->tail);
	return awaited->tail->count >= awaited->count;
}

static bool tail_await(struct tail *tail, size_t count)
{
	struct awaited awaited = { tail, count };

	return wait_until(has_come, &awaited);
}

/* A client of a long recording comes to the live stream when what was recorded has been read from it. */
static bool is_live(void *context)
{
	struct json status;
	bool live;

	tail_drain(context);
	daemon_status(&status);
	live = json_number(&status, 0, "clients.count") == 2;
	json_release(&status);
	return live;
}

/* Allowed events that somebody wants, as many as two processes can make; and one deviation among them. */
static void recording_flood(void)
{
	struct running flood[2];
	struct tail all, one;
	struct outcome outcome;
	struct event_query query = { .operation = "connect", .verdict = "deny" };
	size_t position = 0;
	char act[64], *said;

	tail_start(&all, "--operation connect");
	tail_start(&one, "--verdict deny");
	if (!status_await_clients(3))
		tap_note("the clients do not come");
	snprintf(act, sizeof(act), "hammer-connect %d udp 127.0.0.1:29400",
		 world.guest ? 2000 : 200000);
	for (size_t i = 0; i < 2; i++)
		act_start(&flood[i], "entry", act);
	/* The flood is there when the first thousand of it have come. */
	tap_ok(tail_await(&all, 1000), "recording: a flood of allowed events");
	outcome = act_run("entry", "socket udp, connect 127.0.0.1:29517");
	events_await();
	said = tail_end(&one);
	query.pid = outcome.pid;
	tap_ok(event_next(&one, &query, &position) != NULL,
	       "recording: one deviation among it arrives");
	for (size_t i = 0; i < 2; i++)
		act_wait(&flood[i]);
	free(said);
	free(tail_end(&all));
	tail_release(&all);
	tail_release(&one);
}

static bool each_once(const struct tail *tail)
{
	bool good = true;

	for (size_t i = 1; i < tail->count; i++)
		good &= json_number(&tail->events[i], 0, "seq") >
			json_number(&tail->events[i - 1], 0, "seq");
	return good;
}

/* Events of it; notices are lines too. */
static size_t told(const char *text)
{
	size_t count = 0;

	while ((text = strstr(text, "\"port\":29518"))) {
		text++;
		count++;
	}
	return count;
}

static unsigned long long lost(void)
{
	unsigned long long sum;
	struct json status;

	daemon_status(&status);
	sum = counters_sum(&status, "lost");
	json_release(&status);
	return sum;
}

/* Deviations of which no two are the same, before, while and after a client that wants all begins. On a busy
 * host the ring may be too small for them: what is counted as lost is not to come. */
static void recording_handover(void)
{
	static const char sweep[] = "sweep-connect 250 udp 127.0.0.1:29518";
	unsigned int rounds = world.guest ? 2 : 8;
	size_t expected = 250ull * (rounds + 1);
	unsigned long long before = lost();
	struct running running;
	struct tail tail;
	char options[256], *said, *output = NULL;
	int status;

	act_run("entry", sweep);
	act_start(&running, "entry", sweep);
	snprintf(options, sizeof(options), "--verdict deny --port 29518 --since 1h --log-dir %s",
		 world_path("log"));
	tail_start(&tail, options);
	act_wait(&running);
	for (unsigned int i = 2; i < rounds; i++)
		act_run("entry", sweep);
	if (!wait_until(is_live, &tail))
		tap_note("the client does not come");
	act_run("entry", sweep);
	expected -= lost() - before;
	tail_await(&tail, expected);
	events_await();
	said = tail_end(&tail);
	if (!tap_ok(tail.count == expected && each_once(&tail),
		    "recording: --since passes over to live without a gap and without a repeat"))
		tap_note("%zu events, not %zu: %s", tail.count, expected, said);
	status = client(&output, "tail", "-o", "json", "--verdict", "deny", "--port", "29518",
			"--since", "1h", "--no-follow", "--log-dir", world_path("log"), NULL);
	if (!tap_ok(status == 0 && told(output) == expected,
		    "recording: --no-follow has the same (%zu)", expected))
		tap_note("%d, %zu events", status, told(output));
	free(said);
	free(output);
	tail_release(&tail);
}

static void recording_usage(void)
{
	char *output = NULL;
	int status = client(&output, "tail", "--since", "teatime", NULL);

	tap_ok(status == 2 && strstr(output, "teatime"), "recording: a bad time is bad usage");
	free(output);
	status = client(&output, "tail", "--no-follow", NULL);
	tap_ok(status == 2, "recording: so is --no-follow without a time");
	free(output);
	status = client(&output, "tail", "--since", "1h", "--no-follow", "--log-dir",
			"/nonexistent", NULL);
	tap_ok(status == 3 && strstr(output, "nothing was recorded"),
	       "recording: no recording is said to be none");
	free(output);
}

void scene_recording(void)
{
	policy_write("recording", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "recording: in force"))
		return;
	recording_repeats();
	recording_flood();
	/* Between the daemon's files and its clients. */
	if (!world.spare) {
		recording_handover();
		recording_usage();
	}
	policy_write("recording", "");
	tail_forget(&events);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tail: several clients at once, each with its filters, which the daemon evaluates; and one that does not
 * read, which loses its own events and nobody else's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: tail\n"
			     "root: @ROOT@\n"
			     "mode: audit\n"
			     "executables:\n"
			     "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			     "  second: { path: \"${root}/bin/second\", entry: true }\n"
			     "exec: off\n"
			     "bind:\n"
			     "  - { id: watched, audit: tcp/29310 }\n"
			     "connect:\n"
			     "  - { id: listed, allow: udp/29400 }\n";

/* What is done; which of these each filter lets through is a bit each below. */
static const struct deed {
	const char *who, *act;
} deeds[] = {
	{ "entry", "socket udp, connect 127.0.0.1:29500" },
	{ "entry", "socket udp6, connect [::1]:29501" },
	{ "entry", "socket udp, connect 127.0.0.1:29400" },
	{ "entry", "socket tcp, bind 127.0.0.1:29310" },
	{ "second", "socket udp, send 127.1.2.3:29500" },
	{ "entry", "user 65534, socket udp, connect 127.0.0.1:29502" },
	{ "entry", "fork socket udp, connect 127.0.0.1:29503" },
};
#define DEEDS (sizeof(deeds) / sizeof(deeds[0]))

/* Beside these each deed makes a socket, which is an allowed event of its own. */
static struct filtered {
	const char *options;
	unsigned int deeds; /* bits */
	struct tail tail;
} clients[] = {
	{ "--verdict deny --instance tail", 0x73, { 0 } },
	{ "--verdict audit", 0x08, { 0 } },
	{ "--verdict deny,audit --instance tail", 0x7b, { 0 } },
	{ "--operation send", 0x10, { 0 } },
	{ "--operation connect,bind --instance tail", 0x6f, { 0 } },
	{ "--executable second --operation connect,send,bind", 0x10, { 0 } },
	{ "--executable */bin/sec* --operation connect,send,bind", 0x10, { 0 } },
	{ "--port 29500,29501-29502", 0x33, { 0 } },
	{ "--address 127.1.0.0/16,::1 --operation connect,send,bind", 0x12, { 0 } },
	{ "--user nobody --operation connect,send,bind", 0x20, { 0 } },
	{ "--user 65534 --operation connect,send,bind", 0x20, { 0 } },
	{ "--instance nobody-is-called-so", 0, { 0 } },
};
#define CLIENTS (sizeof(clients) / sizeof(clients[0]))

static unsigned int deeds_of(const struct tail *tail, const struct outcome *outcomes)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < DEEDS; i++) {
		for (size_t j = 0; j < tail->count; j++) {
			if (json_number(&tail->events[j], 0, "process.pid") ==
			    (unsigned long long)outcomes[i].who)
				bits |= 1u << i;
		}
	}
	return bits;
}

static void tail_filters(void)
{
	struct outcome outcomes[DEEDS];

	for (size_t i = 0; i < CLIENTS; i++)
		tail_start(&clients[i].tail, clients[i].options);
	if (!tap_ok(status_await_clients(CLIENTS + 1), "tail: %zu clients at once", CLIENTS + 1))
		return;
	for (size_t i = 0; i < DEEDS; i++)
		outcomes[i] = act_run(deeds[i].who, deeds[i].act);
	events_await();
	for (size_t i = 0; i < CLIENTS; i++) {
		struct filtered *client = &clients[i];
		char *said = tail_end(&client->tail);
		unsigned int got = deeds_of(&client->tail, outcomes);
		bool good = got == client->deeds &&
			    client->tail.count == (size_t)__builtin_popcount(client->deeds) &&
			    !*said == !strstr(client->options, "nobody-is-called-so");

		if (!good)
			tap_note("deeds %#x in %zu events, not %#x: %s", got, client->tail.count,
				 client->deeds, said);
		for (size_t j = 0; !good && j < client->tail.count; j++)
			event_note(&client->tail.events[j]);
		tap_ok(good, "tail: %s", client->options);
		free(said);
		tail_release(&client->tail);
	}
}

/* A process and what descends from it, and nobody else. */
static void tail_pid(void)
{
	struct running running;
	struct tail tail;
	char options[64], *said;
	size_t deviations;
	int fd;

	act_start(&running, "entry", "fork, await gate, socket udp, connect 127.0.0.1:29500");
	snprintf(options, sizeof(options), "--pid %d --verdict deny", (int)running.pid);
	tail_start(&tail, options);
	if (!status_await_clients(2))
		tap_note("the client does not come");
	act_run("entry", "socket udp, connect 127.0.0.1:29500");
	fd = open(world_path("gate"), O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "x", 1) != 1)
		tap_note("gate: %s", strerror(errno));
	close(fd);
	act_wait(&running);
	events_await();
	said = tail_end(&tail);
	deviations = tail.count;
	if (!tap_ok(deviations == 1 && json_number(&tail.events[0], 0, "process.ppid") ==
					       (unsigned long long)running.pid,
		    "tail: --pid and its descendants"))
		tap_note("%zu events: %s", deviations, said);
	free(said);
	tail_release(&tail);
}

/* The number in "N events lost here …", summed over all such lines. */
static unsigned long long lost_here(const char *said)
{
	unsigned long long sum = 0;
	const char *at = said;

	while ((at = strstr(at, " events lost here"))) {
		const char *start = at;

		while (start > said && start[-1] >= '0' && start[-1] <= '9')
			start--;
		sum += strtoull(start, NULL, 10);
		at++;
	}
	return sum;
}

static void tail_slow(void)
{
	/* Beyond IPC_QUEUE_MAX by half, in a guest. */
	unsigned int times = world.guest ? 4500 : 10000;
	struct tail slow, fast;
	struct outcome outcome;
	char *said, *fast_said;

	tail_start(&slow, "--verdict deny --port 29505");
	tail_start(&fast, "--verdict deny --port 29505");
	if (!status_await_clients(3))
		tap_note("the clients do not come");
	for (unsigned int done = 0; done < times; done += 100) {
		outcome = act_run("entry", "sweep-connect 100 udp 127.0.0.1:29505");
		if (outcome.kind != OUTCOME_DONE)
			break;
		events_drain();
		tail_drain(&fast);
	}
	events_await();
	fast_said = tail_end(&fast);
	said = tail_end(&slow);
	tap_ok(fast.count == times && !*fast_said, "tail: who reads gets everything");
	if (fast.count != times)
		tap_note("%zu of %u: %s", fast.count, times, fast_said);
	if (!tap_ok(lost_here(said) && slow.count + lost_here(said) == times,
		    "tail: who does not read loses its own, and is told how many"))
		tap_note("%zu and %llu lost, of %u: %s", slow.count, lost_here(said), times, said);
	free(said);
	free(fast_said);
	tail_release(&slow);
	tail_release(&fast);
}

/* What a typing mistake would make wait for ever is said at once. */
static void tail_typo(void)
{
	struct tail instance, user;
	char *said, *said_user;

	tail_start(&instance, "--instance tial,tail");
	tail_start(&user, "--user nobodyy,nobody,4711");
	if (!status_await_clients(3))
		tap_note("the clients do not come");
	said = tail_end(&instance);
	said_user = tail_end(&user);
	if (!tap_ok(strstr(said, "no instance 'tial' is governed; there are: ") &&
			    strstr(said, " tail") && !strstr(said, "'tail'"),
		    "tail: an instance that is not governed is remarked on"))
		tap_note("%s", said);
	if (!tap_ok(strstr(said_user, "no user 'nobodyy'") && !strstr(said_user, "'nobody'") &&
			    !strstr(said_user, "4711"),
		    "tail: so is a user who is not there"))
		tap_note("%s", said_user);
	free(said);
	free(said_user);
	tail_release(&instance);
	tail_release(&user);
}

static void tail_usage(void)
{
	char *output = NULL;
	int status = client(&output, "tail", "--port", "0x7b2", NULL);

	tap_ok(status == 2 && strstr(output, "port"), "tail: a bad filter is bad usage");
	free(output);
	status = client(&output, "tail", "--verdict", "deny", "--count", "0", NULL);
	tap_ok(status == 2, "tail: so is a count of none");
	free(output);
}

void scene_tail(void)
{
	policy_write("tail", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "tail: in force"))
		return;
	tail_filters();
	tail_forget(&events);
	tail_pid();
	/* Between the daemon and its clients. */
	if (!world.spare) {
		tail_slow();
		tail_typo();
		tail_usage();
	}
	policy_write("tail", "");
	tail_forget(&events);
}

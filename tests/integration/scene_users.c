/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may ask the daemon for what: everything root, but for his governed processes; to look the group, nothing all
 * others. And what who may look can do to who may act: not take all seats, not with requests without end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "stranger.h"
#include "tap.h"
#include "world.h"

#define SEATS 512 /* IPC_CLIENTS_MAX, see user/ipc/server.h */
#define SEATS_GROUP 384 /* IPC_CLIENTS_GROUP_MAX */

/* What each command answers whom. In a child, whose notes nobody collects. */
static const struct asked {
	const char *command, *argument;
	bool look; /* the group may */
} asked[] = {
	{ "status", NULL, true },   { "ps", NULL, true },	  { "policy", "show", true },
	{ "mode", "audit", false }, { "mode", "enforce", false }, { "mode", "confirm", false },
	{ "reload", NULL, false },  { "stop", NULL, false },	  { "stop", "--release", false },
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

/* `policy show` has its options behind both words. */
static int ask_as(const struct asked *ask, char **ret_output)
{
	char *argv[8] = { (char *)world.program, (char *)ask->command };
	size_t count = 2;

	if (ask->argument)
		argv[count++] = (char *)ask->argument;
	argv[count++] = (char *)"--runtime-dir";
	argv[count++] = (char *)world_path("run");
	return program_run(argv, ret_output);
}

static bool answered_as(const struct asked *ask, bool member)
{
	const char *wanted = member ? "only root may change what is in force"
				    : "only root and members of the daemon's group may talk to it";
	char *output = NULL;
	int status = ask_as(ask, &output);
	bool good = member && ask->look ? status == 0 : status == 3 && strstr(output, wanted);

	if (!good)
		dprintf(STDOUT_FILENO, "# %s %s: exit status %d: %s\n", ask->command,
			ask->argument ? ask->argument : "", status, output);
	free(output);
	return good;
}

static int ask_each(void *context)
{
	bool good = true;

	for (size_t i = 0; i < ASKED; i++)
		good &= answered_as(&asked[i], *(bool *)context);
	return !good;
}

/* What a member sees of a deviation that comes when it is there. */
static int look_on(void *context)
{
	static const char *const options[] = { "verdict", "deny", "port", "29507", NULL };
	const int *ready = context;
	struct stranger stranger;

	if (stranger_connect(&stranger) || !stranger_ask(&stranger, IPC_TAIL, options) ||
	    write(*ready, "x", 1) != 1)
		return 1;
	return stranger_await(&stranger, 1) && stranger.events == 1 ? 0 : 2;
}

static int turned_away(void *context)
{
	struct stranger stranger;

	(void)context;
	return stranger_connect(&stranger) == EACCES ? 0 : 1;
}

static const char policy[] = "version: 1\n"
			     "instance: users\n"
			     "root: @ROOT@\n"
			     "mode: audit\n"
			     "executables:\n"
			     "  entry: { path: \"${root}/bin/entry\", entry: true }\n"
			     "exec: off\n"
			     "bind: []\n"
			     "connect: []\n"
			     "library: off\n";

static void users_commands(void)
{
	unsigned long long generation = status_generation();
	bool member = true;

	tap_ok(!somebody_wait(somebody_start(true, ask_each, &member)),
	       "users: the group may look, and change nothing");
	member = false;
	tap_ok(!somebody_wait(somebody_start(false, ask_each, &member)),
	       "users: others are told that they may not");
	tap_ok(!somebody_wait(somebody_start(false, turned_away, NULL)),
	       "users: the socket itself turns them away");
	tap_ok(status_generation() == generation && strcmp(status_mode("users"), "audit") == 0,
	       "users: and nothing has changed");
}

static enum outcome_kind asked_by(const char *who, const char *what)
{
	char act[512];

	snprintf(act, sizeof(act), "exec %s %s --runtime-dir %s", world.program, what,
		 world_path("run"));
	return act_run(who, act).kind;
}

/* Root's as well. */
static void users_governed(void)
{
	unsigned long long generation;

	tap_ok(asked_by("plain", "reload") == OUTCOME_DONE,
	       "users: root's own process may change what is in force");
	generation = status_generation();
	tap_ok(asked_by("entry", "status") == OUTCOME_DONE, "users: a governed process may look");
	tap_ok(asked_by("entry", "reload") != OUTCOME_DONE &&
		       asked_by("entry", "mode enforce") != OUTCOME_DONE &&
		       asked_by("entry", "stop") != OUTCOME_DONE,
	       "users: and change nothing, and be it root's");
	tap_ok(status_generation() == generation && strcmp(status_mode("users"), "audit") == 0,
	       "users: nothing has changed by it");
}

static void users_tail(void)
{
	int ends[2];
	pid_t member;
	char byte;

	if (pipe2(ends, O_CLOEXEC))
		tap_bail("no pipe: %s", strerror(errno));
	member = somebody_start(true, look_on, &ends[1]);
	if (read(ends[0], &byte, 1) == 1 && status_await_clients(2))
		act_run("entry", "socket udp, connect 127.0.0.1:29507");
	tap_ok(somebody_wait(member) == 0, "users: the group may tail");
	close(ends[0]);
	close(ends[1]);
}

/* ------------------------------------------------------------------ seats */

struct holding {
	int ready[2], done[2];
};

/* All that the group can have; half of them tail and read nothing, the others do not even ask. */
static int hold_seats(void *context)
{
	const struct holding *holding = context;
	static struct stranger seats[SEATS];
	struct stranger *last = seats;
	size_t count = 0;
	char byte;

	close(holding->done[1]);
	for (; count < SEATS; count++) {
		last = &seats[count];
		if (stranger_connect(last))
			return 1;
		/* Who is turned away may be so before it has asked. */
		if (count == SEATS_GROUP)
			break;
		if (count % 2 && !stranger_ask(last, IPC_TAIL, NULL))
			return 1;
	}
	stranger_await_end(last);
	if (last->end.reason != IPC_END_BUSY || !strstr(last->said, "too many clients"))
		return 2;
	/* Held until the other end is closed. */
	return write(holding->ready[1], "x", 1) == 1 && read(holding->done[0], &byte, 1) == 0 ? 0
											      : 3;
}

static void users_seats(void)
{
	unsigned long long refused;
	struct holding holding;
	struct json report;
	int status;
	pid_t member;
	char byte;
	bool held;

	if (pipe2(holding.ready, O_CLOEXEC) || pipe2(holding.done, O_CLOEXEC))
		tap_bail("no pipe: %s", strerror(errno));
	member = somebody_start(true, hold_seats, &holding);
	close(holding.ready[1]);
	held = read(holding.ready[0], &byte, 1) == 1;
	tap_ok(held, "users: the group has %d seats, and is told when they are taken", SEATS_GROUP);
	daemon_status(&report);
	refused = json_number(&report, 0, "clients.refused");
	tap_ok(refused && daemon_reload(), "users: root still gets in");
	json_release(&report);
	act_run("entry", "socket udp, connect 127.0.0.1:29508");
	events_await();
	tap_ok(events_count(&events, &(struct event_query){ .operation = "connect" }) > 0,
	       "users: and deviations are told");
	close(holding.ready[0]);
	close(holding.done[0]);
	close(holding.done[1]);
	status = somebody_wait(member);
	if (!tap_ok(!status && status_await_clients(1), "users: they leave"))
		tap_note("exit status %d", status);
}

/* Root itself may take all. */
static void users_full(void)
{
	static struct stranger seats[SEATS];
	char *output = NULL;
	size_t count = 0;
	int status;

	for (; count < SEATS - 1; count++)
		if (stranger_connect(&seats[count]) || !stranger_ask(&seats[count], IPC_TAIL, NULL))
			break;
	status = client(&output, "tail", "--count", "1", NULL);
	if (!tap_ok(count == SEATS - 1 && status == 3 && strstr(output, "too many clients"),
		    "users: client %d is refused, and told why", SEATS + 1))
		tap_note("%zu, exit status %d: %s", count, status, output);
	for (size_t i = 0; i < count; i++)
		stranger_release(&seats[i]);
	free(output);
	tap_ok(status_await_clients(1), "users: they leave as well");
}

void strangers_users(void)
{
	policy_write("users", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "users: in force"))
		return;
	tail_forget(&events);
	users_commands();
	users_governed();
	users_tail();
	users_seats();
	users_full();
	policy_write("users", "");
	tail_forget(&events);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "tap.h"
#include "world.h"

#define QUIET_MILLISECONDS 20

struct tail events;

const char sentinel_policy[] = "version: 1\n"
			       "instance: sentinel\n"
			       "mode: audit\n"
			       "executables:\n"
			       "  sentinel: { path: \"@ROOT@/bin/sentinel\", entry: true }\n";

void tail_start(struct tail *tail, const char *options)
{
	char *argv[24] = {
		(char *)world.program, (char *)"tail",		(char *)"-o",
		(char *)"json",	       (char *)"--runtime-dir", strdup(world_path("run"))
	};
	char *words = strdup(options);
	size_t count = 6;
	int output[2], errors[2];

	for (char *word = strtok(words, " "); word && count < 23; word = strtok(NULL, " "))
		argv[count++] = word;
	*tail = (struct tail){ 0 };
	if (pipe2(output, O_CLOEXEC) || pipe2(errors, O_CLOEXEC))
		tap_bail("no pipes: %s", strerror(errno));
	tail->pid = fork();
	if (!tail->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(output[1], STDOUT_FILENO);
		dup2(errors[1], STDERR_FILENO);
		execv(world.program, argv);
		_exit(127);
	}
	free(argv[5]);
	free(words);
	close(output[1]);
	close(errors[1]);
	tail->output = output[0];
	tail->errors = errors[0];
}

static void tail_line(struct tail *tail, const char *line)
{
	struct json event;

	if (!json_read(line, &event)) {
		tap_note("not JSON: %s", line);
		return;
	}
	if (!(tail->count & (tail->count - 1)))
		tail->events = realloc(tail->events,
				       (tail->count ? tail->count * 2 : 1) * sizeof(event));
	if (!tail->events)
		abort();
	tail->events[tail->count++] = event;
}

/* What is there, or comes within the time: false at the end of the stream. */
static bool tail_read(struct tail *tail, int milliseconds)
{
	struct pollfd readable = { .fd = tail->output, .events = POLLIN };
	char *line, *newline;
	ssize_t got;

	if (poll(&readable, 1, milliseconds) <= 0)
		return true;
	tail->text = realloc(tail->text, tail->length + 65537);
	if (!tail->text)
		abort();
	do {
		got = read(tail->output, tail->text + tail->length, 65536);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	tail->length += (size_t)got;
	tail->text[tail->length] = '\0';
	line = tail->text;
	while ((newline = strchr(line, '\n'))) {
		*newline = '\0';
		tail_line(tail, line);
		line = newline + 1;
	}
	tail->length -= (size_t)(line - tail->text);
	memmove(tail->text, line, tail->length);
	return true;
}

static char *tail_errors(const struct tail *tail)
{
	char *errors = calloc(1, 65536);
	size_t length = 0;
	ssize_t got;

	while (errors && length < 65535 &&
	       (got = read(tail->errors, errors + length, 65535 - length)) > 0)
		length += (size_t)got;
	return errors;
}

char *tail_end(struct tail *tail)
{
	char *errors;

	kill(tail->pid, SIGTERM);
	while (tail_read(tail, WAIT_SECONDS * 1000))
		;
	errors = tail_errors(tail);
	waitpid(tail->pid, NULL, 0);
	close(tail->output);
	close(tail->errors);
	tail->pid = -1;
	return errors;
}

void tail_forget(struct tail *tail)
{
	for (size_t i = 0; i < tail->count; i++)
		json_release(&tail->events[i]);
	free(tail->events);
	tail->events = NULL;
	tail->count = 0;
}

void tail_release(struct tail *tail)
{
	tail_forget(tail);
	free(tail->text);
	*tail = (struct tail){ 0 };
}

/* ------------------------------------------------------------------ the one that reads all */

void events_start(void)
{
	tail_start(&events, "");
	if (!status_await_clients(1))
		tap_bail("tail does not connect");
}

/* The client's stream has ended, and nobody told it to: whose fault that is, in one line. */
static __attribute__((noreturn)) void tail_bail(const struct tail *tail)
{
	char *said = tail_errors(tail);
	int status = 0;

	for (char *c = said; c && *c; c++)
		if (*c == '\n')
			*c = ' ';
	waitpid(tail->pid, &status, 0);
	tap_bail("tail has ended (wait status %#x): %s; %s", (unsigned int)status, said ? said : "",
		 daemon_ended());
}

void tail_drain(struct tail *tail)
{
	struct pollfd readable = { .fd = tail->output, .events = POLLIN };

	while (poll(&readable, 1, QUIET_MILLISECONDS) > 0) {
		if (!tail_read(tail, 0))
			tail_bail(tail);
	}
}

void events_drain(void)
{
	tail_drain(&events);
}

/* Deviations and other events come on two ways: an event of either. */
static bool sentinel_came(pid_t pid, time_t until)
{
	while (!events_count(&events, &(struct event_query){ pid, "connect", "deny", NULL }) ||
	       !events_count(&events, &(struct event_query){ pid, "socket", "allow", NULL })) {
		if (!tail_read(&events, 1000))
			tail_bail(&events);
		if (time(NULL) > until)
			return false;
	}
	return true;
}

void events_await(void)
{
	time_t end = time(NULL) + WAIT_SECONDS;
	struct outcome outcome;

	events_drain();
	/* After a flood its own events may be among those that a slow reader loses: again, then. */
	do {
		outcome = act_run("sentinel", "socket udp, connect 127.0.0.1:9");
		if (outcome.kind != OUTCOME_DONE)
			tap_bail("the sentinel could not act: %s", outcome_text(&outcome));
		if (time(NULL) > end)
			tap_bail("the sentinel's events do not come");
	} while (!sentinel_came(outcome.pid, time(NULL) + 5));
}

/* ------------------------------------------------------------------ looking at events */

static bool of_process(const struct json *event, pid_t pid)
{
	if (json_number(event, 0, "process.pid") == (unsigned long long)pid)
		return true;
	for (int i = 0; json_get(event, "ancestry.%d.pid", i); i++) {
		if (json_number(event, 0, "ancestry.%d.pid", i) == (unsigned long long)pid)
			return true;
	}
	return false;
}

static bool is(const struct json *event, const char *path, const char *wanted)
{
	const char *value = json_get(event, "%s", path);

	return value && strcmp(value, wanted) == 0;
}

const struct json *event_next(const struct tail *tail, const struct event_query *query,
			      size_t *position)
{
	while (*position < tail->count) {
		const struct json *event = &tail->events[(*position)++];

		if ((!query->pid || of_process(event, query->pid)) &&
		    (!query->operation || is(event, "operation", query->operation)) &&
		    (!query->verdict || is(event, "verdict", query->verdict)) &&
		    (!query->rule || is(event, "rule.id", query->rule)) &&
		    (!query->reason || is(event, "reason", query->reason)))
			return event;
	}
	return NULL;
}

size_t events_count(const struct tail *tail, const struct event_query *query)
{
	size_t position = 0, count = 0;

	while (event_next(tail, query, &position))
		count++;
	return count;
}

bool event_has(const struct json *event, const char *path, const char *wanted)
{
	const char *value = json_get(event, "%s", path);

	if (wanted ? value && strcmp(value, wanted) == 0 : !value)
		return true;
	tap_note("%s is %s, not %s", path, value ? value : "null", wanted ? wanted : "null");
	return false;
}

static const char *text_at(const struct json *event, const char *path)
{
	const char *value = json_get(event, "%s", path);

	return value ? value : "-";
}

void event_note(const struct json *event)
{
	tap_note("event: %s %s %s %s, rule %s, by %s (%s, pid %s) on %s%s:%s, instance %s",
		 text_at(event, "operation"), text_at(event, "verdict"), text_at(event, "effect"),
		 text_at(event, "reason"), text_at(event, "rule.id"),
		 text_at(event, "process.executable"), text_at(event, "process.path"),
		 text_at(event, "process.pid"),
		 json_get(event, "target.path") ? json_get(event, "target.path") : "",
		 text_at(event, "target.address"), text_at(event, "target.port"),
		 text_at(event, "instance"));
}

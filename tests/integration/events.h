/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `tail -o json` tells. One client reads everything from the start of the run to its end; tests
 * make their acts, then let the sentinel do something, and when its events have come, so have all that
 * were before them: what is not there then was not reported.
 */
#ifndef CW_EVENTS_H
#define CW_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "json.h"

struct tail {
	pid_t pid;
	int output, errors;
	char *text; /* not yet ended by a newline */
	size_t length;
	struct json *events;
	size_t count;
};

/* Start a client with these options; "-o json" is given. */
void tail_start(struct tail *tail, const char *options);
/* End it with SIGTERM, read what it still had. Returns its standard error, owned by the caller. */
char *tail_end(struct tail *tail);
/* Read what is there. */
void tail_drain(struct tail *tail);
void tail_forget(struct tail *tail); /* the events so far */
void tail_release(struct tail *tail);

/* The client that reads all. */
extern struct tail events;
void events_start(void);
/* Let the sentinel act, and read until its events have come. Bails out when they do not. */
void events_await(void);
/* Read what is there, as tests must that make many events. */
void events_drain(void);

/* Events of a process (or of its descendants), and what else they must be; NULL or 0 is any. */
struct event_query {
	pid_t pid;
	const char *operation;
	const char *verdict;
	const char *rule;
	const char *reason;
};
/* The first such event from index *position on, which becomes its successor's; NULL if none. */
const struct json *event_next(const struct tail *tail, const struct event_query *query,
			      size_t *position);
size_t events_count(const struct tail *tail, const struct event_query *query);

/* Has the event this at this path? A note if not. */
bool event_has(const struct json *event, const char *path, const char *wanted);
/* An event in a few words, as a note. */
void event_note(const struct json *event);

/* The policy of the sentinel, which every scene keeps. */
extern const char sentinel_policy[];

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream of events as distinct operations, each with how often it was seen, since when, by whom: what
 * `policy learn` and `policy replay` judge once each, however many events there are.
 *
 * Events come as lines of JSON, from files, from standard input, or from the recorder.
 */
#ifndef CW_CLI_SEEN_H
#define CW_CLI_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/told_operation.h"
#include "policy/learn.h"

struct seen {
	struct told_operation told; /* of the first event; its strings are ours */
	char *text; /* the operation as `policy test` writes it */
	uint8_t verdict, reason; /* as recorded */
	char *user; /* name of the user, or number */
	char *role; /* of the process; NULL: not told */
	struct learn_evidence evidence; /* comm is ours */
	uint64_t hash;
};

struct seen_set {
	struct seen *items; /* in the order in which they were first told */
	size_t count, capacity;
	size_t *slots; /* hash table of index + 1; 0: free */
	size_t slot_count;
	uint64_t events; /* read */
	uint64_t unclear; /* that do not say what was done */
	uint64_t unreadable; /* lines that are no events */
	uint64_t lost; /* events that the recording says are missing in it */
	const char *unclear_why; /* of the first */
};

void seen_release(struct seen_set *set);
#define _cleanup_seen_ __attribute__((cleanup(seen_release)))

/* The reason of what was told as an execution and was none, so that nobody may do it who may execute that:
 * CW_REASON_OUTSIDE or CW_REASON_TRACER; else 0. */
static inline uint8_t seen_reach(uint8_t reason)
{
	return reason == CW_REASON_OUTSIDE || reason == CW_REASON_TRACER ? reason : 0;
}

/* 0, -ENOMEM, -E2BIG (more than LEARN_SEEN_MAX distinct ones). */
int seen_add(struct seen_set *set, const struct event *event);

/* Where events come from. */
struct seen_source {
	char *const *files; /* `-` is standard input */
	int count; /* 0: the recording, where since is given; else standard input */
	const char *since; /* as `tail --since` takes it; NULL: from the beginning */
	const char *log_dir; /* of the recording */
	const char *instance; /* NULL: of all */
};

/* What is wrong with a line is reported with its place, the first few times. 0; -EINVAL: since is none
 * (the caller reports it); else an error that was logged. */
int seen_read(struct seen_set *set, const struct seen_source *source);

/* Paths that the operations are about, for load_options.assumed: an array to be freed, its strings the
 * set's; NULL: no memory. */
const char **seen_paths(const struct seen_set *set, size_t *ret_count);

#endif

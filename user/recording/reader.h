/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a recording, while it is written or long after: every line that a query asks for, in order,
 * through all segments, compressed or not.
 *
 *	struct reader_query query = { .since = …, .until = INT64_MAX, .last = UINT64_MAX };
 *	struct reader_line line;
 *
 *	r = reader_new(common->log_dir, &query, &reader);
 *	while (!r && (r = reader_next(reader, &line)) > 0) {
 *		if (line.kind == READER_EVENT && !event_parse(line.text, line.length, &parsed))
 *			… parsed.event, as from event_name() …
 *		r = 0;
 *	}
 */
#ifndef CW_RECORDING_READER_H
#define CW_RECORDING_READER_H

#include "recording/segment.h"
#include "util/cleanup.h"

/* Lines outside are passed over. All bounds are inclusive. */
struct reader_query {
	int64_t since, until; /* nanoseconds since 1970; INT64_MIN, INT64_MAX: no bound */
	uint64_t first, last; /* sequence numbers; 0, UINT64_MAX: no bound */
};

enum reader_kind {
	READER_EVENT, /* text: the line */
	READER_NOTICE, /* text: the line; see head.notice */
	READER_DAMAGE, /* text: a sentence for people (file, what is wrong); what follows is read on */
};

struct reader_line {
	enum reader_kind kind;
	const char *text; /* valid until the next call; NUL-terminated */
	size_t length; /* with the newline, where it is a line */
	struct segment_head head; /* not of READER_DAMAGE */
};

struct reader;

/* 0; -ENOENT: no such directory (an empty one is not an error); -EACCES; -ENOMEM; other errors of the
 * system. */
int reader_new(const char *log_dir, const struct reader_query *query, struct reader **ret_reader);
struct reader *reader_free(struct reader *reader);
DEFINE_CLEANUP(struct reader *, reader_free);
#define _cleanup_reader_ _cleanup_(cleanup_reader_free)

/*
 * 1: *ret_line is the next one. 0: there is no more for now; a later call finds what was written
 * meanwhile, in the same segment or in a new one. A line whose end is not there yet is no line yet.
 * Negative: an error of the system.
 */
int reader_next(struct reader *reader, struct reader_line *ret_line);

/* The highest sequence number that was come across, whether asked for or not; 0 if none. */
uint64_t reader_reached(const struct reader *reader);

/* Is there the beginning of a line, whose writer is at it or has crashed? *ret_file: its segment's
 * name, valid until the next call. */
bool reader_torn(const struct reader *reader, const char **ret_file);

#endif

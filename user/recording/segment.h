/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recording: what the daemon's recorder leaves below the log directory, and how it is found again.
 *
 * A recording is a row of segments. A segment is a file of lines, in the order of their sequence numbers:
 *
 *	events-20261122T032510Z-1234.ndjson	being written, or not compressed yet
 *	events-20261121T000000Z-17.ndjson.gz	closed; the same content, for zcat and jq
 *	events-….ndjson.gz.tmp			being compressed; nobody's business
 *
 * named by the time and the sequence number of its first line. The number orders them: clocks jump. A
 * line is one object of JSON, no longer than SEGMENT_LINE_MAX with its newline, and begins with the two
 * fields that every line has:
 *
 *	{"time":"2026-11-22T03:25:10.123456789Z","seq":1234,"host":…	an event, exactly as `tail -o json`
 *	{"time":"2026-11-22T03:25:11.000000000Z","seq":1234,"notice":"lost","count":17,"detail":"…"}
 *
 * The second kind is a notice: the recorder's own word on the recording, at the place it is about
 * (SEGMENT_NOTICES). Its number is the highest that was given by then, lost or not.
 *
 * No number is there twice: a daemon goes on from the highest that it finds. Not every number is there:
 * with --record=deviations allowed operations have numbers and are not recorded. Times may go back by a
 * little (the kernel hands over allowed operations in batches) or by much (the clock was set).
 */
#ifndef CW_RECORDING_SEGMENT_H
#define CW_RECORDING_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buffer.h"
#include "util/vocabulary.h"

#define SEGMENT_LINE_MAX 65536
#define SEGMENT_NAME_MAX 64 /* bytes of a file's name with its NUL */

/* word, meaning of `count` */
#define SEGMENT_NOTICES(X) \
	X(START, "start") /* a daemon began to record; 0 */ \
	X(STOP, "stop") /* … and ended as it should; 0 */ \
	X(LOST, "lost") /* events that should be here and could not be written */ \
	X(TORN, "torn") /* bytes of a line that a crash cut off, removed here */

enum segment_notice {
#define SEGMENT_NOTICE_ID(id, word) SEGMENT_NOTICE_##id,
	SEGMENT_NOTICES(SEGMENT_NOTICE_ID)
#undef SEGMENT_NOTICE_ID
		SEGMENT_NOTICE_MAX,
};
extern const struct vocabulary segment_notices;

struct segment {
	uint64_t sequence; /* of the first line */
	int64_t time; /* of the first line, in seconds */
	bool compressed;
};

/* name has SEGMENT_NAME_MAX bytes. */
void segment_name(const struct segment *segment, char *name);
/* false: some other file. */
bool segment_name_parse(const char *name, struct segment *ret_segment);

/* By sequence, then by time: < 0, 0, > 0. Compressed or not, it is the same segment. */
int segment_compare(const struct segment *one, const struct segment *other);

struct segment_list {
	struct segment
		*items; /* by ascending sequence; of one that is there twice, the compressed */
	size_t count;
};
void segment_list_release(struct segment_list *list);
#define _cleanup_segment_list_ __attribute__((cleanup(segment_list_release)))
/* 0, or an error of the system (-ENOENT: there is no such directory). */
int segment_list_read(int directory, struct segment_list *ret_list);

/* What every line begins with. */
struct segment_head {
	uint64_t sequence;
	int64_t time; /* nanoseconds since 1970 */
	int notice; /* enum segment_notice; -1: an event; SEGMENT_NOTICE_MAX: one we do not know */
	uint64_t count; /* of a notice */
};
/* line without or with its newline; false: torn, or nothing of ours. */
bool segment_head(const char *line, size_t length, struct segment_head *ret_head);

/* Append a notice, of now. */
void segment_notice(struct buffer *buffer, enum segment_notice notice, uint64_t sequence,
		    uint64_t count, const char *detail);

/* How many of whole lines are events. */
uint64_t segment_events(const char *lines, size_t length);

#endif

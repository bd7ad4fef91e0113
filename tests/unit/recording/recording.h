/* SPDX-License-Identifier: GPL-2.0-only */
/* A recording in a temporary directory: lines to write, and what is read back. */
#ifndef CW_TESTS_RECORDING_H
#define CW_TESTS_RECORDING_H

#include "host/temporary.h"

#include <sched.h>
#include <sys/mount.h>

#include "event/event.h"
#include "recording/reader.h"
#include "recording/writer.h"

#define BEGIN 1763770620000000000 /* 2025-11-22T00:17:00Z; each event is a second later */
#define SECONDS 1000000000ll

/* The line of event number `sequence`, padding bytes longer than it must be. */
static inline void add_line(struct buffer *to, uint64_t sequence, size_t padding)
{
	uint32_t seed = (uint32_t)sequence;
	char time[EVENT_TIME_MAX];

	event_time(BEGIN + (int64_t)sequence * SECONDS, time);
	buffer_printf(to, "{\"time\":\"%s\",\"seq\":%llu,\"host\":\"%.*s\"}\n", time,
		      (unsigned long long)sequence, (int)padding, "");
	if (!padding)
		return;
	to->length -= 3; /* "}\n and the quote before */
	for (size_t i = 0; i < padding; i++) { /* what compresses badly */
		seed = seed * 1664525 + 1013904223;
		buffer_add_char(to, (char)('A' + (seed >> 24) % 26 + (seed >> 20) % 2 * 32));
	}
	buffer_add_string(to, "\"}\n");
}

static inline struct reader_query everything(void)
{
	return (struct reader_query){ .since = INT64_MIN, .until = INT64_MAX, .last = UINT64_MAX };
}

/* What a reader gives until there is no more for now. */
struct reading {
	uint64_t events, notices, damages;
	uint64_t first, last; /* numbers of events */
	bool in_order; /* each number greater than the one before */
	uint64_t lost, torn; /* as notices say */
	char damage[256];
};

static inline void read_more(struct reader *reader, struct reading *reading)
{
	struct reader_line line;
	int r;

	while ((r = reader_next(reader, &line)) > 0) {
		assert_int_equal(strlen(line.text), line.length);
		if (line.kind == READER_DAMAGE) {
			reading->damages++;
			snprintf(reading->damage, sizeof(reading->damage), "%s", line.text);
		} else if (line.kind == READER_NOTICE) {
			reading->notices++;
			if (line.head.notice == SEGMENT_NOTICE_LOST)
				reading->lost += line.head.count;
			if (line.head.notice == SEGMENT_NOTICE_TORN)
				reading->torn += line.head.count;
		} else {
			if (!reading->events++)
				reading->first = line.head.sequence;
			else
				reading->in_order &= line.head.sequence > reading->last;
			reading->last = line.head.sequence;
		}
	}
	assert_int_equal(r, 0);
}

static inline struct reading read_recording(const char *directory, const struct reader_query *query)
{
	_cleanup_reader_ struct reader *reader = NULL;
	struct reading reading = { .in_order = true };

	assert_int_equal(reader_new(directory, query, &reader), 0);
	read_more(reader, &reading);
	return reading;
}

static inline struct reading read_all(const char *directory)
{
	struct reader_query query = everything();

	return read_recording(directory, &query);
}

static inline struct segment_list list_segments(const char *directory)
{
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct segment_list list;

	assert_int_equal(segment_list_read(fd, &list), 0);
	return list;
}

static inline const char *segment_path(const char *directory, const struct segment *segment)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(segment, name);
	return in(directory, name);
}

/* A shell's word on the whole recording: exit status. */
static inline int shell(const char *directory, const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd '%s' && { %s; } >/dev/null 2>&1", directory, command);
	return system(line);
}

/* Mounts of our own, which go with us. */
static inline bool own_mounts(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

#endif

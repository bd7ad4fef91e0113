/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments change under the reader: they grow, are closed, compressed and removed. What it relies on: a
 * segment only grows, and only while it is the last; compressed it appears whole before the plain one
 * goes; a descriptor that is open stays readable.
 */
#include "recording/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

struct reader {
	struct reader_query query;
	int directory;
	bool begun; /* at least one segment was opened or passed over */
	struct segment at; /* the one that is read, or the last one that was */
	int fd; /* of it, plain; -1 */
	gzFile gz; /* … or compressed; NULL */
	bool final; /* a later segment is there: its end is the end */
	bool skipping; /* in the midst of a line that is too long */
	uint64_t reached;
	size_t begin, end; /* what is not read yet of data */
	char *patched; /* where a NUL stands for the byte `saved` */
	char saved;
	char damage[SEGMENT_NAME_MAX + 128];
	char data[2 * SEGMENT_LINE_MAX + 1];
};

int reader_new(const char *log_dir, const struct reader_query *query, struct reader **ret_reader)
{
	struct reader *reader = malloc(sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	memset(reader, 0, offsetof(struct reader, data));
	reader->query = *query;
	reader->fd = -1;
	reader->directory = open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (reader->directory < 0) {
		int r = -errno;

		free(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

static void reader_close(struct reader *reader)
{
	reader->fd = close_fd(reader->fd);
	if (reader->gz)
		gzclose_r(reader->gz);
	reader->gz = NULL;
	reader->begin = reader->end = 0;
	reader->final = reader->skipping = false;
}

struct reader *reader_free(struct reader *reader)
{
	if (!reader)
		return NULL;
	reader_close(reader);
	close_fd(reader->directory);
	free(reader);
	return NULL;
}

uint64_t reader_reached(const struct reader *reader)
{
	return reader->reached;
}

static bool reader_is_open(const struct reader *reader)
{
	return reader->fd >= 0 || reader->gz;
}

bool reader_torn(const struct reader *reader, const char **ret_file)
{
	static __thread char name[SEGMENT_NAME_MAX];

	if (!reader_is_open(reader) || reader->begin == reader->end)
		return false;
	segment_name(&reader->at, name);
	*ret_file = name;
	return true;
}

/* ------------------------------------------------------------------ which segment */

/* It was compressed between a look and the next: then it has its other name. -ENOENT: it has gone. */
static int segment_open(struct reader *reader, struct segment *segment)
{
	for (int attempt = 0; attempt < 2; attempt++) {
		char name[SEGMENT_NAME_MAX];
		int fd;

		segment_name(segment, name);
		fd = openat(reader->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0)
			return fd;
		if (errno != ENOENT)
			return -errno;
		segment->compressed = !segment->compressed;
	}
	return -ENOENT;
}

/* Could it hold what is asked for? An event is written after it happened, so a file that was last
 * written before `since` has nothing of it. */
static bool segment_matters(const struct reader *reader, int fd, const struct segment *next)
{
	struct stat st;

	if (!next)
		return true; /* it may still grow */
	if (next->sequence < reader->query.first)
		return false;
	return fstat(fd, &st) ||
	       st.st_mtim.tv_sec >= reader->query.since / 1000000000 - (reader->query.since < 0);
}

/* 1: a segment is open. 0: there is none that has not been read. */
static int reader_advance(struct reader *reader)
{
	_cleanup_segment_list_ struct segment_list list = { 0 };
	int r = segment_list_read(reader->directory, &list);

	for (size_t i = 0; !r && i < list.count; i++) {
		struct segment *segment = &list.items[i];
		int fd;

		if (reader->begun && segment_compare(segment, &reader->at) <= 0)
			continue;
		if (segment->sequence > reader->query.last)
			return 0;
		fd = segment_open(reader, segment);
		if (fd < 0 && fd != -ENOENT)
			return fd;
		reader->begun = true;
		reader->at = *segment;
		if (fd < 0)
			continue;
		if (!segment_matters(reader, fd, i + 1 < list.count ? segment + 1 : NULL)) {
			close_fd(fd);
			continue;
		}
		if (!segment->compressed)
			reader->fd = fd;
		else if (!(reader->gz = gzdopen(fd, "rb")))
			return close_fd(fd), -ENOMEM;
		return 1;
	}
	return r;
}

/* Is there a later one than that which is read? Then nobody writes to this one any more. */
static int reader_overtaken(struct reader *reader)
{
	_cleanup_segment_list_ struct segment_list list = { 0 };
	int r = segment_list_read(reader->directory, &list);

	if (r)
		return r;
	return list.count && segment_compare(&list.items[list.count - 1], &reader->at) > 0;
}

/* ------------------------------------------------------------------ lines of it */

static int damage(struct reader *reader, struct reader_line *line, const char *what)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(&reader->at, name);
	line->kind = READER_DAMAGE;
	line->length = (size_t)snprintf(reader->damage, sizeof(reader->damage), "%s: %s", name,
					what);
	line->text = reader->damage;
	return 1;
}

/* More bytes of the segment: how many, 0 at its end, or a negative errno (-EIO: it is damaged). */
static ssize_t reader_fill(struct reader *reader)
{
	size_t room;
	ssize_t length;
	int error;

	memmove(reader->data, reader->data + reader->begin, reader->end - reader->begin);
	reader->end -= reader->begin;
	reader->begin = 0;
	room = sizeof(reader->data) - 1 - reader->end;
	if (reader->gz) {
		length = gzread(reader->gz, reader->data + reader->end, (unsigned int)room);
		gzerror(reader->gz, &error);
		if (length <= 0 && error != Z_OK && error != Z_STREAM_END)
			return -EIO;
	} else {
		do {
			length = read(reader->fd, reader->data + reader->end, room);
		} while (length < 0 && errno == EINTR);
		if (length < 0)
			return -errno;
	}
	reader->end += (size_t)length;
	return length;
}

/* The end of what is there: 1: read on; 0: no more for now; 2: *line tells of damage. */
static int reader_at_end(struct reader *reader, struct reader_line *line)
{
	bool torn = reader->begin < reader->end || reader->skipping;
	int r;

	if (!reader->gz && !reader->final) {
		r = reader_overtaken(reader);
		/* It may have been written to between the end and the look: once more. */
		reader->final = r > 0;
		return r;
	}
	reader_close(reader);
	if (!torn)
		return 1;
	damage(reader, line, "its last line is torn: the daemon was interrupted");
	return 2;
}

/* Take a whole line out of the buffer: 1; 0: none is there; 2: *line tells of damage. */
static int reader_cut(struct reader *reader, struct reader_line *line)
{
	char *begin = reader->data + reader->begin;
	char *newline = memchr(begin, '\n', reader->end - reader->begin);
	bool skipped = reader->skipping;

	if (!newline) {
		if (reader->end - reader->begin < SEGMENT_LINE_MAX)
			return 0;
		reader->skipping = true;
		reader->begin = reader->end;
		return 0;
	}
	reader->begin = (size_t)(newline + 1 - reader->data);
	reader->skipping = false;
	line->text = begin;
	line->length = (size_t)(newline + 1 - begin);
	if (skipped || line->length > SEGMENT_LINE_MAX)
		return damage(reader, line, "a line that is too long"), 2;
	if (!segment_head(line->text, line->length, &line->head))
		return damage(reader, line, "a line that is none of ours"), 2;
	line->kind = line->head.notice < 0 ? READER_EVENT : READER_NOTICE;
	if (line->head.sequence > reader->reached)
		reader->reached = line->head.sequence;
	reader->patched = newline + 1;
	reader->saved = *reader->patched;
	*reader->patched = '\0';
	return 1;
}

static bool line_matters(const struct reader *reader, const struct segment_head *head)
{
	const struct reader_query *query = &reader->query;

	return head->time >= query->since && head->time <= query->until &&
	       head->sequence >= query->first && head->sequence <= query->last;
}

int reader_next(struct reader *reader, struct reader_line *ret_line)
{
	if (reader->patched)
		*reader->patched = reader->saved;
	reader->patched = NULL;
	for (;;) {
		ssize_t length;
		int r;

		if (!reader_is_open(reader)) {
			r = reader_advance(reader);
			if (r <= 0)
				return r;
		}
		r = reader_cut(reader, ret_line);
		if (r == 2 || (r == 1 && line_matters(reader, &ret_line->head)))
			return 1;
		if (r == 1) {
			*reader->patched = reader->saved;
			reader->patched = NULL;
			continue;
		}
		length = reader_fill(reader);
		if (length == -EIO) {
			reader_close(reader);
			return damage(reader, ret_line, "damaged: the rest of it cannot be read");
		}
		if (length < 0)
			return (int)length;
		if (length > 0)
			continue;
		r = reader_at_end(reader, ret_line);
		if (r <= 0)
			return r;
		if (r == 2)
			return 1;
	}
}

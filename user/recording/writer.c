/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What always holds: behind the last newline of a segment there is nothing, or the beginning of a line
 * that a crash or a full disk cut off; and whoever writes next removes that first.
 */
#include "recording/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "recording/compress.h"
#include "recording/last.h"
#include "util/cleanup.h"

#define NAMES_TRIED 60 /* of a new segment: the clock may have been there before */
#define KEEP_SECONDS 60 /* how often ages and sizes are looked at unasked */
#define RETRY_SECONDS 60 /* after a segment could not be compressed */

struct writer {
	struct writer_limits limits;
	char *log_dir;
	int directory; /* holds the lock */
	int fd; /* of the last segment; -1: the next line begins one */
	struct segment at;
	uint64_t size; /* bytes of whole lines in it */
	bool torn; /* there may be more behind them */
	bool unsafe; /* written since the last sync */
	int64_t synced, kept, refused; /* when last, in seconds */
	bool closed_one; /* there is something to compress */
	bool grown; /* … and to count */
	struct compress *compress;
};

/* ------------------------------------------------------------------ begin */

int writer_new(const char *log_dir, const struct writer_limits *limits,
	       struct writer_found *ret_found, struct writer **ret_writer)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	struct writer_found found = { 0 };
	int r;

	if (!writer)
		return -ENOMEM;
	writer->limits = *limits;
	writer->fd = -1;
	writer->closed_one = writer->grown = true;
	writer->log_dir = strdup(log_dir);
	writer->directory = open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!writer->log_dir)
		r = -ENOMEM;
	else if (writer->directory < 0 || flock(writer->directory, LOCK_EX | LOCK_NB))
		r = -errno;
	else
		r = last_sequence(log_dir, &found.sequence);
	if (!r)
		r = compress_clean(writer->directory);
	if (!r)
		r = last_open(writer->directory, &writer->fd, &writer->at, &writer->size,
			      &found.torn);
	if (r) {
		writer_free(writer);
		return r;
	}
	*ret_found = found;
	*ret_writer = writer;
	return 0;
}

struct writer *writer_free(struct writer *writer)
{
	if (!writer)
		return NULL;
	compress_free(writer->compress);
	close_fd(writer->fd);
	close_fd(writer->directory);
	free(writer->log_dir);
	free(writer);
	return NULL;
}

/* ------------------------------------------------------------------ foreign hands */

/* Moved or removed, by hand or by another tool: what is written would go nowhere, or elsewhere. */
static bool is_displaced(int fd, int directory, const char *name, int flags)
{
	struct stat ours, there;

	if (fstat(fd, &ours))
		return false;
	if (fstatat(directory, name, &there, flags))
		return errno == ENOENT || errno == ENOTDIR;
	return there.st_dev != ours.st_dev || there.st_ino != ours.st_ino;
}

bool writer_displaced(const struct writer *writer)
{
	return is_displaced(writer->directory, AT_FDCWD, writer->log_dir, 0);
}

/* Let go of a segment that is no longer where it was; of one that was emptied know so. */
static void writer_look(struct writer *writer)
{
	char name[SEGMENT_NAME_MAX];
	struct stat st;

	if (writer->fd < 0)
		return;
	segment_name(&writer->at, name);
	if (is_displaced(writer->fd, writer->directory, name, AT_SYMLINK_NOFOLLOW)) {
		writer->fd = close_fd(writer->fd);
		writer->closed_one = writer->grown = true;
	} else if (!fstat(writer->fd, &st) && (uint64_t)st.st_size < writer->size)
		writer->size = (uint64_t)st.st_size;
}

/* ------------------------------------------------------------------ write */

/* Close the segment: the next line begins another. */
static int writer_rotate(struct writer *writer)
{
	int r = writer->limits.sync == WRITER_SYNC_NEVER ? 0 : writer_sync(writer);

	if (r)
		return r;
	writer->fd = close_fd(writer->fd);
	writer->closed_one = writer->grown = true;
	return 0;
}

/* A segment that begins with this line. */
static int writer_begin(struct writer *writer, const char *line, size_t length)
{
	const char *newline = memchr(line, '\n', length);
	struct segment_head head;
	struct segment segment = { 0 };

	if (!newline || !segment_head(line, (size_t)(newline - line), &head))
		return -EINVAL;
	segment.sequence = head.sequence;
	segment.time = head.time / 1000000000;
	for (int attempt = 0; attempt < NAMES_TRIED; attempt++, segment.time++) {
		char name[SEGMENT_NAME_MAX];

		segment.compressed = true;
		segment_name(&segment, name);
		if (faccessat(writer->directory, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		segment.compressed = false;
		segment_name(&segment, name);
		writer->fd = openat(writer->directory, name,
				    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (writer->fd < 0 && errno == EEXIST)
			continue;
		if (writer->fd < 0)
			return -errno;
		writer->at = segment;
		writer->size = 0;
		writer->torn = false;
		return 0;
	}
	return -EEXIST;
}

/* As many whole lines as the segment has room for; 0: it is full. */
static size_t lines_that_fit(const struct writer *writer, const char *lines, size_t length)
{
	uint64_t room = writer->size < writer->limits.segment_size
				? writer->limits.segment_size - writer->size
				: 0;
	const char *newline;

	if (length <= room)
		return length;
	newline = memrchr(lines, '\n', room);
	if (!newline && !writer->size)
		newline = memchr(lines, '\n', length); /* larger than a segment: it has its own */
	return newline ? (size_t)(newline + 1 - lines) : 0;
}

/* Into the segment that is open: how many bytes of whole lines, or an error if none. */
static ssize_t writer_append(struct writer *writer, const char *lines, size_t length)
{
	const char *newline;
	ssize_t written;
	int error;

	if (writer->torn && ftruncate(writer->fd, (off_t)writer->size))
		return -errno;
	writer->torn = false;
	written = write(writer->fd, lines, length);
	if (written < 0)
		return errno == EINTR ? 0 : -errno;
	writer->unsafe = true;
	if ((size_t)written < length) {
		newline = memrchr(lines, '\n', (size_t)written);
		writer->torn = true;
		written = newline ? newline + 1 - lines : 0;
		/* Why it was short is told by the next attempt. */
		error = ftruncate(writer->fd, (off_t)(writer->size + (uint64_t)written));
		writer->torn = error != 0;
	}
	writer->size += (uint64_t)written;
	return written;
}

int writer_write(struct writer *writer, const char *lines, size_t length, size_t *ret_written)
{
	size_t done = 0;
	int empty = 0, r = 0;

	writer_look(writer);
	while (!r && done < length) {
		size_t part;
		ssize_t written;

		if (writer->fd < 0)
			r = writer_begin(writer, lines + done, length - done);
		if (r)
			break;
		part = lines_that_fit(writer, lines + done, length - done);
		if (!part) {
			r = writer_rotate(writer);
			continue;
		}
		written = writer_append(writer, lines + done, part);
		if (written < 0)
			r = (int)written;
		else
			done += (size_t)written;
		/* A disk that takes some bytes but never a line is full. */
		empty = written == 0 ? empty + 1 : 0;
		if (empty > 3)
			r = -ENOSPC;
	}
	*ret_written = done;
	if (done && !r && !writer->limits.sync)
		r = writer_sync(writer);
	return r;
}

int writer_sync(struct writer *writer)
{
	if (writer->fd < 0 || !writer->unsafe)
		return 0;
	if (fdatasync(writer->fd))
		return -errno;
	writer->unsafe = false;
	return 0;
}

/* ------------------------------------------------------------------ tend */

static bool is_current(const struct writer *writer, const struct segment *segment)
{
	return writer->fd >= 0 && segment_compare(segment, &writer->at) == 0;
}

/* Too old, or the oldest of too much. */
static int writer_remove(struct writer *writer, int64_t now)
{
	_cleanup_segment_list_ struct segment_list list = { 0 };
	int r = segment_list_read(writer->directory, &list);
	uint64_t size = 0;

	/* From the newest back: what no longer fits goes, and all before it. */
	for (size_t i = list.count; !r && i--;) {
		char name[SEGMENT_NAME_MAX];
		struct stat st;

		segment_name(&list.items[i], name);
		if (fstatat(writer->directory, name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		size += (uint64_t)st.st_size;
		if (i + 1 == list.count || is_current(writer, &list.items[i]))
			continue;
		if ((size > writer->limits.total_size ||
		     now - st.st_mtim.tv_sec > (int64_t)writer->limits.total_age) &&
		    unlinkat(writer->directory, name, 0) && errno != ENOENT)
			r = -errno;
	}
	return r;
}

/* The next plain segment that is closed: 1: it is being compressed; 0: there is none. */
static int writer_compress_next(struct writer *writer)
{
	_cleanup_segment_list_ struct segment_list list = { 0 };
	int r = segment_list_read(writer->directory, &list);

	for (size_t i = 0; !r && i < list.count; i++) {
		if (list.items[i].compressed || is_current(writer, &list.items[i]))
			continue;
		r = compress_new(writer->directory, &list.items[i],
				 writer->limits.sync != WRITER_SYNC_NEVER, &writer->compress);
		return r ? r : 1;
	}
	return r;
}

static int writer_compress(struct writer *writer, int64_t now)
{
	int r;

	if (now < writer->refused + RETRY_SECONDS && now >= writer->refused)
		return 0;
	r = writer->compress ? compress_step(writer->compress) : writer_compress_next(writer);
	if (r > 0)
		return 1;
	if (r < 0)
		writer->refused = now;
	if (writer->compress) {
		writer->compress = compress_free(writer->compress);
		return r ? r : 1; /* there may be another one */
	}
	writer->closed_one = r < 0;
	return r;
}

int writer_tend(struct writer *writer, int64_t now)
{
	int64_t age = now - writer->at.time;
	int r = 0;

	writer_look(writer);
	if (writer->fd >= 0 && writer->size && age >= (int64_t)writer->limits.segment_age)
		r = writer_rotate(writer);
	if (!r && writer->limits.sync != WRITER_SYNC_NEVER &&
	    (now < writer->synced || now - writer->synced >= (int64_t)writer->limits.sync)) {
		r = writer_sync(writer);
		writer->synced = now;
	}
	if (!r &&
	    (writer->closed_one || now < writer->kept || now - writer->kept >= KEEP_SECONDS)) {
		r = writer_remove(writer, now);
		writer->kept = now;
	}
	if (r)
		return r;
	return writer->closed_one ? writer_compress(writer, now) : 0;
}

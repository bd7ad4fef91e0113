/* SPDX-License-Identifier: GPL-2.0-only */
#include "recording/last.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording/reader.h"
#include "util/cleanup.h"

/* The last newline's place plus one. */
static int whole_lines(int fd, uint64_t size, uint64_t *ret_whole)
{
	_cleanup_free_ char *tail = malloc(SEGMENT_LINE_MAX);
	uint64_t end = size;

	if (!tail)
		return -ENOMEM;
	while (end) {
		uint64_t begin = end > SEGMENT_LINE_MAX ? end - SEGMENT_LINE_MAX : 0;
		ssize_t length = pread(fd, tail, end - begin, (off_t)begin);
		const char *newline;

		if (length != (ssize_t)(end - begin))
			return length < 0 ? -errno : -EIO;
		newline = memrchr(tail, '\n', (size_t)length);
		if (newline) {
			*ret_whole = begin + (uint64_t)(newline - tail) + 1;
			return 0;
		}
		end = begin;
	}
	*ret_whole = 0;
	return 0;
}

/* Where others may write to the directory it could be another name of some other file. */
static bool is_ours(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_nlink == 1 && st->st_uid == geteuid();
}

int last_open(int directory, int *ret_fd, struct segment *ret_segment, uint64_t *ret_size,
	      uint64_t *ret_torn)
{
	_cleanup_segment_list_ struct segment_list list = { 0 };
	_cleanup_close_ int fd = -1;
	char name[SEGMENT_NAME_MAX];
	struct segment *last;
	uint64_t whole = 0;
	struct stat st;
	int r = segment_list_read(directory, &list);

	last = list.count ? &list.items[list.count - 1] : NULL;
	if (r || !last || last->compressed)
		return r;
	segment_name(last, name);
	fd = openat(directory, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!is_ours(&st))
		return 0;
	r = whole_lines(fd, (uint64_t)st.st_size, &whole);
	if (r)
		return r;
	if (whole < (uint64_t)st.st_size && ftruncate(fd, (off_t)whole))
		return -errno;
	*ret_fd = take_fd(fd);
	*ret_segment = *last;
	*ret_size = whole;
	*ret_torn = (uint64_t)st.st_size - whole;
	return 0;
}

int last_sequence(const char *log_dir, uint64_t *ret_sequence)
{
	struct reader_query query = { .since = INT64_MIN, .until = INT64_MAX, .last = UINT64_MAX };
	_cleanup_segment_list_ struct segment_list list = { 0 };
	_cleanup_reader_ struct reader *reader = NULL;
	_cleanup_close_ int directory = open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct reader_line line;
	int r;

	if (directory < 0)
		return -errno;
	r = segment_list_read(directory, &list);
	if (r)
		return r;
	*ret_sequence = 0;
	if (!list.count)
		return 0;
	/* A segment's name has the number of its first line. */
	query.first = list.items[list.count - 1].sequence;
	r = reader_new(log_dir, &query, &reader);
	while (!r && (r = reader_next(reader, &line)) > 0)
		r = 0;
	if (r)
		return r;
	*ret_sequence = reader_reached(reader);
	if (*ret_sequence < query.first)
		*ret_sequence = query.first; /* its lines are damaged; its name is not */
	return 0;
}

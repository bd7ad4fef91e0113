/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording of two segments, plain or compressed: the first byte says which, the rest is content. Whatever it
 * is, the reader gives each line once, in its bounds, or tells of damage, and comes to an end; a recorder
 * that goes on with it finds the same highest number.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "recording/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[] = "/tmp/cw-fuzz-recording-XXXXXX";
static char names[2][2]
		 [sizeof(directory) + SEGMENT_NAME_MAX]; /* of a segment, plain or compressed */

static void directory_remove(void)
{
	for (int i = 0; i < 4; i++)
		unlink(names[i / 2][i % 2]);
	rmdir(directory);
}

static void directory_make(void)
{
	for (int i = 0; i < 4; i++) {
		struct segment segment = { .sequence = (uint64_t)(1 + i / 2),
					   .time = 1795000000,
					   .compressed = i % 2 };
		char name[SEGMENT_NAME_MAX];

		segment_name(&segment, name);
		snprintf(names[i / 2][i % 2], sizeof(names[0][0]), "%s/%s", directory, name);
	}
	atexit(directory_remove);
}

static void write_plain(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void write_compressed(const char *path, const uint8_t *data, size_t size)
{
	gzFile file = gzopen(path, "wb1");

	assert(file && gzwrite(file, data, (unsigned int)size) == (int)size);
	gzclose(file);
}

static void check_reading(size_t size)
{
	struct reader_query query = { .since = INT64_MIN, .until = INT64_MAX, .last = UINT64_MAX };
	_cleanup_reader_ struct reader *reader = NULL;
	struct reader_line line;
	size_t lines = 0;
	const char *torn;

	assert(reader_new(directory, &query, &reader) == 0);
	while (reader_next(reader, &line) == 1) {
		lines++;
		assert(lines <= 2 * size + 4);
		assert(strlen(line.text) == line.length || line.kind != READER_DAMAGE);
		assert(line.length <= SEGMENT_LINE_MAX);
		if (line.kind == READER_DAMAGE)
			continue;
		assert(line.text[line.length] == '\0' && line.text[line.length - 1] == '\n');
		assert(line.head.sequence <= reader_reached(reader));
	}
	if (reader_torn(reader, &torn))
		assert(*torn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t half;

	if (!*names[0][0])
		directory_make();
	if (!size)
		return 0;
	half = (size - 1) / 2;
	for (int i = 0; i < 4; i++)
		unlink(names[i / 2][i % 2]);
	if (data[0] & 1) /* bytes that say of themselves that they are compressed */
		write_plain(names[0][1], data + 1, size - 1);
	else if (data[0] & 2)
		write_compressed(names[0][1], data + 1, half);
	else
		write_plain(names[0][0], data + 1, data[0] & 4 ? half : size - 1);
	if (data[0] & 4)
		write_plain(names[1][0], data + 1 + half, size - 1 - half);
	check_reading(size);
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	assert(mkdtemp(directory));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A writer, and what it is to have written. */
#ifndef CW_TESTS_WRITING_H
#define CW_TESTS_WRITING_H

#include "recording/recording.h"

static const struct writer_limits roomy = {
	.segment_size = 1 << 30,
	.segment_age = 1000000000,
	.total_size = 1ull << 40,
	.total_age = 4000000000,
	.sync = WRITER_SYNC_NEVER,
};

static inline struct writer *begin(const char *directory, const struct writer_limits *limits,
				   struct writer_found *found)
{
	struct writer_found ignored;
	struct writer *writer;

	assert_int_equal(writer_new(directory, limits, found ? found : &ignored, &writer), 0);
	return writer;
}

/* Events from..to, one after another. */
static inline void put(struct writer *writer, uint64_t from, uint64_t to, size_t padding)
{
	_cleanup_buffer_ struct buffer lines = { 0 };
	size_t written;

	for (uint64_t sequence = from; sequence <= to; sequence++)
		add_line(&lines, sequence, padding);
	assert_int_equal(writer_write(writer, lines.data, lines.length, &written), 0);
	assert_int_equal(written, lines.length);
}

/* All that is due. */
static inline void tend(struct writer *writer, int64_t now)
{
	int r;

	while ((r = writer_tend(writer, now)) > 0)
		;
	assert_int_equal(r, 0);
}

static inline void assert_reads(const char *directory, uint64_t first, uint64_t last)
{
	struct reading reading = read_all(directory);

	assert_int_equal(reading.first, first);
	assert_int_equal(reading.last, last);
	assert_int_equal(reading.events, last - first + 1);
	assert_true(reading.in_order);
	assert_int_equal(reading.damages, 0);
}

#endif

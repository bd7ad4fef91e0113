/* SPDX-License-Identifier: GPL-2.0-only */
/* What a query asks for and no more; while the recording grows, is closed, compressed and damaged. */
#include "recording/recording.h"

#include <pthread.h>

static const struct writer_limits limits = {
	.segment_size = 20000,
	.segment_age = 1000000000,
	.total_size = 1ull << 40,
	.total_age = 4000000000,
	.sync = WRITER_SYNC_NEVER,
};

static void put(struct writer *writer, uint64_t from, uint64_t to, size_t padding)
{
	_cleanup_buffer_ struct buffer lines = { 0 };
	size_t written;

	for (uint64_t sequence = from; sequence <= to; sequence++)
		add_line(&lines, sequence, padding);
	assert_int_equal(writer_write(writer, lines.data, lines.length, &written), 0);
}

/* Events 1 to 300, some segments compressed. */
static char *make_recording(const char *name)
{
	char *directory = temporary_new(name);
	struct writer_found found;
	struct writer *writer;

	assert_int_equal(writer_new(directory, &limits, &found, &writer), 0);
	put(writer, 1, 150, 500);
	while (writer_tend(writer, BEGIN / SECONDS) > 0)
		;
	put(writer, 151, 300, 500);
	writer_free(writer);
	return directory;
}

static void test_queries(void **state)
{
	static const struct {
		int64_t since, until;
		uint64_t first, last, from, to; /* from > to: nothing */
	} cases[] = {
		{ INT64_MIN, INT64_MAX, 0, UINT64_MAX, 1, 300 },
		{ BEGIN + 10 * SECONDS, INT64_MAX, 0, UINT64_MAX, 10, 300 },
		{ BEGIN + 10 * SECONDS + 1, BEGIN + 20 * SECONDS, 0, UINT64_MAX, 11, 20 },
		{ INT64_MIN, BEGIN + SECONDS, 0, UINT64_MAX, 1, 1 },
		{ INT64_MIN, BEGIN, 0, UINT64_MAX, 1, 0 },
		{ BEGIN + 301 * SECONDS, INT64_MAX, 0, UINT64_MAX, 1, 0 },
		{ INT64_MIN, INT64_MAX, 250, 260, 250, 260 },
		{ INT64_MIN, INT64_MAX, 299, UINT64_MAX, 299, 300 },
		{ INT64_MIN, INT64_MAX, 0, 1, 1, 1 },
	};
	char *directory = make_recording("queries");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reader_query query = { cases[i].since, cases[i].until, cases[i].first,
					      cases[i].last };
		struct reading reading = read_recording(directory, &query);

		assert_int_equal(reading.events,
				 cases[i].from > cases[i].to ? 0 : cases[i].to - cases[i].from + 1);
		if (!reading.events)
			continue;
		assert_int_equal(reading.first, cases[i].from);
		assert_int_equal(reading.last, cases[i].to);
	}
	temporary_free(directory);
}

/* Passed over by when it was last written: nothing in it can be younger. */
static void test_old_segments(void **state)
{
	char *directory = make_recording("old");
	struct segment_list list = list_segments(directory);
	struct reader_query query = everything();
	struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	struct reading reading;

	(void)state;
	query.since = BEGIN + 290 * SECONDS;
	for (size_t i = 0; i + 2 < list.count; i++) {
		utimensat(AT_FDCWD, segment_path(directory, &list.items[i]), times, 0);
		chmod(segment_path(directory, &list.items[i]), 0000);
	}
	reading = read_recording(directory, &query);
	assert_int_equal(reading.events, 11);
	assert_int_equal(reading.damages, 0);
	segment_list_release(&list);
	temporary_free(directory);
}

/* Bytes that are not what was written cost the lines that they are in, and are told of. */
static void test_damage(void **state)
{
	char *directory = make_recording("damage");
	struct segment_list list = list_segments(directory);
	struct reading reading;
	FILE *file;

	(void)state;
	assert_true(list.items[0].compressed && !list.items[list.count - 2].compressed);
	/* A line of noise, a line that is far too long. */
	file = fopen(segment_path(directory, &list.items[list.count - 2]), "a");
	fputs("noise\n", file);
	for (int i = 0; i < 200000; i++)
		fputc('x', file);
	fputs("\n", file);
	fclose(file);
	reading = read_all(directory);
	assert_int_equal(reading.events, 300);
	assert_int_equal(reading.damages, 2);
	/* Half of a compressed one is gone. */
	assert_int_equal(truncate(segment_path(directory, &list.items[0]), 3000), 0);
	reading = read_all(directory);
	assert_true(reading.events < 300 && reading.events > 250);
	assert_int_equal(reading.last, 300);
	assert_int_equal(reading.damages, 3);
	/* Not compressed at all, whatever its name says. */
	file = fopen(segment_path(directory, &list.items[0]), "w");
	fputs("\x1f\x8b\x08 nothing of the kind", file);
	fclose(file);
	reading = read_all(directory);
	assert_int_equal(reading.last, 300);
	assert_true(reading.damages >= 3);
	segment_list_release(&list);
	temporary_free(directory);
}

/* The beginning of a line in a segment that a later one follows. */
static void test_torn_for_good(void **state)
{
	char *directory = temporary_new("torn");
	_cleanup_buffer_ struct buffer lines = { 0 };
	struct reading reading;

	(void)state;
	add_line(&lines, 1, 0);
	add_line(&lines, 2, 0);
	lines.data[lines.length - 20] = '\0';
	make_file(directory, "events-20251122T001701Z-1.ndjson", lines.data, 0600);
	buffer_clear(&lines);
	add_line(&lines, 3, 0);
	make_file(directory, "events-20251122T001703Z-3.ndjson", lines.data, 0600);
	reading = read_all(directory);
	assert_int_equal(reading.events, 2);
	assert_int_equal(reading.damages, 1);
	assert_non_null(strstr(reading.damage, "events-20251122T001701Z-1.ndjson: its last line is "
					       "torn"));
	temporary_free(directory);
}

#define FOLLOWED 20000

struct following {
	char *directory;
	bool done;
};

/* Writes in pieces of no particular size, closes, compresses. */
static void *write_all(void *context)
{
	struct following *following = context;
	struct writer_found found;
	struct writer *writer;

	assert_int_equal(writer_new(following->directory, &limits, &found, &writer), 0);
	for (uint64_t sequence = 1; sequence <= FOLLOWED;) {
		uint64_t to = sequence + sequence % 37;

		put(writer, sequence, to < FOLLOWED ? to : FOLLOWED, sequence % 300);
		sequence = to + 1;
		writer_tend(writer, BEGIN / SECONDS);
	}
	writer_free(writer);
	__atomic_store_n(&following->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* A reader that is there from the first line on sees each once. */
static void test_following(void **state)
{
	struct following following = { .directory = temporary_new("following") };
	struct reader_query query = everything();
	struct reading reading = { .in_order = true };
	struct reader *reader;
	pthread_t thread;
	bool done;

	(void)state;
	assert_int_equal(reader_new(following.directory, &query, &reader), 0);
	assert_int_equal(pthread_create(&thread, NULL, write_all, &following), 0);
	do {
		done = __atomic_load_n(&following.done, __ATOMIC_ACQUIRE);
		read_more(reader, &reading);
	} while (!done);
	pthread_join(thread, NULL);
	assert_int_equal(reading.events, FOLLOWED);
	assert_int_equal(reading.last, FOLLOWED);
	assert_true(reading.in_order);
	assert_int_equal(reading.damages, 0);
	assert_int_equal(reader_reached(reader), FOLLOWED);
	reader_free(reader);
	temporary_free(following.directory);
}

static void test_none(void **state)
{
	char *directory = temporary_new("none");
	struct reader_query query = everything();
	struct reader *reader;

	(void)state;
	assert_int_equal(reader_new("/nonexistent/recording", &query, &reader), -ENOENT);
	assert_int_equal(read_all(directory).events, 0);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queries),	  cmocka_unit_test(test_old_segments),
		cmocka_unit_test(test_damage),	  cmocka_unit_test(test_torn_for_good),
		cmocka_unit_test(test_following), cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

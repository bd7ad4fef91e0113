/* SPDX-License-Identifier: GPL-2.0-only */
/* What others do to a recording while it is written: nothing of what comes then may go nowhere, or elsewhere. */
#include "recording/writing.h"

/* By hand, or by logrotate, between one line and the next: that begins another. */
static void test_segment_taken(void **state)
{
	static const char *const takings[] = { "rm *", "for i in *; do mv $i $i.old; done" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(takings); i++) {
		char *directory = temporary_new("taken");
		struct writer *writer = begin(directory, &roomy, NULL);

		put(writer, 1, 10, 0);
		assert_int_equal(shell(directory, takings[i]), 0);
		put(writer, 11, 12, 0);
		assert_reads(directory, 11, 12);
		tend(writer, BEGIN / SECONDS);
		put(writer, 13, 14, 0);
		assert_reads(directory, 11, 14);
		writer_free(writer);
		temporary_free(directory);
	}
}

/* logrotate's copytruncate. */
static void test_segment_emptied(void **state)
{
	char *directory = temporary_new("emptied");
	struct writer *writer = begin(directory, &roomy, NULL);

	(void)state;
	put(writer, 1, 10, 0);
	assert_int_equal(shell(directory, "truncate -s 0 *"), 0);
	put(writer, 11, 12, 0);
	assert_reads(directory, 11, 12);
	writer_free(writer);
	temporary_free(directory);
}

/* Who may write to the directory could put there what never ends, or what is not ours. */
static void test_strange_files(void **state)
{
	static const char *const makings[] = {
		"mkfifo events-20261122T032510Z-5.ndjson",
		"mkfifo events-20261122T032510Z-5.ndjson.gz",
		"mkdir events-20261122T032510Z-5.ndjson",
		"ln -s /dev/zero events-20261122T032510Z-5.ndjson",
		"ln -s nowhere events-20261122T032510Z-5.ndjson",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(makings); i++) {
		char *directory = temporary_new("strange");
		struct writer_found found;
		struct writer *writer;

		assert_int_equal(shell(directory, makings[i]), 0);
		alarm(10);
		writer = begin(directory, &roomy, &found);
		assert_int_equal(found.sequence, 0);
		put(writer, 11, 12, 0);
		tend(writer, BEGIN / SECONDS);
		assert_reads(directory, 11, 12);
		alarm(0);
		writer_free(writer);
		temporary_free(directory);
	}
}

/* Another name of a file that is not ours: it stays as it is. */
static void test_hard_link(void **state)
{
	char *directory = temporary_new("link");
	struct writer *writer;

	(void)state;
	assert_int_equal(shell(directory, "printf 'one\\nhalf' > other && "
					  "ln other events-20261122T032510Z-5.ndjson"),
			 0);
	writer = begin(directory, &roomy, NULL);
	put(writer, 11, 12, 0);
	assert_int_equal(shell(directory, "test \"$(cat other)\" = \"$(printf 'one\\nhalf')\""), 0);
	writer_free(writer);
	temporary_free(directory);
}

static void test_directory_taken(void **state)
{
	static const char *const takings[] = { "rmdir ../log", "mv ../log ../old",
					       "mv ../log ../old; mkdir ../log" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(takings); i++) {
		char *above = temporary_new("above");
		struct writer *writer;

		assert_int_equal(mkdir(in(above, "log"), 0700), 0);
		writer = begin(in(above, "log"), &roomy, NULL);
		assert_false(writer_displaced(writer));
		assert_int_equal(shell(in(above, "log"), takings[i]), 0);
		assert_true(writer_displaced(writer));
		writer_free(writer);
		temporary_free(above);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment_taken),	cmocka_unit_test(test_segment_emptied),
		cmocka_unit_test(test_strange_files),	cmocka_unit_test(test_hard_link),
		cmocka_unit_test(test_directory_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

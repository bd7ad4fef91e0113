/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of segments and the beginnings of lines, there and back. */
#include "recording/recording.h"

static void test_names(void **state)
{
	struct segment segment = { .sequence = 1234, .time = 1763781910, .compressed = true }, back;
	static const char *const foreign[] = {
		"",
		"events-",
		"events-20251122T032510Z-1234.ndjson.bz2",
		"events-20251122T032510Z-1234.ndjson.gz.tmp",
		"events-20251122T032510Z-01234.ndjson",
		"events-20251122T032510Z-.ndjson",
		"events-20251122T032510Z--1.ndjson",
		"events-20251131T032510Z-1.ndjson",
		"events-20251122T032510-1.ndjson",
		"events-20251122T032510Z-18446744073709551616.ndjson",
		"Events-20251122T032510Z-1234.ndjson",
		"events-20251122T032510Z-1234.ndjson ",
		"events-20251122T032510Z-1234567890123456789012345678901234567890.ndjson",
	};
	char name[SEGMENT_NAME_MAX];

	(void)state;
	segment_name(&segment, name);
	assert_string_equal(name, "events-20251122T032510Z-1234.ndjson.gz");
	assert_true(segment_name_parse(name, &back));
	assert_int_equal(segment_compare(&segment, &back), 0);
	assert_true(back.compressed);
	segment.sequence = UINT64_MAX;
	segment_name(&segment, name);
	assert_true(segment_name_parse(name, &back));
	assert_true(back.sequence == UINT64_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++)
		assert_false(segment_name_parse(foreign[i], &back));
}

static bool head_of(const char *line, struct segment_head *head)
{
	return segment_head(line, strlen(line), head);
}

static void test_heads(void **state)
{
	_cleanup_buffer_ struct buffer line = { 0 };
	struct segment_head head;

	(void)state;
	add_line(&line, 7, 0);
	assert_true(head_of(line.data, &head));
	assert_int_equal(head.sequence, 7);
	assert_int_equal(head.time, BEGIN + 7 * SECONDS);
	assert_int_equal(head.notice, -1);
	for (size_t i = 0; i + 1 < line.length; i++)
		assert_int_equal(segment_head(line.data, i, &head), i == line.length - 1);
	buffer_clear(&line);
	segment_notice(&line, SEGMENT_NOTICE_LOST, 8, 17, "no \"room\"\n");
	assert_true(head_of(line.data, &head));
	assert_int_equal(head.notice, SEGMENT_NOTICE_LOST);
	assert_int_equal(head.sequence, 8);
	assert_int_equal(head.count, 17);
	assert_int_equal(segment_events(line.data, line.length), 0);
	assert_false(head_of("", &head));
	assert_false(head_of("{}", &head));
	assert_false(head_of("{\"time\":\"yesterday\",\"seq\":1}", &head));
	assert_false(head_of("{\"time\":\"2025-11-22T00:17:00Z\",\"seq\":x}", &head));
	assert_true(head_of("{\"time\":\"2025-11-22T00:17:00Z\",\"seq\":1,\"notice\":\"moved\","
			    "\"count\":2}",
			    &head));
	assert_int_equal(head.notice, SEGMENT_NOTICE_MAX);
}

/* In the order of numbers, whatever the clock did; what is there twice counts once, compressed. */
static void test_list(void **state)
{
	char *directory = temporary_new("segments");
	struct segment_list list;

	(void)state;
	make_file(directory, "events-20251122T032510Z-1234.ndjson", "", 0600);
	make_file(directory, "events-20251121T032510Z-99.ndjson", "", 0600);
	make_file(directory, "events-20251121T032510Z-99.ndjson.gz", "", 0600);
	make_file(directory, "events-20251121T032510Z-99.ndjson.gz.tmp", "", 0600);
	make_file(directory, "events-20251123T032510Z-100.ndjson", "", 0600);
	make_file(directory, "notes.txt", "", 0600);
	list = list_segments(directory);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].sequence, 99);
	assert_true(list.items[0].compressed);
	assert_int_equal(list.items[1].sequence, 100);
	assert_int_equal(list.items[2].sequence, 1234);
	segment_list_release(&list);
	temporary_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/sample.h"

#include <string.h>

#include "event/recent.h"

/* As the kernel's key of what it counted has it. */
static struct cw_record same_as(const struct cw_deviation *deviation)
{
	struct cw_record same = deviation->record;

	same.time = 0;
	same.tid = 0;
	return same;
}

static void test_whole(void **state)
{
	_cleanup_recent_ struct recent *recent = recent_new();
	struct cw_deviation deviation = sample_deviation(sample_connect());
	struct cw_record same = same_as(&deviation), bare;
	struct record record;

	(void)state;
	recent_remember(recent, &deviation);
	record = recent_record(recent, &same, 77, &bare);
	assert_non_null(record.deviation);
	assert_ptr_equal(record.record, &record.deviation->record);
	assert_int_equal(record.record->time, 77);
	assert_int_equal(record.record->tid, deviation.record.tid);
	assert_memory_equal(record.deviation->text, deviation.text, sizeof(deviation.text));
}

/* What the kernel says is told, what it does not repeat is missing; and it is no other deviation's. */
static void test_bare(void **state)
{
	_cleanup_recent_ struct recent *recent = recent_new();
	struct cw_deviation deviation = sample_deviation(sample_connect());
	struct cw_record same = same_as(&deviation), bare;
	struct record record;

	(void)state;
	record = recent_record(recent, &same, 5, &bare);
	assert_null(record.deviation);
	recent_remember(recent, &deviation);
	same.port++;
	record = recent_record(recent, &same, 77, &bare);
	assert_null(record.deviation);
	assert_ptr_equal(record.record, &bare);
	assert_int_equal(bare.time, 77);
	assert_int_equal(bare.port, same.port);
	assert_int_equal(bare.tid, bare.pid);
}

/* More than are kept: the later ones are. */
static void test_full(void **state)
{
	_cleanup_recent_ struct recent *recent = recent_new();
	struct cw_deviation deviation = sample_deviation(sample_connect());
	struct cw_record same, bare;

	(void)state;
	for (int i = 0; i < 20 * RECENT_KEPT; i++) {
		deviation.record.port = (uint16_t)i;
		recent_remember(recent, &deviation);
		same = same_as(&deviation);
		assert_non_null(recent_record(recent, &same, 1, &bare).deviation);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw records: each thing that can be wrong is found and named; texts are put together. */
#include "event/sample.h"

#include "util/cleanup.h"

static enum record_error decode_error(const void *bytes, size_t length)
{
	struct record record = { 0 };
	enum record_error error = record_decode(bytes, length, &record);

	assert_true((error == RECORD_OK) == (record.record != NULL));
	return error;
}

static void test_good(void **state)
{
	struct cw_record record = sample_record();
	struct cw_deviation deviation = sample_deviation(record);
	struct record view;

	(void)state;
	assert_int_equal(record_decode(&record, sizeof(record), &view), RECORD_OK);
	assert_ptr_equal(view.record, &record);
	assert_null(view.deviation);
	assert_int_equal(record_decode(&deviation, sizeof(deviation), &view), RECORD_OK);
	assert_ptr_equal(view.deviation, &deviation);
}

static void test_every_length(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());

	(void)state;
	for (size_t length = 0; length < sizeof(deviation); length++)
		assert_int_equal(decode_error(&deviation, length), length < sizeof(struct cw_record)
									   ? RECORD_SHORT
									   : RECORD_BAD_SIZE);
}

/* As another version would have left them, each struct longer or shorter at its end. */
static void test_other_versions(void **state)
{
	static union {
		struct cw_record record;
		char bytes[2 * sizeof(struct cw_deviation)];
	} other;
	struct cw_deviation ours = sample_deviation(sample_record()), room;
	size_t more = 24, rest = sizeof(ours) - sizeof(ours.record), length;
	struct record view;

	(void)state;
	memset(&other, 0x55, sizeof(other));
	memcpy(&other, &ours.record, sizeof(ours.record));
	memcpy(other.bytes + sizeof(ours.record) + more, (char *)&ours + sizeof(ours.record), rest);
	other.record.more = (uint16_t)(CW_RECORD_MORE + more);
	length = sizeof(ours) + more + 8;
	other.record.size = (uint32_t)length;
	assert_int_equal(decode_error(&other, length), RECORD_BAD_SIZE);
	assert_ptr_equal(record_adapt(&other, &length, &room), &room);
	assert_int_equal(record_decode(&room, length, &view), RECORD_OK);
	assert_memory_equal(&room, &ours, sizeof(ours));
	assert_non_null(view.deviation);
	/* An event is its record alone. */
	length = sizeof(ours.record) + more;
	other.record.size = (uint32_t)length;
	other.record.type = CW_RECORD_EVENT;
	assert_ptr_equal(record_adapt(&other, &length, &room), &room);
	assert_int_equal(record_decode(&room, length, &view), RECORD_OK);
	assert_null(view.deviation);
	assert_int_equal(room.record.pid, ours.record.pid);
}

/* What is ours, or nothing that could be made ours, is left for record_decode() to judge. */
static void test_not_adapted(void **state)
{
	struct cw_deviation ours = sample_deviation(sample_record()), room;
	size_t length = sizeof(ours);

	(void)state;
	assert_ptr_equal(record_adapt(&ours, &length, &room), &ours);
	for (length = 0; length < sizeof(ours); length++) {
		size_t same = length;

		assert_ptr_equal(record_adapt(&ours, &same, &room), &ours);
		assert_int_equal(same, length);
	}
	length = sizeof(ours);
	ours.record.more = 0xffff;
	assert_ptr_equal(record_adapt(&ours, &length, &room), &ours);
	assert_int_equal(decode_error(&ours, sizeof(ours)), RECORD_BAD_SIZE);
	ours.record.more = 8; /* then its texts would be too short */
	assert_ptr_equal(record_adapt(&ours, &length, &room), &ours);
	ours.record.more = CW_RECORD_MORE;
	ours.record.version++;
	ours.record.size -= 8;
	assert_ptr_equal(record_adapt(&ours, &length, &room), &ours);
}

static void test_misaligned(void **state)
{
	union {
		struct cw_record record;
		char bytes[sizeof(struct cw_record) + 8];
	} room = { .record = sample_record() };

	(void)state;
	memmove(room.bytes + 4, room.bytes, sizeof(struct cw_record));
	assert_int_equal(decode_error(room.bytes + 4, sizeof(struct cw_record)), RECORD_MISALIGNED);
}

/* One field out of range at a time, one above its highest value and at its type's. */
static void test_ranges(void **state)
{
	static const struct {
		size_t offset, size;
		uint32_t first_bad;
		enum record_error error;
	} cases[] = {
#define CASE(field, first_bad, error) \
	{ offsetof(struct cw_record, field), sizeof(((struct cw_record *)0)->field), first_bad, \
	  error }
		CASE(version, CW_RECORD_VERSION + 1, RECORD_BAD_VERSION),
		CASE(type, CW_RECORD_MAX, RECORD_BAD_TYPE),
		CASE(size, sizeof(struct cw_record) + 1, RECORD_BAD_SIZE),
		CASE(operation, CW_OPERATIONS_TOLD, RECORD_BAD_OPERATION),
		CASE(verdict, CW_VERDICT_MAX, RECORD_BAD_VERDICT),
		CASE(effect, CW_EFFECT_MAX, RECORD_BAD_EFFECT),
		CASE(mode, CW_MODE_MAX, RECORD_BAD_MODE),
		CASE(reason, CW_REASON_MAX, RECORD_BAD_REASON),
		CASE(backend, CW_BACKEND_MAX, RECORD_BAD_BACKEND),
		CASE(rule_class, CW_CLASS_MAX, RECORD_BAD_CLASS),
		CASE(protocol, CW_PROTOCOL_MAX, RECORD_BAD_PROTOCOL),
		CASE(instance, CW_INSTANCES_MAX, RECORD_BAD_INSTANCE),
		CASE(rule, CW_RULES_MAX, RECORD_BAD_RULE),
		CASE(executable, CW_FILES_MAX, RECORD_BAD_FILE),
		CASE(script, CW_FILES_MAX, RECORD_BAD_FILE),
		CASE(target_file, CW_FILES_MAX, RECORD_BAD_FILE),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cw_record record = sample_record();

		memcpy((char *)&record + cases[i].offset, &cases[i].first_bad, cases[i].size);
		assert_int_equal(decode_error(&record, sizeof(record)), cases[i].error);
		/* All ones is "none" for rule and instance. */
		memset((char *)&record + cases[i].offset, 0xff, cases[i].size);
		if (cases[i].error != RECORD_BAD_RULE && cases[i].error != RECORD_BAD_INSTANCE)
			assert_int_equal(decode_error(&record, sizeof(record)), cases[i].error);
		else
			assert_int_equal(decode_error(&record, sizeof(record)), RECORD_OK);
	}
}

static void test_deviation_ranges(void **state)
{
	struct cw_deviation good = sample_deviation(sample_record()), deviation = good;

	(void)state;
	deviation.length[CW_TEXT_ARGS] = CW_TEXT + 1;
	assert_int_equal(decode_error(&deviation, sizeof(deviation)), RECORD_BAD_LENGTH);
	deviation = good;
	deviation.cut = CW_TEXT_CUT(CW_TEXT_MAX);
	assert_int_equal(decode_error(&deviation, sizeof(deviation)), RECORD_BAD_CUT);
	deviation = good;
	deviation.ancestry[CW_ANCESTRY - 1].executable = CW_FILES_MAX;
	assert_int_equal(decode_error(&deviation, sizeof(deviation)), RECORD_BAD_FILE);
}

static void test_error_names(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_ERROR_MAX; i++)
		assert_string_not_equal(record_error_name(i), "?");
	assert_string_equal(record_error_name(RECORD_ERROR_MAX), "?");
}

static void test_paths(void **state)
{
	static const struct {
		const char *names;
		size_t length;
		bool cut;
		const char *path;
	} cases[] = {
#define NAMES(literal) literal, sizeof(literal) - 1
		{ NAMES("dash\0bin\0usr\0"), false, "/usr/bin/dash" },
		{ NAMES("dash\0bin\0usr\0/\0"), false, "/usr/bin/dash" },
		{ NAMES("dash\0bin\0usr"), false, "/usr/bin/dash" },
		{ NAMES("dash\0\0bin\0"), false, "/bin/dash" },
		{ NAMES("dash\0bin\0"), true, ".../bin/dash" },
		{ NAMES(""), false, "" },
		{ NAMES(""), true, "" },
		{ NAMES("/\0"), false, "/" },
#undef NAMES
	};
	char path[RECORD_PATH_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(record_path(cases[i].names, cases[i].length, cases[i].cut, path),
				 strlen(cases[i].path));
		assert_string_equal(path, cases[i].path);
	}
}

/* The most that fits: every byte used, nothing ended, and the mark. */
static void test_longest_path(void **state)
{
	char names[CW_TEXT], path[RECORD_PATH_MAX];

	(void)state;
	memset(names, 'x', sizeof(names));
	assert_int_equal(record_path(names, sizeof(names), true, path), CW_TEXT + 4);
	assert_memory_equal(path, ".../x", 5);
	for (size_t i = 1; i < sizeof(names); i += 2)
		names[i] = '\0';
	assert_int_equal(record_path(names, sizeof(names), true, path), CW_TEXT + 3);
}

static void test_arguments(void **state)
{
	static const char args[] = "cache\0\0-cj\0cut";
	size_t position = 0, length = 0;

	(void)state;
	assert_string_equal(record_argument(args, sizeof(args) - 1, &position, &length), "cache");
	assert_string_equal(record_argument(args, sizeof(args) - 1, &position, &length), "");
	assert_int_equal(length, 0);
	assert_string_equal(record_argument(args, sizeof(args) - 1, &position, &length), "-cj");
	assert_string_equal(record_argument(args, sizeof(args) - 1, &position, &length), "cut");
	assert_int_equal(length, 3);
	assert_null(record_argument(args, sizeof(args) - 1, &position, &length));
	position = 0;
	assert_null(record_argument(args, 0, &position, &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_other_versions),
		cmocka_unit_test(test_not_adapted),
		cmocka_unit_test(test_misaligned),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_deviation_ranges),
		cmocka_unit_test(test_error_names),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_longest_path),
		cmocka_unit_test(test_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema in the tree is the one the table of fields gives, and what is printed is valid under it:
 * every combination of operation, verdict and reason, with names known and not, and hostile bytes
 * in every text. UPDATE_GOLDEN=1 writes the file anew.
 */
#include "event/sample.h"

#include "event/fields.h"
#include "event/print.h"
#include "util/cleanup.h"

#define SCHEMA "user/event/event.schema.json"
#define VALIDATE "tests/unit/event/validate.py"

static void test_file(void **state)
{
	_cleanup_buffer_ struct buffer schema = { 0 };
	_cleanup_fclose_ FILE *file = NULL;
	char content[32768];
	size_t length;

	(void)state;
	event_schema(&schema);
	if (getenv("UPDATE_GOLDEN")) {
		file = fopen(SCHEMA, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(schema.data, 1, schema.length, file), schema.length);
		return;
	}
	file = fopen(SCHEMA, "r");
	assert_non_null(file);
	length = fread(content, 1, sizeof(content) - 1, file);
	content[length] = '\0';
	assert_string_equal(content, schema.data);
}

/* Bytes that look like nothing in particular, the same in every run. */
static void scribble(void *bytes, size_t length, uint32_t seed)
{
	for (size_t i = 0; i < length; i++) {
		seed = seed * 1664525 + 1013904223;
		((unsigned char *)bytes)[i] = (unsigned char)(seed >> 24);
	}
}

static void print_event(struct cw_record record, bool hostile, bool named, struct buffer *lines)
{
	static const struct event_names nobody = { .host = "db1" };
	struct cw_deviation deviation = sample_deviation(record);
	const void *bytes = record.verdict == CW_VERDICT_ALLOW ? (void *)&record
							       : (void *)&deviation;
	struct record decoded;
	struct event event;

	if (hostile) {
		scribble(deviation.text, sizeof(deviation.text), record.operation);
		scribble(deviation.record.comm, CW_COMM, record.reason);
		scribble(deviation.ancestry[1].comm, CW_COMM, record.verdict);
		for (int i = 0; i < CW_TEXT_MAX; i++)
			deviation.length[i] = CW_TEXT;
		deviation.cut = CW_TEXT_CUT(CW_TEXT_MAX) - 1;
		deviation.record.time = deviation.record.start_time = UINT64_MAX;
		deviation.record.family = 250;
		deviation.record.socket_type = 99;
	}
	assert_int_equal(record_decode(bytes, sizeof(deviation), &decoded), RECORD_OK);
	event_name(&decoded, named ? &sample_names : &nobody, 1, &event);
	event_json(&event, lines);
}

static void print_all(struct buffer *lines)
{
	for (unsigned int i = 0; i < CW_OPERATIONS_TOLD * CW_VERDICT_MAX * CW_REASON_MAX * 4; i++) {
		struct cw_record record = sample_connect();
		unsigned int n = i / 4;

		record.operation = n % CW_OPERATIONS_TOLD;
		record.verdict = n / CW_OPERATIONS_TOLD % CW_VERDICT_MAX;
		record.reason = (uint8_t)(n / CW_OPERATIONS_TOLD / CW_VERDICT_MAX);
		record.family = i % 3 ? AF_INET : AF_INET6;
		print_event(record, i & 1, i & 2, lines);
	}
}

static void test_events(void **state)
{
	_cleanup_buffer_ struct buffer lines = { 0 };
	FILE *validate;

	(void)state;
	if (system("/usr/bin/python3 -c 'import jsonschema' 2>/dev/null") != 0) {
		print_message("python3-jsonschema is not installed\n");
		skip();
	}
	print_all(&lines);
	validate = popen("/usr/bin/python3 " VALIDATE " " SCHEMA, "w");
	assert_non_null(validate);
	assert_int_equal(fwrite(lines.data, 1, lines.length, validate), lines.length);
	assert_int_equal(pclose(validate), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

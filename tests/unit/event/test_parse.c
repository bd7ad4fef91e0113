/* SPDX-License-Identifier: GPL-2.0-only */
/* A line that was printed becomes the event that it was; anything else is refused. */
#include "event/sample.h"

#include <errno.h>

#include "event/filter.h"
#include "event/parse.h"
#include "event/print.h"

static char *line_of(const struct event *event)
{
	struct buffer line = { 0 };

	event_json(event, &line);
	assert_false(buffer_failed(&line));
	return buffer_take(&line);
}

static char *line_of_record(struct cw_record record, bool deviates)
{
	struct cw_deviation deviation = sample_deviation(record);
	struct event event;

	if (deviates)
		sample_event(&deviation, sizeof(deviation), &event);
	else
		sample_event(&record, sizeof(record), &event);
	return line_of(&event);
}

static int parse(const char *line)
{
	_cleanup_event_parsed_ struct event_parsed parsed = { 0 };

	return event_parse(line, strlen(line), &parsed);
}

static void assert_returns(const char *line)
{
	_cleanup_event_parsed_ struct event_parsed parsed = { 0 };
	char *again;

	assert_int_equal(event_parse(line, strlen(line), &parsed), 0);
	again = line_of(&parsed.event);
	assert_string_equal(again, line);
	free(again);
}

static void test_round_trip(void **state)
{
	struct cw_record records[] = { sample_record(),	 sample_connect(), sample_connect(),
				       sample_connect(), sample_record(),  sample_record(),
				       sample_record() };

	(void)state;
	records[2].reason = CW_REASON_GUARD;
	records[2].family = 10;
	records[3].family = 77; /* no word of ours */
	records[3].operation = CW_OPERATION_SOCKET;
	records[4].target_file = SAMPLE_TARGET;
	records[4].script = SAMPLE_SCRIPT;
	records[5].instance = CW_INSTANCE_NONE;
	records[6].operation = CW_OPERATION_TAMPER;
	records[6].reason = CW_REASON_TAMPERED;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		for (int deviates = 0; deviates < 2; deviates++) {
			char *line = line_of_record(records[i], deviates);

			assert_returns(line);
			free(line);
		}
	}
}

static void test_aggregated(void **state)
{
	struct cw_record record = sample_connect();
	_cleanup_event_parsed_ struct event_parsed parsed = { 0 };
	struct event event;
	char *line;

	(void)state;
	sample_event(&record, sizeof(record), &event);
	event.aggregated = true;
	event.count = 1284;
	event.first = event.time - 1;
	event.last = event.time;
	line = line_of(&event);
	assert_returns(line);
	assert_int_equal(event_parse(line, strlen(line), &parsed), 0);
	assert_true(parsed.event.aggregated);
	assert_int_equal(parsed.event.count, 1284);
	free(line);
}

static void test_hostile_text(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	struct event event;
	char *line;

	(void)state;
	memcpy(deviation.record.comm, "a\"\\\n\x01\x7f\xc3\xa9", 9);
	SAMPLE_TEXT(&deviation, CW_TEXT_ARGS, "\xf0\x9f\x90\x9f\0\xe2\x80\xae\0\0last");
	sample_event(&deviation, sizeof(deviation), &event);
	line = line_of(&event);
	assert_returns(line);
	free(line);
}

/* What was too long is cut once, not each time that it is read and printed. */
static void test_cut(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	char directory[EVENT_STRING_MAX + 9];
	struct event event;
	char *line;

	(void)state;
	sample_event(&deviation, sizeof(deviation), &event);
	for (size_t length = EVENT_STRING_MAX - 1; length < sizeof(directory); length++) {
		memset(directory, 'd', length);
		directory[length] = '\0';
		event.cwd = directory;
		line = line_of(&event);
		assert_returns(line);
		free(line);
	}
}

static void test_filter(void **state)
{
	_cleanup_event_parsed_ struct event_parsed parsed = { 0 };
	_cleanup_filter_ struct filter yes = { 0 }, no = { 0 };
	char *line = line_of_record(sample_connect(), true);

	(void)state;
	assert_int_equal(event_parse(line, strlen(line), &parsed), 0);
	assert_int_equal(filter_add(&yes, "address", "10.1.0.0/16", NULL), 0);
	assert_int_equal(filter_add(&yes, "port", "25", NULL), 0);
	assert_int_equal(filter_add(&yes, "user", "cacheusr", NULL), 0);
	assert_int_equal(filter_add(&yes, "instance", "CACHE", NULL), 0);
	assert_int_equal(filter_add(&yes, "pid", "4000", NULL), 0);
	assert_int_equal(filter_add(&no, "address", "10.2.0.0/16", NULL), 0);
	assert_true(filter_match(&yes, &parsed.event, NULL));
	assert_false(filter_match(&no, &parsed.event, NULL));
	free(line);
}

/* Every beginning of a line is torn. */
static void test_torn(void **state)
{
	char *line = line_of_record(sample_record(), true);
	size_t length = strlen(line) - 1; /* without the newline it is whole */

	(void)state;
	for (size_t i = 0; i < length; i++) {
		_cleanup_event_parsed_ struct event_parsed parsed = { 0 };

		assert_int_equal(event_parse(line, i, &parsed), -EBADMSG);
	}
	free(line);
}

/* line with `from` replaced by `to`, parsed. */
static int parse_replaced(const char *line, const char *from, const char *to)
{
	const char *at = strstr(line, from);
	struct buffer changed = { 0 };
	int r;

	assert_non_null(at);
	buffer_add(&changed, line, (size_t)(at - line));
	buffer_add_string(&changed, to);
	buffer_add_string(&changed, at + strlen(from));
	r = parse(changed.data);
	buffer_release(&changed);
	return r;
}

static void test_refused(void **state)
{
	static const struct {
		const char *from, *to;
		int expected;
	} cases[] = {
		{ "\"seq\":99", "\"seq\":100", 0 },
		{ "\"seq\":99", "\"seq\":99,\"later\":{\"a\":[1,-2.5e3,\"x\",{}],\"b\":null}", 0 },
		{ "\"comm\":\"cache\"", "\"comm\":\"\\ud83d\\udc1f\"", 0 },
		{ "\"seq\":99", "\"seq\":99,\"seq\":99", -EBADMSG },
		{ "\"seq\":99", "\"seq\":-1", -EBADMSG },
		{ "\"seq\":99", "\"seq\":099", -EBADMSG },
		{ "\"seq\":99", "\"seq\":9.9", -EBADMSG },
		{ "\"seq\":99", "\"seq\":18446744073709551616", -EBADMSG },
		{ "\"seq\":99,", "", -EBADMSG },
		{ "\"verdict\":\"allow\"", "\"verdict\":\"perhaps\"", -EBADMSG },
		{ "\"pid\":4711", "\"pid\":4294967296", -EBADMSG },
		{ "\"port\":25", "\"port\":65536", -EBADMSG },
		{ "\"address\":\"10.1.2.3\"", "\"address\":\"::1\"", -EBADMSG },
		{ "\"comm\":\"cache\"", "\"comm\":\"\\u0000\"", -EBADMSG },
		{ "\"comm\":\"cache\"", "\"comm\":\"\\ud83d\"", -EBADMSG },
		{ "\"comm\":\"cache\"", "\"comm\":\"\\u12g4\"", -EBADMSG },
		{ "\"comm\":\"cache\"", "\"comm\":null", -EBADMSG },
		{ "\"time\":\"2025", "\"time\":\"20x5", -EBADMSG },
		{ "}\n", "}x\n", -EBADMSG },
	};
	char *line = line_of_record(sample_connect(), false);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r = parse_replaced(line, cases[i].from, cases[i].to);

		if (r != cases[i].expected)
			print_error("%s -> %s\n", cases[i].from, cases[i].to);
		assert_int_equal(r, cases[i].expected);
	}
	free(line);
}

static void test_depth(void **state)
{
	char deep[256] = "{\"later\":";

	(void)state;
	memset(deep + 9, '[', 200);
	assert_int_equal(parse(deep), -EBADMSG);
	assert_int_equal(parse(""), -EBADMSG);
	assert_int_equal(parse("[]"), -EBADMSG);
	assert_int_equal(parse("{}"), -EBADMSG);
}

/* Whatever is done to a line, it is taken or refused, and never more than that. */
static void test_mutated(void **state)
{
	char *line = line_of_record(sample_record(), true);
	size_t length = strlen(line);

	(void)state;
	for (size_t i = 0; i < length; i++) {
		char kept = line[i];

		for (int byte = 0; byte < 256; byte += 5) {
			_cleanup_event_parsed_ struct event_parsed parsed = { 0 };

			line[i] = (char)byte;
			event_parse(line, length, &parsed);
		}
		line[i] = kept;
	}
	assert_int_equal(parse(line), 0);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_aggregated),
		cmocka_unit_test(test_hostile_text), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_filter),	     cmocka_unit_test(test_torn),
		cmocka_unit_test(test_refused),	     cmocka_unit_test(test_depth),
		cmocka_unit_test(test_mutated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

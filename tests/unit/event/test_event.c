/* SPDX-License-Identifier: GPL-2.0-only */
/* Naming, and the two printers. */
#include "event/sample.h"

#include "event/fields.h"
#include "event/print.h"

static void test_deviation(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	struct event event;

	(void)state;
	sample_event(&deviation, sizeof(deviation), &event);
	assert_string_equal(event.instance, "CACHE");
	assert_null(event.rule);
	assert_int_equal(event.origin->line, 31);
	assert_string_equal(event.executable, "cache");
	assert_string_equal(event.path, "/usr/cachesys/bin/cache");
	assert_string_equal(event.cwd, "/usr/cachesys/mgr");
	assert_string_equal(event.target_path, "/usr/bin/dash");
	assert_string_equal(event.user, "cacheusr");
	assert_string_equal(event.cgroup, "/system.slice/cache.service");
	assert_true(event.has_loginuid);
	assert_int_equal(event.ancestors, 2);
	assert_string_equal(event.ancestry[0].path, "/usr/cachesys/bin/cache");
	assert_null(event.ancestry[1].path);
	assert_string_equal(event.ancestry[1].comm, "systemd");
}

/* An allowed operation carries no texts: its files are named by their numbers. */
static void test_plain_record(void **state)
{
	struct cw_record record = sample_record();
	struct event event;

	(void)state;
	record.target_file = SAMPLE_TARGET;
	record.script = SAMPLE_SCRIPT;
	sample_event(&record, sizeof(record), &event);
	assert_string_equal(event.path, "/usr/cachesys/bin/cache");
	assert_string_equal(event.script, "/etc/cachewarden/site/nightly.sh");
	assert_string_equal(event.target_path, "/usr/bin/dash");
	assert_int_equal(strlen(event.target_sha256), 64);
	assert_memory_equal(event.target_sha256, "9f86", 4);
	assert_null(event.cwd);
	assert_null(event.args);
	assert_false(event.has_loginuid);
}

static void test_rule_and_guard(void **state)
{
	struct cw_record record = sample_connect();
	struct event event;

	(void)state;
	sample_event(&record, sizeof(record), &event);
	assert_string_equal(event.rule->id, "mail");
	assert_string_equal(event.address, "10.1.2.3");
	record.reason = CW_REASON_GUARD;
	sample_event(&record, sizeof(record), &event);
	assert_string_equal(event.rule->id, "guard-connect");
	record.rule = 17; /* not in this catalogue */
	sample_event(&record, sizeof(record), &event);
	assert_null(event.rule);
}

static void test_nothing_known(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	static const struct event_names none = { .host = "db1" };
	struct record record;
	struct event event;

	(void)state;
	memset(deviation.length, 0, sizeof(deviation.length));
	deviation.loginuid = 0xffffffff;
	deviation.cut = CW_TEXT_CUT(CW_TEXT_EXECUTABLE);
	assert_int_equal(record_decode(&deviation, sizeof(deviation), &record), RECORD_OK);
	event_name(&record, &none, 1, &event);
	assert_null(event.instance);
	assert_null(event.path);
	assert_null(event.target_path);
	assert_string_equal(event.cwd, "/");
	assert_string_equal(event.cgroup, "4242");
	assert_false(event.has_loginuid);
}

static void test_anonymous_memory(void **state)
{
	struct cw_record record = sample_record();
	struct event event;

	(void)state;
	record.operation = CW_OPERATION_LIBRARY;
	record.rule_class = CW_CLASS_LIBRARY;
	record.target.inode = 0;
	sample_event(&record, sizeof(record), &event);
	assert_string_equal(event.target_path, EVENT_ANONYMOUS);
}

static void test_time(void **state)
{
	char text[EVENT_TIME_MAX];

	(void)state;
	event_time(1763770621500000001, text);
	assert_string_equal(text, "2025-11-22T00:17:01.500000001Z");
	event_time(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000000Z");
	event_time(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999999Z");
	event_time(INT64_MAX, text);
	assert_string_equal(text, "2262-04-11T23:47:16.854775807Z");
	event_time(INT64_MIN, text);
	assert_string_equal(text, "1677-09-21T00:12:43.145224192Z");
}

static void test_json(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	_cleanup_buffer_ struct buffer buffer = { 0 };
	struct event event;

	(void)state;
	sample_event(&deviation, sizeof(deviation), &event);
	event_json(&event, &buffer);
	assert_string_equal(
		buffer.data,
		"{\"time\":\"2025-11-22T00:17:01.500000000Z\",\"seq\":99,\"host\":\"db1\","
		"\"instance\":\"CACHE\",\"operation\":\"exec\",\"verdict\":\"deny\","
		"\"effect\":\"refused\",\"mode\":\"enforce\",\"backend\":\"fmod_ret\","
		"\"generation\":3,\"rule\":null,\"reason\":\"no-rule\","
		"\"policy\":{\"file\":\"/etc/cachewarden/policy.d/CACHE.yaml\",\"line\":31,"
		"\"class\":\"exec\"},"
		"\"process\":{\"pid\":4711,\"tid\":4712,\"ppid\":4000,"
		"\"start\":\"2025-11-22T00:17:00.500000000Z\",\"executable\":\"cache\","
		"\"path\":\"/usr/cachesys/bin/cache\",\"comm\":\"cache\",\"script\":null,"
		"\"args\":[\"cache\",\"-s/usr/cachesys/mgr\",\"-cj\"],\"args_cut\":false,"
		"\"cwd\":\"/usr/cachesys/mgr\",\"uid\":51773,\"gid\":51774,\"user\":\"cacheusr\","
		"\"loginuid\":1000,\"cgroup\":\"/system.slice/cache.service\",\"role\":null},"
		"\"ancestry\":[{\"pid\":4000,\"path\":\"/usr/cachesys/bin/cache\","
		"\"comm\":\"cstart\"},{\"pid\":1,\"path\":null,\"comm\":\"systemd\"}],"
		"\"target\":{\"path\":\"/usr/bin/dash\",\"sha256\":null,\"script\":null},"
		"\"count\":1,\"first\":null,\"last\":null}\n");
}

static void test_long_strings(void **state)
{
	static char why[100000];
	struct catalogue_rule rule = { .id = (char *)"x", .why = why, .file = (char *)"f" };
	struct cw_record record = sample_connect();
	_cleanup_buffer_ struct buffer buffer = { 0 };
	struct event event;

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(why); i += 3) /* € at every offset from the limit */
		memcpy(why + i, "\xe2\x82\xac", 3);
	sample_event(&record, sizeof(record), &event);
	event.rule = &rule;
	event_json(&event, &buffer);
	assert_true(buffer.length < 8192);
	assert_non_null(strstr(buffer.data, "\xe2\x82\xac...\""));
	assert_null(strstr(buffer.data, "\xef\xbf\xbd"));
}

static void text_line(const struct cw_record *record, char *line, size_t size)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	struct event event;

	sample_event(record, sizeof(*record), &event);
	event_text(&event, false, &buffer);
	assert_true(buffer.length < size);
	memcpy(line, buffer.data, buffer.length + 1);
}

static void test_text(void **state)
{
	struct cw_record record = sample_connect();
	char line[512];

	(void)state;
	text_line(&record, line, sizeof(line));
	assert_string_equal(
		line, "2025-11-22T00:17:01.500Z allow      CACHE      cache[4711]        connect"
		      " tcp 10.1.2.3:25            mail"
		      " /etc/cachewarden/policy.d/CACHE.yaml:44 cacheusr\n");
	record.family = AF_INET6;
	record.instance = CW_INSTANCE_NONE;
	memcpy(record.comm, "\033]0;x\007\n", 8);
	record.uid = 12;
	text_line(&record, line, sizeof(line));
	assert_non_null(strstr(line, " - "));
	assert_non_null(strstr(line, "\\x1b]0;x\\x07\\n[4711]"));
	assert_non_null(strstr(line, "tcp [a01:203::]:25"));
	assert_non_null(strstr(line, " 12\n"));
}

/* The words of a denied operation say whether it went through. */
static void test_text_verdicts(void **state)
{
	static const struct {
		uint8_t effect, mode;
		const char *word;
	} cases[] = {
		{ CW_EFFECT_REFUSED, CW_MODE_ENFORCE, " DENY " },
		{ CW_EFFECT_KILLED, CW_MODE_ENFORCE, " KILLED " },
		{ CW_EFFECT_NONE, CW_MODE_AUDIT, " would deny " },
		{ CW_EFFECT_NONE, CW_MODE_ENFORCE, " UNREFUSED " },
	};
	struct cw_record record = sample_record();
	char line[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		record.effect = cases[i].effect;
		record.mode = cases[i].mode;
		text_line(&record, line, sizeof(line));
		assert_non_null(strstr(line, cases[i].word));
	}
}

static void test_colour(void **state)
{
	struct cw_record record = sample_record();
	_cleanup_buffer_ struct buffer plain = { 0 }, colour = { 0 }, bare = { 0 };
	struct event event;

	(void)state;
	sample_event(&record, sizeof(record), &event);
	event_text(&event, false, &plain);
	event_text(&event, true, &colour);
	for (size_t i = 0; i < colour.length; i++) {
		if (colour.data[i] == '\033')
			i += strcspn(colour.data + i, "m");
		else
			buffer_add_char(&bare, colour.data[i]);
	}
	assert_true(colour.length > plain.length);
	assert_string_equal(bare.data, plain.data);
}

static void test_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < EVENT_FIELD_MAX; i++) {
		const struct event_field *field = &event_fields[i];

		assert_true((field->kind == EVENT_WORD) == (field->words != NULL));
		assert_true((field->parent == EVENT_TARGET) == (field->target != EVENT_ANY_TARGET));
		for (size_t j = 0; j < i; j++) /* neighbours, and no name twice */
			assert_false(event_fields[j].parent == field->parent &&
				     ((field->parent != EVENT_TOP &&
				       event_fields[i - 1].parent != field->parent) ||
				      (event_fields[j].target == field->target &&
				       strcmp(event_fields[j].name, field->name) == 0)));
	}
}

/* A hand on ourselves: what of, and its number. */
static void test_protected(void **state)
{
	struct cw_record record = sample_record();
	struct event event;

	(void)state;
	record.operation = CW_OPERATION_TAMPER;
	record.reason = CW_REASON_PROTECTED;
	record.instance = CW_INSTANCE_NONE;
	record.target = (struct cw_file_key){ 0 };
	record.socket_type = CW_PROTECTED_SIGNAL;
	record.address[7] = 15;
	sample_event(&record, sizeof(record), &event);
	assert_true(event.target_is_file);
	assert_string_equal(event.target_path, "cachewarden: signal 15");
	record.socket_type = CW_PROTECTED_TRACE;
	sample_event(&record, sizeof(record), &event);
	assert_string_equal(event.target_path, "cachewarden: ptrace");
	record.socket_type = CW_PROTECTED_MAX;
	sample_event(&record, sizeof(record), &event);
	assert_null(event.target_path);
	record.reason = CW_REASON_TAMPERED;
	record.target_file = SAMPLE_TARGET;
	sample_event(&record, sizeof(record), &event);
	assert_string_equal(event.target_path, "/usr/bin/dash");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deviation),
		cmocka_unit_test(test_plain_record),
		cmocka_unit_test(test_rule_and_guard),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_anonymous_memory),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_long_strings),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_verdicts),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_protected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

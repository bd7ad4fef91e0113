/* SPDX-License-Identifier: GPL-2.0-only */
/* Filters: what is understood, what is refused and how, what passes, and what the kernel is asked. */
#include "event/sample.h"

#include <errno.h>

#include "event/filter.h"
#include "util/cleanup.h"

static int add(struct filter *filter, const char *name, const char *value)
{
	_cleanup_free_ char *message = NULL;
	int r = filter_add(filter, name, value, &message);

	assert_true((r == -EINVAL || r == -E2BIG) == (message != NULL));
	return r;
}

static void test_bad_values(void **state)
{
	static const struct {
		const char *name, *value, *message;
	} cases[] = {
		{ "operation", "conect", "did you mean connect?" },
		{ "operation", "", "empty" },
		{ "verdict", "allow,", "empty" },
		{ "verdict", "maybe", "no such verdict" },
		{ "port", "65536", "up to 65535" },
		{ "port", "2-1", "port '2-1'" },
		{ "port", "http", "port 'http'" },
		{ "port", "1-2-3", "port" },
		{ "pid", "-1", "pid" },
		{ "address", "10.0.0.0/33", "10.0.0.0/33" },
		{ "address", "10.0.0", "address" },
		{ "address", "::1/129", "::1/129" },
		{ "address", "::ffff:10.0.0.0/95", "'::ffff:10.0.0.0/95' is an IPv4-mapped" },
		{ "address", "host.example.org", "host.example.org" },
		{ "user", "99999999999", "user" },
		{ "host", "yes", "takes no value" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_filter_ struct filter filter = { 0 };
		_cleanup_free_ char *message = NULL;

		assert_int_equal(filter_add(&filter, cases[i].name, cases[i].value, &message),
				 -EINVAL);
		assert_non_null(strstr(message, cases[i].message));
		assert_int_equal(filter.count, 0);
		assert_false(filter.given[FILTER_PORT]);
	}
}

static void test_unknown(void **state)
{
	_cleanup_filter_ struct filter filter = { 0 };

	(void)state;
	assert_int_equal(add(&filter, "colour", "red"), -ENOENT);
	assert_int_equal(add(&filter, "", ""), -ENOENT);
}

/* A list that is wrong at its end has changed nothing. */
static void test_all_or_nothing(void **state)
{
	_cleanup_filter_ struct filter filter = { 0 };

	(void)state;
	assert_int_equal(add(&filter, "instance", "A"), 0);
	assert_int_equal(add(&filter, "port", "1,2,x"), -EINVAL);
	assert_int_equal(add(&filter, "operation", "exec,x"), -EINVAL);
	assert_int_equal(filter.count, 1);
	assert_int_equal(filter.operations, 0);
}

static void test_bounds(void **state)
{
	_cleanup_filter_ struct filter filter = { 0 };
	char name[FILTER_STRING_MAX + 2];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(add(&filter, "executable", name), -EINVAL);
	assert_int_equal(add(&filter, "executable", name + 1), 0);
	for (int i = 1; i < FILTER_VALUES_MAX; i++)
		assert_int_equal(add(&filter, "pid", "1"), 0);
	assert_int_equal(add(&filter, "pid", "1"), -E2BIG);
}

/* The parent of 4000 is 300, of 300 is 20, of 20 is 1. */
static uint32_t parent(void *context, uint32_t pid)
{
	(void)context;
	return pid == 4000 ? 300 : pid == 300 ? 20 : pid == 20 ? 1 : 0;
}

static bool match(const char *name, const char *value, const struct cw_record *record)
{
	_cleanup_filter_ struct filter filter = { 0 };
	struct filter_lookup lookup = { .parent = parent };
	struct event event;

	assert_int_equal(add(&filter, name, value), 0);
	sample_event(record, sizeof(*record), &event);
	return filter_match(&filter, &event, &lookup);
}

static void test_match(void **state)
{
	static const struct {
		const char *name, *value;
		bool passes;
	} cases[] = {
		{ "operation", "connect", true },
		{ "operation", "exec,connect", true },
		{ "operation", "exec,bind", false },
		{ "verdict", "allow", true },
		{ "verdict", "audit,deny", false },
		{ "instance", "CACHE", true },
		{ "instance", "OTHER,CACHE", true },
		{ "instance", "cache", false },
		{ "executable", "cache", true },
		{ "executable", "ca*", true },
		{ "executable", "c?che", true },
		{ "executable", "*", true },
		{ "executable", "cach", false },
		{ "executable", "/usr/cachesys/bin/*", true },
		{ "executable", "/usr/*/cache", true },
		{ "executable", "/usr/cachesys", false },
		{ "pid", "4711", true },
		{ "pid", "4000", true }, /* parent */
		{ "pid", "300", true }, /* by the look-up */
		{ "pid", "20", true },
		{ "pid", "1", true },
		{ "pid", "21-299", false },
		{ "pid", "4712", false },
		{ "port", "25", true },
		{ "port", "1,20-30", true },
		{ "port", "26-65535", false },
		{ "address", "10.1.2.3", true },
		{ "address", "10.1.0.0/16", true },
		{ "address", "10.1.2.2/31", true },
		{ "address", "10.1.2.0/31", false },
		{ "address", "0.0.0.0/0", true },
		{ "address", "::/0", false },
		{ "address", "::ffff:10.1.2.3", true }, /* as it is judged */
		{ "address", "::ffff:10.1.0.0/112", true },
		{ "address", "::ffff:0.0.0.0/96", true },
		{ "address", "::ffff:10.1.2.4", false },
		{ "address", "::1,10.0.0.0/8", true },
		{ "user", "cacheusr", true },
		{ "user", "51773", true },
		{ "user", "51000-52000", true },
		{ "user", "root,0", false },
		{ "host", "", true },
	};
	struct cw_record record = sample_connect();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (match(cases[i].name, cases[i].value, &record) != cases[i].passes)
			fail_msg("--%s=%s", cases[i].name, cases[i].value);
	}
}

static void test_v6(void **state)
{
	struct cw_record record = sample_connect();

	(void)state;
	record.family = AF_INET6;
	memcpy(record.address, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	assert_true(match("address", "2001:db8::1", &record));
	assert_true(match("address", "2001:db8::/33", &record));
	assert_false(match("address", "2001:db8:8000::/33", &record));
	assert_false(match("address", "0.0.0.0/0", &record));
}

/* What has no port does not have port 0; what has no address is in no prefix. */
static void test_absent(void **state)
{
	struct cw_record record = sample_record();

	(void)state;
	assert_false(match("port", "0-65535", &record));
	assert_false(match("address", "0.0.0.0/0", &record));
	record = sample_connect();
	record.operation = CW_OPERATION_SOCKET;
	assert_false(match("port", "0-65535", &record));
	assert_false(match("address", "0.0.0.0/0", &record));
}

static void test_ancestry(void **state)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	_cleanup_filter_ struct filter filter = { 0 };
	struct event event;

	(void)state;
	deviation.ancestry[1].pid = 777;
	assert_int_equal(add(&filter, "pid", "777"), 0);
	sample_event(&deviation, sizeof(deviation), &event);
	assert_true(filter_match(&filter, &event, NULL));
	deviation.ancestry[1].pid = 778;
	sample_event(&deviation, sizeof(deviation), &event);
	assert_false(filter_match(&filter, &event, NULL));
}

static void test_host(void **state)
{
	_cleanup_filter_ struct filter filter = { 0 };
	struct cw_record record = sample_connect();
	struct event event;

	(void)state;
	record.instance = CW_INSTANCE_NONE;
	sample_event(&record, sizeof(record), &event);
	assert_false(filter_match(&filter, &event, NULL));
	event.record.operation = CW_OPERATION_TAMPER; /* what is done to us is told to everybody */
	assert_true(filter_match(&filter, &event, NULL));
	event.record.operation = CW_OPERATION_CONNECT;
	assert_int_equal(add(&filter, "host", ""), 0);
	assert_true(filter_match(&filter, &event, NULL));
}

/* All criteria must be met, each by any of its values. */
static void test_and_or(void **state)
{
	_cleanup_filter_ struct filter filter = { 0 };
	struct cw_record record = sample_connect();
	struct event event;

	(void)state;
	sample_event(&record, sizeof(record), &event);
	assert_int_equal(add(&filter, "port", "24"), 0);
	assert_int_equal(add(&filter, "port", "25"), 0);
	assert_int_equal(add(&filter, "user", "cacheusr"), 0);
	assert_true(filter_match(&filter, &event, NULL));
	assert_int_equal(add(&filter, "address", "192.168.0.0/16"), 0);
	assert_false(filter_match(&filter, &event, NULL));
}

/* A role is what the daemon told of the process, or none: then no pattern is met. */
static void test_role(void **state)
{
	static const struct {
		const char *value, *role;
		bool passes;
	} rows[] = {
		{ "CONTROL", "CONTROL", true },
		{ "CONTROL,WRT*", "WRTDMN", true },
		{ "job *", "job a^B", true },
		{ "control", "CONTROL", false },
		{ "SuperServer", "SuperServer worker", false },
		{ "*", NULL, false },
	};
	struct cw_record record = sample_connect();
	struct event event;

	(void)state;
	sample_event(&record, sizeof(record), &event);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_filter_ struct filter filter = { 0 };

		event.role = rows[i].role;
		assert_int_equal(add(&filter, "role", rows[i].value), 0);
		assert_int_equal(filter_match(&filter, &event, NULL), rows[i].passes);
	}
}

/* A pattern that would keep a backtracking matcher busy until the next release. */
static void test_star_bomb(void **state)
{
	char pattern[FILTER_STRING_MAX + 1];
	struct cw_deviation deviation = sample_deviation(sample_record());
	_cleanup_filter_ struct filter filter = { 0 };
	struct event event;

	(void)state;
	for (size_t i = 0; i < FILTER_STRING_MAX; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[0] = '/';
	pattern[FILTER_STRING_MAX - 1] = 'b';
	pattern[FILTER_STRING_MAX] = '\0';
	memset(deviation.text[CW_TEXT_EXECUTABLE], 'a', CW_TEXT);
	deviation.length[CW_TEXT_EXECUTABLE] = CW_TEXT;
	assert_int_equal(add(&filter, "executable", pattern), 0);
	sample_event(&deviation, sizeof(deviation), &event);
	for (int i = 0; i < 1000; i++)
		assert_false(filter_match(&filter, &event, NULL));
}

static void test_wanted(void **state)
{
	static const struct {
		const char *name, *value;
		uint32_t wanted;
	} cases[] = {
		{ "verdict", "deny", 0 },
		{ "verdict", "audit,deny", 0 },
		{ "verdict", "allow,deny", 0xff },
		{ "operation", "exec", 1u << CW_OPERATION_EXEC },
		{ "operation", "exec,bind", 1u << CW_OPERATION_EXEC | 1u << CW_OPERATION_BIND },
		{ "port", "25",
		  0xff & ~(1u << CW_OPERATION_EXEC | 1u << CW_OPERATION_LIBRARY |
			   1u << CW_OPERATION_SOCKET) },
		{ "user", "root", 0xff },
	};
	uint32_t wanted, wanted_host;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_filter_ struct filter filter = { 0 };

		assert_int_equal(add(&filter, cases[i].name, cases[i].value), 0);
		filter_wanted(&filter, &wanted, &wanted_host);
		assert_int_equal(wanted, cases[i].wanted);
		assert_int_equal(wanted_host, 0);
		assert_int_equal(add(&filter, "host", ""), 0);
		filter_wanted(&filter, &wanted, &wanted_host);
		assert_int_equal(wanted_host, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_values),     cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_all_or_nothing), cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_match),	       cmocka_unit_test(test_v6),
		cmocka_unit_test(test_absent),	       cmocka_unit_test(test_ancestry),
		cmocka_unit_test(test_host),	       cmocka_unit_test(test_and_or),
		cmocka_unit_test(test_role),	       cmocka_unit_test(test_star_bomb),
		cmocka_unit_test(test_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/sample.h"

#include <errno.h>
#include <time.h>

#include "event/when.h"

#define SECOND 1000000000ll
#define NOW (1763770621500000000ll) /* 2025-11-22T00:17:01.5Z */

static void test_rfc3339(void **state)
{
	static const struct {
		const char *text;
		int64_t expected; /* 0: refused */
	} cases[] = {
		{ "2025-11-22T00:17:01.500000000Z", NOW },
		{ "2025-11-22T00:17:01.5Z", NOW },
		{ "2025-11-22 00:17:01.5z", NOW },
		{ "2025-11-22T01:17:01.5+01:00", NOW },
		{ "2025-11-21T18:47:01.5-05:30", NOW },
		{ "1969-12-31T23:59:59Z", -SECOND },
		{ "2024-02-29T00:00:00Z", 1709164800 * SECOND },
		{ "2025-02-29T00:00:00Z", 0 },
		{ "2025-04-31T00:00:00Z", 0 },
		{ "2025-13-01T00:00:00Z", 0 },
		{ "2025-11-22T24:00:00Z", 0 },
		{ "2025-11-22T00:60:00Z", 0 },
		{ "2025-11-22T00:17:01", 0 },
		{ "2025-11-22T00:17Z", 0 },
		{ "2025-11-22T00:17:01.Z", 0 },
		{ "2025-11-22T00:17:01.1234567890Z", 0 },
		{ "2025-11-22T00:17:01Z ", 0 },
		{ "2025-11-22T00:17:01+0100", 0 },
		{ "9999-01-01T00:00:00Z", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t time = 0;
		int r = event_time_parse(cases[i].text, strlen(cases[i].text), &time);

		if (r != (cases[i].expected ? 0 : -EINVAL) || time != cases[i].expected)
			print_error("%s\n", cases[i].text);
		assert_int_equal(r, cases[i].expected ? 0 : -EINVAL);
		assert_int_equal(time, cases[i].expected);
	}
}

/* A zone that is ahead, and changes in summer. */
static void test_when(void **state)
{
	static const struct {
		const char *text;
		int64_t expected;
	} cases[] = {
		{ "now", NOW },
		{ "90s", NOW - 90 * SECOND },
		{ "10m", NOW - 600 * SECOND },
		{ "10m ago", NOW - 600 * SECOND },
		{ "@1763770621", 1763770621 * SECOND },
		{ "@1763770621.5", NOW },
		{ "01:17", NOW - 3 * SECOND / 2 },
		{ "01:17:01.5", NOW },
		{ "23:59", NOW - 3 * SECOND / 2 + (22 * 60 + 42) * 60 * SECOND },
		{ "2h", NOW - 7200 * SECOND },
		{ "7d", NOW - 7 * 86400 * SECOND },
		{ "2025-11-22T00:17:01.5Z", NOW },
		{ "2025-11-22T01:17:01.5", NOW },
		{ "2025-11-22T01:17", NOW - 3 * SECOND / 2 },
		{ "2025-11-22", (1763770621 - 17 * 60 - 1 - 3600) * SECOND },
		{ "today", (1763770621 - 17 * 60 - 1 - 3600) * SECOND },
		{ "yesterday", (1763770621 - 17 * 60 - 1 - 3600 - 86400) * SECOND },
		{ "2025-07-01", (1751320800ll) * SECOND },
	};
	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t time = 0;

		if (when_parse(cases[i].text, NOW, &time) || time != cases[i].expected)
			print_error("%s: %lld\n", cases[i].text, (long long)time);
		assert_int_equal(time, cases[i].expected);
	}
}

static void test_no_time(void **state)
{
	static const char *const refused[] = { "",
					       "10",
					       "m",
					       "-5m",
					       "5 m",
					       "5 ago",
					       " ago",
					       "10m ago ",
					       "now ago",
					       "@",
					       "@-1",
					       "@1x",
					       "@99999999999999",
					       "1:17",
					       "24:00",
					       "01:17 ",
					       "tomorrow",
					       "2025",
					       "2025-11",
					       "2025-11-22T",
					       "2025-11-22T25:00",
					       "99999999999999999999d" };

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int64_t time;

		assert_int_equal(when_parse(refused[i], NOW, &time), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc3339),
		cmocka_unit_test(test_when),
		cmocka_unit_test(test_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

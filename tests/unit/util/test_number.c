/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/number.h"

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "1972", 0, 1972 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "99999999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "00", -EINVAL, 0 },
		{ "010", -EINVAL, 0 },
		{ "0x10", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
		{ "1e3", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 7;

		assert_int_equal(number_parse(cases[i].text, 0, UINT64_MAX, &value),
				 cases[i].result);
		assert_true(value == (cases[i].result ? 7 : cases[i].value));
	}
}

static void test_bounds(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(number_parse("0", 1, 65535, &value), -ERANGE);
	assert_int_equal(number_parse("65536", 1, 65535, &value), -ERANGE);
	assert_int_equal(value, 7);
	assert_int_equal(number_parse("1", 1, 65535, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(number_parse("65535", 1, 65535, &value), 0);
	assert_int_equal(value, 65535);
}

static void test_seconds(void **state)
{
	static const struct {
		const char *text;
		int result;
		uint64_t value;
	} cases[] = {
		{ "90", 0, 90 },
		{ "90s", 0, 90 },
		{ "10m", 0, 600 },
		{ "2h", 0, 7200 },
		{ "1d", 0, 86400 },
		{ "0s", 0, 0 },
		{ "3d", -ERANGE, 0 },
		{ "1w", -EINVAL, 0 },
		{ "s", -EINVAL, 0 },
		{ "1h30m", -EINVAL, 0 },
		{ "01s", -EINVAL, 0 },
		{ "1 s", -EINVAL, 0 },
		{ "18446744073709551615d", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t value = 7;

		assert_int_equal(number_parse_seconds(cases[i].text, 0, 2 * 86400, &value),
				 cases[i].result);
		assert_true(value == (cases[i].result ? 7 : cases[i].value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/utf8.h"

static void test_decode(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		uint32_t character;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x80", 2, 0x80 },
		{ "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 },
		{ "\xed\x9f\xbf", 3, 0xd7ff },
		{ "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff },
		{ "\xf0\x90\x80\x80", 4, 0x10000 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		/* Not UTF-8: lone and missing continuations, overlong forms, surrogates, too large. */
		{ "\x80", 0, 0 },
		{ "\xbf", 0, 0 },
		{ "\xc2", 0, 0 },
		{ "\xc2z", 0, 0 },
		{ "\xe2\x82", 0, 0 },
		{ "\xc0\x80", 0, 0 },
		{ "\xc1\xbf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 },
		{ "\xed\xbf\xbf", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 },
		{ "\xf5\x80\x80\x80", 0, 0 },
		{ "\xff", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t character = 0;

		assert_int_equal(utf8_decode(cases[i].text, strlen(cases[i].text), &character),
				 cases[i].size);
		assert_int_equal(character, cases[i].character);
	}
	assert_int_equal(utf8_decode("a", 0, &(uint32_t){ 0 }), 0);
	assert_int_equal(utf8_decode("\xe2\x82\xac", 2, &(uint32_t){ 0 }), 0);
}

static void test_count(void **state)
{
	(void)state;
	assert_int_equal(utf8_count("", 0), 0);
	assert_int_equal(utf8_count("a\xc3\xa9\xe2\x82\xac\xff", 7), 4);
}

static void test_visible(void **state)
{
	static const uint32_t hidden[] = { 0,	   '\t',   '\n',    0x1b,   0x7f,   0x85,
					   0xad,   0x200b, 0x200f,  0x2028, 0x202e, 0x2066,
					   0x2069, 0xfeff, 0xe0041, 0x61c,  0x3164, 0xffa0 };
	static const uint32_t visible[] = { 0x62c, ' ', '~', 0xa0, 0xe9, 0x20ac, 0x4e2d, 0x1f600 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		assert_false(utf8_visible(hidden[i]));
	for (size_t i = 0; i < ARRAY_SIZE(visible); i++)
		assert_true(utf8_visible(visible[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_visible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* No byte that somebody else chose reaches a terminal or a parser as it is, if it could do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/escape.h"
#include "util/cleanup.h"

static void test_table(void **state)
{
	static const struct {
		const char *bytes, *json, *text;
	} cases[] = {
		{ "", "\"\"", "" },
		{ "plain /usr/bin", "\"plain /usr/bin\"", "plain /usr/bin" },
		{ "say \"x\"", "\"say \\\"x\\\"\"", "say \"x\"" },
		{ "a\\b", "\"a\\\\b\"", "a\\\\b" },
		{ "a\nb\tc\rd", "\"a\\nb\\tc\\rd\"", "a\\nb\\tc\\rd" },
		{ "\033[31m", "\"\\u001b[31m\"", "\\x1b[31m" },
		{ "\x7f", "\"\\u007f\"", "\\x7f" },
		{ "na\xc3\xafve", "\"na\xc3\xafve\"", "na\xc3\xafve" },
		{ "\xc2\x9b"
		  "31m",
		  "\"\\u009b31m\"", "\\u009b31m" }, /* CSI in one character */
		{ "\xff\xfe", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\\xff\\xfe" },
		{ "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\\xc0\\xaf" }, /* overlong slash */
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"", "\\xed\\xa0\\x80" },
		{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"", "\\xe2\\x82" }, /* cut short */
		{ "a\xe2\x80\xae"
		  "b",
		  "\"a\\u202eb\"", "a\\u202eb" }, /* right-to-left override */
		{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80" },
		{ "\xf3\xa0\x81\x81", "\"\\udb40\\udc41\"", "\\U000e0041" }, /* an invisible tag */
		{ "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
		  "\\xf4\\x90\\x80\\x80" }, /* above U+10FFFF */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buffer_ struct buffer json = { 0 }, text = { 0 };

		escape_json(&json, cases[i].bytes, strlen(cases[i].bytes));
		assert_string_equal(json.data, cases[i].json);
		escape_text(&text, cases[i].bytes, strlen(cases[i].bytes));
		assert_string_equal(text.data ? text.data : "", cases[i].text);
	}
}

/* Every string of two bytes comes out printable, whatever they are. */
static void test_every_pair(void **state)
{
	(void)state;
	for (unsigned int pair = 0; pair < 65536; pair++) {
		char bytes[2] = { (char)(pair >> 8), (char)pair };
		_cleanup_buffer_ struct buffer json = { 0 }, text = { 0 };

		escape_json(&json, bytes, 2);
		escape_text(&text, bytes, 2);
		for (size_t i = 0; i < json.length; i++)
			assert_true((unsigned char)json.data[i] >= 0x20 && json.data[i] != 0x7f);
		for (size_t i = 0; i < text.length; i++)
			assert_true((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
	}
}

static void test_number(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)state;
	escape_number(&buffer, 0);
	buffer_add_char(&buffer, ' ');
	escape_number(&buffer, UINT64_MAX);
	assert_string_equal(buffer.data, "0 18446744073709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

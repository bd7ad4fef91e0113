/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/buffer.h"
#include "util/cleanup.h"

static void test_grows(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++) {
		buffer_add_char(&buffer, 'a');
		buffer_add_string(&buffer, "bc");
		buffer_add(&buffer, "d!", 1);
		buffer_printf(&buffer, "%d", i % 10);
	}
	assert_false(buffer_failed(&buffer));
	assert_int_equal(buffer.length, 5000);
	assert_int_equal(strlen(buffer.data), 5000);
	assert_memory_equal(buffer.data + 4990, "abcd8abcd9", 10);
}

static void test_long_format(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)state;
	buffer_printf(&buffer, "%5000d|", 1);
	assert_int_equal(buffer.length, 5001);
	assert_string_equal(buffer.data + 4999, "1|");
}

static void test_clear_keeps_memory(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	char *data;

	(void)state;
	buffer_clear(&buffer);
	buffer_add_string(&buffer, "abc");
	data = buffer.data;
	buffer_clear(&buffer);
	assert_ptr_equal(buffer.data, data);
	assert_int_equal(buffer.length, 0);
	assert_string_equal(buffer.data, "");
}

static void test_take(void **state)
{
	struct buffer buffer = { 0 };
	_cleanup_free_ char *empty = NULL, *text = NULL;

	(void)state;
	empty = buffer_take(&buffer);
	assert_string_equal(empty, "");
	buffer_add_string(&buffer, "abc");
	text = buffer_take(&buffer);
	assert_string_equal(text, "abc");
	assert_null(buffer.data);
	assert_int_equal(buffer.length, 0);
}

static void test_failure_sticks(void **state)
{
	struct buffer buffer = { 0 };

	(void)state;
	buffer_add_string(&buffer, "abc");
	buffer.failed = true;
	buffer_add_string(&buffer, "def");
	buffer_printf(&buffer, "%d", 1);
	assert_true(buffer_failed(&buffer));
	assert_int_equal(buffer.length, 3);
	assert_null(buffer_take(&buffer));
	assert_null(buffer.data);
	assert_false(buffer_failed(&buffer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_long_format),
		cmocka_unit_test(test_clear_keeps_memory),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_failure_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

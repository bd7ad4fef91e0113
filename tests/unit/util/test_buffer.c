/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* More than one piece of any size, through a file: all of it, exactly the bound, and one byte more. */
static void test_read_and_write(void **state)
{
	_cleanup_buffer_ struct buffer from = { 0 }, all = { 0 }, part = { 0 }, none = { 0 };
	_cleanup_close_ int fd = memfd_create("buffer", MFD_CLOEXEC);

	(void)state;
	for (int i = 0; i < 20000; i++)
		buffer_printf(&from, "%05d ", i);
	assert_int_equal(from.length, 120000);
	assert_int_equal(buffer_write(&from, fd), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(buffer_read(&all, fd, from.length), 0);
	assert_int_equal(all.length, from.length);
	assert_memory_equal(all.data, from.data, from.length);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(buffer_read(&part, fd, from.length - 1), -EFBIG);
	assert_int_equal(part.length, from.length - 1);
	assert_memory_equal(part.data, from.data, part.length);
	assert_int_equal(buffer_read(&none, fd, 0), 0);
	assert_int_equal(none.length, 0);
	assert_int_equal(buffer_read(&none, -1, 1), -EBADF);
	assert_int_equal(buffer_write(&from, -1), -EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_long_format),
		cmocka_unit_test(test_clear_keeps_memory),
		cmocka_unit_test(test_take),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_read_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "util/cleanup.h"
#include "util/vocabulary.h"

static const char *const words[] = { "bind", NULL, "connect", "exec", "by" };
static const struct vocabulary vocabulary = { words, ARRAY_SIZE(words) };

static void test_word(void **state)
{
	(void)state;
	assert_string_equal(vocabulary_word(&vocabulary, 2), "connect");
	assert_string_equal(vocabulary_word(&vocabulary, 1), "?");
	assert_string_equal(vocabulary_word(&vocabulary, 5), "?");
}

static void test_value(void **state)
{
	(void)state;
	assert_int_equal(vocabulary_value(&vocabulary, "connect", 7), 2);
	assert_int_equal(vocabulary_value(&vocabulary, "connected", 7), 2);
	assert_int_equal(vocabulary_value(&vocabulary, "connect", 6), -ENOENT);
	assert_int_equal(vocabulary_value(&vocabulary, "", 0), -ENOENT);
	assert_int_equal(vocabulary_value(&vocabulary, "BIND", 4), -ENOENT);
}

static void test_nearest(void **state)
{
	char long_word[200];

	(void)state;
	assert_string_equal(vocabulary_nearest(&vocabulary, "conect"), "connect");
	assert_string_equal(vocabulary_nearest(&vocabulary, "bnd"), "bind");
	assert_string_equal(vocabulary_nearest(&vocabulary, "exce"), "exec");
	assert_string_equal(vocabulary_nearest(&vocabulary, "b"), "by");
	assert_string_equal(vocabulary_nearest(&vocabulary, "cnonct"), "connect");
	assert_null(vocabulary_nearest(&vocabulary, "mind-"));
	assert_string_equal(vocabulary_nearest(&vocabulary, "execute"), "exec");
	assert_string_equal(vocabulary_nearest(&vocabulary, "conn"), "connect");
	assert_null(vocabulary_nearest(&vocabulary, "con"));
	assert_null(vocabulary_nearest(&vocabulary, "exit"));
	assert_null(vocabulary_nearest(&vocabulary, "on"));
	assert_null(vocabulary_nearest(&vocabulary, "library"));
	assert_null(vocabulary_nearest(&vocabulary, "to"));
	memset(long_word, 'b', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	vocabulary_nearest(&vocabulary, long_word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_word),
		cmocka_unit_test(test_value),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

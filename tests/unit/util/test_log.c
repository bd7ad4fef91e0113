/* SPDX-License-Identifier: GPL-2.0-only */
/* A message is one line, whatever stands in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/log.h"

/* What is written to standard error meanwhile, owned by the caller. */
static char *said(void (*act)(const char *text), const char *text)
{
	int memory = memfd_create("stderr", MFD_CLOEXEC), before = dup(STDERR_FILENO);
	char *ret = calloc(1, 8192);

	assert_true(memory >= 0 && before >= 0 && ret);
	fflush(stderr);
	assert_true(dup2(memory, STDERR_FILENO) >= 0);
	act(text);
	fflush(stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	assert_true(pread(memory, ret, 8191, 0) >= 0);
	close(memory);
	return ret;
}

static void message(const char *text)
{
	log_message(LOG_LEVEL_ERROR, -ENOENT, "read %s", text);
}

static void hint(const char *text)
{
	log_hint("see %s", text);
}

static void check(void (*act)(const char *text), const char *text, const char *expected)
{
	char *found = said(act, text);

	assert_string_equal(found, expected);
	free(found);
}

static void test_visible(void **state)
{
	(void)state;
	check(message, "/usr/c\xc3\xbc/a b",
	      "cachewarden: error: read /usr/c\xc3\xbc/a b: No such file or directory\n");
	check(hint, "that", "cachewarden: hint: see that\n");
}

static void test_escaped(void **state)
{
	(void)state;
	check(message, "/a\nb\x1b[31m",
	      "cachewarden: error: read /a\\x0ab\\x1b[31m: No such file or directory\n");
	/* Control characters beyond ASCII, what turns the direction, and what is no UTF-8. */
	check(hint, "\xc2\x9b \xe2\x80\xae \xff\x7f",
	      "cachewarden: hint: see \\xc2\\x9b \\xe2\\x80\\xae \\xff\\x7f\n");
}

static void test_long(void **state)
{
	char text[6000], *found;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	found = said(message, text);
	assert_true(strlen(found) > 4000 && strlen(found) < 4200);
	assert_int_equal(found[strlen(found) - 1], '\n');
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_visible),
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_long),
	};

	unsetenv("JOURNAL_STREAM");
	return cmocka_run_group_tests(tests, NULL, NULL);
}

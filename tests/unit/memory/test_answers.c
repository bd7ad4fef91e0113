/* SPDX-License-Identifier: GPL-2.0-only */
/* What host names resolved to, when memory runs out: all of it is read and written, or nothing. */
#include "memory/failing.h"

#include <string.h>

#include "host/answers.h"

static const char good[] = "host-names 1 3\na 10.0.0.1\na ::1\nb 10.0.0.1\n";

static int read_good(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct buffer text = { 0 };
	struct facts names = { 0 };
	int r = answers_parse("names", good, strlen(good), &diagnostics, &names);

	(void)context;
	assert_int_equal(names.name_count, r ? 0 : 2);
	if (!r)
		r = answers_print(&names, &text);
	if (!r)
		assert_string_equal(text.data, good);
	buffer_release(&text);
	facts_release(&names);
	diagnostics_release(&diagnostics);
	return r;
}

static void test_answers(void **state)
{
	(void)state;
	assert_true(sweep(read_good, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

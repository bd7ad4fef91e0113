/* SPDX-License-Identifier: GPL-2.0-only */
/* The first line of a script, as the kernel reads it; and the interpreters that a policy's scripts lead to. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "temporary.h"

#include "host/script.h"
#include "util/cleanup.h"

static const struct {
	const char *text, *interpreter;
} rows[] = {
	{ "#!/bin/sh\necho\n", "/bin/sh" },
	{ "#! \t/bin/sh -e -x\n", "/bin/sh" },
	{ "#!/bin/sh", "/bin/sh" },
	{ "#!/usr/bin/env\tpython3\n", "/usr/bin/env" },
	{ "#!bin/sh\n", NULL },
	{ "#!\n/bin/sh\n", NULL },
	{ "#! \n", NULL },
	{ "#!", NULL },
	{ "#", NULL },
	{ "", NULL },
	{ "\x7f"
	  "ELF",
	  NULL },
	{ " #!/bin/sh\n", NULL },
};

static char *asked(int (*ask)(int, char **), const char *text, size_t length)
{
	char path[] = "/tmp/cw-test-script-XXXXXX";
	_cleanup_close_ int written = mkstemp(path), fd = open(path, O_PATH | O_CLOEXEC);
	char *found = NULL;

	assert_true(written >= 0 && fd >= 0);
	assert_int_equal(write(written, text, length), length);
	assert_int_equal(ask(fd, &found), 0);
	assert_int_equal(unlink(path), 0);
	return found;
}

static char *interpreter_of(const char *text, size_t length)
{
	return asked(script_interpreter, text, length);
}

/* A relative name is one, though nobody can say which file it is. */
static void test_names(void **state)
{
	_cleanup_free_ char *relative = asked(script_names, "#! bin/sh -e\n", 13);
	_cleanup_free_ char *absolute = asked(script_names, "#!/bin/sh\n", 10);

	(void)state;
	assert_string_equal(relative, "bin/sh");
	assert_string_equal(absolute, "/bin/sh");
	assert_null(asked(script_names, "#! \n", 4));
	assert_null(asked(script_names, "bin/sh\n", 7));
}

static void test_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *found = interpreter_of(rows[i].text, strlen(rows[i].text));

		if (rows[i].interpreter)
			assert_string_equal(found, rows[i].interpreter);
		else
			assert_null(found);
	}
}

/* What the kernel does not see to its end it does not run. */
static void test_long_line(void **state)
{
	char text[300];
	char *found;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "#!/", 3);
	assert_null(interpreter_of(text, sizeof(text)));
	text[255] = '\n';
	found = interpreter_of(text, sizeof(text));
	assert_non_null(found);
	assert_int_equal(strlen(found), 253);
	free(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files with mistakes and what is printed of them, and files without: each tests/golden/policy/NAME.yaml
 * must print NAME.expected; each policy/NAME.yaml must be read without a word that is worse than a
 * note. GOLDEN_UPDATE=1 writes what was printed, to be looked at and committed.
 */
#include "reading.h"

#include <glob.h>

#define GOLDEN "tests/golden/policy/"

/* A whole file; NULL if there is none. */
static char *load(const char *path, size_t *ret_length)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char *text = malloc(POLICY_FILE_MAX + 1);

	assert_non_null(text);
	if (!file) {
		free(text);
		return NULL;
	}
	*ret_length = fread(text, 1, POLICY_FILE_MAX, file);
	text[*ret_length] = '\0';
	return text;
}

static char *diagnose(const char *path)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	char *printed = NULL;
	size_t length = 0, printed_length;
	_cleanup_free_ char *text = load(path, &length);
	FILE *stream = open_memstream(&printed, &printed_length);

	assert_non_null(text);
	assert_non_null(stream);
	policy_read(strrchr(path, '/') + 1, text, length, &diagnostics, &policy);
	diagnostics_print(&diagnostics, stream, false);
	fprintf(stream, "%zu errors, %zu warnings\n", diagnostics.errors, diagnostics.warnings);
	fclose(stream);
	policy_free(policy);
	diagnostics_release(&diagnostics);
	return printed;
}

static void check_golden(const char *path)
{
	_cleanup_free_ char *expected_path = NULL, *expected = NULL, *printed = diagnose(path);
	size_t length;

	assert_true(asprintf(&expected_path, "%.*s.expected", (int)(strlen(path) - strlen(".yaml")),
			     path) > 0);
	if (getenv("GOLDEN_UPDATE")) {
		_cleanup_fclose_ FILE *file = fopen(expected_path, "we");

		assert_non_null(file);
		fputs(printed, file);
		return;
	}
	expected = load(expected_path, &length);
	if (!expected || strcmp(printed, expected) != 0)
		fail_msg("%s: expected\n%s\nprinted\n%s", path, expected ? expected : "(no file)",
			 printed);
}

static void test_mistakes(void **state)
{
	glob_t paths;

	(void)state;
	assert_int_equal(glob(GOLDEN "*.yaml", 0, NULL, &paths), 0);
	for (size_t i = 0; i < paths.gl_pathc; i++)
		check_golden(paths.gl_pathv[i]);
	assert_true(paths.gl_pathc >= 5);
	globfree(&paths);
}

static void test_bundled(void **state)
{
	glob_t paths;

	(void)state;
	assert_int_equal(glob("policy/*.yaml", 0, NULL, &paths), 0);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		_cleanup_free_ char *printed = diagnose(paths.gl_pathv[i]);

		if (!strstr(printed, "0 errors, 0 warnings\n"))
			fail_msg("%s", printed);
	}
	globfree(&paths);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_bundled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

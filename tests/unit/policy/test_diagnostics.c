/* SPDX-License-Identifier: GPL-2.0-only */
#include "reading.h"

static char *printed(const struct diagnostics *diagnostics, bool colour)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	diagnostics_print(diagnostics, stream, colour);
	fclose(stream);
	return text;
}

static void expect_printed(const struct diagnostics *diagnostics, const char *expected)
{
	_cleanup_free_ char *text = printed(diagnostics, false);

	assert_string_equal(text, expected);
}

static void test_print(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location where = { "a.yaml", 2, 4, 3 }, other = { "a.yaml", 1, 1, 3 };
	static const char text[] = "one\n\t\xc3\xa9 two\r\n";
	struct diagnostic *diagnostic;

	(void)state;
	diagnostics_source(&diagnostics, "a.yaml", text, sizeof(text) - 1);
	diagnostic = diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "bad `%s`", "two");
	diagnostic_related(diagnostic, &other, "see here");
	diagnostic_hint(diagnostic, "did you mean `%s`?", "one");
	expect_printed(&diagnostics, "a.yaml:2:4: error: bad `two`\n"
				     "     2 |  \xc3\xa9 two\n"
				     "       |    ^~~\n"
				     "a.yaml:1:1: note: see here\n"
				     "     1 | one\n"
				     "       | ^~~\n"
				     "hint: did you mean `one`?\n");
	diagnostics_release(&diagnostics);
	assert_int_equal(diagnostics.count, 0);
	diagnostics_release(&diagnostics);
}

static void test_without_a_place(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location whole = { .file = "b.yaml" }, unknown = { "c.yaml", 9, 9, 1 };

	(void)state;
	diagnostics_add(&diagnostics, SEVERITY_NOTE, NULL, "no place");
	diagnostics_add(&diagnostics, SEVERITY_WARNING, &whole, "no line");
	diagnostics_add(&diagnostics, SEVERITY_ERROR, &unknown, "no text");
	assert_int_equal(diagnostics.errors, 1);
	assert_int_equal(diagnostics.warnings, 1);
	expect_printed(&diagnostics, "note: no place\n"
				     "b.yaml: warning: no line\n"
				     "c.yaml:9:9: error: no text\n");
	diagnostics_release(&diagnostics);
}

/* A place past the end of its line or file is no reason to read there. */
static void test_places_outside(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location past_line = { "a", 1, 50, 9 }, past_file = { "a", 7, 1, 1 };

	(void)state;
	diagnostics_source(&diagnostics, "a", "xy", 2);
	diagnostics_add(&diagnostics, SEVERITY_ERROR, &past_line, "one");
	diagnostics_add(&diagnostics, SEVERITY_ERROR, &past_file, "two");
	expect_printed(&diagnostics, "a:1:50: error: one\n"
				     "     1 | xy\n"
				     "       |   ^\n"
				     "a:7:1: error: two\n");
	diagnostics_release(&diagnostics);
}

/* The text of a file outlives the file's owner, and so do names. */
static void test_names_are_kept(void **state)
{
	struct diagnostics diagnostics = { 0 };
	char *name = strdup("gone.yaml");
	const struct location where = { name, 1, 1, 1 };

	(void)state;
	diagnostic_related(diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "x"), &where, "y");
	memset(name, '!', strlen(name));
	free(name);
	expect_printed(&diagnostics, "gone.yaml:1:1: error: x\ngone.yaml:1:1: note: y\n");
	diagnostics_release(&diagnostics);
}

static void test_hostile_text_is_harmless(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location where = { "a\033]0;x\a", 1, 1, 1 };

	(void)state;
	diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "%s",
			"\033[2J\xff\xe2\x80\xae\tz\n\xc3\xa9");
	expect_printed(&diagnostics, "a?]0;x?:1:1: error: ?[2J?? z?\xc3\xa9\n");
	diagnostics_release(&diagnostics);
}

static void test_long_text_is_cut(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location where = { "a", 1, 5001, 3 };
	char line[10001];
	const char *message;

	(void)state;
	for (size_t i = 0; i < sizeof(line) - 1; i += 2)
		memcpy(line + i, "\xc3\xa9", 2);
	line[sizeof(line) - 1] = '\0';
	diagnostics_source(&diagnostics, "a", line, sizeof(line) - 1);
	diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "a%s", line);
	message = diagnostics.items[0].message;
	/* 400 bytes end within a character: it is left out. */
	assert_int_equal(strlen(message), 399 + strlen("…"));
	assert_string_equal(message + 399, "…");
	assert_int_equal(strlen(diagnostics.items[0].source), 2 * 60);
	assert_int_equal(diagnostics.items[0].source_column, 5001 - 60);
	diagnostics_release(&diagnostics);
}

static void test_too_many(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location where = { "a", 1, 1, 1 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	for (int i = 0; i < DIAGNOSTICS_MAX; i++)
		assert_non_null(diagnostics_add(&diagnostics, SEVERITY_NOTE, &where, "n"));
	assert_null(diagnostics_add(&diagnostics, SEVERITY_NOTE, &where, "n"));
	assert_int_equal(diagnostics.dropped, 1);
	/* Errors are not lost behind notes; then errors are, and all are counted. */
	for (int i = 0; i < DIAGNOSTICS_MAX; i++)
		assert_non_null(diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "e"));
	assert_null(diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "e"));
	assert_int_equal(diagnostics.count, DIAGNOSTICS_MAX);
	assert_int_equal(diagnostics.errors, DIAGNOSTICS_MAX + 1);
	assert_int_equal(diagnostics.dropped, DIAGNOSTICS_MAX + 2);
	diagnostic_hint(NULL, "nobody");
	diagnostic_related(NULL, &where, "nobody");
	text = printed(&diagnostics, false);
	assert_non_null(strstr(text, "202 more not shown\n"));
	diagnostics_release(&diagnostics);
}

static void test_sort(void **state)
{
	static const unsigned int lines[] = { 9, 0, 3, 9, 1 };
	static const unsigned int sorted[] = { 9, 1, 3, 9, 0 };
	struct diagnostics diagnostics = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct location where = { "a", lines[i], lines[i] ? 1 : 0, 1 };

		diagnostics_add(&diagnostics, SEVERITY_NOTE, &where, "%zu", i);
	}
	diagnostics_sort(&diagnostics, 1); /* the first is somebody else's */
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_int_equal(diagnostics.items[i].where.line, sorted[i]);
	diagnostics_release(&diagnostics);
}

static void test_colour(void **state)
{
	struct diagnostics diagnostics = { 0 };
	const struct location where = { "a", 1, 1, 1 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	diagnostics_add(&diagnostics, SEVERITY_ERROR, &where, "x");
	text = printed(&diagnostics, true);
	assert_string_equal(text, "\033[1ma:1:1:\033[0m \033[1;31merror:\033[0m x\n");
	diagnostics_release(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_without_a_place),
		cmocka_unit_test(test_places_outside),
		cmocka_unit_test(test_names_are_kept),
		cmocka_unit_test(test_hostile_text_is_harmless),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

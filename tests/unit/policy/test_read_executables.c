/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of executables, their paths, and rules that speak of them. */
#include "reading.h"

#define HASH "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static void test_table(void **state)
{
	struct policy *policy = read_good(WHOLE "  tools: { path: \"${root}//bin/*\" }\n"
						"  one: { path: \"/a/[a-c]x\", entry: false }\n"
						"  pin.2_-: { path: /p, sha256: " HASH " }\n"
						"  seal: { path: /s, verity: sha256:" HASH " }\n"
						"  long: { path: /l, verity: sha512:" HASH HASH
						" }\n");

	(void)state;
	assert_int_equal(policy->executable_count, 7);
	assert_string_equal(policy->executables[0].name.value, "cache");
	assert_string_equal(policy->executables[0].path.value, "/usr/cachesys/bin/cache");
	assert_int_equal(policy->executables[0].path.where.line, 6);
	assert_int_equal(policy->executables[0].path.where.column, 18);
	assert_true(policy->executables[0].entry);
	assert_false(policy->executables[0].glob);
	assert_string_equal(policy->executables[1].path.value, "/bin/sh");
	assert_false(policy->executables[1].entry);
	assert_string_equal(policy->executables[2].path.value, "/usr/cachesys/bin/*");
	assert_true(policy->executables[2].glob);
	assert_true(policy->executables[3].glob);
	assert_true(policy->executables[4].pinned);
	assert_int_equal(policy->executables[4].sha256[0], 0x9f);
	assert_int_equal(policy->executables[4].sha256[31], 0x08);
	assert_false(policy->executables[5].pinned);
	assert_int_equal(policy->executables[5].verity.length, 32);
	assert_int_equal(policy->executables[5].verity.bytes[31], 0x08);
	assert_int_equal(policy->executables[6].verity.length, 64);
	assert_int_equal(policy->executables[6].verity.bytes[63], 0x08);
	policy_free(policy);
}

static void test_mistakes(void **state)
{
	/* Behind WHOLE: still inside `executables`. */
	static const struct mistake mistakes[] = {
		{ "  cache: /x\n", 8, 3, "executable `cache` is given twice", NULL },
		{ "  x: { path: /x, path: /y }\n", 8, 18, "`path` is given twice", NULL },
		{ "  x: {}\n", 8, 6, "`path` is missing in an executable", NULL },
		{ "  x: [/x]\n", 8, 6, "executable `x` must be a mapping or a path", NULL },
		{ "  x:\n", 8, 3, "executable `x` must be a mapping or a path", NULL },
		{ "  [x]: /x\n", 8, 3, "the name of an executable must be a text", NULL },
		{ "  \"a b\": /x\n", 8, 5, "cannot be the name of an executable", NULL },
		{ "  x: bin/x\n", 8, 6, "is not an absolute path", "${root}/" },
		{ "  x: { path: ../x }\n", 8, 14, "is not an absolute path", NULL },
		{ "  x: /a/../b\n", 8, 9, "`..` in a path", NULL },
		{ "  x: /a/./b\n", 8, 9, "`.` in a path", NULL },
		{ "  x: /a/b/\n", 8, 6, "`/a/b/` is a directory", "/*" },
		{ "  x: /\n", 8, 6, "`/` is a directory", NULL },
		{ "  x: \"${root}\"\n", 8, 6, "is a directory", NULL },
		{ "  x: \"${home}/x\"\n", 8, 7, "unknown variable", "`${root}` is the only one" },
		{ "  x: \"${root\"\n", 8, 7, "unknown variable", NULL },
		{ "  x: \"${root}bin\"\n", 8, 7, "must be followed by `/`", NULL },
		{ "  x: \"/opt/${root}/x\"\n", 8, 12, "not at the beginning", NULL },
		{ "  x: /a\\b\n", 8, 7, "a backslash", NULL },
		{ "  x: /a/**/b\n", 8, 9, "`**` in a path", NULL },
		{ "  x: /a/[ab\n", 8, 9, "never closed", NULL },
		{ "  x: /a/[]/b\n", 8, 9, "never closed", NULL },
		{ "  x: { path: /x, entry: yes }\n", 8, 25, "`entry` must be",
		  "did you mean `true`?" },
		{ "  x: { path: /x, entry: False }\n", 8, 25, "`entry` must be",
		  "did you mean `false`?" },
		{ "  x: { path: /x, entry: 1 }\n", 8, 25, "`entry` must be", NULL },
		{ "  x: { path: /x, sha256: 9f86 }\n", 8, 26, "has 4 digits instead of 64",
		  "sha256sum" },
		{ "  x: { path: /x, sha256: " HASH "0 }\n", 8, 26, "has 65 digits", NULL },
		{ "  x: { path: /x, sha256: 9fg6 }\n", 8, 28, "not a hexadecimal digit", NULL },
		{ "  x: { path: /x, verity: " HASH " }\n", 8, 26, "begins with `sha256:`",
		  "fsverity" },
		{ "  x: { path: /x, verity: sha1:" HASH " }\n", 8, 26, "begins with", NULL },
		{ "  x: { path: /x, verity: sha512:" HASH " }\n", 8, 26, "64 digits instead of 128",
		  NULL },
		{ "  x: { path: /x, verity: sha256:9f8z }\n", 8, 36, "not a hexadecimal digit",
		  "fsverity" },
		{ "  x: { path: /x/*, verity: sha256:" HASH " }\n", 8, 28, "the path has wildcards",
		  NULL },
		{ "  x: { path: /x/*, sha256: " HASH " }\n", 8, 28, "the path has wildcards",
		  NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

#define HEAD "version: 1\ninstance: a\nmode: audit\n"

static void test_tables_without_use(void **state)
{
	static const struct mistake mistakes[] = {
		{ HEAD "executables: {}\n", 4, 14, "`executables` is empty", NULL },
		{ HEAD "executables: { a: /a }\n", 4, 14, "no executable is an entry",
		  "`entry: true`" },
		{ HEAD "executables:\n  a: { path: \"${root}/a\", entry: true }\n"
		       "  b: \"${root}/b\"\n",
		  5, 15, "`${root}` is used and `root` is not given", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), "");
}

/* A root that is wrong is one mistake, not one for each path below it. */
static void test_bad_root_once(void **state)
{
	static const struct mistake mistakes[] = {
		{ HEAD "root: r\nexecutables:\n  a: { path: \"${root}/a\", entry: true }\n"
		       "  b: \"${root}/b\"\n",
		  4, 7, "is not an absolute path", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), "");
}

static void test_long_paths(void **state)
{
	_cleanup_free_ char *name = NULL, *path = NULL;
	struct mistake mistakes[2];
	char part[201];

	(void)state;
	memset(part, 'x', 200);
	part[200] = '\0';
	assert_true(asprintf(&name, "  x: /%s%s\n", part, part) > 0);
	assert_true(asprintf(&path,
			     "  x: /%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/%s/"
			     "%s/%s\n",
			     part, part, part, part, part, part, part, part, part, part, part, part,
			     part, part, part, part, part, part, part, part, part) > 0);
	mistakes[0] = (struct mistake){ name, 8, 7, "a name of more than 255 bytes", NULL };
	mistakes[1] = (struct mistake){ path, 8, 6, "more than 4096 bytes", NULL };
	check_mistakes(mistakes, 2, WHOLE);
}

static void test_too_many(void **state)
{
	char *text = malloc(100000);
	struct diagnostics diagnostics;
	int used = sprintf(text, "%s", WHOLE);

	(void)state;
	for (int i = 2; i < POLICY_EXECUTABLES_MAX + 5; i++)
		used += sprintf(text + used, "  x%d: /x%d\n", i, i);
	diagnostics = read_bad(text);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "more than 1024 executables"));
	diagnostics_release(&diagnostics);
	free(text);
}

static void test_same_path_is_a_warning(void **state)
{
	static const char text[] = WHOLE "  ash: /bin/sh\n";
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_read("p", text, strlen(text), &diagnostics, &policy), 0);
	assert_int_equal(diagnostics.warnings, 1);
	assert_int_equal(diagnostics.items[0].where.line, 8);
	assert_int_equal(diagnostics.items[0].related.line, 7);
	policy_free(policy);
	diagnostics_release(&diagnostics);
}

static void test_references(void **state)
{
	struct policy *policy = read_good(
		WHOLE "exec:\n"
		      "  - { allow: [sh, /bin/true, \"${root}/bin/*\"], by: cache }\n"
		      "  - { allow: /bin/sh, by: [/bin/true] }\n"
		      "library: { except: [sh, /bin/true] }\n");
	const struct rule *rules = policy->classes[CW_CLASS_EXEC].rules;

	(void)state;
	assert_int_equal(policy->executable_count, 4);
	assert_null(policy->executables[2].name.value);
	assert_string_equal(policy->executables[2].path.value, "/bin/true");
	assert_string_equal(policy->executables[3].path.value, "/usr/cachesys/bin/*");
	assert_true(policy->executables[3].glob);
	assert_int_equal(rules[0].target_count, 3);
	assert_int_equal(rules[0].targets[0], 1);
	assert_int_equal(rules[0].targets[1], 2);
	assert_int_equal(rules[0].targets[2], 3);
	assert_int_equal(rules[0].by_count, 1);
	assert_int_equal(rules[1].targets[0], 1); /* the path of a named one is the named one */
	assert_int_equal(rules[1].by[0], 2);
	assert_int_equal(policy->library.except_count, 2);
	policy_free(policy);
}

static void test_bad_references(void **state)
{
	static const struct mistake mistakes[] = {
		{ "exec: [{ allow: cach }]\n", 8, 17, "unknown executable `cach`",
		  "did you mean `cache`?" },
		{ "exec: [{ allow: python }]\n", 8, 17, "unknown executable `python`",
		  "absolute path" },
		{ "exec: [{ allow: [] }]\n", 8, 17, "`allow` is an empty list", NULL },
		{ "exec: [{ allow: sh, by: [] }]\n", 8, 25, "`by` is an empty list", NULL },
		{ "exec: [{ allow: /a/../b }]\n", 8, 20, "`..` in a path", NULL },
		{ "exec: [{ allow: sh, by: [cache, csh] }]\n", 8, 33, "unknown executable `csh`",
		  "did you mean `sh`?" },
		{ "exec: [{ allow: [sh, {}] }]\n", 8, 22, "an item of `allow` must be a text",
		  NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

static void test_named_twice_is_a_warning(void **state)
{
	static const char text[] = WHOLE "exec: [{ allow: sh, by: [cache, sh, cache] }]\n";
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_read("p", text, strlen(text), &diagnostics, &policy), 0);
	assert_int_equal(diagnostics.warnings, 1);
	assert_int_equal(diagnostics.items[0].where.column, 37);
	assert_int_equal(policy->classes[CW_CLASS_EXEC].rules[0].by_count, 2);
	policy_free(policy);
	diagnostics_release(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_tables_without_use),
		cmocka_unit_test(test_bad_root_once),
		cmocka_unit_test(test_long_paths),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_same_path_is_a_warning),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_bad_references),
		cmocka_unit_test(test_named_twice_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

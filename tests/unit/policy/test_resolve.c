/* SPDX-License-Identifier: GPL-2.0-only */
/* What the policies of several instances say of one file. */
#include "compiling.h"

/* One program is an entry of two instances: the second one's file says so, once. */
static void test_shared_entry(void **state)
{
	static const char second[] = "version: 1\ninstance: SECOND\nmode: audit\nexecutables:\n"
				     "  own: { path: /second, entry: true }\n"
				     "  agent: { path: /agent, entry: true }\n"
				     "  again: { path: /agent, entry: false }\n";
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml",
		      "version: 1\ninstance: FIRST\nmode: audit\nexecutables:\n"
		      "  agent: { path: /agent, entry: true }\n"
		      "  second: /second\n");
	compiling_add(&c, "b.yaml", second);
	compiling_good(&c);
	for (size_t i = 0; i < c.diagnostics.count; i++) {
		const struct diagnostic *found = &c.diagnostics.items[i];

		if (!strstr(found->message, "is an entry of FIRST as well"))
			continue;
		assert_string_equal(found->where.file, "b.yaml");
		assert_int_equal(found->where.line, 6);
		assert_int_equal(found->severity, SEVERITY_NOTE);
		compiling_release(&c);
		return;
	}
	diagnostics_print(&c.diagnostics, stderr, false);
	fail_msg("it is not told");
}

/* Each has its own, and what is no entry may be anybody's. */
static void test_own_entries(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml",
		      "version: 1\ninstance: FIRST\nmode: audit\nexecutables:\n"
		      "  own: { path: /first, entry: true }\n  sh: /bin/sh\n  other: /second\n");
	compiling_add(&c, "b.yaml",
		      "version: 1\ninstance: SECOND\nmode: audit\nexecutables:\n"
		      "  own: { path: /second, entry: true }\n  sh: /bin/sh\n  other: /first\n");
	compiling_good(&c);
	for (size_t i = 0; i < c.diagnostics.count; i++)
		if (strstr(c.diagnostics.items[i].message, "as well"))
			fail_msg("%s", c.diagnostics.items[i].message);
	compiling_release(&c);
}

static const char wide_text[] = "version: 1\ninstance: WIDE\nmode: audit\nexecutables:\n"
				"  main: { path: /main, entry: true }\n"
				"  wide: \"/wide/*\"\n"
				"  last: /last\n"
				"exec:\n  - { id: last, allow: last }\n"
				"  - { id: wide, allow: [last, wide] }\n";

/* More files than there is room for are a mistake, told where the pattern stands, and not told twice. */
static void test_excess(void **state)
{
	struct compiling c = { 0 };
	const struct diagnostic *wide = NULL;
	struct pattern_fact *patterns;

	(void)state;
	compiling_add(&c, "a.yaml", wide_text);
	compiling_host(&c);
	patterns = c.facts.patterns;
	patterns[1].excess = PATTERN_TOO_WIDE;
	patterns[1].file_count = 0;
	assert_int_equal(compiling_run(&c), -EINVAL);
	assert_int_equal(c.diagnostics.errors, 1);
	for (size_t i = 0; i < c.diagnostics.count; i++)
		if (c.diagnostics.items[i].severity == SEVERITY_ERROR)
			wide = &c.diagnostics.items[i];
	if (!wide) {
		fail_msg("there is no error");
		return;
	}
	assert_string_equal(wide->message, "`/wide/*` matches more than 4096 files");
	assert_string_equal(wide->hint, "name the files, or write a narrower pattern");
	assert_int_equal(wide->where.line, 6);
	assert_int_equal(wide->where.column, 9);
	assert_int_equal(c.diagnostics.warnings, 0);
	compiling_release(&c);
}

static void test_unnumbered(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml", wide_text);
	compiling_host(&c);
	c.facts.patterns[1].excess = c.facts.patterns[2].excess = PATTERN_UNNUMBERED;
	assert_int_equal(compiling_run(&c), -EINVAL);
	assert_int_equal(c.diagnostics.errors, 1);
	assert_string_equal(c.diagnostics.items[0].message,
			    "with `/wide/*` the policies name more than 16383 files");
	compiling_release(&c);
}

/* In force already: it stays, with the files it had. */
static void test_excess_kept(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml", wide_text);
	compiling_host(&c);
	c.facts.patterns[1].excess = PATTERN_TOO_WIDE;
	c.facts.patterns[1].kept = true;
	compiling_good(&c);
	compiling_release(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_entry), cmocka_unit_test(test_own_entries),
		cmocka_unit_test(test_excess),	     cmocka_unit_test(test_unnumbered),
		cmocka_unit_test(test_excess_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

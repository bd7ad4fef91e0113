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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_entry),
		cmocka_unit_test(test_own_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

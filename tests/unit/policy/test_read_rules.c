/* SPDX-License-Identifier: GPL-2.0-only */
/* Classes of rules, and rules but for their ports and addresses. */
#include "reading.h"

static void test_rule(void **state)
{
	struct policy *policy = read_good(
		WHOLE "connect:\n"
		      "  - { id: one, allow: tcp/1, by: [cache, sh], to: localhost,\n"
		      "      user: [root, 51773], why: \"a reason\" }\n"
		      "  - { audit: udp/2 }\n"
		      "  - { allow: udp/3, action: audit }\n"
		      "  - { audit: udp/3, action: audit }\n"
		      "  - allow: udp/4\n"
		      "    why: |\n"
		      "      two\n"
		      "      lines\n");
	const struct rule_class *class = &policy->classes[CW_CLASS_CONNECT];

	(void)state;
	assert_true(class->given);
	assert_false(class->mode_given);
	assert_int_equal(class->mode, CW_MODE_ENFORCE);
	assert_int_equal(class->where.line, 8);
	assert_int_equal(class->count, 5);
	assert_string_equal(class->rules[0].id.value, "one");
	assert_string_equal(class->rules[0].why.value, "a reason");
	assert_int_equal(class->rules[0].action, CW_ACTION_ALLOW);
	assert_int_equal(class->rules[0].by_count, 2);
	assert_int_equal(class->rules[0].user_count, 2);
	assert_string_equal(class->rules[0].users[1].value, "51773");
	assert_int_equal(class->rules[0].where.line, 9);
	assert_int_equal(class->rules[0].where.column, 5);
	assert_string_equal(class->rules[1].id.value, "connect-2");
	assert_null(class->rules[1].why.value);
	assert_int_equal(class->rules[1].by_count, 0);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(class->rules[i].action, CW_ACTION_AUDIT);
	assert_string_equal(class->rules[4].why.value, "two lines");
	assert_int_equal(class->rules[4].where.line, 14);
	policy_free(policy);
}

static void test_forms_of_a_class(void **state)
{
	struct policy *policy = read_good(WHOLE "exec: off\n"
						"bind: { mode: audit, rules: [{ allow: tcp/1 }] }\n"
						"connect: { rules: [{ allow: tcp/1 }] }\n");

	(void)state;
	assert_int_equal(policy->classes[CW_CLASS_EXEC].mode, CW_MODE_OFF);
	assert_true(policy->classes[CW_CLASS_EXEC].mode_given);
	assert_int_equal(policy->classes[CW_CLASS_BIND].mode, CW_MODE_AUDIT);
	assert_int_equal(policy->classes[CW_CLASS_BIND].count, 1);
	assert_int_equal(policy->classes[CW_CLASS_CONNECT].mode, CW_MODE_ENFORCE);
	assert_false(policy->classes[CW_CLASS_CONNECT].mode_given);
	policy_free(policy);
}

/* One id may stand in two classes: `license` binds and connects. */
static void test_ids(void **state)
{
	struct policy *policy = read_good(
		WHOLE "bind: [{ id: license, allow: udp/1 }]\n"
		      "connect: [{ allow: udp/2 }, { id: connect-1, allow: udp/3 },\n"
		      "          { id: license, allow: udp/4 }]\n");
	const struct rule_class *class = &policy->classes[CW_CLASS_CONNECT];

	(void)state;
	assert_string_equal(class->rules[0].id.value, "connect-1_");
	assert_string_equal(class->rules[1].id.value, "connect-1");
	policy_free(policy);
}

static void test_mistakes(void **state)
{
	static const struct mistake mistakes[] = {
		{ "bind: [tcp/1]\n", 8, 8, "a rule must be a mapping", "allow: tcp/1972" },
		{ "bind: [{ by: cache }]\n", 8, 8, "a rule without `allow` and `audit`", NULL },
		{ "bind: [{ allow: tcp/1, audit: tcp/2 }]\n", 8, 24, "`allow` or `audit`, not both",
		  NULL },
		{ "bind: [{ audit: tcp/1, action: allow }]\n", 8, 24, "contradicts `audit`", NULL },
		{ "bind: [{ allow: tcp/1, action: deny }]\n", 8, 32, "no rule denies",
		  "what no rule allows is denied" },
		{ "bind: [{ allow: tcp/1, action: log }]\n", 8, 32, "`action` must be one of",
		  NULL },
		{ "bind: [{ allow: tcp/1, to: 10.0.0.1 }]\n", 8, 24,
		  "unknown key `to` in a bind rule", "`to` belongs to a connect rule" },
		{ "connect: [{ allow: tcp/1, at: 10.0.0.1 }]\n", 8, 27,
		  "unknown key `at` in a connect rule", "`at` belongs to a bind rule" },
		{ "exec: [{ allow: sh, bye: sh }]\n", 8, 21, "unknown key `bye` in an exec rule",
		  "did you mean `by`?" },
		{ "bind: [{ id: a, allow: tcp/1 }, { id: a, allow: tcp/2 }]\n", 8, 39,
		  "rule id `a` is given twice in `bind`", NULL },
		{ "bind: [{ id: a b, allow: tcp/1 }]\n", 8, 15, "`a b` cannot be the id of a rule",
		  NULL },
		{ "bind: [{ allow: tcp/1, user: [] }]\n", 8, 30, "`user` is an empty list", NULL },
		{ "bind: [{ allow: tcp/1, user: 00 }]\n", 8, 30, "not an account's number", NULL },
		{ "bind: [{ allow: tcp/1, why: [a] }]\n", 8, 29, "`why` must be a text, not a list",
		  NULL },
		{ "bind: enforce\n", 8, 7, "`bind` must be a list of rules, `off`",
		  "bind: { mode: enforce" },
		{ "bind: 'on'\n", 8, 7, "`bind` must be a list of rules, `off`", NULL },
		{ "bind: { mode: of, rules: [] }\n", 8, 15,
		  "must be one of `off`, `audit`, `enforce`", "did you mean `off`?" },
		{ "bind: { rule: [] }\n", 8, 9, "unknown key `rule`", "did you mean `rules`?" },
		{ "bind: { allow: tcp/1 }\n", 8, 9, "unknown key `allow` in a class of rules",
		  "belongs to an exec rule" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

static void test_off_with_rules_is_a_warning(void **state)
{
	static const char text[] = WHOLE "bind: { mode: off, rules: [{ allow: tcp/1 }] }\n";
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_read("p", text, strlen(text), &diagnostics, &policy), 0);
	assert_int_equal(diagnostics.warnings, 1);
	assert_int_equal(policy->classes[CW_CLASS_BIND].mode, CW_MODE_OFF);
	policy_free(policy);
	diagnostics_release(&diagnostics);
}

static void test_too_many(void **state)
{
	char text[CW_RULES_MAX * 32 + 1024];
	struct diagnostics diagnostics;
	int used = sprintf(text, "%sbind:\n", WHOLE);

	(void)state;
	for (int i = 0; i < CW_RULES_MAX; i++)
		used += sprintf(text + used, "  - { allow: tcp/1 }\n");
	policy_free(read_good(text));
	sprintf(text + used, "  - { allow: tcp/1 }\n");
	diagnostics = read_bad(text);
	assert_int_equal(diagnostics.errors, 1);
	assert_non_null(strstr(diagnostics.items[0].message, "has 513 rules and may have 512"));
	diagnostics_release(&diagnostics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_forms_of_a_class),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_off_with_rules_is_a_warning),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

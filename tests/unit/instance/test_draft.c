/* SPDX-License-Identifier: GPL-2.0-only */
/* Drafts: what is printed is what policy_read() reads, whatever the texts are. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "instance/draft.h"
#include "instance/yaml.h"
#include "policy/model.h"

static const char *const hostile[] = {
	"",
	" ",
	"\"",
	"\\",
	"\\\"",
	"'",
	"#",
	" # x",
	": ",
	"- a",
	"[",
	"]",
	"{",
	"}",
	",",
	"&a",
	"*a",
	"!a",
	"|",
	">",
	"%",
	"@",
	"`",
	"~",
	"null",
	"true",
	"No",
	"a\nb",
	"a\n- { id: x }",
	"\r\n",
	"\t",
	"\x1b[31m",
	"\x7f",
	"\xff\xfe",
	"\xc3",
	"\xe2\x80\xae",
	"\xe2\x80\xa8",
	"\xef\xbb\xbf",
	"---",
	"...",
	"a, why: b",
	"x\", by: sh } #",
	"\xc3\xa9",
	"${root}",
	"%YAML",
};

static struct draft *make(void)
{
	struct draft *draft = draft_new();
	struct draft_entry *rule;

	assert_non_null(draft);
	draft_set(draft, &draft->instance, "X");
	draft_set(draft, &draft->root, "/r");
	draft_set(draft, &draft->database, "cache");
	draft_guard_user(draft, "root");
	draft_executable(draft, "cache", "${root}/bin/cache", true);
	rule = draft_rule(draft, DRAFT_BIND, "superserver", NULL);
	draft_what(rule, "tcp/1972");
	draft_by(rule, "cache");
	return draft;
}

static char *print(struct draft *draft)
{
	struct buffer text = { 0 };

	draft_settle(draft);
	draft_print(draft, &text);
	assert_false(draft->failed);
	return buffer_take(&text);
}

/* The policy that the draft is; NULL with what is wrong printed. */
static struct policy *read_back(struct draft *draft)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	char *text = print(draft);

	assert_non_null(text);
	if (policy_read("draft", text, strlen(text), &diagnostics, &policy)) {
		diagnostics_print(&diagnostics, stderr, false);
		print_error("%s", text);
	}
	diagnostics_release(&diagnostics);
	free(text);
	return policy;
}

static void test_hostile_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		_cleanup_draft_ struct draft *draft = make();
		struct draft_entry *rule = draft_rule(draft, DRAFT_CONNECT, "x", hostile[i]);
		struct policy *policy;

		draft_what(rule, "tcp/1");
		draft_by(rule, "cache");
		draft_why(rule, "%s.", hostile[i]);
		policy = read_back(draft);
		assert_non_null(policy);
		assert_int_equal(policy->classes[CW_CLASS_CONNECT].count, 1);
		assert_int_equal(policy->classes[CW_CLASS_CONNECT].rules[0].user_count, 0);
		assert_int_equal(policy->classes[CW_CLASS_CONNECT].rules[0].by_count, 1);
		policy_free(policy);
	}
}

/* The same policy as without the comments: none of them is anything but one. */
static void test_hostile_comments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		_cleanup_draft_ struct draft *draft = make();
		struct draft_entry *rule;
		struct policy *policy;

		draft_set(draft, &draft->head, "%s", hostile[i]);
		draft_set(draft, &draft->owner_why, "%s", hostile[i]);
		draft_set(draft, &draft->guard_note, "%s", hostile[i]);
		draft_example(draft_note(draft, DRAFT_BIND, hostile[i], "%s", hostile[i]),
			      hostile[i]);
		draft_remark(draft, SERVICE_SNMP, "%s", hostile[i]);
		rule = draft_rule(draft, DRAFT_CONNECT, "x", NULL);
		draft_what(rule, "tcp/%s", hostile[i]);
		draft_address(rule, hostile[i]);
		draft_by(rule, "cache");
		draft_why(rule, "%s", hostile[i]);
		draft_doubt(rule, "%s", hostile[i]);
		draft_doubt(draft_executable(draft, "gone", hostile[i], false), "%s", hostile[i]);
		policy = read_back(draft);
		assert_non_null(policy);
		assert_int_equal(policy->executable_count, 1);
		assert_int_equal(policy->classes[CW_CLASS_CONNECT].count, 0);
		assert_int_equal(policy->classes[CW_CLASS_BIND].count, 1);
		assert_null(policy->owner.value);
		policy_free(policy);
	}
}

static void test_value_is_kept(void **state)
{
	static const char *const kept[] = { "a b",  "x: y",	"#",   "\"quoted\"", "back\\slash",
					    "true", "\xc3\xa9", "[1]", "- a" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		_cleanup_draft_ struct draft *draft = make();
		struct draft_entry *rule = draft_rule(draft, DRAFT_CONNECT, "x", NULL);
		struct policy *policy;

		draft_what(rule, "tcp/1");
		draft_by(rule, "cache");
		draft_why(rule, "%s", kept[i]);
		policy = read_back(draft);
		assert_non_null(policy);
		assert_string_equal(policy->classes[CW_CLASS_CONNECT].rules[0].why.value, kept[i]);
		policy_free(policy);
	}
}

/* A rule without an executable in force would be everybody's: it is a comment instead. */
static void test_settle(void **state)
{
	_cleanup_draft_ struct draft *draft = make();
	struct draft_entry *rule, *some, *program;
	struct policy *policy;

	(void)state;
	program = draft_executable(draft, "httpd", "${root}/httpd", true);
	draft_doubt(program, "it is not there");
	draft_doubt(program, "nor anywhere");
	assert_string_equal(program->doubt, "it is not there");
	assert_false(draft_has(draft, "httpd"));
	assert_false(draft_has(draft, "nobody"));
	rule = draft_rule(draft, DRAFT_BIND, "web", NULL);
	draft_what(rule, "tcp/80");
	draft_by(rule, "httpd");
	some = draft_rule(draft, DRAFT_EXEC, "bin", NULL);
	draft_what(some, "cache");
	draft_what(some, "httpd");
	draft_by(some, "cache");
	policy = read_back(draft);
	assert_non_null(policy);
	assert_string_equal(rule->doubt, "it is not there");
	assert_int_equal(policy->classes[CW_CLASS_BIND].count, 1);
	assert_int_equal(policy->classes[CW_CLASS_EXEC].rules[0].target_count, 1);
	assert_int_equal(policy->guard.bind.port_count, 1);
	policy_free(policy);
}

static void test_lines(void **state)
{
	_cleanup_draft_ struct draft *draft = make();
	struct draft_entry *rule = draft_rule(draft, DRAFT_CONNECT, "x", NULL);
	struct policy *policy;

	(void)state;
	draft_what(rule, "tcp/1");
	draft_by(rule, "cache");
	policy = read_back(draft);
	assert_non_null(policy);
	assert_int_equal(policy->classes[CW_CLASS_CONNECT].rules[0].where.line, rule->line);
	assert_ptr_equal(draft_at(draft, rule->line), rule);
	assert_int_equal(policy->executables[0].path.where.line, draft->entries[0]->line);
	assert_null(draft_at(draft, 1));
	policy_free(policy);
}

static void test_names(void **state)
{
	_cleanup_draft_ struct draft *draft = make();
	char lengthy[300];

	(void)state;
	memset(lengthy, 'n', sizeof(lengthy) - 1);
	lengthy[sizeof(lengthy) - 1] = '\0';
	assert_string_equal(draft_rule(draft, DRAFT_EXEC, "a", "b c")->name, "a-b_c");
	assert_string_equal(draft_rule(draft, DRAFT_EXEC, "a", "b_c")->name, "a-b_c-2");
	assert_string_equal(draft_rule(draft, DRAFT_BIND, "a", "b c")->name, "a-b_c");
	assert_true(strlen(draft_rule(draft, DRAFT_EXEC, "a", lengthy)->name) <= POLICY_NAME_MAX);
	assert_true(strlen(draft_rule(draft, DRAFT_EXEC, "a", lengthy)->name) <= POLICY_NAME_MAX);
}

/* A configuration with more rows than a class has room for. */
static void test_bound(void **state)
{
	_cleanup_draft_ struct draft *draft = make();
	struct policy *policy;
	char *text;

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		struct draft_entry *rule = draft_rule(draft, DRAFT_CONNECT, "x", NULL);

		draft_what(rule, "tcp/%u", i + 1);
		draft_by(rule, "cache");
	}
	text = print(draft);
	assert_non_null(strstr(text, "and 2500 more, for which there is no room"));
	free(text);
	policy = read_back(draft);
	assert_non_null(policy);
	assert_int_equal(policy->classes[CW_CLASS_CONNECT].count, DRAFT_PART_MAX);
	policy_free(policy);
}

/* A long list leaves room for the services behind it. */
static void test_bound_of_lists(void **state)
{
	_cleanup_draft_ struct draft *draft = make();
	char *text;

	(void)state;
	for (unsigned int i = 0; i < 3000; i++) {
		struct draft_entry *rule = draft_rule(draft, DRAFT_CONNECT, "x", "row");

		draft_what(rule, "tcp/%u", i + 1);
		draft_by(rule, "cache");
	}
	draft_remark(draft, SERVICE_MAIL_OUT, NULL);
	assert_non_null(draft_rule(draft, DRAFT_CONNECT, "names", NULL));
	assert_non_null(draft_rule(draft, DRAFT_CONNECT, "y", "row")); /* of each list one */
	assert_null(draft_rule(draft, DRAFT_CONNECT, "y", "row"));
	text = print(draft);
	assert_non_null(strstr(text, "# smtp: "));
	assert_non_null(strstr(text, "and 2601 more, for which there is no room"));
	free(text);
}

static void test_example(void **state)
{
	_cleanup_draft_ struct draft *draft = make();
	char *text;

	(void)state;
	draft_remark(draft, SERVICE_MAIL_OUT, NULL);
	text = print(draft);
	assert_non_null(strstr(text, "to: MAILSERVER, by: cache }"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_why),   cmocka_unit_test(test_hostile_comments),
		cmocka_unit_test(test_value_is_kept), cmocka_unit_test(test_settle),
		cmocka_unit_test(test_lines),	      cmocka_unit_test(test_names),
		cmocka_unit_test(test_bound),	      cmocka_unit_test(test_bound_of_lists),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

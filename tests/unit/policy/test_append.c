/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules put into a policy's text: it still reads, its own lines are all there, and in their order. */
#include "reading.h"

#include "policy/append.h"

static const char *const ports[] = { "tcp/80" };
static const char *const addresses[] = { "2001:db8::1" };
static const char *const paths[] = { "/opt/a b/\"x\".sh" };
static const char *const nothing[] = { "" };

static struct learn_rule rule_of(uint8_t class)
{
	bool exec = class == CW_CLASS_EXEC;
	struct learn_rule rule = {
		.class = class,
		.by = "cache",
		.text = { (const char **)(exec ? paths : ports),
			  (const char **)(exec ? nothing : addresses), (const char **)nothing },
		.count = { 1, 1, 1 },
		.evidence = { .count = 1, .comm = "a\nb\xff", .pids = { 7 }, .pid_count = 1 }
	};

	return rule;
}

/* Every line of the old text is in the new one, in order. */
static void check_kept(const char *before, const char *after)
{
	while (*before) {
		size_t length = strcspn(before, "\n");

		while (*after &&
		       (strcspn(after, "\n") != length || strncmp(after, before, length) != 0))
			after += strcspn(after, "\n") + (after[strcspn(after, "\n")] == '\n');
		if (!*after && length)
			fail_msg("this line is gone: %.*s", (int)length, before);
		after += length + (after[length] == '\n');
		before += length + (before[length] == '\n');
	}
}

static char *append(const char *before, const struct learnt *learnt)
{
	_cleanup_buffer_ struct buffer after = { 0 };
	struct policy *policy = read_good(before);
	uint8_t class = CW_CLASS_MAX;

	assert_int_equal(append_rules(policy, before, strlen(before), learnt, &after, &class), 0);
	policy_free(policy);
	check_kept(before, after.data);
	return buffer_take(&after);
}

/* Both classes are added to a text, whose rules were so many before. */
static void check_appended(const char *before, size_t exec, size_t connect, const char *part)
{
	struct learn_rule rules[] = { rule_of(CW_CLASS_EXEC), rule_of(CW_CLASS_CONNECT) };
	struct learnt learnt = { rules, 2 };
	_cleanup_free_ char *after = append(before, &learnt);
	struct policy *policy = read_good(after);
	const struct rule_class *classes = policy->classes;
	const struct rule *rule;

	assert_int_equal(classes[CW_CLASS_EXEC].count, exec + 1);
	assert_int_equal(classes[CW_CLASS_CONNECT].count, connect + 1);
	rule = &classes[CW_CLASS_EXEC].rules[exec];
	assert_string_equal(policy->executables[rule->targets[0]].path.value, "/opt/a b/\"x\".sh");
	assert_int_equal(rule->user_count, 0);
	rule = &classes[CW_CLASS_CONNECT].rules[connect];
	assert_int_equal(rule->address_count, 1);
	assert_int_equal(rule->ports[0].low, 80);
	if (!strstr(after, part))
		fail_msg("no `%s` in\n%s", part, after);
	policy_free(policy);
}

static void test_lists(void **state)
{
	(void)state;
	check_appended(WHOLE, 0, 0, "\nexec:\n  # 1 time, ");
	check_appended(WHOLE "exec:\n  - { allow: sh }\n# the end\nconnect:\n", 1, 0,
		       "  - { id: learned-1, allow: tcp/80, to: \"2001:db8::1\", by: cache, why:");
	check_appended(WHOLE "exec:\n    - allow: sh\n      # why not\n      by: cache\n\n"
			     "connect:\n    - { allow: tcp/1,\n        by: cache }\n",
		       1, 1, "\n    - { id: learned-1, allow: tcp/80");
	check_appended(WHOLE "exec:\n- allow: sh\n- allow: cache\nconnect: # none", 2, 0,
		       "\n- { id: learned-1, allow: \"/opt/a b/\\\"x\\\".sh\"");
	check_appended(WHOLE "exec:\n  mode: audit\n  rules:\n    - { allow: sh }\n"
			     "library: off\n",
		       1, 0, "    - { id: learned-1, allow: \"/opt");
	/* Ids go on from the last one. */
	check_appended(WHOLE "exec:\n  - { id: learned-7, allow: sh }\n", 1, 0, "id: learned-8,");
}

/* Comments show what anybody chose to be called: on one line, whatever it is. */
static void test_evidence(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	struct learn_rule rule = rule_of(CW_CLASS_EXEC);

	(void)state;
	append_evidence(&buffer, &rule.evidence);
	assert_string_equal(buffer.data, "1 time, 1970-01-01T00:00:00Z, by 7 (a?b?)");
}

static void test_brackets(void **state)
{
	static const char before[] = WHOLE "exec: [ { allow: sh } ]\n";
	struct learn_rule rules[] = { rule_of(CW_CLASS_EXEC) };
	struct learnt learnt = { rules, 1 };
	_cleanup_buffer_ struct buffer after = { 0 };
	struct policy *policy = read_good(before);
	uint8_t class = CW_CLASS_MAX;

	(void)state;
	assert_int_equal(append_rules(policy, before, strlen(before), &learnt, &after, &class),
			 -ENOTSUP);
	assert_int_equal(class, CW_CLASS_EXEC);
	policy_free(policy);
}

static void test_words(void **state)
{
	static const char *const words[][2] = {
		{ "cache", "cache" },
		{ "tcp/80", "tcp/80" },
		{ "2001:db8::1", "\"2001:db8::1\"" },
		{ "off", "\"off\"" },
		{ "-x", "\"-x\"" },
		{ "a\\b", "\"a\\\\b\"" },
		{ "", "\"\"" },
		{ "10.0.0.1", "10.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		append_word(&buffer, words[i][0]);
		assert_string_equal(buffer.data, words[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The file's own keys, and what holds for every key of every table: misspelt, twice, of a wrong type. */
#include "reading.h"

#include "policy/schema.h"

static void test_whole(void **state)
{
	struct policy *policy = read_good(WHOLE
					  "owner: cacheown\ntrust_groups: [a, 12]\n"
					  "on_undecided: allow\nallow_partial: [listen, exec]\n"
					  "on_stop: release\n");

	(void)state;
	assert_string_equal(policy->file, "p.yaml");
	assert_string_equal(policy->instance.value, "CACHE");
	assert_int_equal(policy->instance.where.line, 2);
	assert_int_equal(policy->instance.where.column, 11);
	assert_string_equal(policy->root.value, "/usr/cachesys");
	assert_int_equal(policy->mode, CW_MODE_ENFORCE);
	assert_string_equal(policy->owner.value, "cacheown");
	assert_int_equal(policy->trust_groups.count, 2);
	assert_string_equal(policy->trust_groups.items[1].value, "12");
	assert_int_equal(policy->on_undecided, CW_VERDICT_ALLOW);
	assert_int_equal(policy->allow_partial, 1 << CW_OPERATION_LISTEN | 1 << CW_OPERATION_EXEC);
	assert_int_equal(policy->on_stop, 1);
	policy_free(policy);
}

static void test_defaults(void **state)
{
	struct policy *policy = read_good(WHOLE);

	(void)state;
	assert_null(policy->owner.value);
	assert_int_equal(policy->on_undecided, CW_VERDICT_DENY);
	assert_int_equal(policy->on_stop, 0);
	assert_false(policy->on_stop_given);
	assert_int_equal(policy->allow_partial, 0);
	assert_true(policy->library.check_owners);
	assert_true(policy->library.anonymous);
	assert_int_equal(policy->library.mode, CW_MODE_ENFORCE);
	assert_int_equal(policy->sockets.mode, CW_MODE_ENFORCE);
	for (size_t i = 0; i < CW_RULE_CLASSES; i++) {
		assert_false(policy->classes[i].given);
		assert_int_equal(policy->classes[i].mode, CW_MODE_ENFORCE);
	}
	policy_free(policy);
}

/* An audit policy lets go when the daemon is stopped. */
static void test_on_stop_follows_mode(void **state)
{
	struct policy *policy = read_good("version: 1\ninstance: a\nmode: audit\n"
					  "executables: { a: { path: /a, entry: true } }\n");

	(void)state;
	assert_int_equal(policy->on_stop, 1);
	assert_null(policy->root.value);
	policy_free(policy);
}

static void test_empty_classes_are_noted(void **state)
{
	static const char text[] = WHOLE "exec: []\nbind:\nconnect: off\n";
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;

	(void)state;
	assert_int_equal(policy_read("p", text, strlen(text), &diagnostics, &policy), 0);
	assert_int_equal(diagnostics.count, 2);
	assert_int_equal(diagnostics.items[0].severity, SEVERITY_NOTE);
	assert_int_equal(diagnostics.items[0].where.line, 8);
	assert_non_null(strstr(diagnostics.items[0].message, "execute nothing"));
	assert_int_equal(diagnostics.items[1].where.line, 9);
	assert_int_equal(policy->classes[CW_CLASS_CONNECT].mode, CW_MODE_OFF);
	policy_free(policy);
	diagnostics_release(&diagnostics);
}

static void test_keys_in_any_order(void **state)
{
	struct policy *policy = read_good(
		"exec: [{ allow: a, by: a }]\n"
		"executables: { a: { path: \"${root}/a\", entry: true } }\n"
		"mode: audit\nroot: /r/\ninstance: a\nversion: 1\n");

	(void)state;
	assert_string_equal(policy->executables[0].path.value, "/r/a");
	assert_int_equal(policy->classes[CW_CLASS_EXEC].rules[0].target_count, 1);
	policy_free(policy);
}

static void test_mistakes(void **state)
{
	static const struct mistake mistakes[] = {
		{ "owners: x\n", 8, 1, "unknown key `owners` in a policy",
		  "did you mean `owner`?" },
		{ "mode: audit\n", 8, 1, "`mode` is given twice", NULL },
		{ "path: /x\n", 8, 1, "unknown key `path`", "`path` belongs to an executable" },
		{ "bogus: x\n", 8, 1, "unknown key `bogus`",
		  "a policy has `version`, `instance`, " },
		{ "deny: x\n", 8, 1, "unknown key `deny`", "what no rule allows is denied" },
		{ "<<: x\n", 8, 1, "merge keys", NULL },
		{ "[a]: x\n", 8, 1, "a key must be a text, not a list", NULL },
		{ "owner: 010\n", 8, 8, "`010` in `owner` is not an account's number",
		  "leading zeros" },
		{ "owner: 4294967295\n", 8, 8, "is not an account's number", NULL },
		{ "owner: a:b\n", 8, 8, "is not the name of an account", NULL },
		{ "owner: ''\n", 8, 8, "is not the name of an account", NULL },
		{ "owner: [a]\n", 8, 8, "`owner` must be a user's name or number, not a list",
		  NULL },
		{ "on_undecided: alow\n", 8, 15, "must be one of `allow`, `deny`, not `alow`",
		  "did you mean `allow`?" },
		{ "on_stop: kepe\n", 8, 10, "`on_stop` must be one of", "did you mean `keep`?" },
		{ "allow_partial: [exec, sned]\n", 8, 23, "an operation of `allow_partial`",
		  "did you mean `send`?" },
		{ "trust_groups: [a, [b]]\n", 8, 19, "an item of `trust_groups` must be a text",
		  NULL },
		{ "trust_groups: [a, ~]\n", 8, 19, "must be a text, not nothing", NULL },
		{ "trust_groups: [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q]\n", 8, 15,
		  "more than 16 groups", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

#define WITHOUT(version, instance, root, mode) \
	"version: " version "\ninstance: " instance "\nroot: " root "\nmode: " mode "\n" \
	"executables: { a: { path: /a, entry: true } }\n"

static void test_values(void **state)
{
	static const struct mistake mistakes[] = {
		{ WITHOUT("2", "a", "/r", "audit"), 1, 10, "version `2` is not known",
		  "reads version 1" },
		{ WITHOUT("01", "a", "/r", "audit"), 1, 10, "version `01` is not known", NULL },
		{ WITHOUT("1.0", "a", "/r", "audit"), 1, 10, "version `1.0` is not known", NULL },
		{ WITHOUT("1", "-a", "/r", "audit"), 2, 11, "`-a` cannot be", "begin with" },
		{ WITHOUT("1", "a b", "/r", "audit"), 2, 12,
		  "`a b` cannot be the name of an instance", NULL },
		{ WITHOUT("1", "''", "/r", "audit"), 2, 11, "`` cannot be", NULL },
		{ WITHOUT("1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			  "/r", "audit"),
		  2, 11, "more than 64 characters", NULL },
		{ WITHOUT("1", "a", "r", "audit"), 3, 7, "`r` is not an absolute path", NULL },
		{ WITHOUT("1", "a", "/r/../x", "audit"), 3, 10, "`..` in a path", NULL },
		{ WITHOUT("1", "a", "/r*", "audit"), 3, 8, "a wildcard where one path is meant",
		  NULL },
		{ WITHOUT("1", "a", "${root}", "audit"), 3, 7, "`root` cannot use a variable",
		  NULL },
		{ WITHOUT("1", "a", "/r", "off"), 4, 7, "`mode` must be one of `audit`, `enforce`",
		  NULL },
		{ WITHOUT("1", "a", "/r", "Audit"), 4, 7, "`mode` must be",
		  "did you mean `audit`?" },
		{ WITHOUT("1", "a", "/r", "{}"), 4, 7,
		  "`mode` must be `audit` or `enforce`, not a mapping", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), "");
}

static void test_required(void **state)
{
	static const char *const lines[] = {
		"version: 1\n",
		"instance: a\n",
		"mode: audit\n",
		"executables: { a: { path: /a, entry: true } }\n",
	};

	(void)state;
	for (size_t left_out = 0; left_out < ARRAY_SIZE(lines); left_out++) {
		char text[256] = "";
		struct diagnostics diagnostics;

		for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
			if (i != left_out)
				strcat(text, lines[i]);
		}
		diagnostics = read_bad(text);
		assert_int_equal(diagnostics.errors, 1);
		assert_non_null(strstr(diagnostics.items[0].message, "is missing in a policy"));
		assert_int_equal(diagnostics.items[0].where.line, 1);
		diagnostics_release(&diagnostics);
	}
}

/* Where each table of the grammar stands in a file: %s is the key, and what follows it. */
static const char *const places[] = {
	"version: 1\n%s\n",
	"executables:\n  a: { path: /a, %s }\n",
	"exec:\n  - { %s }\n",
	"bind:\n  - { %s }\n",
	"connect:\n  - { %s }\n",
	"bind: { %s }\n",
	"library: { %s }\n",
	"sockets: { %s }\n",
	"guard: { %s }\n",
	"guard: { bind: { %s } }\n",
	"guard: { connect: { %s } }\n",
	"guard: { exec: { %s } }\n",
};

static const struct diagnostic *find_message(const struct diagnostics *diagnostics,
					     const char *message)
{
	for (size_t i = 0; i < diagnostics->count; i++) {
		if (strstr(diagnostics->items[i].message, message))
			return &diagnostics->items[i];
	}
	return NULL;
}

/* The key on its place, with a value; the message (a format with the key) must come, with the hint. */
static void expect_at(size_t place, const char *key, const char *value, const char *message,
		      const char *hint)
{
	_cleanup_free_ char *entry = NULL, *text = NULL, *expected = NULL;
	const struct diagnostic *found;
	struct diagnostics diagnostics;

	assert_true(asprintf(&entry, "%s: %s", key, value) > 0);
	/* The format stands in a table of this file. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	assert_true(asprintf(&text, places[place], entry) > 0);
	assert_true(asprintf(&expected, message, key) > 0);
#pragma GCC diagnostic pop
	diagnostics = read_bad(text);
	found = find_message(&diagnostics, expected);
	if (!found || (hint && (!found->hint || !strstr(found->hint, hint)))) {
		show(&diagnostics);
		fail_msg("%s\nexpected: %s, hint: %s", text, expected, hint ? hint : "any");
	}
	diagnostics_release(&diagnostics);
}

static void test_every_key_misspelt(void **state)
{
	(void)state;
	for (size_t s = 0; policy_schemas[s]; s++) {
		for (size_t k = 0; k < policy_schemas[s]->count; k++) {
			const char *name = policy_schemas[s]->keys[k].name;
			char misspelt[64], hint[64];

			if (strcmp(name, "version") == 0)
				continue; /* stands there already */
			snprintf(misspelt, sizeof(misspelt), "%sq", name);
			snprintf(hint, sizeof(hint), "did you mean `%s`?", name);
			expect_at(s, misspelt, "1", "unknown key `%s` in", hint);
		}
	}
}

static void test_every_key_of_every_wrong_type(void **state)
{
	static const struct {
		unsigned int form;
		const char *value, *name;
	} values[] = {
		{ SCHEMA_TEXT, "text", "not a text" },
		{ SCHEMA_LIST, "[text]", "not a list" },
		{ SCHEMA_MAPPING, "{ a: b }", "not a mapping" },
		{ SCHEMA_NOTHING, "~", "not nothing" },
	};

	(void)state;
	for (size_t s = 0; policy_schemas[s]; s++) {
		for (size_t k = 0; k < policy_schemas[s]->count; k++) {
			const struct schema_key *key = &policy_schemas[s]->keys[k];

			if (strcmp(key->name, "version") == 0 || strcmp(key->name, "path") == 0)
				continue; /* stand there already */
			for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
				char message[256];

				if (key->forms & values[v].form)
					continue;
				snprintf(message, sizeof(message), "`%%s` must be %s, %s",
					 key->expected, values[v].name);
				expect_at(s, key->name, values[v].value, message, NULL);
			}
		}
	}
}

static void test_every_key_twice(void **state)
{
	(void)state;
	for (size_t s = 0; policy_schemas[s]; s++) {
		for (size_t k = 0; k < policy_schemas[s]->count; k++) {
			const char *name = policy_schemas[s]->keys[k].name;
			char value[64];

			snprintf(value, sizeof(value), s ? "x, %s: x" : "x\n%s: x", name);
			expect_at(s, name, value, "`%s` is given twice", NULL);
		}
	}
}

static void test_tables_are_whole(void **state)
{
	size_t count = 0;

	(void)state;
	for (; policy_schemas[count]; count++) {
		for (size_t k = 0; k < policy_schemas[count]->count; k++) {
			const struct schema_key *key = &policy_schemas[count]->keys[k];

			assert_true(key->forms && *key->expected && *key->help && key->read);
		}
	}
	assert_int_equal(count, ARRAY_SIZE(places));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_on_stop_follows_mode),
		cmocka_unit_test(test_empty_classes_are_noted),
		cmocka_unit_test(test_keys_in_any_order),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_required),
		cmocka_unit_test(test_every_key_misspelt),
		cmocka_unit_test(test_every_key_of_every_wrong_type),
		cmocka_unit_test(test_every_key_twice),
		cmocka_unit_test(test_tables_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

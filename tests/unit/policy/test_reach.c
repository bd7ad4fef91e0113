/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules that earlier ones leave nothing to: on every host, or on this one. */
#include "compiling.h"

/* Nine lines; rules begin on line 10. */
#define BEFORE \
	"version: 1\ninstance: A\nmode: enforce\n" \
	"executables:\n" \
	"  main: { path: /A/main, entry: true }\n" \
	"  sh: /bin/sh\n" \
	"  java: /bin/java\n" \
	"  tools: /A/bin/*\n"

static void show(const struct diagnostics *diagnostics)
{
	diagnostics_print(diagnostics, stderr, false);
}

struct reach_row {
	const char *rules; /* behind `connect:` or, with exec, behind `exec:` */
	bool exec;
	unsigned int line; /* of the rule that is never reached; 0: all are */
	unsigned int by; /* of the one that is always first */
};

static const struct reach_row reach_rows[] = {
	/* One earlier rule, in each dimension the same or more. */
	{ "  - { allow: tcp/1 }\n  - { allow: tcp/1 }\n", false, 11, 10 },
	{ "  - { allow: tcp/1-9 }\n  - { audit: tcp/3-5 }\n", false, 11, 10 },
	{ "  - { allow: any/any }\n  - { allow: udp/ephemeral }\n", false, 11, 10 },
	{ "  - { allow: tcp/ephemeral }\n  - { allow: tcp/ephemeral, by: main }\n", false, 11, 10 },
	{ "  - { allow: tcp/any }\n  - { allow: \"tcp/ephemeral,80\" }\n", false, 11, 10 },
	{ "  - { allow: tcp/1 }\n  - { allow: tcp/1, by: main }\n", false, 11, 10 },
	{ "  - { allow: tcp/1, by: [main, sh] }\n  - { allow: tcp/1, by: sh }\n", false, 11, 10 },
	{ "  - { allow: tcp/1, to: 10.0.0.0/8 }\n  - { allow: tcp/1, to: 10.1.2.3 }\n", false, 11,
	  10 },
	{ "  - { allow: tcp/1, to: [0.0.0.0/0, \"::/0\"] }\n  - { allow: tcp/1 }\n", false, 11,
	  10 },
	{ "  - { allow: tcp/1, to: localhost }\n  - { allow: tcp/1, to: 127.0.0.1 }\n", false, 11,
	  10 },
	{ "  - { allow: tcp/1, to: 10.0.0.0/8 }\n  - { allow: tcp/1, to: \"::ffff:10.0.0.0/104\" "
	  "}\n",
	  false, 11, 10 },
	{ "  - { allow: tcp/1, to: here.example }\n  - { allow: tcp/1, to: here.example }\n", false,
	  11, 10 },
	{ "  - { allow: tcp/1, to: nowhere.example }\n  - { allow: tcp/1, to: nowhere.example }\n",
	  false, 11, 10 },
	{ "  - { allow: tcp/1, user: [u1, u2] }\n  - { allow: tcp/1, user: u2 }\n", false, 11, 10 },
	{ "  - { allow: [sh, java] }\n  - { allow: java, by: main }\n", true, 11, 10 },
	/* Several earlier rules share it between them. */
	{ "  - { allow: tcp/1-5 }\n  - { allow: tcp/6-9 }\n  - { allow: tcp/3-7 }\n", false, 12,
	  10 },
	{ "  - { allow: tcp/1, to: 0.0.0.0/1 }\n  - { allow: tcp/1, to: 128.0.0.0/1 }\n"
	  "  - { allow: tcp/1, to: 0.0.0.0/0 }\n",
	  false, 12, 10 },
	{ "  - { allow: sh, by: main }\n  - { allow: java }\n  - { allow: [sh, java], by: main }\n",
	  true, 12, 10 },
	/* Each of these says something of its own. */
	{ "  - { allow: tcp/1 }\n  - { allow: udp/1 }\n", false, 0, 0 },
	{ "  - { allow: tcp/3-5 }\n  - { allow: tcp/1-9 }\n", false, 0, 0 },
	{ "  - { allow: tcp/ephemeral }\n  - { allow: tcp/any }\n", false, 0, 0 },
	{ "  - { allow: tcp/1, by: main }\n  - { allow: tcp/1 }\n", false, 0, 0 },
	{ "  - { allow: tcp/1, to: 10.1.2.3 }\n  - { allow: tcp/1, to: 10.0.0.0/8 }\n", false, 0,
	  0 },
	{ "  - { allow: tcp/1, to: 0.0.0.0/0 }\n  - { allow: tcp/1 }\n", false, 0, 0 },
	{ "  - { allow: tcp/1, to: 192.0.2.0/24 }\n  - { allow: tcp/1, to: here.example }\n", false,
	  0, 0 },
	{ "  - { allow: tcp/1, user: u1 }\n  - { allow: tcp/1, by: main }\n", false, 0, 0 },
	{ "  - { allow: tcp/1-5, by: main }\n  - { allow: tcp/6-9 }\n  - { allow: tcp/3-7 }\n",
	  false, 0, 0 },
	{ "  - { allow: sh, by: main }\n  - { allow: sh, by: java }\n  - { allow: sh }\n", true, 0,
	  0 },
};

static void check_reach(const struct reach_row *row)
{
	_cleanup_free_ char *text = NULL;
	struct compiling c = { 0 };
	const struct diagnostic *found = NULL;
	int r;

	assert_true(asprintf(&text, BEFORE "%s:\n%s", row->exec ? "exec" : "connect", row->rules) >
		    0);
	compiling_add(&c, "p.yaml", text);
	r = compiling_run(&c);
	for (size_t i = 0; i < c.diagnostics.count; i++)
		if (strstr(c.diagnostics.items[i].message, "is never reached"))
			found = &c.diagnostics.items[i];
	if (row->line ? r != -EINVAL || !found || found->where.line != row->line ||
				found->related.line != row->by || c.diagnostics.errors != 1
		      : r != 0 || found) {
		show(&c.diagnostics);
		fail_msg("%s", text);
	}
	compiling_release(&c);
}

static void test_reach(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reach_rows); i++)
		check_reach(&reach_rows[i]);
}

/* Two names that are one file here: worth a word, but elsewhere they may be two. */
static void test_reach_on_this_host(void **state)
{
	struct compiling c = { 0 };
	size_t dash;

	(void)state;
	compiling_add(&c, "p.yaml",
		      BEFORE "exec:\n  - { allow: sh, by: main }\n"
			     "  - { audit: java, by: main }\n");
	compiling_host(&c);
	dash = facts_pattern(&c.facts, 0, 1)->files[0];
	((struct pattern_fact *)facts_pattern(&c.facts, 0, 2))->files[0] = dash;
	compiling_good(&c);
	assert_int_equal(c.diagnostics.warnings, 1);
	assert_non_null(strstr(c.diagnostics.items[0].message, "never reached on this host"));
	assert_int_equal(c.diagnostics.items[0].where.line, 11);
	compiling_release(&c);
}

/* The range that a kernel chooses ports from is each host's own. */
static void test_reach_range(void **state)
{
	static const struct {
		const char *rules;
		bool bind; /* there it is no range, but a port that the kernel is asked for */
		size_t warnings;
	} rows[] = {
		{ "  - { allow: tcp/ephemeral }\n  - { allow: tcp/40000 }\n", false, 1 },
		{ "  - { allow: tcp/ephemeral }\n  - { allow: tcp/30000 }\n", false, 0 },
		{ "  - { allow: tcp/1024-65535 }\n  - { allow: tcp/ephemeral }\n", false, 1 },
		{ "  - { allow: tcp/ephemeral }\n  - { allow: tcp/40000 }\n", true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct compiling c = { 0 };

		assert_true(asprintf(&text, BEFORE "%s:\n%s", rows[i].bind ? "bind" : "connect",
				     rows[i].rules) > 0);
		compiling_add(&c, "p.yaml", text);
		compiling_good(&c);
		if (c.diagnostics.warnings != rows[i].warnings ||
		    (rows[i].warnings &&
		     !strstr(c.diagnostics.items[0].message, "never reached on this host"))) {
			show(&c.diagnostics);
			fail_msg("%s", text);
		}
		compiling_release(&c);
	}
}

/* A class that is off has rules that nobody asks for. */
static void test_reach_off(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "p.yaml",
		      BEFORE
		      "connect:\n  mode: off\n  rules: [{ allow: tcp/1 }, { allow: tcp/1 }]\n");
	compiling_good(&c);
	compiling_release(&c);
}

/* Of a policy with mistakes: what its good rules say is judged, and what follows from the mistakes is not told. */
static void test_reach_half(void **state)
{
	static const struct {
		const char *rules;
		size_t errors; /* of the reader */
		unsigned int line; /* of a rule that is never reached besides; 0: there is none */
	} rows[] = {
		{ "  - { allow: tcp/0 }\n  - { allow: tcp/1 }\n  - { allow: tcp/1 }\n", 1, 12 },
		{ "  - { allow: tcp/1, colour: red }\n  - { allow: tcp/1 }\n", 1, 0 },
		{ "  - { allow: tcp/1, to: *x }\n  - { allow: tcp/1 }\n", 1, 0 },
		{ "  - { allow: tcp/1, by: [main, shh] }\n  - { allow: tcp/1, by: main }\n", 1, 0 },
		{ "  - { allow: tcp/1 }\n  - { allow: \"tcp/1,0\", to: 10.0.0.1/8 }\n", 2, 0 },
		{ "  - { allow: tcp/1, by: main }\n  - 7\n  - { allow: tcp/1, by: main }\n", 1,
		  12 },
		{ "  mode: *x\n  rules: [{ allow: tcp/1 }, { allow: tcp/1 }]\n", 1, 0 },
		{ "  mode: of\n  rules: [{ allow: tcp/1 }, { allow: tcp/1 }]\n", 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct compiling c = { 0 };
		const struct diagnostic *last;
		struct policy *none = NULL;

		assert_true(asprintf(&text, BEFORE "connect:\n%s", rows[i].rules) > 0);
		assert_int_equal(policy_read_half("p.yaml", text, strlen(text), &c.diagnostics,
						  &none, &c.policies[0]),
				 -EINVAL);
		assert_null(none);
		assert_int_equal(c.diagnostics.errors, rows[i].errors);
		c.set = (struct policy_set){ .policies = c.policies, .count = 1 };
		compiling_host(&c);
		assert_int_equal(image_diagnose(&c.set, &c.facts, &c.diagnostics),
				 rows[i].line ? -EINVAL : 0);
		last = &c.diagnostics.items[c.diagnostics.count - 1];
		if (c.diagnostics.errors != rows[i].errors + (rows[i].line != 0) ||
		    c.diagnostics.warnings || (rows[i].line && last->where.line != rows[i].line)) {
			show(&c.diagnostics);
			fail_msg("%s", text);
		}
		compiling_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach),	    cmocka_unit_test(test_reach_on_this_host),
		cmocka_unit_test(test_reach_range), cmocka_unit_test(test_reach_off),
		cmocka_unit_test(test_reach_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "reading.h"

#define TCP (1 << CW_PROTOCOL_TCP)
#define UDP (1 << CW_PROTOCOL_UDP)
#define SCTP (1 << CW_PROTOCOL_SCTP)
#define ANY ((1 << CW_PROTOCOL_MAX) - 1)

static void test_forms(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		struct port_range ranges[4];
	} cases[] = {
		{ "tcp/1972", 1, { { TCP, false, 1972, 1972 } } },
		{ "udp/4001", 1, { { UDP, false, 4001, 4001 } } },
		{ "sctp/1", 1, { { SCTP, false, 1, 1 } } },
		{ "any/53", 1, { { ANY, false, 53, 53 } } },
		{ "tcp/9000-9010", 1, { { TCP, false, 9000, 9010 } } },
		{ "tcp/65535-65535", 1, { { TCP, false, 65535, 65535 } } },
		{ "tcp/ephemeral", 1, { { TCP, true, 0, 0 } } },
		{ "any/any", 1, { { ANY, false, 1, 65535 } } },
		{ "[tcp/1, udp/2]", 2, { { TCP, false, 1, 1 }, { UDP, false, 2, 2 } } },
		{ "\"tcp/1,3, 5-7,ephemeral\"",
		  4,
		  { { TCP, false, 1, 1 },
		    { TCP, false, 3, 3 },
		    { TCP, false, 5, 7 },
		    { TCP, true, 0, 0 } } },
		{ "['udp/1,2', any/any]",
		  3,
		  { { UDP, false, 1, 1 }, { UDP, false, 2, 2 }, { ANY, false, 1, 65535 } } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = NULL;
		struct policy *policy;
		const struct rule *rule;

		assert_true(asprintf(&text, WHOLE "bind: [{ allow: %s }]\n", cases[i].text) > 0);
		policy = read_good(text);
		rule = &policy->classes[CW_CLASS_BIND].rules[0];
		assert_int_equal(rule->port_count, cases[i].count);
		for (size_t p = 0; p < rule->port_count; p++) {
			assert_int_equal(rule->ports[p].protocols, cases[i].ranges[p].protocols);
			assert_int_equal(rule->ports[p].ephemeral, cases[i].ranges[p].ephemeral);
			assert_int_equal(rule->ports[p].low, cases[i].ranges[p].low);
			assert_int_equal(rule->ports[p].high, cases[i].ranges[p].high);
		}
		policy_free(policy);
	}
}

static void test_block_list(void **state)
{
	struct policy *policy = read_good(WHOLE
					  "bind:\n  - allow:\n      - tcp/1,3\n      - udp/2\n");
	const struct rule *rule = &policy->classes[CW_CLASS_BIND].rules[0];

	(void)state;
	assert_int_equal(rule->port_count, 3);
	assert_int_equal(rule->ports[1].low, 3);
	assert_int_equal(rule->ports[1].where.line, 10);
	assert_int_equal(rule->ports[1].where.column, 15);
	policy_free(policy);
}

#define BIND(ports) "bind: [{ allow: " ports " }]\n"

static void test_mistakes(void **state)
{
	static const struct mistake mistakes[] = {
		{ BIND("tcp/0"), 8, 21, "there is no port 0", "`ephemeral`" },
		{ BIND("tcp/65536"), 8, 21, "there is no port 65536", NULL },
		{ BIND("tcp/99999999999999999999999"), 8, 21, "there is no port 999", NULL },
		{ BIND("tcp/999999999999999999999999999999"), 8, 21, "is not a port number", NULL },
		{ BIND("tcp/010"), 8, 21, "`010` is not a port number", "`10`" },
		{ BIND("tcp/0x50"), 8, 21, "`0x50` is not a port number", "decimal" },
		{ BIND("tcp/-1"), 8, 21, "`` is not a port number", NULL },
		{ BIND("tcp/+1"), 8, 21, "`+1` is not a port number", NULL },
		{ BIND("tcp/1.5"), 8, 21, "`1.5` is not a port number", NULL },
		{ BIND("tcp/http"), 8, 21, "`http` is not a port number", "decimal" },
		{ BIND("tcp/*"), 8, 21, "`*` is not a port number", "write `any`" },
		{ BIND("tcp/"), 8, 21, "`` is not a port number", NULL },
		{ BIND("tcp/9-8"), 8, 21, "the range 9-8 is empty", "did you mean 8-9?" },
		{ BIND("tcp/9-"), 8, 23, "`` is not a port number", NULL },
		{ BIND("tcp/1-65536"), 8, 23, "there is no port 65536", NULL },
		{ BIND("tcp/0-5"), 8, 21, "there is no port 0", NULL },
		{ BIND("tcp/1-2-3"), 8, 23, "`2-3` is not a port number", NULL },
		{ BIND("\"tcp/1,,2\""), 8, 24, "`` is not a port number", NULL },
		{ BIND("\"tcp/1,2,\""), 8, 26, "`` is not a port number", NULL },
		{ BIND("\"tcp/1, 0\""), 8, 25, "there is no port 0", NULL },
		{ BIND("1972"), 8, 17, "`1972` is not a protocol and a port",
		  "did you mean `tcp/1972`?" },
		{ BIND("[tcp/1,3]"), 8, 24, "`3` is not a protocol and a port", "quotes" },
		{ BIND("tcp"), 8, 17, "`tcp` is not a protocol and a port", "`tcp/any`" },
		{ BIND("any"), 8, 17, "`any` is not a protocol and a port", NULL },
		{ BIND("1972/tcp"), 8, 17, "unknown protocol `1972`", "did you mean `tcp/1972`?" },
		{ BIND("TCP/1972"), 8, 17, "unknown protocol `TCP`", "`tcp`" },
		{ BIND("mptcp/1"), 8, 17, "unknown protocol `mptcp`", "counts as `tcp`" },
		{ BIND("udplite/1"), 8, 17, "unknown protocol `udplite`", "counts as `udp`" },
		{ BIND("/1"), 8, 17, "unknown protocol ``", NULL },
		{ BIND("[]"), 8, 17, "`allow` is an empty list", NULL },
		{ BIND("[[tcp/1]]"), 8, 18, "an item of `allow` must be a text, not a list", NULL },
		{ BIND("{ tcp: 1 }"), 8, 17, "`allow` must be a port such as", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

/* Every mistake of a list is told, each in its own place. */
static void test_all_in_one_run(void **state)
{
	struct diagnostics diagnostics =
		read_bad(WHOLE "bind: [{ allow: [tcp/0, tcp/1, udp/x, tcp/65536] }]\n");

	(void)state;
	assert_int_equal(diagnostics.errors, 3);
	assert_int_equal(diagnostics.items[0].where.column, 22);
	assert_int_equal(diagnostics.items[1].where.column, 36);
	assert_int_equal(diagnostics.items[2].where.column, 43);
	assert_int_equal(diagnostics.items[2].where.length, 5);
	diagnostics_release(&diagnostics);
}

static void test_too_many(void **state)
{
	size_t size = POLICY_LIST_MAX * 8 + 1024;
	char *text = malloc(size);
	struct diagnostics diagnostics;
	int used = sprintf(text, "%sbind:\n- allow:\n", WHOLE);

	(void)state;
	for (int i = 0; i < 50; i++) {
		used += sprintf(text + used, "  - tcp/1");
		for (int k = 0; k < 2001; k++)
			used += sprintf(text + used, ",1");
		used += sprintf(text + used, "\n");
	}
	diagnostics = read_bad(text);
	assert_non_null(strstr(diagnostics.items[0].message, "more than"));
	diagnostics_release(&diagnostics);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),	 cmocka_unit_test(test_block_list),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_all_in_one_run),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

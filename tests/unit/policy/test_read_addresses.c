/* SPDX-License-Identifier: GPL-2.0-only */
#include "reading.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static struct policy *read_to(const char *addresses)
{
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, WHOLE "connect: [{ allow: tcp/1, to: %s }]\n", addresses) > 0);
	return read_good(text);
}

static void test_prefixes(void **state)
{
	static const struct {
		const char *text;
		int family, prefix;
		const char *address;
	} cases[] = {
		{ "10.1.2.3", AF_INET, 32, "10.1.2.3" },
		{ "10.1.0.0/16", AF_INET, 16, "10.1.0.0" },
		{ "0.0.0.0/0", AF_INET, 0, "0.0.0.0" },
		{ "0.0.0.0", AF_INET, 32, "0.0.0.0" },
		{ "255.255.255.255/32", AF_INET, 32, "255.255.255.255" },
		{ "192.168.254.0/23", AF_INET, 23, "192.168.254.0" },
		{ "\"::1\"", AF_INET6, 128, "::1" },
		{ "::/0", AF_INET6, 0, "::" },
		{ "2001:db8::/32", AF_INET6, 32, "2001:db8::" },
		{ "2001:DB8::1", AF_INET6, 128, "2001:db8::1" },
		{ "::ffff:10.1.2.3", AF_INET, 32, "10.1.2.3" },
		{ "::ffff:10.0.0.0/104", AF_INET, 8, "10.0.0.0" },
		{ "\"::ffff:0:0/96\"", AF_INET, 0, "0.0.0.0" },
		{ "::fffe:0:0/96", AF_INET6, 96, "::fffe:0:0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct policy *policy = read_to(cases[i].text);
		const struct rule *rule = &policy->classes[CW_CLASS_CONNECT].rules[0];
		char text[INET6_ADDRSTRLEN];

		assert_int_equal(rule->address_count, 1);
		assert_int_equal(rule->addresses[0].kind, ADDRESS_PREFIX);
		assert_int_equal(rule->addresses[0].family, cases[i].family);
		assert_int_equal(rule->addresses[0].prefix, cases[i].prefix);
		inet_ntop(cases[i].family, rule->addresses[0].bytes, text, sizeof(text));
		assert_string_equal(text, cases[i].address);
		policy_free(policy);
	}
}

static void test_words_and_names(void **state)
{
	struct policy *policy = read_to("[localhost, \"ecp.example.org\", a-1, 3com.com]");
	const struct rule *rule = &policy->classes[CW_CLASS_CONNECT].rules[0];

	(void)state;
	assert_int_equal(rule->address_count, 4);
	assert_int_equal(rule->addresses[0].kind, ADDRESS_LOCALHOST);
	assert_int_equal(rule->addresses[1].kind, ADDRESS_NAME);
	assert_string_equal(rule->addresses[1].name, "ecp.example.org");
	assert_int_equal(rule->addresses[1].where.column, 43);
	assert_string_equal(rule->addresses[3].name, "3com.com");
	policy_free(policy);
}

static void test_any(void **state)
{
	struct policy *policy = read_to("any");

	(void)state;
	assert_int_equal(policy->classes[CW_CLASS_CONNECT].rules[0].address_count, 0);
	policy_free(policy);
}

static void test_at(void **state)
{
	struct policy *policy = read_good(WHOLE
					  "bind: [{ allow: tcp/1, at: [127.0.0.1, '::1'] }]\n");

	(void)state;
	assert_int_equal(policy->classes[CW_CLASS_BIND].rules[0].address_count, 2);
	policy_free(policy);
}

#define TO(address) "connect: [{ allow: tcp/1, to: " address " }]\n"
#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_mistakes(void **state)
{
	static const struct mistake mistakes[] = {
		{ TO("10.1.2.3/16"), 8, 31, "has bits behind its prefix", "10.1.0.0/16" },
		{ TO("2001:db8::1/32"), 8, 31, "has bits behind its prefix", "2001:db8::/32" },
		{ TO("::ffff:10.1.2.3/104"), 8, 31, "has bits behind its prefix", "10.0.0.0/8" },
		{ TO("\"::ffff:0:0/90\""), 8, 31, "an IPv4-mapped prefix of less than 96 bits",
		  NULL },
		{ TO("10.0.0.0/33"), 8, 40, "`33` is not a prefix length", "0 to 32" },
		{ TO("\"::/129\""), 8, 35, "`129` is not a prefix length", "0 to 128" },
		{ TO("10.0.0.0/08"), 8, 40, "`08` is not a prefix length", NULL },
		{ TO("10.0.0.0/"), 8, 40, "`` is not a prefix length", NULL },
		{ TO("10.0.0.0/255.0.0.0"), 8, 40, "is not a prefix length", NULL },
		{ TO("300.1.1.1"), 8, 31, "`300.1.1.1` is not an address", NULL },
		{ TO("10.1.2"), 8, 31, "`10.1.2` is not an address", NULL },
		{ TO("010.1.1.1"), 8, 31, "`010.1.1.1` is not an address", NULL },
		{ TO("0x7f000001"), 8, 31, "`0x7f000001` is not an address", NULL },
		{ TO("2130706433"), 8, 31, "`2130706433` is not an address", NULL },
		{ TO("a.example.7"), 8, 31, "is not an address", NULL },
		{ TO("'fe80::1%eth0'"), 8, 31, "neither an address nor the name", "interface" },
		{ TO("host:1972"), 8, 31, "neither an address nor the name", "`allow`" },
		{ TO("'*.example.org'"), 8, 31, "neither an address nor the name", "wildcards" },
		{ TO("a_b"), 8, 31, "neither an address nor the name", NULL },
		{ TO("-a.b"), 8, 31, "neither an address nor the name", NULL },
		{ TO("a-.b"), 8, 31, "neither an address nor the name", NULL },
		{ TO("a..b"), 8, 31, "neither an address nor the name", NULL },
		{ TO("a."), 8, 31, "neither an address nor the name", NULL },
		{ TO("''"), 8, 31, "a name has 1 to 253 characters", NULL },
		{ TO("x" LABEL), 8, 31, "neither an address nor the name", NULL },
		{ TO(LABEL "." LABEL "." LABEL "." LABEL), 8, 31, "1 to 253 characters", NULL },
		{ TO("ecp.example.org/24"), 8, 31, "not a network", NULL },
		{ TO("[]"), 8, 31, "`to` is an empty list", NULL },
		{ TO("[any, 10.0.0.1]"), 8, 31, "`any` beside other addresses", NULL },
		{ TO("[10.0.0.1, [10.0.0.2]]"), 8, 42, "an item of `to` must be a text", NULL },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes), cmocka_unit_test(test_words_and_names),
		cmocka_unit_test(test_any),	 cmocka_unit_test(test_at),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations in the words of a policy: hosts by their names, users that this host lacks. The name service is stood in
 * for, so that the hosts have the addresses that are wanted here.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/policy_operation.h"
#include "util/cleanup.h"

static const char policy[] = "version: 1\n"
			     "instance: CACHE\n"
			     "mode: enforce\n"
			     "executables: { cache: { path: /cw-test/cache, entry: true } }\n"
			     "exec: off\n"
			     "bind: off\n"
			     "connect:\n"
			     "  - { id: both, allow: tcp/1972, to: both.test }\n"
			     "  - { id: mail, allow: tcp/25, to: [half.test, gone.test] }\n"
			     "  - { id: here, allow: tcp/80, to: localhost }\n"
			     "  - { id: zero, allow: tcp/81, to: zero.test }\n"
			     "  - { id: lite, allow: udp/514 }\n"
			     "  - { id: odd, allow: tcp/90, user: [cw-test-1, cw-test-2, "
			     "\"4294967294\"] }\n"
			     "  - { id: other, allow: tcp/91, user: cw-test-2 }\n";

/* ------------------------------------------------------------------ in the place of others */

static const struct {
	const char *name, *addresses[2];
} hosts[] = {
	{ "both.test", { "10.1.2.3", "2001:db8::3" } },
	{ "half.test", { "10.1.2.3", "192.0.2.9" } },
	{ "zero.test", { "0.0.0.0", NULL } },
};

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret);
void __wrap_freeaddrinfo(struct addrinfo *list);

static struct addrinfo *address_of(const char *text, struct addrinfo *next)
{
	struct sockaddr_in6 *v6 = calloc(1, sizeof(*v6));
	struct sockaddr_in *v4 = (struct sockaddr_in *)v6;
	struct addrinfo *address = calloc(1, sizeof(*address));

	assert_true(v6 && address);
	address->ai_next = next;
	address->ai_addr = (struct sockaddr *)v6;
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
	} else {
		memset(v6, 0, sizeof(*v6));
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
	}
	return address;
}

int __wrap_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		       struct addrinfo **ret)
{
	(void)service;
	(void)hints;
	*ret = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
		for (size_t k = 0; strcmp(hosts[i].name, name) == 0 && k < 2; k++)
			if (hosts[i].addresses[k])
				*ret = address_of(hosts[i].addresses[k], *ret);
	return *ret ? 0 : EAI_NONAME;
}

void __wrap_freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_addr);
		free(list);
		list = next;
	}
}

/* ------------------------------------------------------------------ asking */

static struct loaded loaded;

static const char *const users[] = { "cw-test-1", "cw-test-2", "cw-test-3" };

static int setup(void **state)
{
	const struct load_options options = { .assumed_users = users,
					      .assumed_user_count = ARRAY_SIZE(users) };

	(void)state;
	return policy_load_text(&loaded, "policy", policy, strlen(policy), &options);
}

static int teardown(void **state)
{
	(void)state;
	loaded_release(&loaded);
	return 0;
}

static int judge(const char *operation, const char *protocol, const char *endpoint,
		 struct judged *ret, struct operation_error *reterr)
{
	struct operation asked = { .words = { operation, protocol, endpoint }, .count = 3 };

	return operation_judge(&asked, &loaded, false, ret, reterr);
}

static void assert_judged(const char *protocol, const char *endpoint, uint8_t verdict,
			  const char *note)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	_cleanup_judged_ struct judged judged = { 0 };

	assert_int_equal(judge("connect", protocol, endpoint, &judged, &error), 0);
	assert_int_equal(judged.decision.verdict, verdict);
	assert_string_equal(judged.note.data ? judged.note.data : "", note);
}

static void assert_wrong(const char *endpoint, const char *message, const char *hint)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	_cleanup_judged_ struct judged judged = { 0 };

	assert_int_equal(judge("connect", "tcp", endpoint, &judged, &error), -EINVAL);
	assert_string_equal(error.message.data, message);
	assert_string_equal(error.hint.data ? error.hint.data : "", hint);
	assert_string_equal(error.word, endpoint);
}

/* ------------------------------------------------------------------ hosts */

static void test_host(void **state)
{
	(void)state;
	assert_judged("tcp", "both.test:1972", CW_VERDICT_ALLOW,
		      "`both.test` is 10.1.2.3 and 1 more, which are judged alike");
	assert_judged("tcp", "Both.TEST:1972", CW_VERDICT_ALLOW,
		      "`both.test` is 10.1.2.3 and 1 more, which are judged alike");
	assert_judged("tcp", "both.test:1973", CW_VERDICT_DENY,
		      "`both.test` is 10.1.2.3 and 1 more, which are judged alike");
	assert_judged("tcp", "10.1.2.3:1972", CW_VERDICT_ALLOW, "");
}

static void test_host_of_two_kinds(void **state)
{
	(void)state;
	assert_judged("tcp", "half.test:25", CW_VERDICT_ALLOW,
		      "`half.test` is 10.1.2.3 and 1 more, which are judged alike");
	assert_wrong("half.test:1972",
		     "`half.test` has 2 addresses, and they are judged differently",
		     "ask for one of each: 10.1.2.3 (allow by rule both), 192.0.2.9 (deny)");
}

static void test_host_without_address(void **state)
{
	(void)state;
	assert_wrong("gone.test:25", "`gone.test` has no address here: Name or service not known",
		     "what a rule says of it is for no address until it has one");
}

static void test_host_unnamed(void **state)
{
	char endpoint[300] = "", message[400];

	(void)state;
	assert_wrong("other.test:25",
		     "`other.test` is neither an address nor a host that the policy names",
		     "give an address; a name stands for its addresses where a rule names it");
	memset(endpoint, 'a', sizeof(endpoint) - 4);
	strcat(endpoint, ":25");
	snprintf(message, sizeof(message), "`%s` is not ADDRESS:PORT", endpoint);
	assert_wrong(endpoint, message, "");
}

/* As 0.0.0.0 itself: it is this host, and the rule for it is none for what is connected to. */
static void test_host_unspecified(void **state)
{
	(void)state;
	assert_judged("tcp", "zero.test:80", CW_VERDICT_ALLOW, "`zero.test` is 0.0.0.0");
}

/* ------------------------------------------------------------------ users, protocols */

static int judge_user(const char *user, const char *endpoint, struct judged *ret,
		      struct operation_error *reterr)
{
	struct operation asked = { .words = { "connect", "tcp", endpoint },
				   .count = 3,
				   .user = user };

	return operation_judge(&asked, &loaded, false, ret, reterr);
}

static void assert_user(const char *user, const char *endpoint, uint8_t verdict, const char *note)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	_cleanup_judged_ struct judged judged = { 0 };

	assert_int_equal(judge_user(user, endpoint, &judged, &error), 0);
	assert_int_equal(judged.decision.verdict, verdict);
	assert_string_equal(judged.note.data ? judged.note.data : "", note);
}

static void test_user(void **state)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	struct judged judged = { 0 };

	(void)state;
	assert_user("cw-test-1", "10.1.2.3:90", CW_VERDICT_ALLOW,
		    "this host has no user `cw-test-1`: judged as if it had");
	assert_user("cw-test-1", "10.1.2.3:91", CW_VERDICT_DENY,
		    "this host has no user `cw-test-1`: judged as if it had");
	assert_user("cw-test-2", "10.1.2.3:91", CW_VERDICT_ALLOW,
		    "this host has no user `cw-test-2`: judged as if it had");
	/* A uid that is named is nobody else's. */
	assert_user("4294967294", "10.1.2.3:90", CW_VERDICT_ALLOW, "");
	assert_user("4294967294", "10.1.2.3:91", CW_VERDICT_DENY, "");
	assert_int_equal(judge_user("cw-test-3", "10.1.2.3:90", &judged, &error), -EINVAL);
	assert_string_equal(error.message.data, "this host has no user `cw-test-3`");
}

static void test_protocol(void **state)
{
	(void)state;
	assert_judged("mptcp", "both.test:1972", CW_VERDICT_ALLOW,
		      "`both.test` is 10.1.2.3 and 1 more, which are judged alike");
	assert_judged("udplite", "10.1.2.3:514", CW_VERDICT_ALLOW, "");
	assert_judged("mptcp", "10.1.2.3:514", CW_VERDICT_DENY, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_host_of_two_kinds),
		cmocka_unit_test(test_host_without_address),
		cmocka_unit_test(test_host_unnamed),
		cmocka_unit_test(test_host_unspecified),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_protocol),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

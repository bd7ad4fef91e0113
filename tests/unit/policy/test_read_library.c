/* SPDX-License-Identifier: GPL-2.0-only */
/* `library`, `sockets` and `guard`. */
#include "reading.h"

#include <sys/socket.h>

#define INTERNET (1 << SOCK_STREAM | 1 << SOCK_DGRAM)
#define EVERY 0xfffe

static void test_library(void **state)
{
	struct policy *policy = read_good(
		WHOLE "library: { trust: any, anonymous: deny, except: [sh], mode: audit }\n");

	(void)state;
	assert_true(policy->library.given);
	assert_false(policy->library.check_owners);
	assert_false(policy->library.anonymous);
	assert_int_equal(policy->library.except_count, 1);
	assert_int_equal(policy->library.except[0], 1);
	assert_int_equal(policy->library.mode, CW_MODE_AUDIT);
	policy_free(policy);
	policy = read_good(WHOLE "library: off\n");
	assert_int_equal(policy->library.mode, CW_MODE_OFF);
	policy_free(policy);
	policy = read_good(WHOLE "library: {}\n");
	assert_true(policy->library.check_owners);
	assert_true(policy->library.anonymous);
	policy_free(policy);
}

static void test_sockets_default(void **state)
{
	struct policy *policy = read_good(WHOLE);

	(void)state;
	assert_false(policy->sockets.given);
	for (int family = 0; family < CW_FAMILIES_MAX; family++) {
		uint16_t types = family == AF_UNIX || family == AF_NETLINK ? EVERY
				 : family == AF_INET || family == AF_INET6 ? INTERNET
									   : 0;

		assert_int_equal(policy->sockets.types[family], types);
	}
	policy_free(policy);
}

static void test_sockets(void **state)
{
	struct policy *policy = read_good(WHOLE "sockets: { allow: [unix/stream, unix/dgram, inet, "
						"inet/raw, packet], mode: off }\n");

	(void)state;
	assert_int_equal(policy->sockets.types[AF_UNIX], INTERNET);
	assert_int_equal(policy->sockets.types[AF_INET], INTERNET | 1 << SOCK_RAW);
	assert_int_equal(policy->sockets.types[AF_PACKET], EVERY);
	assert_int_equal(policy->sockets.types[AF_INET6], 0);
	assert_int_equal(policy->sockets.types[AF_NETLINK], 0);
	assert_int_equal(policy->sockets.mode, CW_MODE_OFF);
	policy_free(policy);
	policy = read_good(WHOLE "sockets: [vsock]\n");
	assert_int_equal(policy->sockets.types[AF_VSOCK], EVERY);
	assert_int_equal(policy->sockets.mode, CW_MODE_ENFORCE);
	policy_free(policy);
	policy = read_good(WHOLE "sockets: unix\n");
	assert_int_equal(policy->sockets.types[AF_UNIX], EVERY);
	assert_int_equal(policy->sockets.types[AF_INET], 0);
	policy_free(policy);
	policy = read_good(WHOLE "sockets: off\n");
	assert_int_equal(policy->sockets.mode, CW_MODE_OFF);
	assert_int_equal(policy->sockets.types[AF_INET], INTERNET);
	policy_free(policy);
	policy = read_good(WHOLE "sockets: { mode: audit }\n");
	assert_int_equal(policy->sockets.types[AF_INET], INTERNET);
	policy_free(policy);
}

static void test_guard(void **state)
{
	struct policy *policy = read_good(
		WHOLE "guard:\n"
		      "  mode: audit\n"
		      "  bind: [tcp/1972, 'udp/1,2']\n"
		      "  connect: { ports: tcp/1972, users: [root, 33] }\n"
		      "  exec: { executables: [cache, /bin/ls], users: root }\n");
	const struct guard_policy *guard = &policy->guard;

	(void)state;
	assert_true(guard->given);
	assert_int_equal(guard->mode, CW_MODE_AUDIT);
	assert_int_equal(guard->bind.port_count, 3);
	assert_int_equal(guard->bind.users.count, 0);
	assert_int_equal(guard->bind.where.line, 10);
	assert_int_equal(guard->connect.port_count, 1);
	assert_int_equal(guard->connect.users.count, 2);
	assert_int_equal(guard->exec.executable_count, 2);
	assert_int_equal(guard->exec.users.count, 1);
	policy_free(policy);
	policy = read_good(WHOLE "guard: { exec: cache, connect: [tcp/1], "
				 "bind: { ports: [tcp/1], users: [www-data] } }\n");
	assert_int_equal(policy->guard.mode, CW_MODE_ENFORCE);
	assert_int_equal(policy->guard.exec.executable_count, 1);
	assert_int_equal(policy->guard.bind.users.count, 1);
	policy_free(policy);
	policy = read_good(WHOLE "guard: off\n");
	assert_int_equal(policy->guard.mode, CW_MODE_OFF);
	policy_free(policy);
}

static void test_mistakes(void **state)
{
	static const struct mistake mistakes[] = {
		{ "library: on\n", 8, 10, "`library` must be a mapping or `off`, not `on`", NULL },
		{ "library: { trust: owner }\n", 8, 19, "`trust` must be one of",
		  "did you mean `owners`?" },
		{ "library: { anonymous: false }\n", 8, 23, "`anonymous` must be one of", NULL },
		{ "library: { except: [java] }\n", 8, 21, "unknown executable `java`", NULL },
		{ "library: { except: [] }\n", 8, 20, "`except` is an empty list", NULL },
		{ "sockets: []\n", 8, 10, "`sockets` is an empty list", NULL },
		{ "sockets: [unx]\n", 8, 11, "unknown socket family `unx`",
		  "did you mean `unix`?" },
		{ "sockets: [raw]\n", 8, 11, "unknown socket family `raw`", "`inet/raw`" },
		{ "sockets: [inet/]\n", 8, 16, "unknown socket type ``", "`seqpacket`" },
		{ "sockets: [any]\n", 8, 11, "unknown socket family `any`", "`netlink`" },
		{ "sockets: [inet/foo]\n", 8, 16, "unknown socket type `foo`", "`stream`" },
		{ "sockets: [inet/dgrm]\n", 8, 16, "unknown socket type `dgrm`",
		  "did you mean `dgram`?" },
		{ "sockets: of\n", 8, 10, "`sockets` must be a list of families", NULL },
		{ "sockets: { allows: [unix] }\n", 8, 12, "unknown key `allows` in `sockets`",
		  "did you mean `allow`?" },
		{ "guard: tcp/1\n", 8, 8, "`guard` must be a mapping or `off`", NULL },
		{ "guard: { bind: tcp/0 }\n", 8, 20, "there is no port 0", NULL },
		{ "guard: { bind: [] }\n", 8, 16, "a guard's list of ports is an empty list",
		  NULL },
		{ "guard: { connect: { users: [root] } }\n", 8, 19, "`ports` is missing", NULL },
		{ "guard: { connect: { ports: tcp/1, user: root } }\n", 8, 35, "unknown key `user`",
		  "did you mean `users`?" },
		{ "guard: { exec: [cach] }\n", 8, 17, "unknown executable `cach`",
		  "did you mean `cache`?" },
		{ "guard: { exec: { executables: [cache], users: [] } }\n", 8, 47,
		  "`users` is an empty list", NULL },
		{ "guard: { mode: auditt }\n", 8, 16, "`mode` must be one of", "`audit`" },
	};

	(void)state;
	check_mistakes(mistakes, ARRAY_SIZE(mistakes), WHOLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_library),	 cmocka_unit_test(test_sockets_default),
		cmocka_unit_test(test_sockets),	 cmocka_unit_test(test_guard),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

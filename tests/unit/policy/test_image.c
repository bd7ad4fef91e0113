/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands in a compiled image, asked of decide(): one test a property of the compiler. */
#include "compiling.h"

#define HEAD(name, mode) \
	"version: 1\ninstance: " name "\nmode: " mode "\n" \
	"executables:\n" \
	"  main: { path: /" name "/main, entry: true }\n" \
	"  sh: /bin/sh\n" \
	"  tools: /" name "/bin/*\n"

enum { TCP = CW_PROTOCOL_TCP, UDP = CW_PROTOCOL_UDP };

#define BIND(instance, protocol, address, port) \
	network(instance, CW_OPERATION_BIND, protocol, address, port)
#define CONNECT(instance, protocol, address, port) \
	network(instance, CW_OPERATION_CONNECT, protocol, address, port)

static void test_no_policies(void **state)
{
	struct compiling none = { 0 };

	(void)state;
	compiling_good(&none);
	assert_int_equal(none.pages.head->magic, CW_IMAGE_MAGIC);
	assert_int_equal(none.pages.head->abi, CW_ABI_VERSION);
	assert_int_equal(none.pages.head->generation, 42);
	assert_int_equal(none.pages.head->instance_count, 1);
	assert_int_equal(none.pages.head->guarded, 0);
	assert_verdict(&none, CONNECT(CW_INSTANCE_NONE, TCP, "10.0.0.1", 80), CW_VERDICT_ALLOW);
	compiling_release(&none);
}

/* Whatever the policies allow, the self-test's instance is refused. */
static void test_canary(void **state)
{
	struct compiling c = { 0 };
	struct cw_request request = { .operation = CW_OPERATION_SOCKET };
	static const struct {
		uint8_t family, type, verdict;
	} sockets[] = {
		{ AF_INET, SOCK_STREAM, CW_VERDICT_ALLOW },
		{ AF_INET, SOCK_DGRAM, CW_VERDICT_ALLOW },
		{ AF_INET6, SOCK_STREAM, CW_VERDICT_ALLOW },
		{ AF_UNIX, SOCK_SEQPACKET, CW_VERDICT_ALLOW },
		{ AF_NETLINK, SOCK_RAW, CW_VERDICT_ALLOW },
		{ AF_INET, SOCK_RAW, CW_VERDICT_DENY },
		{ AF_PACKET, SOCK_RAW, CW_VERDICT_DENY },
		{ AF_PACKET, SOCK_DGRAM, CW_VERDICT_DENY },
		{ AF_VSOCK, SOCK_STREAM, CW_VERDICT_DENY },
		{ CW_FAMILIES_MAX + 3, SOCK_STREAM, CW_VERDICT_DENY },
	};
	struct cw_decision decision;

	(void)state;
	compiling_add(
		&c, "a.yaml",
		HEAD("A", "audit") "exec: [{ allow: [main, sh, tools] }]\n"
				   "bind: [{ allow: any/any }]\nconnect: [{ allow: any/any }]\n"
				   "library: { anonymous: allow, trust: any }\n");
	c.set.mode_override[CW_INSTANCE_CANARY] = CW_MODE_AUDIT;
	compiling_good(&c);
	decision = decided(&c, execution(0, file(&c, "/A/main"), file(&c, "/bin/sh")));
	assert_int_equal(decision.verdict, CW_VERDICT_DENY);
	assert_int_equal(decision.mode, CW_MODE_ENFORCE);
	assert_verdict(&c, BIND(0, TCP, "127.0.0.1", 0), CW_VERDICT_DENY);
	assert_verdict(&c, CONNECT(0, UDP, "127.0.0.1", 9), CW_VERDICT_DENY);
	request.operation = CW_OPERATION_LIBRARY;
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.has_file = 1;
	request.file_mode = 0100755;
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	request.file_owner = 1000;
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.operation = CW_OPERATION_SOCKET;
	for (size_t i = 0; i < ARRAY_SIZE(sockets); i++) {
		request.family = sockets[i].family;
		request.socket_type = sockets[i].type;
		assert_verdict(&c, request, sockets[i].verdict);
	}
	compiling_release(&c);
}

static void test_modes(void **state)
{
	static const struct {
		uint8_t override;
		uint8_t exec, bind, connect, guard; /* file: audit, enforce: own, off, file's */
	} rows[] = {
		{ CW_MODE_OFF, CW_MODE_AUDIT, CW_MODE_ENFORCE, CW_MODE_OFF, CW_MODE_AUDIT },
		{ CW_MODE_AUDIT, CW_MODE_AUDIT, CW_MODE_AUDIT, CW_MODE_OFF, CW_MODE_AUDIT },
		{ CW_MODE_ENFORCE, CW_MODE_ENFORCE, CW_MODE_ENFORCE, CW_MODE_OFF, CW_MODE_ENFORCE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct compiling c = { 0 };
		const struct cw_instance *instance;

		compiling_add(
			&c, "a.yaml",
			HEAD("A", "audit") "exec: [{ allow: sh }]\n"
					   "bind: { mode: enforce, rules: [{ allow: tcp/1 }] }\n"
					   "connect: off\nguard: { bind: [tcp/7] }\n");
		c.set.mode_override[1] = rows[i].override;
		compiling_good(&c);
		instance = &c.pages.head->instances[1];
		assert_int_equal(instance->mode[CW_CLASS_EXEC], rows[i].exec);
		assert_int_equal(instance->mode[CW_CLASS_BIND], rows[i].bind);
		assert_int_equal(instance->mode[CW_CLASS_CONNECT], rows[i].connect);
		assert_int_equal(instance->guard_mode, rows[i].guard);
		assert_verdict(&c, CONNECT(1, TCP, "10.0.0.1", 80), CW_VERDICT_ALLOW);
		assert_verdict(&c, BIND(1, TCP, "0.0.0.0", 2), CW_VERDICT_DENY);
		assert_int_equal(c.catalogue->instances[1].mode, rows[i].override == CW_MODE_ENFORCE
									 ? CW_MODE_ENFORCE
									 : CW_MODE_AUDIT);
		compiling_release(&c);
	}
}

/* A class that is absent or empty allows nothing. */
static void test_empty_classes(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml", HEAD("A", "enforce") "bind: []\n");
	compiling_good(&c);
	assert_verdict(&c, execution(1, file(&c, "/A/main"), file(&c, "/bin/sh")), CW_VERDICT_DENY);
	assert_verdict(&c, BIND(1, TCP, "0.0.0.0", 0), CW_VERDICT_DENY);
	assert_verdict(&c, CONNECT(1, TCP, "::1", 1), CW_VERDICT_DENY);
	compiling_release(&c);
}

/* What a rule names and nobody has, matches nothing; it is not "any". */
static void test_nothing_is_not_any(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "connect:\n"
					   "  - { allow: tcp/1, to: nowhere.example }\n"
					   "  - { allow: tcp/2, user: nobodyhere }\n"
					   "  - { allow: tcp/3, by: \"/missing/*\" }\n"
					   "  - { allow: tcp/4, to: here.example, user: u5 }\n");
	compiling_good(&c);
	assert_int_equal(c.diagnostics.warnings, 3);
	for (uint16_t port = 1; port <= 4; port++) {
		assert_verdict(&c, CONNECT(1, TCP, "192.0.2.1", port), CW_VERDICT_DENY);
		assert_verdict(&c, CONNECT(1, TCP, "10.0.0.1", port), CW_VERDICT_DENY);
	}
	struct cw_request request = CONNECT(1, TCP, "2001:db8::1", 4);

	request.user = 1005;
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	compiling_release(&c);
}

static void test_ports(void **state)
{
	static const struct {
		uint8_t operation, protocol;
		uint16_t port;
		uint8_t verdict;
	} rows[] = {
		{ CW_OPERATION_BIND, CW_PROTOCOL_TCP, 0, CW_VERDICT_ALLOW },
		{ CW_OPERATION_LISTEN, CW_PROTOCOL_TCP, 0, CW_VERDICT_ALLOW },
		{ CW_OPERATION_BIND, CW_PROTOCOL_TCP, 32768, CW_VERDICT_DENY },
		{ CW_OPERATION_BIND, CW_PROTOCOL_UDP, 0, CW_VERDICT_DENY },
		{ CW_OPERATION_BIND, CW_PROTOCOL_UDP, 100, CW_VERDICT_ALLOW },
		{ CW_OPERATION_BIND, CW_PROTOCOL_UDP, 200, CW_VERDICT_ALLOW },
		{ CW_OPERATION_BIND, CW_PROTOCOL_UDP, 99, CW_VERDICT_DENY },
		{ CW_OPERATION_BIND, CW_PROTOCOL_UDP, 201, CW_VERDICT_DENY },
		{ CW_OPERATION_BIND, CW_PROTOCOL_SCTP, 65535, CW_VERDICT_ALLOW },
		{ CW_OPERATION_BIND, CW_PROTOCOL_SCTP, 0, CW_VERDICT_ALLOW },
		{ CW_OPERATION_BIND, CW_PROTOCOL_OTHER, 7, CW_VERDICT_ALLOW },
		{ CW_OPERATION_BIND, CW_PROTOCOL_TCP, 7, CW_VERDICT_ALLOW },
		{ CW_OPERATION_CONNECT, CW_PROTOCOL_TCP, 0, CW_VERDICT_DENY },
		{ CW_OPERATION_SEND, CW_PROTOCOL_TCP, 32767, CW_VERDICT_DENY },
		{ CW_OPERATION_SEND, CW_PROTOCOL_TCP, 32768, CW_VERDICT_ALLOW },
		{ CW_OPERATION_CONNECT, CW_PROTOCOL_TCP, 60999, CW_VERDICT_ALLOW },
		{ CW_OPERATION_CONNECT, CW_PROTOCOL_TCP, 61000, CW_VERDICT_DENY },
		{ CW_OPERATION_CONNECT, CW_PROTOCOL_OTHER, 0, CW_VERDICT_DENY },
	};
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "bind:\n"
					   "  - { allow: tcp/ephemeral }\n"
					   "  - { allow: udp/100-200 }\n"
					   "  - { allow: [sctp/any, any/7] }\n"
					   "connect: [{ allow: tcp/ephemeral }]\n");
	compiling_good(&c);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_verdict(
			&c,
			network(1, rows[i].operation, rows[i].protocol, "10.0.0.1", rows[i].port),
			rows[i].verdict);
	compiling_release(&c);
}

static void test_localhost(void **state)
{
	static const struct {
		const char *address;
		uint8_t verdict;
	} rows[] = {
		{ "127.0.0.0", CW_VERDICT_ALLOW },
		{ "127.255.255.255", CW_VERDICT_ALLOW },
		{ "126.255.255.255", CW_VERDICT_DENY },
		{ "128.0.0.0", CW_VERDICT_DENY },
		{ "::1", CW_VERDICT_ALLOW },
		{ "::", CW_VERDICT_DENY },
		{ "::2", CW_VERDICT_DENY },
		{ "198.51.100.7", CW_VERDICT_DENY },
	};
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "connect: [{ allow: tcp/80, to: localhost }]\n");
	compiling_good(&c);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_verdict(&c, CONNECT(1, TCP, rows[i].address, 80), rows[i].verdict);
	compiling_release(&c);
}

/* A script may what it may, whichever interpreter runs it; the interpreter alone may not. */
static void test_scripts(void **state)
{
	struct compiling c = { 0 };
	struct cw_request request;

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "exec: [{ allow: main, by: /site/x.sh }]\n"
					   "connect: [{ allow: tcp/25, by: /site/x.sh }]\n");
	compiling_good(&c);
	request = execution(1, file(&c, "/bin/sh"), file(&c, "/A/main"));
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.script = file(&c, "/site/x.sh");
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	request = CONNECT(1, TCP, "10.0.0.1", 25);
	request.executable = file(&c, "/bin/sh");
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.script = file(&c, "/site/x.sh");
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	compiling_release(&c);
}

/* The kernel's word for a changed file is "tampered"; to its own instance it is then nothing. */
static void test_tampered(void **state)
{
	struct compiling c = { 0 };
	struct cw_request request;
	struct cw_decision decision;

	(void)state;
	compiling_add(&c, "a.yaml", HEAD("A", "enforce") "exec: [{ allow: sh }]\n");
	compiling_good(&c);
	request = execution(1, 0, file(&c, "/bin/sh"));
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	request.target_state = CW_FILE_STATE_TAMPERED;
	decision = decided(&c, request);
	assert_int_equal(decision.verdict, CW_VERDICT_DENY);
	assert_int_equal(decision.reason, CW_REASON_TAMPERED);
	request.target_state = CW_FILE_STATE_ABROAD;
	decision = decided(&c, request);
	assert_int_equal(decision.verdict, CW_VERDICT_DENY);
	assert_int_equal(decision.reason, CW_REASON_OUTSIDE);
	compiling_release(&c);
}

static void test_library(void **state)
{
	struct compiling c = { 0 };
	struct cw_request request = { .instance = 1,
				      .operation = CW_OPERATION_LIBRARY,
				      .has_file = 1,
				      .file_mode = 0100755,
				      .file_owner = 1001 };
	struct cw_request memory = { .instance = 1, .operation = CW_OPERATION_LIBRARY };

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "owner: u1\ntrust_groups: [g2]\n"
					   "library: { anonymous: deny, except: [sh] }\n");
	compiling_add(&c, "b.yaml",
		      HEAD("B", "enforce") "library: { trust: any, anonymous: deny }\n");
	compiling_good(&c);
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	request.file_owner = 1002;
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.executable = file(&c, "/bin/sh");
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	request.executable = file(&c, "/A/main");
	request.file_owner = 0;
	request.file_mode = 0100775;
	request.file_group = 1002;
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	request.file_group = 1003;
	assert_verdict(&c, request, CW_VERDICT_DENY);
	assert_verdict(&c, memory, CW_VERDICT_DENY);
	memory.executable = file(&c, "/bin/sh");
	assert_verdict(&c, memory, CW_VERDICT_ALLOW);
	memory.instance = request.instance = 2;
	assert_verdict(&c, memory, CW_VERDICT_DENY);
	request.file_mode = 0100777;
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	compiling_release(&c);
}

/* ------------------------------------------------------------------ guards */

static void test_guards(void **state)
{
	struct compiling c = { 0 };
	struct cw_request request;
	struct cw_decision decision;

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "bind: [{ allow: tcp/1972 }]\n"
					   "connect: [{ allow: tcp/1972 }]\n"
					   "guard:\n  bind: [tcp/1972, udp/ephemeral]\n"
					   "  connect: { ports: [tcp/1972], users: [u1, u2] }\n"
					   "  exec: { executables: [main], users: [u1] }\n");
	compiling_good(&c);
	assert_int_equal(c.pages.head->guarded, 7);

	decision = decided(&c, BIND(CW_INSTANCE_NONE, TCP, "0.0.0.0", 1972));
	assert_int_equal(decision.verdict, CW_VERDICT_DENY);
	assert_int_equal(decision.reason, CW_REASON_GUARD);
	assert_int_equal(decision.mode, CW_MODE_ENFORCE);
	assert_int_equal(decision.instance, 1);
	assert_verdict(&c, BIND(1, TCP, "0.0.0.0", 1972), CW_VERDICT_ALLOW);
	assert_verdict(&c, BIND(CW_INSTANCE_NONE, TCP, "0.0.0.0", 1973), CW_VERDICT_ALLOW);
	assert_verdict(&c, BIND(CW_INSTANCE_NONE, UDP, "0.0.0.0", 1972), CW_VERDICT_ALLOW);
	assert_verdict(&c, BIND(CW_INSTANCE_NONE, UDP, "0.0.0.0", 0), CW_VERDICT_DENY);
	request = BIND(CW_INSTANCE_NONE, TCP, "0.0.0.0", 1972);
	request.user = 0; /* without users, root is not let in either */
	assert_verdict(&c, request, CW_VERDICT_DENY);

	/* The port of this host, not that of another. */
	assert_verdict(&c, CONNECT(CW_INSTANCE_NONE, TCP, "127.0.0.1", 1972), CW_VERDICT_DENY);
	assert_verdict(&c, CONNECT(CW_INSTANCE_NONE, TCP, "::1", 1972), CW_VERDICT_DENY);
	assert_verdict(&c, CONNECT(CW_INSTANCE_NONE, TCP, "198.51.100.7", 1972), CW_VERDICT_DENY);
	assert_verdict(&c, CONNECT(CW_INSTANCE_NONE, TCP, "198.51.100.8", 1972), CW_VERDICT_ALLOW);
	request = CONNECT(CW_INSTANCE_NONE, TCP, "127.0.0.1", 1972);
	request.user = 1002;
	assert_verdict(&c, request, CW_VERDICT_ALLOW);

	request = execution(CW_INSTANCE_NONE, 0, file(&c, "/A/main"));
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.target_state = CW_FILE_STATE_TAMPERED;
	assert_verdict(&c, request, CW_VERDICT_DENY);
	request.user = 1001;
	assert_verdict(&c, request, CW_VERDICT_ALLOW);
	assert_verdict(&c, execution(CW_INSTANCE_NONE, 0, file(&c, "/bin/sh")), CW_VERDICT_ALLOW);
	compiling_release(&c);
}

/* A guard that only watches does not answer for one that refuses; nor does a rule that only watches. */
static void test_guards_of_two(void **state)
{
	struct compiling c = { 0 };
	struct cw_decision decision;

	(void)state;
	compiling_add(&c, "a.yaml", HEAD("A", "audit") "guard: { bind: [tcp/7, tcp/9] }\n");
	compiling_add(&c, "b.yaml", HEAD("B", "enforce") "guard: { bind: [tcp/7] }\n");
	compiling_good(&c);
	decision = decided(&c, BIND(CW_INSTANCE_NONE, TCP, "0.0.0.0", 7));
	assert_int_equal(decision.instance, 2);
	assert_int_equal(decision.mode, CW_MODE_ENFORCE);
	assert_string_equal(catalogue_find(c.catalogue, decision.instance, decision.rule_class,
					   decision.reason, decision.rule)
				    ->file,
			    "b.yaml");
	decision = decided(&c, BIND(CW_INSTANCE_NONE, TCP, "0.0.0.0", 9));
	assert_int_equal(decision.instance, 1);
	assert_int_equal(decision.mode, CW_MODE_AUDIT);
	/* A's own process: not allowed by A, which only watches; B's guard refuses. */
	decision = decided(&c, BIND(1, TCP, "0.0.0.0", 7));
	assert_int_equal(decision.reason, CW_REASON_GUARD);
	assert_int_equal(decision.instance, 2);
	decision = decided(&c, BIND(2, TCP, "0.0.0.0", 7));
	assert_int_equal(decision.reason, CW_REASON_NO_RULE);
	compiling_release(&c);
}

/* ------------------------------------------------------------------ the way back */

static void test_catalogue(void **state)
{
	struct compiling c = { 0 };
	const struct catalogue_rule *rule;

	(void)state;
	compiling_add(&c, "a.yaml",
		      HEAD("A", "enforce") "connect: [{ id: smtp, allow: tcp/25, why: mail }]\n"
					   "guard: { connect: { ports: [tcp/25] } }\n");
	compiling_good(&c);
	assert_int_equal(c.catalogue->generation, 42);
	assert_int_equal(c.catalogue->instance_count, 2);
	assert_string_equal(c.catalogue->instances[1].name, "A");
	rule = catalogue_find(c.catalogue, 1, CW_CLASS_CONNECT, CW_REASON_RULE, 0);
	assert_string_equal(rule->id, "smtp");
	assert_string_equal(rule->why, "mail");
	assert_string_equal(rule->file, "a.yaml");
	assert_int_equal(rule->line, 8);
	assert_null(catalogue_find(c.catalogue, 1, CW_CLASS_CONNECT, CW_REASON_RULE, 1));
	assert_null(catalogue_find(c.catalogue, 2, CW_CLASS_CONNECT, CW_REASON_RULE, 0));
	assert_null(catalogue_find(c.catalogue, 1, CW_CLASS_LIBRARY, CW_REASON_RULE, 0));
	assert_null(catalogue_find(c.catalogue, 1, CW_CLASS_MAX, CW_REASON_NO_RULE, 0));
	assert_null(catalogue_find(c.catalogue, 1, CW_CLASS_MAX, CW_REASON_GUARD, 0));
	assert_null(
		catalogue_find(c.catalogue, CW_INSTANCE_NONE, 0, CW_REASON_NO_RULE, CW_RULE_NONE));
	rule = catalogue_find(c.catalogue, 1, CW_CLASS_CONNECT, CW_REASON_NO_RULE, CW_RULE_NONE);
	assert_string_equal(rule->id, "connect");
	assert_int_equal(rule->line, 8);
	rule = catalogue_find(c.catalogue, 1, CW_CLASS_CONNECT, CW_REASON_GUARD, 0);
	assert_string_equal(rule->id, "guard-connect");
	assert_non_null(
		catalogue_find(c.catalogue, 0, CW_CLASS_SOCKETS, CW_REASON_NO_RULE, CW_RULE_NONE));
	compiling_release(&c);
}

/* Same policies, same image: byte by byte. */
static void test_deterministic(void **state)
{
	struct compiling a = { 0 }, b = { 0 };
	static const char text[] =
		HEAD("A", "enforce") "exec: [{ allow: [sh, tools], by: main }]\n"
				     "bind: [{ allow: tcp/1-9, at: [10.0.0.0/8, \"::1\"] }]\n"
				     "guard: { bind: { ports: [tcp/1], users: [u3, u1] } }\n";

	(void)state;
	compiling_add(&a, "a.yaml", text);
	compiling_add(&b, "a.yaml", text);
	compiling_good(&a);
	compiling_good(&b);
	assert_memory_equal(a.image.memory, b.image.memory, (size_t)CW_PAGES * CW_PAGE_SIZE);
	compiling_release(&a);
	compiling_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_policies),
		cmocka_unit_test(test_canary),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_empty_classes),
		cmocka_unit_test(test_nothing_is_not_any),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_localhost),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_tampered),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_guards_of_two),
		cmocka_unit_test(test_catalogue),
		cmocka_unit_test(test_deterministic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

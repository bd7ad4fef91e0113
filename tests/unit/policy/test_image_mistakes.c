/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What only shows when policies meet each other and a host (but for rules that are never reached): names that
 * are nothing here, two instances of one name, tables that are full.
 */
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

/* ------------------------------------------------------------------ names on this host */

static void test_warnings(void **state)
{
	static const struct {
		const char *text;
		const char *message;
		unsigned int line;
	} rows[] = {
		{ "exec: [{ allow: /missing }]\n", "`/missing` is not there", 9 },
		{ "exec: [{ allow: \"/missing/*\" }]\n", "`/missing/*` matches no file", 9 },
		{ "connect: [{ allow: tcp/1, to: nowhere.example }]\n",
		  "`nowhere.example` has no address: no such name", 9 },
		{ "connect: [{ allow: tcp/1, user: nobodyhere }]\n",
		  "this host has no user `nobodyhere`", 9 },
		{ "owner: nobodyhere\n", "this host has no user `nobodyhere`", 9 },
		{ "trust_groups: [nobodyhere]\n", "this host has no group `nobodyhere`", 9 },
		{ "guard: { bind: { ports: [tcp/1], users: [nobodyhere] } }\n",
		  "this host has no user `nobodyhere`", 9 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct compiling c = { 0 };

		assert_true(asprintf(&text, BEFORE "%s", rows[i].text) > 0);
		compiling_add(&c, "p.yaml", text);
		compiling_good(&c);
		if (c.diagnostics.warnings != 1 ||
		    !strstr(c.diagnostics.items[0].message, rows[i].message) ||
		    c.diagnostics.items[0].where.line != rows[i].line) {
			show(&c.diagnostics);
			fail_msg("%s", rows[i].text);
		}
		compiling_release(&c);
	}
}

/* A root that is on another host: one note; the daemon, which does not ask, is told of every file. */
static void test_root_elsewhere(void **state)
{
	static const char text[] =
		"version: 1\ninstance: A\nroot: /missing\nmode: audit\nexecutables:\n"
		"  main: { path: \"${root}/main\", entry: true }\n"
		"  tools: { path: \"${root}/bin/*\" }\n"
		"  java: { path: /missing-java }\n";
	static const struct {
		enum root_fact root;
		size_t warnings, notes;
		const char *first;
	} rows[] = {
		{ ROOT_HERE, 3, 0, "`/missing/main` is not there" },
		{ ROOT_MISSING, 0, 2, "`/missing` is not on this host" },
		{ ROOT_EMPTY, 0, 2, "`/missing` holds none of" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct compiling c = { 0 };

		compiling_add(&c, "p.yaml", text);
		compiling_host(&c);
		c.facts.roots[0] = (uint8_t)rows[i].root;
		compiling_good(&c);
		assert_int_equal(c.diagnostics.warnings, rows[i].warnings);
		assert_int_equal(c.diagnostics.count, rows[i].warnings + rows[i].notes);
		assert_non_null(strstr(c.diagnostics.items[0].message, rows[i].first));
		compiling_release(&c);
	}
}

static void test_untrusted_files(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "p.yaml", BEFORE);
	compiling_host(&c);
	for (size_t i = 0; i < c.facts.file_count; i++) {
		struct file_fact *fact = &c.facts.files[i];

		if (!strncmp(fact->path, "/A/bin/", 7)) {
			fact->trust = FILE_WRITABLE;
			fact->reason = strdup("/A/bin may be written by everyone");
		}
	}
	compiling_good(&c);
	assert_int_equal(c.diagnostics.warnings, 1);
	assert_string_equal(c.diagnostics.items[0].message,
			    "`/A/bin/a` is not trusted: /A/bin may be written by everyone");
	assert_non_null(strstr(c.diagnostics.items[0].hint, "1 more"));
	compiling_release(&c);
}

/* A name that once had an address keeps it. */
static void test_name_kept(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "p.yaml", BEFORE "connect: [{ allow: tcp/1, to: here.example }]\n");
	compiling_host(&c);
	c.facts.names[0].error = strdup("no answer");
	compiling_good(&c);
	assert_int_equal(c.diagnostics.warnings, 1);
	assert_non_null(strstr(c.diagnostics.items[0].message, "stay in force"));
	assert_verdict(&c, network(1, CW_OPERATION_CONNECT, CW_PROTOCOL_TCP, "192.0.2.1", 1),
		       CW_VERDICT_ALLOW);
	compiling_release(&c);
}

/* ------------------------------------------------------------------ several policies */

static void test_same_name(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	compiling_add(&c, "a.yaml", BEFORE);
	compiling_add(&c, "b.yaml", BEFORE);
	assert_int_equal(compiling_run(&c), -EINVAL);
	assert_int_equal(c.diagnostics.errors, 1);
	assert_string_equal(c.diagnostics.items[0].where.file, "b.yaml");
	assert_int_equal(c.diagnostics.items[0].where.line, 2);
	assert_string_equal(c.diagnostics.items[0].related.file, "a.yaml");
	compiling_release(&c);
}

static void add_instances(struct compiling *c, int count, int executables, const char *more)
{
	for (int i = 0; i < count; i++) {
		char text[65536], file[32];
		int length = snprintf(text, sizeof(text),
				      "version: 1\ninstance: I%d\nmode: enforce\nexecutables:\n"
				      "  main: { path: /I%d/main, entry: true }\n",
				      i, i);

		for (int e = 0; e < executables; e++)
			length += snprintf(text + length, sizeof(text) - (size_t)length,
					   "  e%d: /I%d/e%d\n", e, i, e);
		length += snprintf(text + length, sizeof(text) - (size_t)length, "connect:\n");
		for (int e = 0; e < executables; e++)
			length += snprintf(text + length, sizeof(text) - (size_t)length,
					   "  - { allow: tcp/%d, by: e%d }\n", 1 + e, e);
		snprintf(text + length, sizeof(text) - (size_t)length, "%s", more);
		snprintf(file, sizeof(file), "%d.yaml", i);
		compiling_add(c, file, text);
	}
}

static void test_instances(void **state)
{
	struct compiling good = { 0 }, bad = { 0 };

	(void)state;
	add_instances(&good, CW_INSTANCES_MAX - 1, 8,
		      "exec: [{ allow: [e0, e1, e2, e3], by: main }, { allow: [e4, e5], by: e3 }]\n"
		      "bind: [{ allow: tcp/1972, by: main }, { allow: udp/4001, by: e1 }]\n"
		      "library: { anonymous: allow, except: [e5] }\n");
	compiling_good(&good);
	assert_int_equal(good.pages.head->instance_count, CW_INSTANCES_MAX);
	for (uint16_t i = 1; i < CW_INSTANCES_MAX; i++) {
		char path[32];
		struct cw_request request = network(i, CW_OPERATION_CONNECT, CW_PROTOCOL_TCP,
						    "10.0.0.1", 2);

		snprintf(path, sizeof(path), "/I%d/e1", i - 1);
		request.executable = file(&good, path);
		assert_verdict(&good, request, CW_VERDICT_ALLOW);
		snprintf(path, sizeof(path), "/I%d/e1", i % (CW_INSTANCES_MAX - 1));
		request.executable = file(&good, path);
		assert_verdict(&good, request, CW_VERDICT_DENY);
	}
	compiling_release(&good);
	add_instances(&bad, CW_INSTANCES_MAX, 1, "");
	assert_int_equal(compiling_run(&bad), -EINVAL);
	assert_non_null(strstr(bad.diagnostics.items[0].message, "more than 31 instances"));
	compiling_release(&bad);
}

/* ------------------------------------------------------------------ tables that are full */

static void test_vectors_full(void **state)
{
	struct compiling c = { 0 };

	(void)state;
	add_instances(&c, CW_INSTANCES_MAX - 1, 120, "");
	assert_int_equal(compiling_run(&c), -EINVAL);
	assert_int_equal(c.diagnostics.errors, 1);
	assert_non_null(strstr(c.diagnostics.items[0].message, "rule vectors"));
	compiling_release(&c);
}

/* Users by number, scattered as those of a directory service are. */
#define SCATTERED(i) ((uint32_t)(i)*7919u % 400009u)

static char *long_list(const char *before, int count, const char *behind)
{
	_cleanup_buffer_ struct buffer text = { 0 };

	buffer_add_string(&text, before);
	for (int i = 0; i < count; i++) {
		buffer_add_string(&text, i ? ", " : "");
		buffer_printf(&text, "%u", SCATTERED(i));
	}
	buffer_add_string(&text, behind);
	return buffer_take(&text);
}

static void test_users_full(void **state)
{
	struct compiling good = { 0 }, bad = { 0 };
	char *text = long_list(BEFORE "connect: [{ allow: tcp/1, user: [", CW_USERS_SLOTS / 8,
			       "] }]\n");
	struct cw_request request;

	(void)state;
	compiling_add(&good, "p.yaml", text);
	free(text);
	compiling_good(&good);
	for (int i = 0; i < CW_USERS_SLOTS / 4; i++) {
		request = network(1, CW_OPERATION_CONNECT, CW_PROTOCOL_TCP, "10.0.0.1", 1);
		request.user = SCATTERED(i);
		assert_verdict(&good, request,
			       i < CW_USERS_SLOTS / 8 ? CW_VERDICT_ALLOW : CW_VERDICT_DENY);
	}
	compiling_release(&good);
	text = long_list(BEFORE "connect: [{ allow: tcp/1, user: [", 2 * CW_USERS_SLOTS, "] }]\n");
	compiling_add(&bad, "p.yaml", text);
	free(text);
	assert_int_equal(compiling_run(&bad), -EINVAL);
	assert_non_null(strstr(bad.diagnostics.items[0].message, "more users than"));
	compiling_release(&bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),	cmocka_unit_test(test_root_elsewhere),
		cmocka_unit_test(test_untrusted_files), cmocka_unit_test(test_name_kept),
		cmocka_unit_test(test_same_name),	cmocka_unit_test(test_instances),
		cmocka_unit_test(test_vectors_full),	cmocka_unit_test(test_users_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

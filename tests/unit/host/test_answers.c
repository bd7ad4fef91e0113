/* SPDX-License-Identifier: GPL-2.0-only */
/* What host names resolved to, as a file: read as it was written, and nothing of it where anything is wrong. */
#include "temporary.h"

#include <netinet/in.h>

#include "host/answers.h"

#define GOOD \
	"host-names 1 4\n" \
	"ecp.example.org 10.1.2.3\n" \
	"ecp.example.org 10.1.2.4\n" \
	"ecp.example.org 2001:db8::3\n" \
	"mirror.example.org ::ffff:10.1.2.5\n"

/* What must not change where nothing is read. */
static struct facts untouched(void)
{
	return (struct facts){ .name_count = 4711 };
}

static int parse(const char *text, size_t length, struct diagnostics *diagnostics,
		 struct facts *ret_names)
{
	/* Nothing behind it that a reader could run into: the sanitizers see it. */
	char *copy = malloc(length + !length);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, length);
	*diagnostics = (struct diagnostics){ 0 };
	*ret_names = untouched();
	r = answers_parse("names", copy, length, diagnostics, ret_names);
	free(copy);
	return r;
}

static void assert_refused(const char *text, size_t length, const char *where, const char *message)
{
	struct diagnostics diagnostics;
	struct facts names;
	char place[64];

	assert_int_equal(parse(text, length, &diagnostics, &names), -EINVAL);
	assert_int_equal(names.name_count, 4711);
	assert_null(names.names);
	assert_int_equal(diagnostics.count, 1);
	assert_int_equal(diagnostics.items[0].severity, SEVERITY_WARNING);
	assert_non_null(diagnostics.items[0].hint);
	snprintf(place, sizeof(place), "%u:%u", diagnostics.items[0].where.line,
		 diagnostics.items[0].where.column);
	if (where)
		assert_string_equal(place, where);
	if (message && !strstr(diagnostics.items[0].message, message))
		fail_msg("%s, not %s", diagnostics.items[0].message, message);
	diagnostics_release(&diagnostics);
}

static void parse_good(const char *text, size_t length, struct facts *ret_names)
{
	struct diagnostics diagnostics;

	assert_int_equal(parse(text, length, &diagnostics, ret_names), 0);
	assert_int_equal(diagnostics.count, 0);
	diagnostics_release(&diagnostics);
}

/* ------------------------------------------------------------------ text */

static void test_parse(void **state)
{
	const struct name_fact *ecp, *mirror;
	struct facts names;

	(void)state;
	parse_good(GOOD, strlen(GOOD), &names);
	assert_int_equal(names.name_count, 2);
	ecp = facts_name(&names, "ecp.example.org");
	mirror = facts_name(&names, "mirror.example.org");
	assert_non_null(ecp);
	assert_non_null(mirror);
	assert_int_equal(ecp->address_count, 3);
	assert_null(ecp->error);
	assert_int_equal(ecp->addresses[1].family, AF_INET);
	assert_memory_equal(ecp->addresses[1].bytes, ((uint8_t[16]){ 10, 1, 2, 4 }), 16);
	assert_int_equal(ecp->addresses[2].family, AF_INET6);
	assert_int_equal(mirror->address_count, 1);
	assert_int_equal(mirror->addresses[0].family, AF_INET6);
	facts_release(&names);
}

static void test_print(void **state)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	struct facts names, none = { 0 };

	(void)state;
	parse_good(GOOD, strlen(GOOD), &names);
	/* One that has no address is not written. */
	assert_non_null(answers_add(&names, "none.example.org", NULL));
	assert_int_equal(answers_print(&names, &text), 0);
	assert_string_equal(text.data, GOOD);
	facts_release(&names);

	buffer_clear(&text);
	assert_int_equal(answers_print(&none, &text), 0);
	assert_int_equal(text.length, 0);
	assert_non_null(answers_add(&none, "none.example.org", NULL));
	assert_int_equal(answers_print(&none, &text), 0);
	assert_int_equal(text.length, 0);
	facts_release(&none);
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(GOOD); length++)
		assert_refused(GOOD, length, NULL, NULL);
}

/* Any one byte may be another: it is read as something that is written so, or not at all. */
static void test_damaged(void **state)
{
	static const char bytes[] = { '\0', '\n', ' ', '.', ':', '0', '9', 'a', 'z', '-', '\xff' };

	(void)state;
	for (size_t at = 0; at < strlen(GOOD); at++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			struct diagnostics diagnostics;
			struct facts names;
			char text[] = GOOD;
			int r;

			text[at] = bytes[i];
			r = parse(text, strlen(GOOD), &diagnostics, &names);
			assert_true(r == 0 || (r == -EINVAL && diagnostics.count == 1));
			assert_true(r == 0 ? names.name_count && names.name_count <= 4
					   : names.name_count == 4711);
			if (!r)
				facts_release(&names);
			diagnostics_release(&diagnostics);
		}
	}
}

static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *where, *message;
	} mistakes[] = {
		{ "", "1:1", "cut off" },
		{ "\n", "1:1", "not a list" },
		{ "host-names 2 1\na 10.0.0.1\n", "1:1", "another version" },
		{ "host-names 1 \na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 0\n", "1:14", "not a number" },
		{ "host-names 1 01\na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 1 \na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 -1\na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 65537\na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 18446744073709551617\na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 1\r\na 10.0.0.1\n", "1:14", "not a number" },
		{ "host-names 1 2\na 10.0.0.1\n", "3:1", "cut off" },
		{ "host-names 1 1\na 10.0.0.1", "2:11", "cut off" },
		{ "host-names 1 1\na 10.0.0.1\n\n", "3:1", "more lines" },
		{ "host-names 1 1\na 10.0.0.1\nb 10.0.0.1\n", "3:1", "more lines" },
		{ "host-names 1 1\n\n", "2:1", "not the name" },
		{ "host-names 1 1\n 10.0.0.1\n", "2:1", "not the name" },
		{ "host-names 1 1\n10.0.0.1 10.0.0.1\n", "2:1", "not the name" },
		{ "host-names 1 1\n../a 10.0.0.1\n", "2:1", "not the name" },
		{ "host-names 1 1\na..b 10.0.0.1\n", "2:1", "not the name" },
		{ "host-names 1 1\na\t10.0.0.1\n", "2:1", "not the name" },
		{ "host-names 1 1\na\n", "2:2", "no address" },
		{ "host-names 1 1\na \n", "2:3", "not an address" },
		{ "host-names 1 1\na  10.0.0.1\n", "2:3", "not an address" },
		{ "host-names 1 1\na 10.0.0.1 \n", "2:3", "not an address" },
		{ "host-names 1 1\na 10.0.0.1/8\n", "2:3", "not an address" },
		{ "host-names 1 1\na 10.0.0\n", "2:3", "not an address" },
		{ "host-names 1 1\na 010.0.0.1\n", "2:3", "not an address" },
		{ "host-names 1 1\na fe80::1%lo\n", "2:3", "not an address" },
		{ "host-names 1 1\na b\n", "2:3", "not an address" },
		{ "host-names 1 2\na 10.0.0.1\na 10.0.0.1\n", "3:1", "twice" },
		{ "host-names 1 2\na 10.0.0.2\na 10.0.0.1\n", "3:1", "out of order" },
		{ "host-names 1 2\na ::1\na 10.0.0.1\n", "3:1", "out of order" },
		{ "host-names 1 2\na ::1\na 0::1\n", "3:1", "twice" },
		{ "host-names 1 2\nb 10.0.0.1\na 10.0.0.2\n", "3:1", "out of order" },
		{ "host-names 1 3\na 10.0.0.1\nb 10.0.0.1\na 10.0.0.2\n", "4:1", "out of order" },
	};
	static const char zero[] = "host-names 1 1\na 10.0.\0.1\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++)
		assert_refused(mistakes[i].text, strlen(mistakes[i].text), mistakes[i].where,
			       mistakes[i].message);
	assert_refused(zero, sizeof(zero) - 1, "2:8", "NUL");
}

static void test_long(void **state)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	char label[64], name[255] = "", line[400];
	struct facts names;

	(void)state;
	memset(label, 'a', 63);
	label[63] = '\0';
	/* 253 characters, with the longest address. */
	snprintf(name, sizeof(name), "%s.%s.%s.%.61s", label, label, label, label);
	snprintf(line, sizeof(line),
		 "host-names 1 1\n%s ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255\n", name);
	parse_good(line, strlen(line), &names);
	assert_string_equal(names.names[0].name, name);
	facts_release(&names);
	snprintf(line, sizeof(line), "host-names 1 1\n%sa 10.0.0.1\n", name);
	assert_refused(line, strlen(line), "2:1", "not the name");

	buffer_add_string(&text, "host-names 1 1\n");
	for (int i = 0; i < 100000; i++)
		buffer_add_char(&text, 'a');
	assert_refused(text.data, text.length, NULL, "cut off");
	buffer_add_string(&text, " 10.0.0.1\n");
	assert_refused(text.data, text.length, NULL, "too long");
}

static void test_most(void **state)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	struct facts names = { 0 }, again;

	(void)state;
	for (uint32_t i = 0; i < ANSWERS_MAX; i++) {
		struct resolved_address address = { .family = AF_INET };
		uint32_t bytes = htonl(i);

		memcpy(address.bytes, &bytes, sizeof(bytes));
		assert_non_null(answers_add(&names, i < 10 ? "few" : "many", &address));
	}
	assert_int_equal(answers_print(&names, &text), 0);
	parse_good(text.data, text.length, &again);
	assert_int_equal(facts_name(&again, "few")->address_count, 10);
	assert_int_equal(facts_name(&again, "many")->address_count, ANSWERS_MAX - 10);
	facts_release(&again);

	assert_non_null(
		answers_add(&names, "one-more", &(struct resolved_address){ .family = AF_INET }));
	buffer_clear(&text);
	assert_int_equal(answers_print(&names, &text), -E2BIG);
	facts_release(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	  cmocka_unit_test(test_print),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_mistakes),  cmocka_unit_test(test_long),
		cmocka_unit_test(test_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "event/difference.h"
#include "util/cleanup.h"

#define HEAD "version: 1\ninstance: X\nroot: /r\nmode: audit\n"
#define FILES "executables:\n  cache: { path: /r/cache, entry: true }\n  sh: /bin/sh\n"

static struct policy *read_policy(const char *text)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;

	if (policy_read("p", text, strlen(text), &diagnostics, &policy)) {
		diagnostics_print(&diagnostics, stderr, false);
		fail();
	}
	diagnostics_release(&diagnostics);
	return policy;
}

static void expect(const char *existing, const char *made, size_t count, const char *expected)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	struct policy *before = read_policy(existing), *after = read_policy(made);

	assert_int_equal(policy_difference(before, after, &text), count);
	assert_string_equal(text.data ? text.data : "", expected);
	policy_free(before);
	policy_free(after);
}

static void test_same(void **state)
{
	(void)state;
	expect(HEAD FILES, HEAD FILES, 0, "");
}

/* Order, layout, comments, names and reasons are no difference. */
static void test_same_rules(void **state)
{
	(void)state;
	expect(HEAD FILES
	       "connect:\n"
	       "  - { id: a, allow: [tcp/1, tcp/2], to: [10.0.0.1, localhost], by: cache }\n"
	       "  - { id: b, allow: tcp/3, by: sh }\n",
	       "# comment\n" HEAD
	       "executables:\n  sh: /bin/sh\n  cache: { path: /r/cache, entry: true }\n"
	       "connect:\n"
	       "  - { id: c, allow: tcp/3, by: sh, why: other }\n"
	       "  - { id: a, allow: [tcp/2, tcp/1], to: [localhost, 10.0.0.1], by: cache }\n",
	       0, "");
}

static void test_changes(void **state)
{
	(void)state;
	expect(HEAD FILES "exec:\n  - { id: sh, allow: sh, by: cache }\n"
			  "bind:\n  - { id: web, allow: tcp/80 }\n"
			  "  - { id: old, allow: tcp/81 }\n",
	       HEAD FILES "exec:\n  - { id: sh, audit: sh, by: cache }\n"
			  "bind:\n  - { id: web, allow: tcp/80, at: localhost }\n"
			  "  - { id: new, allow: udp/81 }\n",
	       4,
	       "~ exec sh: audit sh by cache\n"
	       "      was: allow sh by cache\n"
	       "- bind old: allow tcp/81\n"
	       "~ bind web: allow tcp/80 at localhost\n"
	       "      was: allow tcp/80\n"
	       "+ bind new: allow udp/81\n");
}

static void test_others(void **state)
{
	(void)state;
	expect(HEAD FILES
	       "guard: { bind: [tcp/1], exec: { executables: [cache], users: [root] } }\n"
	       "library: { trust: owners, anonymous: allow }\n",
	       HEAD
	       "owner: daemon\n"
	       "executables:\n  cache: { path: /r/cache }\n  sh: { path: /bin/sh, entry: true }\n"
	       "guard: { bind: [tcp/1, tcp/2], exec: { executables: [cache], users: [root] } }\n"
	       "library: { trust: owners, anonymous: deny }\n",
	       5,
	       "+ setting owner: is daemon\n"
	       "~ setting library: trust owners, anonymous deny\n"
	       "      was: trust owners, anonymous allow\n"
	       "~ executable cache: /r/cache\n"
	       "      was: /r/cache entry\n"
	       "~ executable sh: /bin/sh entry\n"
	       "      was: /bin/sh\n"
	       "~ guard bind: ports tcp/1, tcp/2\n"
	       "      was: ports tcp/1\n");
}

/* What an operator sets for the whole file is the operator's. */
static void test_mode(void **state)
{
	(void)state;
	expect("version: 1\ninstance: X\nroot: /r\nmode: enforce\non_stop: release\n" FILES,
	       HEAD FILES, 0, "");
}

/* A name that means another file is another rule. */
static void test_meaning(void **state)
{
	(void)state;
	expect(HEAD FILES "exec:\n  - { id: a, allow: sh, by: cache }\n",
	       HEAD "executables:\n  cache: { path: /r/cache, entry: true }\n  sh: /r/sh\n"
		    "exec:\n  - { id: a, allow: sh, by: cache }\n",
	       2,
	       "~ executable sh: /r/sh\n"
	       "      was: /bin/sh\n"
	       "~ exec a: allow sh by cache\n"
	       "      was: allow sh by cache\n");
}

/* What weakens a policy without a rule. */
static void test_weaker(void **state)
{
	(void)state;
	expect(HEAD FILES "sockets: off\nlibrary: { mode: off }\non_undecided: allow\n", HEAD FILES,
	       2, "- setting off: are library, sockets\n- setting on_undecided: allow\n");
	expect(HEAD "executables:\n  cache: { path: /r/cache, entry: true, verity: 'sha256:"
		    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff' }\n"
		    "  sh: /bin/sh\n",
	       HEAD FILES, 1,
	       "~ executable cache: /r/cache entry\n      was: /r/cache entry verity sha256:"
	       "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),	   cmocka_unit_test(test_weaker),
		cmocka_unit_test(test_same_rules), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_others),	   cmocka_unit_test(test_mode),
		cmocka_unit_test(test_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

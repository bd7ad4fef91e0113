/* SPDX-License-Identifier: GPL-2.0-only */
/* A policy that is generated again over one that people edited: nothing of theirs is lost. */
#include "reading.h"

#include "policy/merge.h"

static const char made_first[] =
	"# made of cache.cpf\n"
	"version: 1\n"
	"instance: CACHE\n"
	"mode: audit # for now\n"
	"\n"
	"executables: # the files\n"
	"  cache: { path: /bin/true, entry: true }\n"
	"  sh: { path: /bin/sh }\n"
	"\n"
	"exec: # programs\n"
	"  - { id: callout, allow: sh, by: cache, why: \"cpf:7\" }\n"
	"\n"
	"bind: # ports\n"
	"  - { id: superserver, allow: tcp/1972, by: cache, why: \"cpf:1\" }\n"
	"  - { id: web, allow: tcp/57772, by: cache, why: \"cpf:2\" }\n"
	"  # hl7: add one\n"
	"  #     - { id: hl7-in, allow: tcp/PORT, by: cache }\n"
	"\n"
	"connect: [] # none\n"
	"guard:\n"
	"  bind: [tcp/1972]\n";

/* Its own copies of both, marked. */
static char *merged(const char *existing, const char *made, const char **ret_told)
{
	static struct buffer told;
	_cleanup_buffer_ struct buffer text = { 0 };
	struct buffer ret = { 0 };

	buffer_clear(&told);
	buffer_add_string(&text, made);
	merge_mark(&text);
	assert_int_equal(merge_policy(existing, strlen(existing), &text, &ret, &told), 0);
	if (ret_told)
		*ret_told = told.length ? told.data : "";
	return buffer_take(&ret);
}

static char *marked(const char *made)
{
	struct buffer text = { 0 };

	buffer_add_string(&text, made);
	merge_mark(&text);
	return buffer_take(&text);
}

/* text with the first `from` in it made `to`. */
static char *edited(char *text, const char *from, const char *to)
{
	struct buffer ret = { 0 };
	char *at = strstr(text, from);

	if (!at)
		fail_msg("not in the text: %s", from);
	buffer_add(&ret, text, (size_t)(at - text));
	buffer_add_string(&ret, to);
	buffer_add_string(&ret, at + strlen(from));
	free(text);
	return buffer_take(&ret);
}

static void check_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("`%s` is not in:\n%s", part, text);
}

static void check_none(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("`%s` is in:\n%s", part, text);
}

static void check_order(const char *text, const char *first, const char *then)
{
	check_has(text, first);
	check_has(strstr(text, first), then);
}

/* ------------------------------------------------------------------ */

static void unedited_becomes_what_is_made(void **state)
{
	_cleanup_free_ char *existing = marked(made_first), *again = NULL, *other = NULL;
	_cleanup_free_ char *next = edited(strdup(made_first), "tcp/57772", "tcp/80");
	_cleanup_free_ char *whole = marked(next);
	const char *told;

	(void)state;
	again = merged(existing, made_first, &told);
	assert_string_equal(again, existing);
	assert_string_equal(told, "");
	other = merged(existing, next, &told);
	assert_string_equal(other, whole);
	assert_string_equal(told, "");
}

static void additions_stay(void **state)
{
	_cleanup_free_ char *next = edited(strdup(made_first), "cpf:7", "cpf:8");
	_cleanup_free_ char *after = NULL, *again = NULL;
	char *existing = marked(made_first);

	(void)state;
	existing = edited(existing, "  - { id: callout",
			  "  # of ticket 4711\n"
			  "  - { id: mine, audit: sh, by: cache,\n"
			  "      why: \"x\n\n"
			  "       y\" } # so\n"
			  "\n"
			  "  - { id: callout");
	existing = edited(existing, "  sh: {", "  tool:\n    path: /bin/false\n  sh: {");
	existing = edited(existing, "  #     - { id: hl7-in, allow: tcp/PORT",
			  "  - { id: hl7-in, allow: tcp/6661");
	after = merged(existing, next, NULL);
	check_order(after, "# of ticket 4711\n  - { id: mine, audit: sh, by: cache,\n", "cpf:8");
	check_has(after, "      why: \"x\n\n       y\" } # so\n\n");
	check_order(after, "  tool:\n    path: /bin/false\n", "  sh: {");
	check_order(after, "  # hl7: add one\n", "  - { id: hl7-in, allow: tcp/6661, by: cache }");
	policy_free(read_good(after));
	again = merged(after, next, NULL);
	assert_string_equal(again, after);
	free(existing);
}

static void changes_stay(void **state)
{
	_cleanup_free_ char *next = edited(strdup(made_first), "tcp/57772", "tcp/80");
	_cleanup_free_ char *after = NULL, *again = NULL, *still = NULL;
	char *existing = marked(made_first);
	const char *told;

	(void)state;
	existing = edited(existing, "mode: audit # for now", "mode: enforce");
	existing = edited(existing, "web, allow: tcp/57772", "web, audit: tcp/57773");
	after = merged(existing, made_first, &told);
	assert_string_equal(after, existing);
	free(after);
	after = merged(existing, next, &told);
	check_has(after, "\nmode: enforce\n");
	check_order(after,
		    "  # generated now: - { id: web, allow: tcp/80, by: cache, why: \"cpf:2\" }\n",
		    "  - { id: web, audit: tcp/57773, by: cache, why: \"cpf:2\" }\n");
	check_has(told, "bind web: yours is kept");
	check_none(told, "mode");
	policy_free(read_good(after));
	/* Said once, and seen until somebody acts. */
	again = merged(after, next, &told);
	assert_string_equal(again, after);
	assert_string_equal(told, "");
	after = edited(after, "  - { id: web, audit: tcp/57773, by",
		       "  - { id: web, allow: tcp/80, by");
	still = merged(after, next, NULL);
	check_none(still, "generated now");
	free(existing);
}

static void removals_stay(void **state)
{
	/* The rule is another one now; it is out even so. */
	_cleanup_free_ char *next = edited(strdup(made_first), "cpf:2", "cpf:3");
	_cleanup_free_ char *after = NULL, *again = NULL;
	char *existing = marked(made_first);
	const char *told;

	(void)state;
	existing = edited(existing,
			  "  - { id: web, allow: tcp/57772, by: cache, why: \"cpf:2\" }\n"
			  "  # hl7: add one\n",
			  "");
	after = merged(existing, next, &told);
	check_none(after, "id: web");
	check_none(after, "# hl7");
	check_has(told, "bind web: taken out by you, and left out");
	again = merged(after, next, NULL);
	assert_string_equal(again, after);
	free(existing);
}

static void no_longer_made_is_gone(void **state)
{
	_cleanup_free_ char *next =
		edited(strdup(made_first),
		       "  - { id: web, allow: tcp/57772, by: cache, why: \"cpf:2\" }\n",
		       "  # web: it is not started\n");
	_cleanup_free_ char *after = NULL, *kept = NULL;
	char *existing = marked(made_first);
	const char *told;

	(void)state;
	after = merged(existing, next, &told);
	check_none(after, "id: web");
	check_has(after, "# web: it is not started\n");
	check_has(told, "bind web: no longer generated, and gone");
	existing = edited(existing, "tcp/57772", "tcp/8080");
	kept = merged(existing, next, &told);
	check_has(kept, "  - { id: web, allow: tcp/8080");
	check_has(kept, "# web: it is not started\n");
	free(existing);
}

static void moved_stays_where_it_is(void **state)
{
	static const char rule[] =
		"  - { id: superserver, allow: tcp/1972, by: cache, why: \"cpf:1\" }\n";
	_cleanup_free_ char *next = edited(strdup(made_first), "cpf:1", "cpf:9");
	_cleanup_free_ char *after = NULL;
	char *existing = edited(marked(made_first), rule, "");

	(void)state;
	existing = edited(existing, "  # hl7",
			  "  - { id: superserver, allow: tcp/1972, by: cache, "
			  "why: \"cpf:1\" }\n  # hl7");
	after = merged(existing, next, NULL);
	check_order(after, "id: web",
		    "id: superserver, allow: tcp/1972, by: cache, why: \"cpf:9\"");
	check_none(after, "cpf:1\"");
	free(existing);
}

static void classes_are_what_they_became(void **state)
{
	_cleanup_free_ char *next = edited(strdup(made_first), "  # hl7",
					   "  - { id: more, allow: tcp/99, by: cache }\n  # hl7");
	_cleanup_free_ char *after = NULL, *off = NULL;
	char *existing = marked(made_first);

	(void)state;
	/* A list of its own below an empty one. */
	existing = edited(existing, "connect: [] # none\n",
			  "connect: # mine\n  - { id: ldap, allow: tcp/636, to: 10.1.1.1 }\n");
	/* A class with a mode: rules are deeper. */
	existing = edited(existing, "bind: # ports\n", "bind:\n  mode: enforce\n  rules:\n");
	existing = edited(existing, "  - { id: superserver", "    - { id: superserver");
	existing = edited(existing, "  - { id: web", "    - { id: web");
	after = merged(existing, next, NULL);
	policy_free(read_good(after));
	check_order(after, "    - { id: web", "\n    - { id: more");
	check_has(after, "id: ldap");
	existing = edited(existing,
			  "connect: # mine\n  - { id: ldap, allow: tcp/636, to: 10.1.1.1 }\n",
			  "connect: off\n");
	free(next);
	next = edited(strdup(made_first), "connect: [] # none\n",
		      "connect:\n  - { id: dns, allow: udp/53, to: 10.1.1.1 }\n");
	off = merged(existing, next, NULL);
	policy_free(read_good(off));
	check_has(off, "\nconnect: off\n");
	check_none(off, "\n  - { id: dns");
	free(existing);
}

/* Nobody's rules any more: their heading has no list, but for those that somebody added. */
static void a_list_that_ends(void **state)
{
	_cleanup_free_ char *next = edited(
		strdup(made_first),
		"exec: # programs\n  - { id: callout, allow: sh, by: cache, why: \"cpf:7\" }\n",
		"exec: [] # programs\n");
	_cleanup_free_ char *after = NULL;
	char *existing = edited(marked(made_first), "\nbind: #",
				"  - { id: mine, allow: sh, by: cache }\n\nbind: #");

	(void)state;
	after = merged(existing, next, NULL);
	check_has(after, "exec: # programs\n  - { id: mine");
	policy_free(read_good(after));
	free(existing);
}

static void what_cannot_be_merged(void **state)
{
	_cleanup_buffer_ struct buffer made = { 0 }, ret = { 0 }, told = { 0 };
	_cleanup_buffer_ struct buffer tall = { 0 };

	(void)state;
	buffer_add_string(&made, made_first);
	assert_int_equal(merge_policy(made_first, strlen(made_first), &made, &ret, &told),
			 -ENODATA);
	assert_int_equal(merge_policy("", 0, &made, &ret, &told), -ENODATA);
	merge_mark(&made);
	for (size_t i = 0; i < MERGE_LINES_MAX; i++)
		buffer_printf(&tall, "# %zu\n", i);
	buffer_add_string(&tall, made.data);
	assert_int_equal(merge_policy(tall.data, tall.length, &made, &ret, &told), -E2BIG);
}

/* ------------------------------------------------------------------ by chance */

static uint32_t chance(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

/* The text with some entries and comments dropped and some added, each of those with a number of its own. */
static char *shuffled(const char *text, uint32_t *seed, const char *what, size_t *ret_added)
{
	struct buffer ret = { 0 };

	*ret_added = 0;
	while (*text) {
		size_t length = strcspn(text, "\n") + 1;
		bool ours = strncmp(text, "# sums", 6) == 0 || strncmp(text, "# The sums", 10) == 0;

		if (ours || *text != ' ' || chance(seed, 8))
			buffer_add(&ret, text, length);
		if (*text == ' ' && chance(seed, 4) == 0)
			buffer_printf(&ret,
				      chance(seed, 2) ? "  - { id: %s-%03zu, allow: sh }\n"
						      : "  # %s-%03zu.\n",
				      what, (*ret_added)++);
		text += length;
	}
	return buffer_take(&ret);
}

static void nothing_added_is_lost(void **state)
{
	uint32_t seed = 4711;

	(void)state;
	for (size_t round = 0; round < 500; round++) {
		size_t added, of_made;
		_cleanup_free_ char *first = marked(made_first);
		_cleanup_free_ char *existing = shuffled(first, &seed, "mine", &added);
		_cleanup_free_ char *made = shuffled(made_first, &seed, "made", &of_made);
		_cleanup_free_ char *after = merged(existing, made, NULL);
		_cleanup_free_ char *again = merged(after, made, NULL);
		char id[32];

		for (size_t i = 0; i < added + of_made; i++) {
			bool mine = i < added;
			const char *found;

			snprintf(id, sizeof(id), "%s-%03zu", mine ? "mine" : "made",
				 mine ? i : i - added);
			found = strstr(after, id);
			if (!found)
				fail_msg("%s is lost:\n%s\nmade:\n%s\nafter:\n%s", id, existing,
					 made, after);
		}
		assert_string_equal(again, after);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unedited_becomes_what_is_made),
		cmocka_unit_test(additions_stay),
		cmocka_unit_test(changes_stay),
		cmocka_unit_test(removals_stay),
		cmocka_unit_test(no_longer_made_is_gone),
		cmocka_unit_test(moved_stays_where_it_is),
		cmocka_unit_test(classes_are_what_they_became),
		cmocka_unit_test(a_list_that_ends),
		cmocka_unit_test(what_cannot_be_merged),
		cmocka_unit_test(nothing_added_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

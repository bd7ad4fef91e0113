/* SPDX-License-Identifier: GPL-2.0-only */
/* Learnt rules: every cell of a box was seen, everything seen is in one box, and few boxes do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi.h"
#include "policy/learn.h"
#include "util/cleanup.h"

#define SEEN(class, by, what, address, user) \
	{ \
		class, by, { what, address, user }, \
		{ \
			.count = 2, .first = 5, .last = 9, .pids = { 7 }, .pid_count = 1 \
		} \
	}

static bool box_has(const struct learn_rule *rule, const struct learn_seen *seen)
{
	if (rule->class != seen->class || strcmp(rule->by, seen->by) != 0)
		return false;
	for (int d = 0; d < LEARN_DIMENSIONS; d++) {
		bool found = false;

		for (size_t i = 0; i < rule->count[d]; i++)
			found |= strcmp(rule->text[d][i], seen->text[d]) == 0;
		if (!found)
			return false;
	}
	return true;
}

static size_t box_cells(const struct learn_rule *rule)
{
	size_t cells = 1;

	for (int d = 0; d < LEARN_DIMENSIONS; d++)
		cells *= rule->count[d];
	return cells;
}

/* seen are distinct: then boxes that cover each once and have as many cells in all cover nothing else. */
static void check_exact(const struct learn_seen *seen, size_t count, const struct learnt *learnt)
{
	size_t cells = 0;

	for (size_t i = 0; i < count; i++) {
		size_t found = 0;

		for (size_t j = 0; j < learnt->count; j++)
			found += box_has(&learnt->rules[j], &seen[i]);
		assert_int_equal(found, 1);
	}
	for (size_t j = 0; j < learnt->count; j++)
		cells += box_cells(&learnt->rules[j]);
	assert_int_equal(cells, count);
}

/* So many rules come of them, which say that and nothing else. */
static void learn_exactly(const struct learn_seen *seen, size_t count, size_t rules,
			  struct learnt *ret_learnt)
{
	assert_int_equal(learn(seen, count, ret_learnt), 0);
	assert_int_equal(ret_learnt->count, rules);
	check_exact(seen, count, ret_learnt);
}

static void test_grid(void **state)
{
	const struct learn_seen seen[] = {
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/80", "10.0.0.1", "root"),
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/443", "10.0.0.1", "root"),
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/80", "10.0.0.2", "root"),
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/443", "10.0.0.2", "root"),
	};
	_cleanup_learnt_ struct learnt learnt = { 0 };

	(void)state;
	learn_exactly(seen, ARRAY_SIZE(seen), 1, &learnt);
	assert_string_equal(learnt.rules[0].text[LEARN_WHAT][0], "tcp/443");
	assert_int_equal(learnt.rules[0].evidence.count, 8);
	assert_int_equal(learnt.rules[0].evidence.pid_count, 1);
}

/* Three of four corners: the fourth was not seen, and is not let in. */
static void test_corner(void **state)
{
	const struct learn_seen seen[] = {
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/80", "10.0.0.1", ""),
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/443", "10.0.0.1", ""),
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/80", "10.0.0.2", ""),
	};
	_cleanup_learnt_ struct learnt learnt = { 0 };

	(void)state;
	learn_exactly(seen, ARRAY_SIZE(seen), 2, &learnt);
}

/* Executables, classes and users that differ are not mixed. */
static void test_apart(void **state)
{
	const struct learn_seen seen[] = {
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/80", "10.0.0.1", "root"),
		SEEN(CW_CLASS_BIND, "cache", "tcp/80", "10.0.0.1", "root"),
		SEEN(CW_CLASS_CONNECT, "java", "tcp/80", "10.0.0.1", "root"),
		SEEN(CW_CLASS_CONNECT, "cache", "tcp/81", "10.0.0.1", "daemon"),
		SEEN(CW_CLASS_EXEC, "cache", "/bin/df", "", "root"),
	};
	_cleanup_learnt_ struct learnt learnt = { 0 };

	(void)state;
	learn_exactly(seen, ARRAY_SIZE(seen), 5, &learnt);
	assert_int_equal(learnt.rules[0].class, CW_CLASS_EXEC);
	assert_int_equal(learnt.rules[1].class, CW_CLASS_BIND);
	assert_string_equal(learnt.rules[4].by, "java");
}

/* Two shapes for which different orders of joining are best: the better one is taken. */
static void test_order(void **state)
{
	const struct learn_seen tall[] = {
		SEEN(CW_CLASS_CONNECT, "c", "tcp/1", "a", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/2", "a", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/1", "b", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/2", "b", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/1", "d", "u"),
	};
	const struct learn_seen wide[] = {
		SEEN(CW_CLASS_CONNECT, "c", "tcp/1", "a", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/1", "b", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/2", "a", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/2", "b", "u"),
		SEEN(CW_CLASS_CONNECT, "c", "tcp/3", "a", "u"),
	};
	_cleanup_learnt_ struct learnt one = { 0 }, other = { 0 };

	(void)state;
	learn_exactly(tall, ARRAY_SIZE(tall), 2, &one);
	learn_exactly(wide, ARRAY_SIZE(wide), 2, &other);
}

static void test_nothing(void **state)
{
	_cleanup_learnt_ struct learnt learnt = { 0 };

	(void)state;
	assert_int_equal(learn(NULL, 0, &learnt), 0);
	assert_int_equal(learnt.count, 0);
}

/* What is seen twice is one cell, and counted twice. */
static void test_twice(void **state)
{
	const struct learn_seen seen[] = {
		SEEN(CW_CLASS_EXEC, "cache", "/bin/df", "", "root"),
		SEEN(CW_CLASS_EXEC, "cache", "/bin/df", "", "root"),
	};
	_cleanup_learnt_ struct learnt learnt = { 0 };

	(void)state;
	assert_int_equal(learn(seen, 2, &learnt), 0);
	assert_int_equal(learnt.count, 1);
	assert_int_equal(learnt.rules[0].count[LEARN_WHAT], 1);
	assert_int_equal(learnt.rules[0].evidence.count, 4);
}

static void test_random(void **state)
{
	static const char *const whats[] = { "tcp/1", "tcp/2", "tcp/3", "tcp/4" };
	static const char *const addresses[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3" };
	static const char *const users[] = { "root", "daemon" };

	(void)state;
	for (unsigned int seed = 1; seed < 2000; seed++) {
		uint64_t chosen = seed * 0x9e3779b97f4a7c15ull >> 40;
		struct learn_seen seen[24];
		_cleanup_learnt_ struct learnt learnt = { 0 };
		size_t count = 0;

		for (unsigned int i = 0; i < 24; i++)
			if (chosen >> i & 1) {
				const struct learn_seen one =
					SEEN(CW_CLASS_CONNECT, "cache", whats[i % 4],
					     addresses[i / 4 % 3], users[i / 12]);

				seen[count++] = one;
			}
		assert_int_equal(learn(seen, count, &learnt), 0);
		check_exact(seen, count, &learnt);
		assert_true(learnt.count <= 12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grid),   cmocka_unit_test(test_corner),
		cmocka_unit_test(test_apart),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_twice),  cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

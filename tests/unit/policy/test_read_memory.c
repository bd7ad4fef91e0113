/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading while memory runs out, at each allocation in turn: the answer is -ENOMEM or a diagnosis,
 * never half a policy, a leak or a crash. The test's own definitions stand before the C library's.
 */
#include "reading.h"

static long allocations_left = -1; /* negative: no end */

static bool allocation_fails(void)
{
	if (allocations_left == 0)
		return true;
	allocations_left -= allocations_left > 0;
	return false;
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	if (allocation_fails()) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(memory, count * size);
}

char *strndup(const char *text, size_t length)
{
	size_t used = strnlen(text, length);
	char *copy = allocation_fails() ? NULL : malloc(used + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, used);
	copy[used] = '\0';
	return copy;
}

/* What one more allocation changes; true once the reader has all it wants. */
static bool read_with(long allocations, const char *text, int expected)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	bool enough;
	int r;

	allocations_left = allocations;
	r = policy_read("p.yaml", text, strlen(text), &diagnostics, &policy);
	enough = allocations_left > 0;
	allocations_left = -1;
	assert_true(r == -ENOMEM || r == expected);
	assert_true((r == 0) == (policy != NULL));
	assert_true(r != -EINVAL || diagnostics.errors > 0);
	policy_free(policy);
	diagnostics_release(&diagnostics);
	return enough;
}

static void read_with_ever_more(const char *text, int expected)
{
	long allocations = 0;

	while (!read_with(allocations, text, expected))
		allocations++;
	assert_true(allocations > 20);
	assert_true(allocations < 1000);
}

#define PARTS \
	"owner: o\ntrust_groups: [g]\n" \
	"exec: [{ id: x, allow: [sh, /bin/a], by: cache, user: [root], why: w }]\n" \
	"bind: [{ allow: \"tcp/1,2\", at: 127.0.0.1 }]\n" \
	"connect: [{ allow: tcp/1, to: [localhost, e.org] }]\n" \
	"library: { except: sh }\nsockets: [unix]\n" \
	"guard: { bind: tcp/1, connect: { ports: tcp/1, users: root }, exec: cache }\n"

static void test_good(void **state)
{
	(void)state;
	read_with_ever_more(WHOLE PARTS, 0);
}

static void test_bad(void **state)
{
	(void)state;
	read_with_ever_more(WHOLE PARTS "mode: audit\nonwer: x\non_stop: x\n", -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

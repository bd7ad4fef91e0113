/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is remembered of decide(): never anything but what decide() says, over random policies and
 * operations that differ in little; and no mixture of two answers is one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "remember.h"
#include "world.h"

/* False where some rule is never reached, which is a mistake to the compiler. */
static bool compile(struct world *world, struct image *image)
{
	struct catalogue *catalogue = NULL;
	struct diagnostics diagnostics = { 0 };
	int r = image_compile(&world->set, &world->facts, 7, image, &diagnostics, &catalogue);

	catalogue_free(catalogue);
	diagnostics_release(&diagnostics);
	return r == 0;
}

static bool judged_by_rules(const struct cw_request *request)
{
	return request->operation != CW_OPERATION_LIBRARY &&
	       request->operation != CW_OPERATION_SOCKET;
}

static struct cw_request fresh_request(struct world *world)
{
	struct cw_request request;

	do
		request = world_request(world);
	while (!judged_by_rules(&request));
	return request;
}

/* One field as another request of the same class has it. */
static void change_one(struct world *world, struct cw_request *request)
{
	struct cw_request other;

	do
		other = fresh_request(world);
	while ((other.operation == CW_OPERATION_EXEC) != (request->operation == CW_OPERATION_EXEC));
	switch (world_random(world, 8)) {
	case 0:
		request->instance = other.instance;
		break;
	case 1:
		request->executable = other.executable;
		break;
	case 2:
		request->script = other.script;
		break;
	case 3:
		request->user = other.user;
		break;
	case 4:
		request->port = other.port;
		request->direction = other.direction;
		break;
	case 5:
		request->protocol = other.protocol;
		break;
	case 6:
		request->target_state = other.target_state;
		break;
	default:
		request->family = other.family;
		request->high = other.high;
		request->low = other.low;
		request->target = other.target;
	}
}

static __u32 class_of(const struct cw_request *request)
{
	if (request->operation == CW_OPERATION_EXEC)
		return CW_CLASS_EXEC;
	return request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND : CW_CLASS_CONNECT;
}

#define SLOTS 64 /* few, so that they are fought for */

/* True where it was remembered. */
static bool judge(const struct cw_pages *pages, struct cw_remembered *all,
		  const struct cw_request *request, __u32 number)
{
	struct cw_remembered_key key = cw_remembered_key(request, class_of(request));
	struct cw_remembered *slot = &all[(cw_remembered_slot(all, &key) - all) % SLOTS];
	struct cw_decision is = { 0 }, wanted = cw_decide(pages, request);

	if (cw_remembered_find(slot, &key, request, class_of(request), &is)) {
		assert_memory_equal(&is, &wanted, sizeof(is));
		return true;
	}
	if (!cw_remembered_worthy(request, &wanted))
		return false;
	cw_remembered_keep(slot, &key, &wanted, number);
	assert_true(cw_remembered_find(slot, &key, request, class_of(request), &is));
	assert_memory_equal(&is, &wanted, sizeof(is));
	return false;
}

static unsigned int judge_many(struct world *world, const struct image *image)
{
	struct cw_pages pages = image_pages(image);
	struct cw_request request = fresh_request(world);
	struct cw_remembered all[SLOTS] = { 0 };
	unsigned int found = 0;

	for (unsigned int i = 0; i < 20000; i++) {
		found += judge(&pages, all, &request, world_random(world, UINT32_MAX));
		if (i % 16)
			change_one(world, &request);
		else
			request = fresh_request(world);
	}
	return found;
}

static void test_as_decided(void **state)
{
	unsigned int found = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		struct image image = world_image();
		struct world world;

		world_init(&world, seed, 1 + seed % 3, 3);
		if (compile(&world, &image))
			found += judge_many(&world, &image);
		world_release(&world);
		world_image_free(&image);
	}
	assert_in_range(found, 10000, UINT32_MAX);
}

static void test_no_mixture(void **state)
{
	const struct cw_request requests[] = {
		{ .instance = 1,
		  .port = 1,
		  .executable = 1,
		  .family = CW_AF_INET6,
		  .high = 1ull << 32 | 1,
		  .low = 1ull << 32 | 1,
		  .user = 1,
		  .script = 1 },
		{ .instance = 2,
		  .port = 2,
		  .executable = 2,
		  .family = CW_AF_INET6,
		  .high = 2ull << 32 | 2,
		  .low = 2ull << 32 | 2,
		  .user = 2,
		  .script = 2 },
	};
	const struct cw_decision decision = { .mode = CW_MODE_ENFORCE };
	struct cw_remembered_key keys[2];
	struct cw_remembered whole[2], mixed;
	struct cw_decision found;

	(void)state;
	for (int i = 0; i < 2; i++) {
		keys[i] = cw_remembered_key(&requests[i], CW_CLASS_CONNECT);
		cw_remembered_keep(&whole[i], &keys[i], &decision, 77 + i);
	}
	for (unsigned int from = 0; from < 256; from++) {
		for (int word = 0; word < 8; word++)
			mixed.word[word] = whole[from >> word & 1].word[word];
		for (unsigned int i = 0; i < 2; i++)
			assert_int_equal(cw_remembered_find(&mixed, &keys[i], &requests[i],
							    CW_CLASS_CONNECT, &found),
					 from == (i ? 255 : 0));
	}
}

/* The same with words of one content, told apart by their numbers alone. */
static void test_no_mixture_of_equals(void **state)
{
	const struct cw_request request = { .instance = 1, .family = CW_AF_INET };
	const struct cw_decision decisions[] = { { .rule = 1 }, { .rule = 2 } };
	struct cw_remembered_key key = cw_remembered_key(&request, CW_CLASS_BIND);
	struct cw_remembered whole[2], mixed;
	struct cw_decision found;

	(void)state;
	for (int i = 0; i < 2; i++)
		cw_remembered_keep(&whole[i], &key, &decisions[i], 77 + i);
	for (unsigned int from = 0; from < 256; from++) {
		for (int word = 0; word < 8; word++)
			mixed.word[word] = whole[from >> word & 1].word[word];
		assert_int_equal(cw_remembered_find(&mixed, &key, &request, CW_CLASS_BIND, &found),
				 from == 0 || from == 255);
	}
}

static void test_empty(void **state)
{
	const struct cw_remembered empty = { 0 };

	(void)state;
	for (__u32 rule_class = 0; rule_class < CW_RULE_CLASSES; rule_class++) {
		const struct cw_request request = { 0 };
		struct cw_remembered_key key = cw_remembered_key(&request, rule_class);
		struct cw_decision found;

		assert_false(cw_remembered_find(&empty, &key, &request, rule_class, &found));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_decided),
		cmocka_unit_test(test_no_mixture),
		cmocka_unit_test(test_no_mixture_of_equals),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* As much as the tables hold, in the time and memory that a reload may take. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "reference.h"
#include "util/cleanup.h"
#include "world.h"

static struct policy *scale_policy(size_t rules)
{
	struct policy *policy = world_new(1, sizeof(*policy));
	struct rule_class *class = &policy->classes[CW_CLASS_CONNECT];

	policy->file = world_text("p.yaml");
	policy->instance.value = world_text("A");
	policy->mode = CW_MODE_ENFORCE;
	policy->library.check_owners = policy->library.anonymous = true;
	for (int k = 0; k < CW_RULE_CLASSES; k++)
		policy->classes[k].mode = CW_MODE_ENFORCE;
	class->count = rules;
	class->rules = world_new(rules, sizeof(*class->rules));
	for (size_t i = 0; i < rules; i++) {
		struct rule *rule = &class->rules[i];

		rule->id.value = world_text("r%zu", i);
		rule->where.file = policy->file;
		rule->ports = world_new(1, sizeof(*rule->ports));
		rule->port_count = 1;
		rule->ports[0] = (struct port_range){ .protocols = 1, .low = 1, .high = 65535 };
	}
	return policy;
}

static void scale_init(struct world *world, size_t rules)
{
	*world = (struct world){ .state = 4711 };
	world_host(world);
	world->set.policies = world_new(1, sizeof(struct policy *));
	world->set.policies[0] = scale_policy(rules);
	world->set.count = 1;
}

/* Random prefixes, dealt to the rules in turn. */
static void scale_prefixes(struct world *world, uint8_t family, size_t count)
{
	struct rule_class *class = &world->set.policies[0]->classes[CW_CLASS_CONNECT];
	size_t each = count / class->count + 1;

	for (size_t i = 0; i < count; i++) {
		struct rule *rule = &class->rules[i % class->count];
		struct address *address;

		if (!rule->addresses)
			rule->addresses = world_new(each, sizeof(*rule->addresses));
		address = &rule->addresses[rule->address_count++];
		address->family = family;
		address->prefix = (uint8_t)(family == AF_INET ? 20 + world_random(world, 13)
							      : 40 + world_random(world, 89));
		for (int b = 0; b < 16; b++)
			address->bytes[b] = (uint8_t)world_random(world, 256);
		for (unsigned int bit = address->prefix; bit < 128; bit++)
			address->bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	}
}

static double scale_compile(struct world *world, struct image *image, int expected)
{
	struct diagnostics diagnostics = { 0 };
	struct catalogue *catalogue = NULL;
	struct timespec begin, end;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	r = image_compile(&world->set, &world->facts, 1, image, &diagnostics, &catalogue);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (r != expected)
		diagnostics_print(&diagnostics, stderr, false);
	assert_int_equal(r, expected);
	diagnostics_release(&diagnostics);
	catalogue_free(catalogue);
	return (double)(end.tv_sec - begin.tv_sec) * 1e3 +
	       (double)(end.tv_nsec - begin.tv_nsec) / 1e6;
}

/* An address in, at the end of, or beside some prefix. */
static struct cw_request scale_request(struct world *world)
{
	struct rule_class *class = &world->set.policies[0]->classes[CW_CLASS_CONNECT];
	const struct rule *rule = &class->rules[world_random(world, (uint32_t) class->count)];
	const struct address *address =
		&rule->addresses[world_random(world, (uint32_t)rule->address_count)];
	uint32_t nudge = world_random(world, 4);
	struct cw_request request = { .instance = 1,
				      .operation = CW_OPERATION_CONNECT,
				      .direction = CW_DIRECTION_CONNECT,
				      .port = 80,
				      .family = address->family };

	for (int i = 0; i < 8; i++) {
		request.high = request.high << 8 | address->bytes[i];
		request.low = request.low << 8 | address->bytes[8 + i];
	}
	if (address->family == AF_INET) {
		request.high >>= 32;
		if (nudge == 0)
			request.high--;
		if (nudge == 1)
			request.high += 1ull << (32 - address->prefix);
		request.high = (uint32_t)request.high;
		request.low = 0;
	} else if (nudge == 0) {
		request.high -= request.low == 0;
		request.low -= 1;
	}
	return request;
}

static void scale_compare(struct world *world, const struct image *image, int operations)
{
	struct reference reference = { &world->set, &world->facts };
	struct cw_pages pages = image_pages(image);

	for (int i = 0; i < operations; i++) {
		struct cw_request request = scale_request(world);
		struct cw_decision is = cw_decide(&pages, &request);
		struct cw_decision wanted = reference_decide(&reference, &request);

		assert_int_equal(is.verdict, wanted.verdict);
		assert_int_equal(is.rule, wanted.rule);
	}
}

static void scale(size_t rules, uint8_t family, size_t prefixes, double milliseconds)
{
	struct world world;
	struct image image = world_image();
	double took;

	scale_init(&world, rules);
	scale_prefixes(&world, family, prefixes);
	took = scale_compile(&world, &image, 0);
	printf("# %zu rules, %zu IPv%c prefixes: compiled in %.1f ms\n", rules, prefixes,
	       family == AF_INET ? '4' : '6', took);
	scale_compare(&world, &image, 300);
#ifndef __SANITIZE_ADDRESS__
	assert_true(took < milliseconds);
#else
	(void)milliseconds;
#endif
	world_image_free(&image);
	world_release(&world);
}

/* Bounds are ten times what was measured: they catch a quadratic step, not a slow machine. */
static void test_rules(void **state)
{
	(void)state;
	scale(CW_RULES_MAX, AF_INET, CW_RULES_MAX, 100);
}

static void test_prefixes_v4(void **state)
{
	(void)state;
	scale(1, AF_INET, 100000, 900);
	scale(CW_RULES_MAX, AF_INET, 100000, 2000);
}

static void test_prefixes_v6(void **state)
{
	(void)state;
	scale(CW_RULES_MAX, AF_INET6, 60000, 2000);
}

/* Far apart, each needs two boundaries. */
static void test_boundaries_full(void **state)
{
	const size_t counts[] = { CW_V4_BOUNDS_MAX / 2, CW_V4_BOUNDS_MAX / 2 + 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		struct world world;
		struct image image = world_image();
		struct rule *rule;

		scale_init(&world, 1);
		rule = &world.set.policies[0]->classes[CW_CLASS_CONNECT].rules[0];
		rule->addresses = world_new(counts[i], sizeof(*rule->addresses));
		rule->address_count = counts[i];
		for (uint32_t a = 0; a < counts[i]; a++)
			rule->addresses[a] = (struct address){
				.family = AF_INET,
				.prefix = 32,
				.bytes = { (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a, 4 },
			};
		scale_compile(&world, &image, i ? -EINVAL : 0);
		if (!i) {
			assert_int_equal(image_pages(&image).head->v4_bounds, CW_V4_BOUNDS_MAX);
			scale_compare(&world, &image, 200);
		}
		world_image_free(&image);
		world_release(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_prefixes_v4),
		cmocka_unit_test(test_prefixes_v6),
		cmocka_unit_test(test_boundaries_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

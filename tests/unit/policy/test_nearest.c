/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The nearest rules against the slow reference: over random policies and operations, each dimension of
 * each rule is asked by itself, and what misses in nothing is what decide() answers with.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/nearest.h"
#include "reference.h"
#include "util/cleanup.h"
#include "world.h"

static uint32_t wanted_port(const struct reference *reference, const struct rule *rule,
			    const struct cw_request *request)
{
	struct cw_request other = *request;
	uint32_t named = 0;

	if (reference_port(reference, rule->ports, rule->port_count, request))
		return 0;
	for (int protocol = 0; protocol < CW_PROTOCOL_MAX; protocol++) {
		other.protocol = (uint8_t)protocol;
		if (reference_port(reference, rule->ports, rule->port_count, &other))
			return 1u << NEAREST_PROTOCOL;
	}
	for (size_t i = 0; i < rule->port_count; i++)
		named |= rule->ports[i].protocols >> request->protocol & 1;
	return 1u << NEAREST_PORT | (named ? 0 : 1u << NEAREST_PROTOCOL);
}

static uint32_t wanted_misses(const struct reference *reference, size_t p, int class,
			      const struct rule *rule, const struct cw_request *request)
{
	uint32_t misses = 0;

	if (rule->by_count &&
	    !reference_file(reference, p, rule->by, rule->by_count, request->executable) &&
	    !(request->script &&
	      reference_file(reference, p, rule->by, rule->by_count, request->script)))
		misses |= 1u << NEAREST_BY;
	if (rule->user_count &&
	    !reference_user(reference, rule->users, rule->user_count, request->user))
		misses |= 1u << NEAREST_USER;
	if (class == CW_CLASS_EXEC) {
		if (request->target_state >= CW_FILE_STATE_TAMPERED ||
		    !reference_file(reference, p, rule->targets, rule->target_count,
				    request->target))
			misses |= 1u << NEAREST_TARGET;
		return misses;
	}
	if (rule->address_count &&
	    !reference_address(reference, rule->addresses, rule->address_count, request))
		misses |= 1u << NEAREST_ADDRESS;
	return misses | wanted_port(reference, rule, request);
}

static void check_request(const struct world *world, const struct image *image,
			  const struct cw_request *request, size_t *compared)
{
	struct reference reference = { &world->set, &world->facts };
	struct nearest_rule found[CW_RULES_MAX];
	struct cw_pages pages = image_pages(image);
	struct cw_decision decision = cw_decide(&pages, request);
	int class = nearest_class(request);
	const struct policy *policy;
	size_t count;

	if (request->instance == CW_INSTANCE_NONE || request->instance == CW_INSTANCE_CANARY)
		return;
	policy = world->set.policies[request->instance - 1];
	count = nearest_rules(image, policy, request, found, ARRAY_SIZE(found));
	if (class < 0) {
		assert_int_equal(count, 0);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const struct rule *rule = &policy->classes[class].rules[found[i].rule];

		assert_int_equal(found[i].misses, wanted_misses(&reference, request->instance - 1u,
								class, rule, request));
		if (i) {
			int before = __builtin_popcount(found[i - 1].misses);
			int now = __builtin_popcount(found[i].misses);

			assert_true(before < now ||
				    (before == now && found[i - 1].rule < found[i].rule));
		}
		++*compared;
	}
	if (decision.reason == CW_REASON_RULE) {
		assert_true(count > 0);
		assert_int_equal(found[0].misses, 0);
		assert_int_equal(found[0].rule, decision.rule);
	}
}

static void test_random(void **state)
{
	size_t compared = 0, compiled = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		struct diagnostics diagnostics = { 0 };
		struct catalogue *catalogue = NULL;
		struct image image = world_image();
		struct world world;

		world_init(&world, seed, 1 + seed % 3, 5);
		/* Policies that are refused (a rule that is never reached) have no image to ask. */
		if (image_compile(&world.set, &world.facts, 7, &image, &diagnostics, &catalogue) ==
		    0) {
			compiled++;
			for (int i = 0; i < 400; i++) {
				struct cw_request request = world_request(&world);

				check_request(&world, &image, &request, &compared);
			}
		}
		catalogue_free(catalogue);
		diagnostics_release(&diagnostics);
		world_release(&world);
		world_image_free(&image);
	}
	assert_true(compiled > 50);
	assert_true(compared > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_random) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

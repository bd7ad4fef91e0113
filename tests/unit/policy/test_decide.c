/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decide() on compiled images against the slow reference, over random policies and operations; and
 * the compiler's claim that a rule is never reached against the same reference.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "reference.h"
#include "world.h"

/* Compile; rules said to be unreachable are marked by action 2 for the caller. */
static int compile(struct world *world, struct image *image, struct diagnostics *diagnostics)
{
	struct catalogue *catalogue = NULL;
	int r = image_compile(&world->set, &world->facts, 7, image, diagnostics, &catalogue);

	catalogue_free(catalogue);
	return r;
}

static bool unreachable(const struct diagnostics *diagnostics, const struct rule *rule)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		if (diagnostics->items[i].where.line == rule->where.line &&
		    strstr(diagnostics->items[i].message, "is never reached"))
			return true;
	return false;
}

/* No operation may find a rule of which the compiler says that none does. */
static size_t check_unreachable(struct world *world, const struct diagnostics *diagnostics,
				uint64_t seed)
{
	struct reference reference = { &world->set, &world->facts };
	size_t found = 0;

	for (int i = 0; i < 300; i++) {
		struct cw_request request = world_request(world);
		struct cw_decision decision = reference_decide(&reference, &request);

		if (decision.reason != CW_REASON_RULE)
			continue;
		found++;
		if (unreachable(diagnostics, &world->set.policies[decision.instance - 1]
						      ->classes[decision.rule_class]
						      .rules[decision.rule]))
			fail_msg("seed %llu: a rule is reached that should never be",
				 (unsigned long long)seed);
	}
	return found;
}

static void drop_rule(struct rule_class *class, size_t index)
{
	struct rule *rule = &class->rules[index];

	for (size_t i = 0; i < rule->address_count; i++)
		free(rule->addresses[i].name);
	for (size_t i = 0; i < rule->user_count; i++)
		free(rule->users[i].value);
	free(rule->id.value);
	free(rule->by);
	free(rule->targets);
	free(rule->ports);
	free(rule->addresses);
	free(rule->users);
	class->count--;
	memmove(rule, rule + 1, (class->count - index) * sizeof(*rule));
}

static size_t drop_unreachable(struct world *world, const struct diagnostics *diagnostics)
{
	size_t dropped = 0;

	for (size_t p = 0; p < world->set.count; p++) {
		for (int k = 0; k < CW_RULE_CLASSES; k++) {
			struct rule_class *class = &world->set.policies[p]->classes[k];

			for (size_t i = class->count; i-- > 0;) {
				if (!unreachable(diagnostics, &class->rules[i]))
					continue;
				drop_rule(class, i);
				dropped++;
			}
		}
	}
	return dropped;
}

static void compile_reachable(struct world *world, struct image *image, uint64_t seed)
{
	for (;;) {
		struct diagnostics diagnostics = { 0 };
		int r = compile(world, image, &diagnostics);

		check_unreachable(world, &diagnostics, seed);
		if (r == 0) {
			diagnostics_release(&diagnostics);
			return;
		}
		assert_int_equal(r, -EINVAL);
		if (!drop_unreachable(world, &diagnostics)) {
			diagnostics_print(&diagnostics, stderr, false);
			fail_msg("seed %llu: refused", (unsigned long long)seed);
		}
		diagnostics_release(&diagnostics);
		world_image_free(image);
		*image = world_image();
	}
}

static void print_decision(const char *what, const struct cw_decision *decision)
{
	print_error("%s: verdict %u reason %u mode %u class %u rule %u instance %u\n", what,
		    decision->verdict, decision->reason, decision->mode, decision->rule_class,
		    decision->rule, decision->instance);
}

static bool same(const struct cw_decision *a, const struct cw_decision *b)
{
	return a->verdict == b->verdict && a->reason == b->reason && a->mode == b->mode &&
	       a->rule_class == b->rule_class && a->rule == b->rule && a->instance == b->instance;
}

static void compare(uint64_t seed, size_t policies, uint32_t rules, unsigned int operations)
{
	struct world world;
	struct image image = world_image();
	struct reference reference = { &world.set, &world.facts };
	struct cw_pages pages = image_pages(&image);

	world_init(&world, seed, policies, rules);
	compile_reachable(&world, &image, seed);
	pages = image_pages(&image);
	for (unsigned int i = 0; i < operations; i++) {
		struct cw_request request = world_request(&world);
		struct cw_decision is = cw_decide(&pages, &request);
		struct cw_decision wanted = reference_decide(&reference, &request);

		if (same(&is, &wanted))
			continue;
		print_error(
			"operation %u instance %u direction %u protocol %u port %u family %u "
			"address %llx:%llx executable %u script %u user %u target %u state %u\n",
			request.operation, request.instance, request.direction, request.protocol,
			request.port, request.family, (unsigned long long)request.high,
			(unsigned long long)request.low, request.executable, request.script,
			request.user, request.target, request.target_state);
		print_decision("decide()", &is);
		print_decision("reference", &wanted);
		fail_msg("seed %llu, %zu policies of %u rules, operation %u",
			 (unsigned long long)seed, policies, rules, i);
	}
	world_release(&world);
	world_image_free(&image);
}

static void test_one_policy(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 600; seed++)
		compare(seed, 1, 6, 400);
}

static void test_several_policies(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		compare(1000 + seed, 2 + seed % 4, 8, 600);
}

static void test_all_instances(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		compare(2000 + seed, CW_INSTANCES_MAX - 1, 5, 4000);
}

static void test_many_rules(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		compare(3000 + seed, 1, CW_RULES_MAX, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_policy),
		cmocka_unit_test(test_several_policies),
		cmocka_unit_test(test_all_instances),
		cmocka_unit_test(test_many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

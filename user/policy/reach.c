/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules that are never reached, since earlier ones match all that they match.
 *
 * The vectors of one list, kept whole for each of its four dimensions, answer that: in one dimension,
 * the AND over all classes that have a rule's bit names the rules that match wherever it does. A rule
 * is never reached if
 *   - one earlier rule is in that AND in every dimension; or
 *   - in three dimensions the ANDs leave some earlier rules, and in the fourth each of its classes has
 *     one of these (a port range that two earlier rules share between them).
 *
 * Asked twice: of the names as written, where the answer is the same on every host and a mistake; and
 * of what they are on this host (`sh` and `dash` may be one file), which is worth a warning. Of a half-read
 * policy, faulty rules are neither asked about nor do they count.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "util/cleanup.h"

enum reach_dimension { REACH_BY, REACH_TARGET, REACH_ADDRESS, REACH_USER, REACH_MAX };

struct reach {
	struct view view;
	enum cw_class k;
	const struct rule_class *class;
	struct dimension dimensions[REACH_MAX];
	struct list *lists[REACH_MAX];
	uint64_t (*vectors[REACH_MAX])[CW_WORDS]; /* NULL: no rule cares */
	size_t first[REACH_MAX]; /* 1 where no place has class 0 */
};

static struct reach *reach_free(struct reach *reach)
{
	for (int d = 0; d < REACH_MAX; d++) {
		dimension_release(&reach->dimensions[d]);
		free(reach->vectors[d]);
	}
	free(reach);
	return NULL;
}
DEFINE_CLEANUP(struct reach *, reach_free);

/* ------------------------------------------------------------------ vectors of one list */

static int assign_nothing(void *context, uint32_t place, uint16_t number)
{
	(void)context;
	(void)place;
	(void)number;
	return 0;
}

static int reach_places(struct reach *reach, enum reach_dimension d)
{
	_cleanup_keys_ struct keys keys = { 0 };
	int r = 0;

	for (uint32_t i = 0; !r && i < reach->class->count; i++) {
		const struct rule *rule = &reach->class->rules[i];

		if (rule->faulty)
			continue;
		if (d == REACH_BY)
			r = items_files(&reach->view, rule->by, rule->by_count, i, &keys);
		else if (d == REACH_TARGET)
			r = items_files(&reach->view, rule->targets, rule->target_count, i, &keys);
		else
			r = items_users(&reach->view, rule->users, rule->user_count, i, &keys);
	}
	return r ? r : dimension_places(&reach->dimensions[d], &keys, assign_nothing, NULL);
}

static int reach_ports(struct reach *reach)
{
	_cleanup_(port_keys_release) struct port_keys keys = { 0 };
	int r = 0;

	for (uint32_t i = 0; !r && i < reach->class->count; i++) {
		const struct rule *rule = &reach->class->rules[i];

		if (!rule->faulty)
			r = items_ports(&reach->view, rule->ports, rule->port_count,
					class_direction(reach->k), i, &keys);
	}
	return r ? r : ports_classify(&reach->dimensions[REACH_TARGET], &keys, NULL, NULL);
}

static int reach_addresses(struct reach *reach)
{
	_cleanup_(address_keys_release) struct address_keys keys = { 0 };
	int r = 0;

	for (uint32_t i = 0; !r && i < reach->class->count; i++) {
		const struct rule *rule = &reach->class->rules[i];

		if (!rule->faulty)
			r = items_addresses(&reach->view, rule->addresses, rule->address_count, i,
					    &keys);
	}
	return r ? r : addresses_classify(&reach->dimensions[REACH_ADDRESS], &keys, NULL);
}

static int reach_classify(struct reach *reach, enum reach_dimension d)
{
	if (d == REACH_ADDRESS)
		return reach_addresses(reach);
	if (d == REACH_TARGET && reach->k != CW_CLASS_EXEC)
		return reach_ports(reach);
	return reach_places(reach, d);
}

static bool rule_cares(const struct reach *reach, enum reach_dimension d, const struct rule *rule)
{
	if (rule->faulty)
		return false;
	switch (d) {
	case REACH_BY:
		return rule->by_count;
	case REACH_TARGET:
		return true;
	case REACH_ADDRESS:
		return reach->k != CW_CLASS_EXEC && rule->address_count;
	default:
		return rule->user_count;
	}
}

static int reach_dimension(struct reach *reach, enum reach_dimension d)
{
	struct dimension *dimension = &reach->dimensions[d];
	bool used = false;
	int r;

	reach->lists[d] = dimension_add(dimension, LIST_RULES, (uint32_t)reach->class->count);
	for (uint32_t i = 0; i < reach->class->count; i++) {
		if (rule_cares(reach, d, &reach->class->rules[i]))
			used = true;
		else
			list_base(reach->lists[d], i);
	}
	if (!used)
		return 0;
	r = dimension_start(dimension);
	if (!r)
		r = reach_classify(reach, d);
	if (r == -ENOSPC)
		return 0; /* too large to ask; the compiler will say so */
	if (r)
		return r;
	reach->first[d] = d == REACH_ADDRESS && !dimension->classes.zero_used;
	reach->vectors[d] = malloc(dimension->classes.count * sizeof(*reach->vectors[d]));
	if (!reach->vectors[d])
		return -ENOMEM;
	dimension_vectors(dimension, reach->lists[d], reach->vectors[d]);
	return 0;
}

static struct reach *reach_new(const struct view *view, enum cw_class k)
{
	struct reach *reach = calloc(1, sizeof(*reach));
	int r = 0;

	if (!reach)
		return NULL;
	reach->view = *view;
	reach->k = k;
	reach->class = &view->policy->classes[k];
	for (int d = 0; !r && d < REACH_MAX; d++)
		r = reach_dimension(reach, d);
	return r ? reach_free(reach) : reach;
}

/* ------------------------------------------------------------------ the question */

static bool vector_has(const uint64_t *vector, size_t rule)
{
	return vector[rule / 64] >> rule % 64 & 1;
}

static void vector_and(uint64_t *vector, const uint64_t *other)
{
	for (int word = 0; word < CW_WORDS; word++)
		vector[word] &= other[word];
}

static int vector_lowest(const uint64_t *vector)
{
	for (int word = 0; word < CW_WORDS; word++)
		if (vector[word])
			return word * 64 + __builtin_ctzll(vector[word]);
	return -1;
}

/* Into ret, which rules match in this dimension wherever the rule does. False: it never matches. */
static bool reach_always(const struct reach *reach, enum reach_dimension d, size_t rule,
			 uint64_t ret[CW_WORDS])
{
	size_t count = reach->dimensions[d].classes.count;
	bool any = false;

	memset(ret, 0xff, CW_WORDS * sizeof(*ret));
	if (!reach->vectors[d])
		return true;
	for (size_t c = reach->first[d]; c < count; c++) {
		if (!vector_has(reach->vectors[d][c], rule))
			continue;
		any = true;
		vector_and(ret, reach->vectors[d][c]);
	}
	return any;
}

/* Each class of the rule in this dimension has one of some rules; the lowest of them, or -1. */
static int reach_shared(const struct reach *reach, enum reach_dimension d, size_t rule,
			const uint64_t some[CW_WORDS])
{
	size_t count = reach->dimensions[d].classes.count;
	int lowest = -1;

	if (!reach->vectors[d])
		return -1;
	for (size_t c = reach->first[d]; c < count; c++) {
		uint64_t match[CW_WORDS];
		int found;

		if (!vector_has(reach->vectors[d][c], rule))
			continue;
		memcpy(match, some, sizeof(match));
		vector_and(match, reach->vectors[d][c]);
		found = vector_lowest(match);
		if (found < 0)
			return -1;
		if (lowest < 0 || found < lowest)
			lowest = found;
	}
	return lowest;
}

/* The earlier rule (*ret_alone: by itself) that leaves nothing to this one, or -1. */
static int reach_shadow(const struct reach *reach, size_t rule, bool *ret_alone)
{
	uint64_t always[REACH_MAX][CW_WORDS], earlier[CW_WORDS] = { 0 }, all[CW_WORDS];
	int found;

	for (size_t i = 0; i < rule; i++)
		if (!reach->class->rules[i].faulty)
			earlier[i / 64] |= 1ull << i % 64;
	memcpy(all, earlier, sizeof(all));
	for (int d = 0; d < REACH_MAX; d++) {
		if (!reach_always(reach, d, rule, always[d]))
			return -1; /* it matches nothing here: reported as what it is elsewhere */
		vector_and(all, always[d]);
	}
	*ret_alone = true;
	found = vector_lowest(all);
	if (found >= 0)
		return found;
	*ret_alone = false;
	for (int d = 0; found < 0 && d < REACH_MAX; d++) {
		memcpy(all, earlier, sizeof(all));
		for (int other = 0; other < REACH_MAX; other++)
			if (other != d)
				vector_and(all, always[other]);
		if (vector_lowest(all) >= 0)
			found = reach_shared(reach, d, rule, all);
	}
	return found;
}

static void reach_report(const struct reach *reach, size_t rule, size_t shadow, bool alone,
			 struct diagnostics *diagnostics)
{
	const struct rule *of = &reach->class->rules[rule];
	const struct rule *by = &reach->class->rules[shadow];
	struct diagnostic *diagnostic;

	if (reach->view.symbolic)
		diagnostic = diagnostics_add(diagnostics, SEVERITY_ERROR, &of->where,
					     "rule `%s` is never reached", of->id.value);
	else
		diagnostic = diagnostics_add(diagnostics, SEVERITY_WARNING, &of->where,
					     "rule `%s` is never reached on this host",
					     of->id.value);
	diagnostic_related(diagnostic, &by->where,
			   alone ? "always matched by this rule"
				 : "always matched by this rule or others before it");
}

/* Of files that were not looked at, be it for want of room, other rules would seem to leave nothing. */
static bool reach_on_host(const struct policy *policy, size_t index, const struct facts *facts)
{
	for (size_t i = 0; i < policy->executable_count; i++)
		if (policy->executables[i].faulty)
			return false;
	for (size_t i = 0; i < facts->pattern_count; i++)
		if (facts->patterns[i].policy == index && facts->patterns[i].excess)
			return false;
	return true;
}

static int reach_class(const struct policy_set *set, const struct facts *facts, size_t policy,
		       enum cw_class k, struct diagnostics *diagnostics)
{
	size_t count = rules_count(set, policy, k);
	uint64_t reported[CW_WORDS] = { 0 };
	int least = reach_on_host(set->policies[policy], policy, facts) ? 0 : 1;

	if (set->policies[policy]->classes[k].faulty)
		return 0;
	for (int symbolic = 1; count > 1 && symbolic >= least; symbolic--) {
		struct view view = { set->policies[policy], policy, facts, symbolic };
		_cleanup_(cleanup_reach_free) struct reach *reach = reach_new(&view, k);

		if (!reach)
			return -ENOMEM;
		for (size_t i = 1; i < count; i++) {
			bool alone = false;
			int shadow;

			if (vector_has(reported, i) || reach->class->rules[i].faulty)
				continue;
			shadow = reach_shadow(reach, i, &alone);
			if (shadow < 0)
				continue;
			reported[i / 64] |= 1ull << i % 64;
			reach_report(reach, i, (size_t)shadow, alone, diagnostics);
		}
	}
	return 0;
}

int reach_diagnose(const struct policy_set *set, const struct facts *facts,
		   struct diagnostics *diagnostics)
{
	int r = 0;

	for (size_t p = 0; !r && p < set->count; p++)
		for (enum cw_class k = 0; !r && k < CW_RULE_CLASSES; k++)
			r = reach_class(set, facts, p, k, diagnostics);
	return r;
}

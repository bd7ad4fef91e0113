/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/nearest.h"

#include <stdbool.h>

#include "util/cleanup.h"

static const char *const nearest_words[] = {
	[NEAREST_BY] = "by",	 [NEAREST_TARGET] = "target",	[NEAREST_PROTOCOL] = "protocol",
	[NEAREST_PORT] = "port", [NEAREST_ADDRESS] = "address", [NEAREST_USER] = "user",
};
const struct vocabulary words_nearest = { nearest_words, ARRAY_SIZE(nearest_words) };
_Static_assert(ARRAY_SIZE(nearest_words) == NEAREST_MAX, "a word for each dimension");

int nearest_class(const struct cw_request *request)
{
	switch (request->operation) {
	case CW_OPERATION_EXEC:
		return CW_CLASS_EXEC;
	case CW_OPERATION_LIBRARY:
	case CW_OPERATION_SOCKET:
		return -1;
	default:
		return request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND : CW_CLASS_CONNECT;
	}
}

static uint32_t port_class(const struct cw_pages *pages, const struct cw_request *request,
			   uint32_t protocol)
{
	return pages->ports->port[request->direction][protocol][request->port] & CW_CLASS_MASK;
}

/* As cw_decide_listed() finds them; all of them, whether a rule cares or not. */
static struct cw_classes request_classes(const struct cw_pages *pages,
					 const struct cw_request *request)
{
	struct cw_classes classes = {
		.by = cw_by_class(pages->head, request->executable),
		.script = cw_by_class(pages->head, request->script),
		.user = cw_user_class(pages->head, request->user),
	};

	if (request->operation == CW_OPERATION_EXEC) {
		/* As decide() has it. */
		if (request->target_state < CW_FILE_STATE_TAMPERED)
			classes.target = pages->head->target_class[request->target] & CW_CLASS_MASK;
		return classes;
	}
	classes.target = port_class(pages, request, request->protocol);
	classes.address = cw_address_class(pages, request);
	return classes;
}

static bool vector_has(const struct cw_pages *pages, uint32_t vector, size_t rule)
{
	return pages->vectors->vector[vector][rule / 64] >> rule % 64 & 1;
}

/* The rule does not name this port of this protocol: which of the two is it? */
static uint32_t port_misses(const struct cw_pages *pages, const struct cw_rules *rules,
			    const struct rule *rule, const struct cw_request *request, size_t index)
{
	bool protocol_named = false;

	for (uint32_t other = 0; other < CW_PROTOCOL_MAX; other++) {
		uint32_t row = rules->row_target +
			       (port_class(pages, request, other) & rules->mask_target);

		if (other != request->protocol && vector_has(pages, row, index))
			return 1u << NEAREST_PROTOCOL;
	}
	for (size_t i = 0; i < rule->port_count; i++)
		protocol_named |= rule->ports[i].protocols >> request->protocol & 1;
	return 1u << NEAREST_PORT | (protocol_named ? 0 : 1u << NEAREST_PROTOCOL);
}

static uint32_t rule_misses(const struct cw_pages *pages, const struct cw_rules *rules,
			    const struct rule *rule, const struct cw_rows *rows,
			    const struct cw_request *request, size_t index)
{
	uint32_t misses = 0;

	if (!vector_has(pages, rows->by, index) && !vector_has(pages, rows->script, index))
		misses |= 1u << NEAREST_BY;
	if (!vector_has(pages, rows->target, index))
		misses |= request->operation == CW_OPERATION_EXEC
				  ? 1u << NEAREST_TARGET
				  : port_misses(pages, rules, rule, request, index);
	if (!vector_has(pages, rows->address, index))
		misses |= 1u << NEAREST_ADDRESS;
	if (!vector_has(pages, rows->user, index))
		misses |= 1u << NEAREST_USER;
	return misses;
}

/* Keep ret in order, the nearest first; *count of at most max are there. */
static void keep_nearest(struct nearest_rule *ret, size_t *count, size_t max,
			 struct nearest_rule rule)
{
	size_t at = *count;

	while (at && __builtin_popcount(ret[at - 1].misses) > __builtin_popcount(rule.misses))
		at--;
	if (at == max)
		return;
	if (*count < max)
		++*count;
	for (size_t i = *count - 1; i > at; i--)
		ret[i] = ret[i - 1];
	ret[at] = rule;
}

size_t nearest_rules(const struct image *image, const struct policy *policy,
		     const struct cw_request *request, struct nearest_rule *ret, size_t max)
{
	struct cw_pages pages = image_pages(image);
	int class = nearest_class(request);
	const struct cw_rules *rules;
	struct cw_classes classes;
	struct cw_rows rows;
	size_t count = 0;

	if (class < 0 || request->instance >= CW_INSTANCES_MAX)
		return 0;
	rules = &pages.head->instances[request->instance].rules[class];
	classes = request_classes(&pages, request);
	rows = cw_rows_of(rules, &classes);
	for (uint16_t i = 0; i < rules->count && i < policy->classes[class].count; i++) {
		const struct rule *rule = &policy->classes[class].rules[i];
		uint32_t misses = rule_misses(&pages, rules, rule, &rows, request, i);
		/* What a rule can miss in: by and target always, the rest if it cares. */
		uint32_t cares = 2u + (rule->address_count > 0) + (rule->user_count > 0);

		if ((uint32_t)__builtin_popcount(misses) < cares)
			keep_nearest(ret, &count, max,
				     (struct nearest_rule){ .rule = i, .misses = misses });
	}
	return count;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules that come nearest to an operation, and in what they miss it: the tables that decide() reads,
 * asked for one dimension at a time instead of for the AND of all.
 */
#ifndef CW_POLICY_NEAREST_H
#define CW_POLICY_NEAREST_H

#include <stddef.h>
#include <stdint.h>

#include "policy/image.h"
#include "util/vocabulary.h"

enum nearest_dimension {
	NEAREST_BY, /* who acts */
	NEAREST_TARGET, /* exec: what is executed */
	NEAREST_PROTOCOL,
	NEAREST_PORT,
	NEAREST_ADDRESS,
	NEAREST_USER,
	NEAREST_MAX,
};
extern const struct vocabulary words_nearest; /* as events and policies call them */

struct nearest_rule {
	uint16_t rule; /* index in its class */
	uint32_t misses; /* bit per enum nearest_dimension; 0: it matches */
};

/* The class of rules that answers for a request; -1: none does (library, socket). */
int nearest_class(const struct cw_request *request);

/*
 * Those rules of the request's instance (which has one) that miss in the fewest dimensions, earlier ones
 * first among equals; at most max. Rules that miss everywhere are near to nothing and left out. policy:
 * the instance's, whose rules tell a protocol that misses from a port that does.
 */
size_t nearest_rules(const struct image *image, const struct policy *policy,
		     const struct cw_request *request, struct nearest_rule *ret, size_t max);

#endif

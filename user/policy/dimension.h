/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One dimension of the decision (acting file, target file, port, address, user): its classes, and the
 * lists of rules that are seen in it. Each list becomes a row of vectors, one a class:
 *
 *	vector[class] = rules that do not care for this dimension (base) + rules whose element is in it
 *
 * The classes are common to all lists, so a place is classified once, whichever list then asks.
 */
#ifndef CW_POLICY_DIMENSION_H
#define CW_POLICY_DIMENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "policy/classes.h"
#include "policy/keys.h"

enum list_kind {
	LIST_RULES, /* element n: rule n holds here */
	LIST_CLEARS, /* element n: guard n does not hold here (a user it lets in) */
	LIST_WHOLE, /* one element: all rules hold here */
};

/* The rules of one class of one instance, or the guards of one class. */
struct list {
	enum list_kind kind;
	uint32_t first; /* element of rule 0 */
	uint32_t elements;
	uint64_t base[CW_WORDS];
};

/* Three classes of rules and the libraries' exceptions a policy, three classes of guards. */
#define DIMENSION_LISTS (CW_INSTANCES_MAX * (CW_RULE_CLASSES + 1) + CW_RULE_CLASSES)

struct dimension {
	struct list lists[DIMENSION_LISTS];
	size_t list_count;
	uint32_t elements;
	struct classes classes;
};

/* A list of so many rules. Never NULL: the number of lists is bounded by those of instances. */
struct list *dimension_add(struct dimension *dimension, enum list_kind kind, uint32_t rules);
void list_base(struct list *list, uint32_t rule);

/* After the lists are known and before anything is classified. 0 or -ENOMEM. */
int dimension_start(struct dimension *dimension);
void dimension_release(struct dimension *dimension);

/*
 * Classify single places (files, users): keys are (place, element), sorted here; assign is called once
 * a place that has an element. 0, -ENOMEM, -ENOSPC (too many classes), or what assign returns.
 */
int dimension_places(struct dimension *dimension, struct keys *keys,
		     int (*assign)(void *context, uint32_t place, uint16_t number), void *context);

/* The vectors of a list, classes.count of them. */
void dimension_vectors(const struct dimension *dimension, const struct list *list,
		       uint64_t (*ret)[CW_WORDS]);
/* Some element of the list is in the class. */
bool dimension_touches(const struct dimension *dimension, const struct list *list, uint32_t number);

#endif

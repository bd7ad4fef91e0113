/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes: two ports (addresses, files, users) that the same rules name need not be told apart, so
 * they share a small number. Here a class is a set of elements, an element being one rule of one list
 * (dimension.h); the set of nothing is class 0.
 *
 * The caller moves along its dimension, lets elements enter and leave, and asks for the number of the
 * present set. A set is known by a 128-bit sum over its elements, which changes by one addition when
 * an element enters: a step costs the same whether 1 or 512 rules hold at that place. (Sums of mixed
 * numbers; that two of at most CLASSES_MAX sets have one sum by chance is less likely than 2^-97.)
 */
#ifndef CW_POLICY_CLASSES_H
#define CW_POLICY_CLASSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

#define CLASSES_MAX CW_VECTORS_MAX /* a row has a vector a class, so no more can be of use */

struct class_set {
	uint64_t sum[2];
	size_t first; /* of its elements in members */
	size_t count;
};

struct classes {
	uint32_t element_count;
	uint32_t *entered; /* by element: how many spans that hold here have it */
	uint32_t *position; /* by element: where it stands in present */
	uint32_t *present;
	size_t present_count;
	uint64_t sum[2];
	struct class_set *sets; /* by class */
	size_t count, capacity;
	uint32_t *members;
	size_t member_count, member_capacity;
	uint32_t *slots; /* hash table of classes, 0: free */
	size_t slot_count;
	bool zero_used; /* some place has class 0 */
};

int classes_init(struct classes *classes, uint32_t element_count);
void classes_release(struct classes *classes);

/* An element may enter several times (spans of one rule may overlap); it leaves as often. */
void classes_enter(struct classes *classes, uint32_t element);
void classes_leave(struct classes *classes, uint32_t element);

/* The number of the present set. 0, -ENOMEM, -ENOSPC (more than CLASSES_MAX). */
int classes_number(struct classes *classes, uint16_t *ret);

#endif

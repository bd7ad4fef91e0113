/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/classes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int classes_init(struct classes *classes, uint32_t element_count)
{
	size_t room = element_count ? element_count : 1;

	*classes = (struct classes){
		.element_count = element_count,
		.entered = calloc(room, sizeof(uint32_t)),
		.position = calloc(room, sizeof(uint32_t)),
		.present = calloc(room, sizeof(uint32_t)),
		.sets = calloc(64, sizeof(struct class_set)),
		.count = 1,
		.capacity = 64,
		.slots = calloc(256, sizeof(uint32_t)),
		.slot_count = 256,
	};
	if (classes->entered && classes->position && classes->present && classes->sets &&
	    classes->slots)
		return 0;
	classes_release(classes);
	return -ENOMEM;
}

void classes_release(struct classes *classes)
{
	free(classes->entered);
	free(classes->position);
	free(classes->present);
	free(classes->sets);
	free(classes->members);
	free(classes->slots);
	*classes = (struct classes){ 0 };
}

/* splitmix64's finisher: neighbouring numbers become unlike ones. */
static uint64_t classes_mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15ull;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9ull;
	value = (value ^ value >> 27) * 0x94d049bb133111ebull;
	return value ^ value >> 31;
}

static uint64_t classes_weight(uint32_t element, unsigned int half)
{
	return classes_mix(classes_mix(element) + half);
}

void classes_enter(struct classes *classes, uint32_t element)
{
	if (classes->entered[element]++)
		return;
	classes->position[element] = (uint32_t)classes->present_count;
	classes->present[classes->present_count++] = element;
	classes->sum[0] += classes_weight(element, 0);
	classes->sum[1] += classes_weight(element, 1);
}

void classes_leave(struct classes *classes, uint32_t element)
{
	uint32_t last, hole = classes->position[element];

	if (--classes->entered[element])
		return;
	last = classes->present[--classes->present_count];
	classes->present[hole] = last;
	classes->position[last] = hole;
	classes->sum[0] -= classes_weight(element, 0);
	classes->sum[1] -= classes_weight(element, 1);
}

static int classes_grow(void **array, size_t *capacity, size_t need, size_t size)
{
	size_t larger = *capacity ? *capacity : 64;
	void *grown;

	if (need <= *capacity)
		return 0;
	while (larger < need)
		larger *= 2;
	grown = realloc(*array, larger * size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*capacity = larger;
	return 0;
}

/* The slot of a sum: its class's, or the free one where it belongs. */
static uint32_t *classes_slot(const struct classes *classes, const uint64_t sum[2])
{
	size_t at = sum[0] & (classes->slot_count - 1);

	while (classes->slots[at]) {
		const struct class_set *set = &classes->sets[classes->slots[at]];

		if (set->sum[0] == sum[0] && set->sum[1] == sum[1])
			break;
		at = (at + 1) & (classes->slot_count - 1);
	}
	return &classes->slots[at];
}

static int classes_rehash(struct classes *classes)
{
	uint32_t *old = classes->slots;

	classes->slots = calloc(classes->slot_count * 4, sizeof(*classes->slots));
	if (!classes->slots) {
		classes->slots = old;
		return -ENOMEM;
	}
	classes->slot_count *= 4;
	for (size_t i = 1; i < classes->count; i++)
		*classes_slot(classes, classes->sets[i].sum) = (uint32_t)i;
	free(old);
	return 0;
}

static int classes_add(struct classes *classes)
{
	int r;

	if (classes->count >= CLASSES_MAX)
		return -ENOSPC;
	if (classes->count * 2 > classes->slot_count) {
		r = classes_rehash(classes);
		if (r)
			return r;
	}
	r = classes_grow((void **)&classes->sets, &classes->capacity, classes->count + 1,
			 sizeof(*classes->sets));
	if (!r)
		r = classes_grow((void **)&classes->members, &classes->member_capacity,
				 classes->member_count + classes->present_count,
				 sizeof(*classes->members));
	if (r)
		return r;
	memcpy(classes->members + classes->member_count, classes->present,
	       classes->present_count * sizeof(*classes->present));
	classes->sets[classes->count] = (struct class_set){
		.sum = { classes->sum[0], classes->sum[1] },
		.first = classes->member_count,
		.count = classes->present_count,
	};
	classes->member_count += classes->present_count;
	*classes_slot(classes, classes->sum) = (uint32_t)classes->count++;
	return 0;
}

int classes_number(struct classes *classes, uint16_t *ret)
{
	uint32_t *slot;
	int r;

	if (!classes->present_count) {
		classes->zero_used = true;
		*ret = 0;
		return 0;
	}
	slot = classes_slot(classes, classes->sum);
	if (!*slot) {
		r = classes_add(classes);
		if (r)
			return r;
		slot = classes_slot(classes, classes->sum);
	}
	*ret = (uint16_t)*slot;
	return 0;
}

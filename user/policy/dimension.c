/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/dimension.h"

#include <errno.h>
#include <string.h>

struct list *dimension_add(struct dimension *dimension, enum list_kind kind, uint32_t rules)
{
	struct list *list = &dimension->lists[dimension->list_count++];

	*list = (struct list){
		.kind = kind,
		.first = dimension->elements,
		.elements = kind == LIST_WHOLE ? 1 : rules,
	};
	if (kind == LIST_CLEARS)
		for (uint32_t rule = 0; rule < rules; rule++)
			list_base(list, rule);
	dimension->elements += list->elements;
	return list;
}

void list_base(struct list *list, uint32_t rule)
{
	list->base[rule / 64] |= 1ull << rule % 64;
}

int dimension_start(struct dimension *dimension)
{
	return classes_init(&dimension->classes, dimension->elements);
}

void dimension_release(struct dimension *dimension)
{
	classes_release(&dimension->classes);
}

int dimension_places(struct dimension *dimension, struct keys *keys,
		     int (*assign)(void *context, uint32_t place, uint16_t number), void *context)
{
	struct classes *classes = &dimension->classes;
	int r = keys_sort(keys);

	for (size_t i = 0, next; !r && i < keys->count; i = next) {
		uint32_t place = key_place(keys->items[i]);
		uint16_t number;

		for (next = i; next < keys->count && key_place(keys->items[next]) == place; next++)
			classes_enter(classes, key_element(keys->items[next]));
		r = classes_number(classes, &number);
		for (size_t j = i; j < next; j++)
			classes_leave(classes, key_element(keys->items[j]));
		if (!r)
			r = assign(context, place, number);
	}
	return r;
}

static void list_apply(const struct list *list, uint32_t rule, uint64_t *vector)
{
	switch (list->kind) {
	case LIST_RULES:
		vector[rule / 64] |= 1ull << rule % 64;
		break;
	case LIST_CLEARS:
		vector[rule / 64] &= ~(1ull << rule % 64);
		break;
	case LIST_WHOLE:
		memset(vector, 0xff, CW_WORDS * sizeof(*vector));
		break;
	}
}

void dimension_vectors(const struct dimension *dimension, const struct list *list,
		       uint64_t (*ret)[CW_WORDS])
{
	const struct classes *classes = &dimension->classes;

	for (size_t number = 0; number < classes->count; number++) {
		const struct class_set *set = &classes->sets[number];

		memcpy(ret[number], list->base, sizeof(list->base));
		for (size_t i = 0; i < set->count; i++) {
			uint32_t rule = classes->members[set->first + i] - list->first;

			if (rule < list->elements)
				list_apply(list, rule, ret[number]);
		}
	}
}

bool dimension_touches(const struct dimension *dimension, const struct list *list, uint32_t number)
{
	const struct class_set *set = &dimension->classes.sets[number];

	for (size_t i = 0; i < set->count; i++)
		if (dimension->classes.members[set->first + i] - list->first < list->elements)
			return true;
	return false;
}

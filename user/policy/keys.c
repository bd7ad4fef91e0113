/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void keys_release(struct keys *keys)
{
	free(keys->items);
	*keys = (struct keys){ 0 };
}

int keys_add(struct keys *keys, uint64_t key)
{
	if (keys->count == keys->capacity) {
		size_t capacity = keys->capacity ? keys->capacity * 2 : 64;
		uint64_t *items = realloc(keys->items, capacity * sizeof(*items));

		if (!items)
			return -ENOMEM;
		keys->items = items;
		keys->capacity = capacity;
	}
	keys->items[keys->count++] = key;
	return 0;
}

static int keys_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

#define KEYS_FEW 256 /* below, comparing is faster than counting */

/* By the bytes of the keys from the lowest on; a byte that is the same in all of them costs one look. */
int keys_sort(struct keys *keys)
{
	uint64_t *from = keys->items, *to;

	if (keys->count < KEYS_FEW) {
		if (keys->count > 1)
			qsort(keys->items, keys->count, sizeof(*keys->items), keys_compare);
		return 0;
	}
	to = malloc(keys->capacity * sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (unsigned int shift = 0; shift < 64; shift += 8) {
		size_t start[256] = { 0 }, sum = 0;
		uint64_t *swap;

		for (size_t i = 0; i < keys->count; i++)
			start[from[i] >> shift & 255]++;
		if (start[from[0] >> shift & 255] == keys->count)
			continue;
		for (size_t digit = 0; digit < 256; digit++) {
			size_t here = start[digit];

			start[digit] = sum;
			sum += here;
		}
		for (size_t i = 0; i < keys->count; i++)
			to[start[from[i] >> shift & 255]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	keys->items = from;
	free(to);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing array of 64-bit keys that sorts in linear time: what the compiler collects before it
 * sweeps. A key is a place (port, IPv4 address, file number, uid …) in its upper half and in its lower
 * half the element (classes.h) that begins or ends there.
 */
#ifndef CW_POLICY_KEYS_H
#define CW_POLICY_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keys {
	uint64_t *items;
	size_t count;
	size_t capacity;
};

void keys_release(struct keys *keys);
#define _cleanup_keys_ __attribute__((cleanup(keys_release)))

/* 0 or -ENOMEM. */
int keys_add(struct keys *keys, uint64_t key);
int keys_sort(struct keys *keys);

/* The element leaves at this place instead of entering. Leaving sorts behind entering: an element that
 * one span ends and the next begins stays in. */
#define KEY_LEAVE 0x80000000u

static inline uint64_t key_make(uint32_t place, uint32_t element)
{
	return (uint64_t)place << 32 | element;
}

static inline uint32_t key_place(uint64_t key)
{
	return (uint32_t)(key >> 32);
}

static inline uint32_t key_element(uint64_t key)
{
	return (uint32_t)key & ~KEY_LEAVE;
}

static inline bool key_leaves(uint64_t key)
{
	return (key & KEY_LEAVE) != 0;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses: prefixes, this host's own, and what names resolve to become spans; the spans are swept
 * from the lowest address to the highest, and wherever the set of rules changes there is a boundary
 * (bpf/abi.h, cw_page_v4 and cw_page_v6). n prefixes give at most 2n boundaries, in n log n time.
 *
 * decide() is asked about IPv4-mapped IPv6 addresses as IPv4, so a prefix of them is one of IPv4 here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/items.h"

void address_keys_release(struct address_keys *keys)
{
	keys_release(&keys->v4);
	keys_release(&keys->names);
	free(keys->v6);
	*keys = (struct address_keys){ 0 };
}

static uint64_t address_word(const uint8_t *bytes, size_t count)
{
	uint64_t word = 0;

	for (size_t i = 0; i < count; i++)
		word = word << 8 | bytes[i];
	return word;
}

static int span_v4(struct keys *keys, uint32_t first, unsigned int prefix, uint32_t element)
{
	uint64_t end = (uint64_t)first + (1ull << (32 - prefix));
	int r = keys_add(keys, key_make(first, element));

	/* What reaches the end of all addresses never leaves, here and below. */
	if (!r && end <= UINT32_MAX)
		r = keys_add(keys, key_make((uint32_t)end, element | KEY_LEAVE));
	return r;
}

static int event_v6(struct address_keys *keys, uint64_t high, uint64_t low, uint32_t element)
{
	if (keys->v6_count == keys->v6_capacity) {
		size_t capacity = keys->v6_capacity ? keys->v6_capacity * 2 : 64;
		struct v6_event *grown = realloc(keys->v6, capacity * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		keys->v6 = grown;
		keys->v6_capacity = capacity;
	}
	keys->v6[keys->v6_count++] = (struct v6_event){ high, low, element };
	return 0;
}

static int span_v6(struct address_keys *keys, uint64_t high, uint64_t low, unsigned int prefix,
		   uint32_t element)
{
	uint64_t last_high = high, last_low = low;
	int r = event_v6(keys, high, low, element);

	if (prefix <= 64) {
		last_high |= prefix == 64 ? 0 : UINT64_MAX >> prefix;
		last_low = UINT64_MAX;
	} else if (prefix < 128) {
		last_low |= UINT64_MAX >> (prefix - 64);
	}
	if (r || (last_high == UINT64_MAX && last_low == UINT64_MAX))
		return r;
	last_low++;
	if (!last_low)
		last_high++;
	return event_v6(keys, last_high, last_low, element | KEY_LEAVE);
}

static int items_prefix(struct address_keys *keys, uint8_t family, const uint8_t *bytes,
			unsigned int prefix, uint32_t element)
{
	uint64_t high, low;

	if (family == AF_INET)
		return span_v4(&keys->v4, (uint32_t)address_word(bytes, 4), prefix, element);
	high = address_word(bytes, 8);
	low = address_word(bytes + 8, 8);
	if (prefix >= 96 && !high && low >> 32 == 0xffff)
		return span_v4(&keys->v4, (uint32_t)low, prefix - 96, element);
	return span_v6(keys, high, low, prefix, element);
}

static int items_localhost(struct address_keys *keys, uint32_t element)
{
	int r = span_v4(&keys->v4, 127u << 24, 8, element);

	return r ? r : span_v6(keys, 0, 1, 128, element);
}

static int items_resolved(struct address_keys *keys, const struct resolved_address *addresses,
			  size_t count, uint32_t element)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = items_prefix(keys, addresses[i].family, addresses[i].bytes,
				 addresses[i].family == AF_INET ? 32 : 128, element);
	return r;
}

static int items_name(const struct view *view, const char *name, uint32_t element,
		      struct address_keys *ret)
{
	const struct name_fact *fact = facts_name(view->facts, name);

	if (!fact)
		return 0;
	if (view->symbolic)
		return keys_add(&ret->names,
				key_make((uint32_t)(fact - view->facts->names), element));
	return items_resolved(ret, fact->addresses, fact->address_count, element);
}

int items_addresses(const struct view *view, const struct address *addresses, size_t count,
		    uint32_t element, struct address_keys *ret)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		const struct address *address = &addresses[i];

		switch (address->kind) {
		case ADDRESS_PREFIX:
			r = items_prefix(ret, address->family, address->bytes, address->prefix,
					 element);
			break;
		case ADDRESS_LOCALHOST:
			r = items_localhost(ret, element);
			break;
		case ADDRESS_NAME:
			r = items_name(view, address->name, element, ret);
			break;
		}
	}
	return r;
}

int items_local_addresses(const struct facts *facts, uint32_t element, struct address_keys *ret)
{
	int r = items_localhost(ret, element);

	/* 0.0.0.0 is judged as that where the kernel will take it for one that nobody can tell. */
	if (!r)
		r = span_v4(&ret->v4, 0, 32, element);
	return r ? r : items_resolved(ret, facts->local, facts->local_count, element);
}

static void classes_event(struct classes *classes, uint32_t element)
{
	if (element & KEY_LEAVE)
		classes_leave(classes, element & ~KEY_LEAVE);
	else
		classes_enter(classes, element);
}

/* What never left: the next sweep begins empty. */
static void classes_clear(struct classes *classes)
{
	while (classes->present_count)
		classes_leave(classes, classes->present[classes->present_count - 1]);
}

static int boundary_v4(struct address_tables *tables, uint32_t at, uint16_t number)
{
	if (!at) {
		tables->v4->v4_class[0] = number;
		return 0;
	}
	if (tables->v4_bounds >= CW_V4_BOUNDS_MAX)
		return -EFBIG;
	tables->v4->bound[tables->v4_bounds++] = at;
	tables->v4->v4_class[tables->v4_bounds] = number;
	return 0;
}

static int sweep_v4(struct classes *classes, struct keys *keys, struct address_tables *tables)
{
	uint16_t number, before = 0;
	int r = keys_sort(keys);

	if (!r && (!keys->count || key_place(keys->items[0])))
		r = classes_number(classes, &before);
	for (size_t i = 0; !r && i < keys->count;) {
		uint32_t here = key_place(keys->items[i]);

		for (; i < keys->count && key_place(keys->items[i]) == here; i++)
			classes_event(classes, (uint32_t)keys->items[i]);
		r = classes_number(classes, &number);
		if (r || number == before)
			continue;
		if (tables)
			r = boundary_v4(tables, here, number);
		before = number;
	}
	classes_clear(classes);
	return r;
}

/* Fewer boundaries than this are found as fast without a section. */
#define SECTION_WORTHWHILE 4

/* Of the boundaries from first on, those that share 16 bits: how many lie below each 256 addresses. */
static void section_v4(const struct cw_page_v4 *page, uint32_t first, uint32_t count,
		       uint16_t section[256 + 1])
{
	uint32_t below = 0;

	for (uint32_t middle = 0; middle < 256; middle++) {
		while (below < count && (page->bound[first + below] >> 8 & 0xff) < middle)
			below++;
		section[middle] = (uint16_t)below;
	}
	section[256] = (uint16_t)count;
}

/* first[]: how many boundaries lie below each 64 Ki addresses; sections as long as there are any. */
static void index_v4(struct address_tables *tables)
{
	struct cw_page_v4 *page = tables->v4;
	uint32_t below = 0, sections = 1;

	if (!tables->v4_bounds)
		return;
	for (uint32_t upper = 0; upper < 65536; upper++) {
		uint32_t first = below, section = 0;

		while (below < tables->v4_bounds && page->bound[below] >> 16 == upper)
			below++;
		if (below - first >= SECTION_WORTHWHILE && below - first <= UINT16_MAX &&
		    sections < CW_V4_SECTIONS) {
			section = sections++;
			section_v4(page, first, below - first, page->section[section]);
		}
		page->first[upper] = first | section << CW_V4_FIRST_BITS;
	}
	page->first[65536] = below;
}

static int v6_compare(const void *a, const void *b)
{
	const struct v6_event *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->element > y->element) - (x->element < y->element);
}

static int boundary_v6(struct address_tables *tables, const struct v6_event *at, uint16_t number)
{
	if (!at->high && !at->low) {
		tables->v6_class[0] = number;
		return 0;
	}
	if (tables->v6_bounds >= CW_V6_BOUNDS_MAX)
		return -EFBIG;
	tables->v6->high[tables->v6_bounds] = at->high;
	tables->v6->low[tables->v6_bounds++] = at->low;
	tables->v6_class[tables->v6_bounds] = number;
	return 0;
}

static int sweep_v6(struct classes *classes, struct address_keys *keys,
		    struct address_tables *tables)
{
	struct v6_event *events = keys->v6;
	uint16_t number, before = 0;
	int r = 0;

	if (keys->v6_count)
		qsort(events, keys->v6_count, sizeof(*events), v6_compare);
	if (!keys->v6_count || events[0].high || events[0].low)
		r = classes_number(classes, &before);
	for (size_t i = 0; !r && i < keys->v6_count;) {
		const struct v6_event *here = &events[i];

		for (; i < keys->v6_count && events[i].high == here->high &&
		       events[i].low == here->low;
		     i++)
			classes_event(classes, events[i].element);
		r = classes_number(classes, &number);
		if (r || number == before)
			continue;
		if (tables)
			r = boundary_v6(tables, here, number);
		before = number;
	}
	classes_clear(classes);
	return r;
}

static int name_classified(void *context, uint32_t place, uint16_t number)
{
	(void)context;
	(void)place;
	(void)number;
	return 0;
}

int addresses_classify(struct dimension *dimension, struct address_keys *keys,
		       struct address_tables *tables)
{
	struct classes *classes = &dimension->classes;
	int r = sweep_v4(classes, &keys->v4, tables);

	if (!r && tables)
		index_v4(tables);
	if (!r)
		r = sweep_v6(classes, keys, tables);
	if (!r)
		r = dimension_places(dimension, &keys->names, name_classified, NULL);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Port ranges, flattened to a class for each of the 65536 ports of a protocol and direction. Bind's
 * `ephemeral` is port 0, with which a caller asks the kernel to choose; connect's is the range that
 * the kernel chooses from. Every port is also port 0: what has no port (a raw socket), or none yet.
 *
 * That range is another on another host, so as a name it stands for a place behind all ports, which only `any`
 * has as well.
 */
#include <errno.h>

#include "policy/items.h"

#define PORTS 65536
#define PORT_OF_RANGE PORTS /* symbolic: connect's `ephemeral` */

void port_keys_release(struct port_keys *keys)
{
	for (int protocol = 0; protocol < CW_PROTOCOL_MAX; protocol++)
		keys_release(&keys->protocol[protocol]);
}

static int ports_span(struct keys *keys, uint32_t low, uint32_t high, uint32_t element)
{
	int r = keys_add(keys, key_make(low, element));

	return r ? r : keys_add(keys, key_make(high + 1, element | KEY_LEAVE));
}

int items_ports(const struct view *view, const struct port_range *ranges, size_t count,
		enum cw_direction direction, uint32_t element, struct port_keys *ret)
{
	int r = 0;

	for (size_t i = 0; !r && i < count; i++) {
		const struct port_range *range = &ranges[i];
		uint32_t low = range->low, high = range->high;

		if (range->ephemeral && direction == CW_DIRECTION_BIND) {
			low = high = 0;
		} else if (range->ephemeral && view->symbolic) {
			low = high = PORT_OF_RANGE;
		} else if (range->ephemeral) {
			low = view->facts->ephemeral_low;
			high = view->facts->ephemeral_high;
		} else if (port_range_is_any(range)) {
			low = 0;
			high = view->symbolic ? PORT_OF_RANGE : high;
		}
		for (int protocol = 0; !r && low <= high && protocol < CW_PROTOCOL_MAX; protocol++)
			if (range->protocols & 1u << protocol)
				r = ports_span(&ret->protocol[protocol], low, high, element);
	}
	return r;
}

/* Class 0 is what zeroed memory says already: pages that are not touched cost nothing. */
static void ports_fill(uint16_t *table, uint32_t from, uint32_t to, uint16_t number)
{
	if (!table || !number)
		return;
	for (uint32_t port = from; port < to && port < PORTS; port++)
		table[port] = number;
}

int ports_classify(struct dimension *dimension, struct port_keys *keys, const struct list *guards,
		   uint16_t (*table)[PORTS])
{
	struct classes *classes = &dimension->classes;
	int r = 0;

	for (int protocol = 0; !r && protocol < CW_PROTOCOL_MAX; protocol++) {
		struct keys *events = &keys->protocol[protocol];

		r = keys_sort(events);
		for (size_t i = 0; !r && i < events->count;) {
			uint32_t here = key_place(events->items[i]);
			uint16_t number;

			for (; i < events->count && key_place(events->items[i]) == here; i++) {
				if (key_leaves(events->items[i]))
					classes_leave(classes, key_element(events->items[i]));
				else
					classes_enter(classes, key_element(events->items[i]));
			}
			r = classes_number(classes, &number);
			if (r || i == events->count)
				break;
			if (guards && dimension_touches(dimension, guards, number))
				number |= CW_GUARDED;
			ports_fill(table ? table[protocol] : NULL, here,
				   key_place(events->items[i]), number);
		}
	}
	return r;
}

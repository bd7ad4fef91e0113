/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the lists of a policy put into each dimension: files, users, ports, addresses, as keys with the
 * element (rule) that they stand for.
 *
 * A view says how names are read. Resolved: a name stands for what it is on this host, which is what
 * decide() judges. Symbolic: a name stands for itself, so that a question about the file alone ("is
 * this rule ever reached?") has the same answer on every host.
 */
#ifndef CW_POLICY_ITEMS_H
#define CW_POLICY_ITEMS_H

#include <stdbool.h>

#include "policy/dimension.h"
#include "policy/facts.h"
#include "policy/keys.h"
#include "policy/model.h"

struct view {
	const struct policy *policy;
	size_t index; /* of the policy in its set: the key of its patterns in facts */
	const struct facts *facts;
	bool symbolic;
};

/* Executables (indexes into the policy's) as file numbers. 0 or -ENOMEM, as all below. */
int items_files(const struct view *view, const size_t *executables, size_t count, uint32_t element,
		struct keys *ret);
/* Users as uids; those that this host does not know stand for nobody. */
int items_users(const struct view *view, const struct text *users, size_t count, uint32_t element,
		struct keys *ret);

/* ports.c */
struct port_keys {
	struct keys protocol[CW_PROTOCOL_MAX];
};
void port_keys_release(struct port_keys *keys);
int items_ports(const struct view *view, const struct port_range *ranges, size_t count,
		enum cw_direction direction, uint32_t element, struct port_keys *ret);

/*
 * Number the classes of all ports; table is a direction of cw_page_ports.port, or NULL to classify
 * only. Classes that an element of guards (NULL: none) is in get CW_GUARDED. 0, -ENOMEM, -ENOSPC.
 */
int ports_classify(struct dimension *dimension, struct port_keys *keys, const struct list *guards,
		   uint16_t (*table)[65536]);

/* addresses.c */
struct v6_event {
	uint64_t high, low; /* host byte order */
	uint32_t element; /* with KEY_LEAVE where it leaves */
};

struct address_keys {
	struct keys v4;
	struct v6_event *v6;
	size_t v6_count, v6_capacity;
	struct keys names; /* symbolic: host names are places of their own */
};
void address_keys_release(struct address_keys *keys);
int items_addresses(const struct view *view, const struct address *addresses, size_t count,
		    uint32_t element, struct address_keys *ret);
/* This host's own addresses, loopback included. */
int items_local_addresses(const struct facts *facts, uint32_t element, struct address_keys *ret);

/* Where addresses_classify() writes; zeroed before. */
struct address_tables {
	struct cw_page_v4 *v4;
	struct cw_page_v6 *v6;
	uint16_t *v6_class;
	uint32_t v4_bounds, v6_bounds;
};
/* tables NULL: classify only. 0, -ENOMEM, -ENOSPC (classes), -EFBIG (boundaries). */
int addresses_classify(struct dimension *dimension, struct address_keys *keys,
		       struct address_tables *tables);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of hosts, users and groups, and what else of this host's network policies speak of. */
#ifndef CW_HOST_NAMES_H
#define CW_HOST_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/facts.h"
#include "policy/model.h"

/* A set of strings, owned by others, in the order of strcmp(). */
struct name_set {
	const char **names;
	size_t count, capacity;
};
int name_set_add(struct name_set *set, const char *name);
void name_set_sort(struct name_set *set); /* and drop what is twice there */

#define NAME_UNANSWERED "no answer yet"

/*
 * The host names of all policies, looked up; what cannot be looked up keeps its previous addresses
 * (previous NULL: it has none) and says why in error. keep: nothing is looked up, names have what previous knows.
 * Else it may wait for name servers. 0 or -ENOMEM.
 */
int names_gather(struct policy *const *policies, size_t count, const struct facts *previous,
		 bool keep, struct facts *facts);

/* The host names of all policies, sorted; they are the policies'. 0 or -ENOMEM; ret->names is to be freed. */
int names_collect(struct policy *const *policies, size_t count, struct name_set *ret);
/* Look up the one that fact->name is; previous (or NULL) as above. */
int name_look_up(struct name_fact *fact, const struct name_fact *previous);
/* It cannot be, and why: it has the addresses of previous, if any. */
int name_failed(struct name_fact *fact, const struct name_fact *previous, const char *why);

/* Users and groups, by name or number. When the look-up itself fails, what was known stays known. */
int accounts_gather(struct policy *const *policies, size_t count, const struct facts *previous,
		    struct facts *facts);

/* This host's own addresses, and the range that the kernel takes ephemeral ports from. */
int network_gather(struct facts *facts);

#endif

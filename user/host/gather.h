/* SPDX-License-Identifier: GPL-2.0-only */
/* All that this host says of a set of policies, in one call (policy/facts.h). */
#ifndef CW_HOST_GATHER_H
#define CW_HOST_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "host/files.h"
#include "host/registry.h"
#include "policy/facts.h"
#include "policy/model.h"

struct gather_options {
	struct file_identifier identifier; /* zero: by stat() */
	bool keep_names; /* host names are what previous knows, and not looked up: no waiting */
	const char **reterr_what; /* what could not be done, for a message; NULL: nobody asks */
};

/*
 * previous: the facts of the last time, or NULL; they save look-ups and stand in where one fails.
 * 0 and *ret, to be released by facts_release(); -ENOMEM; else an error of the system.
 */
int host_facts_gather(struct policy *const *policies, size_t count, struct file_registry *registry,
		      const struct gather_options *options, const struct facts *previous,
		      struct facts *ret);

/* What the difference between two gatherings asks for. */
enum host_facts_change {
	HOST_FACTS_SAME,
	HOST_FACTS_FILES, /* the same files, but some are not what they were: the image stays */
	HOST_FACTS_OTHER, /* another image */
};
enum host_facts_change host_facts_compare(const struct facts *a, const struct facts *b);
bool file_facts_same(const struct file_fact *a, const struct file_fact *b);

#endif

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
	bool keep_names; /* host names known from previous are not looked up again: no waiting */
};

/*
 * previous: the facts of the last time, or NULL; they save look-ups and stand in where one fails.
 * 0 and *ret, to be released by facts_release(); -ENOMEM; -ENOSPC: more files than CW_FILES_MAX;
 * -E2BIG: a glob that matches more than FILES_OF_PATTERN_MAX.
 */
int host_facts_gather(struct policy *const *policies, size_t count, struct file_registry *registry,
		      const struct gather_options *options, const struct facts *previous,
		      struct facts *ret);

/* Whether two gatherings would compile to the same image and admit the same files. */
bool host_facts_same(const struct facts *a, const struct facts *b);

#endif

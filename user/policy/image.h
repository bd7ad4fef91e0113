/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From policies and facts to an image: the plain tables that decide() reads (bpf/abi.h), and the
 * catalogue that leads back from a decision to the line it came from.
 */
#ifndef CW_POLICY_IMAGE_H
#define CW_POLICY_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "decide.h"
#include "policy/facts.h"
#include "policy/model.h"

/* CW_PAGES * CW_PAGE_SIZE bytes, zero-filled by whoever provides them (anonymous memory, or the
 * mapping of a fresh inner map: untouched pages then cost nothing). */
struct image {
	void *memory;
};

static inline struct cw_pages image_pages(const struct image *image)
{
	const char *base = (const char *)image->memory;
	const struct cw_page_main *main_page =
		(const void *)(base + (size_t)CW_PAGE_MAIN * CW_PAGE_SIZE);
	const struct cw_page_addresses *addresses =
		(const void *)(base + (size_t)CW_PAGE_ADDRESSES * CW_PAGE_SIZE);
	struct cw_pages pages = {
		.head = &main_page->head,
		.ports = &main_page->ports,
		.v4 = &addresses->v4,
		.v6 = &addresses->v6,
		.vectors = &main_page->vectors,
	};

	return pages;
}

/* Policies in force together, in the order of their instance numbers: policies[0] is instance 1 (0 is
 * the canary, whose entry the compiler makes: enforce, nothing allowed, on_undecided deny). */
struct policy_set {
	struct policy **policies;
	size_t count;
	uint8_t mode_override
		[CW_INSTANCES_MAX]; /* by instance number; 0 (CW_MODE_OFF): as the file says */
};

/* The modes that a set puts in force: a policy's own or its file's, as the set overrides them. `off`
 * stays off; enforcing leaves alone what has a mode of its own. */
uint8_t policy_set_class_mode(const struct policy_set *set, size_t policy, enum cw_class class);
uint8_t policy_set_guard_mode(const struct policy_set *set, size_t policy);
uint8_t policy_set_file_mode(const struct policy_set *set, size_t policy);

/* One rule or guard, for those who name decisions; strings are owned by the catalogue. */
struct catalogue_rule {
	char *id;
	char *why; /* NULL if none */
	char *file;
	unsigned int line;
};

struct catalogue_instance {
	char *name;
	char *file;
	uint8_t mode;
	struct catalogue_rule *rules[CW_RULE_CLASSES];
	size_t count[CW_RULE_CLASSES];
	struct catalogue_rule
		classes[CW_CLASS_MAX]; /* where the class itself stands: for "no rule" */
};

/* Self-contained: outlives the policies it was made from. */
struct catalogue {
	uint64_t generation;
	struct catalogue_instance instances[CW_INSTANCES_MAX];
	size_t instance_count; /* canary included */
	struct catalogue_rule *guards[CW_RULE_CLASSES];
	size_t guard_count[CW_RULE_CLASSES];
};
struct catalogue *catalogue_free(struct catalogue *catalogue);
/* The rule, guard or class behind a decision; NULL if it came from none. */
const struct catalogue_rule *catalogue_find(const struct catalogue *catalogue, uint16_t instance,
					    uint8_t rule_class, uint8_t reason, uint16_t rule);

/*
 * Compile a set into zeroed memory. Diagnoses what only shows when policies and facts meet: two
 * instances with one name, names that resolve to nothing, or to more than the tables hold, rules never
 * reachable, files that are not trusted (warnings that say which and why), tables that are full.
 * Returns 0; -EINVAL (diagnosed); -ENOMEM. *ret_catalogue is owned by the caller.
 */
int image_compile(const struct policy_set *set, const struct facts *facts, uint64_t generation,
		  struct image *image, struct diagnostics *diagnostics,
		  struct catalogue **ret_catalogue);
/* Its diagnostics alone, as far as they need no image; also of half-read policies. 0, -EINVAL, -ENOMEM. */
int image_diagnose(const struct policy_set *set, const struct facts *facts,
		   struct diagnostics *diagnostics);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The roles of governed processes, from one look at /proc: who is governed is the kernel's to say, what
 * each is for is told here (role.h). A process that ends meanwhile is left out.
 */
#ifndef CW_INSTANCE_ROLE_GATHER_H
#define CW_INSTANCE_ROLE_GATHER_H

#include "instance/registry.h"
#include "instance/role.h"

/* An instance as its policy names it. */
struct roles_place {
	const char *name;
	const char *root; /* NULL: the policy has none; then that of its first database process */
};

struct roles_subject {
	uint32_t pid;
	size_t place; /* index */
};

struct roles_row {
	size_t place;
	struct role_process process;
};

struct roles {
	struct roles_row *rows; /* by place, then by start and pid */
	size_t count;
	size_t unseen; /* processes whose descriptors may not be looked at */
};
void roles_release(struct roles *roles);

/*
 * proc: "/proc", or a test's. names: as in role.h; nothing is looked up here, where nobody may wait for name
 * servers. What is wrong with a cpf is among the diagnostics. 0 or -ENOMEM.
 */
int roles_gather(const char *proc, const struct facts *names, const struct roles_place *places,
		 size_t place_count, const struct roles_subject *subjects, size_t subject_count,
		 struct diagnostics *diagnostics, struct roles *ret);

#endif

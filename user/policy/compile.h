/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the compiler. The order of image_compile():
 *
 *	resolve.c   what names are on this host: warnings
 *	reach.c     rules that are never reached: errors
 *	rules.c     lists of rules into the dimensions, classes, rows
 *	guards.c    the same for guards
 *	catalogue.c the way back from a decision to a line
 *
 * Lists are added to all dimensions before anything is classified, since an element's number must
 * be known when its places are collected.
 */
#ifndef CW_POLICY_COMPILE_H
#define CW_POLICY_COMPILE_H

#include "policy/image.h"
#include "policy/items.h"
#include "policy/vectors.h"

/* NULL: no rule of the list cares for the dimension. */
struct rule_lists {
	struct list *by, *target, *address, *user;
};

struct instance_lists {
	struct rule_lists classes[CW_RULE_CLASSES];
	struct list *library;
};

/* A guard: the part of a policy's `guard` that is about one class. */
struct guard {
	size_t policy; /* index in the set */
	uint8_t mode;
	const struct location *where;
	const struct port_range *ports; /* bind, connect */
	size_t port_count;
	const size_t *executables; /* exec */
	size_t executable_count;
	const struct text_list *users;
};

struct guard_table {
	struct guard items[CW_INSTANCES_MAX];
	size_t count;
	struct rule_lists lists;
};

struct compiler {
	const struct policy_set *set;
	const struct facts *facts;
	struct diagnostics *diagnostics;
	struct cw_page_head *head;
	struct cw_page_ports *ports_page;
	struct cw_page_v4 *v4_page;
	struct cw_page_v6 *v6_page;
	struct pool pool;
	struct dimension by, target, ports[CW_DIRECTION_MAX], address, user;
	struct instance_lists instances[CW_INSTANCES_MAX]; /* by number: policy index + 1 */
	struct guard_table guards[CW_RULE_CLASSES];
};

static inline struct view compiler_view(const struct compiler *compiler, size_t policy)
{
	struct view view = { compiler->set->policies[policy], policy, compiler->facts, false };

	return view;
}

static inline enum cw_direction class_direction(enum cw_class class)
{
	return class == CW_CLASS_BIND ? CW_DIRECTION_BIND : CW_DIRECTION_CONNECT;
}

/* The dimension of what a rule class is about: the executed file, or the port. */
static inline struct dimension *compiler_target(struct compiler *compiler, enum cw_class class)
{
	return class == CW_CLASS_EXEC ? &compiler->target
				      : &compiler->ports[class_direction(class)];
}

/* rules.c: rules of a class that are judged; none where the class is off. */
size_t rules_count(const struct policy_set *set, size_t policy, enum cw_class class);
void rules_lists(struct compiler *compiler, size_t policy);
int rules_classify(struct compiler *compiler);
int rules_write(struct compiler *compiler);

/* guards.c */
void guards_collect(const struct policy_set *set, enum cw_class class, struct guard_table *ret);
void guards_lists(struct compiler *compiler, enum cw_class class);
int guards_targets(const struct compiler *compiler, enum cw_class class, struct keys *files,
		   struct port_keys *ports);
int guards_users(const struct compiler *compiler, enum cw_class class, struct keys *users);
int guards_write(struct compiler *compiler, enum cw_class class);

/* resolve.c: what the policies' names are on this host: warnings, and errors where it is more than the tables hold. */
void resolve_diagnose(const struct policy_set *set, const struct facts *facts,
		      struct diagnostics *diagnostics);
/* A user's id; what this host does not know is nobody's (-1). */
uint32_t resolve_user(const struct facts *facts, const char *name);

/* reach.c: rules that earlier ones leave nothing to. 0 or -ENOMEM; adds errors and warnings. */
int reach_diagnose(const struct policy_set *set, const struct facts *facts,
		   struct diagnostics *diagnostics);

/* catalogue.c: guards in the order of the image. NULL: no memory. */
struct catalogue *catalogue_new(const struct policy_set *set,
				const struct guard_table guards[CW_RULE_CLASSES],
				uint64_t generation);

#endif

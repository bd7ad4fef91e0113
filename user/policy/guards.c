/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guards: what an instance forbids everyone else. Those of all instances stand in one table a class,
 * the enforcing ones first: the first match answers, and a guard that only watches must not answer
 * for one that refuses.
 */
#include <errno.h>
#include <string.h>

#include "policy/compile.h"

static struct guard guard_of(const struct policy *policy, enum cw_class class)
{
	const struct guard_policy *guard = &policy->guard;

	switch (class) {
	case CW_CLASS_EXEC:
		return (struct guard){ .where = &guard->exec.where,
				       .executables = guard->exec.executables,
				       .executable_count = guard->exec.executable_count,
				       .users = &guard->exec.users };
	case CW_CLASS_BIND:
		return (struct guard){ .where = &guard->bind.where,
				       .ports = guard->bind.ports,
				       .port_count = guard->bind.port_count,
				       .users = &guard->bind.users };
	default:
		return (struct guard){ .where = &guard->connect.where,
				       .ports = guard->connect.ports,
				       .port_count = guard->connect.port_count,
				       .users = &guard->connect.users };
	}
}

void guards_collect(const struct policy_set *set, enum cw_class class, struct guard_table *ret)
{
	static const uint8_t order[] = { CW_MODE_ENFORCE, CW_MODE_AUDIT };

	ret->count = 0;
	for (size_t turn = 0; turn < sizeof(order); turn++) {
		for (size_t p = 0; p < set->count; p++) {
			struct guard guard = guard_of(set->policies[p], class);

			guard.policy = p;
			guard.mode = policy_set_guard_mode(set, p);
			if (guard.mode == order[turn] &&
			    (guard.port_count || guard.executable_count))
				ret->items[ret->count++] = guard;
		}
	}
}

void guards_lists(struct compiler *compiler, enum cw_class class)
{
	struct guard_table *table = &compiler->guards[class];
	uint32_t count = (uint32_t)table->count;
	bool users = false;

	for (size_t i = 0; i < count; i++)
		users = users || table->items[i].users->count;
	if (!count)
		return;
	table->lists.target = dimension_add(compiler_target(compiler, class), LIST_RULES, count);
	if (class == CW_CLASS_CONNECT)
		table->lists.address = dimension_add(&compiler->address, LIST_WHOLE, count);
	if (users)
		table->lists.user = dimension_add(&compiler->user, LIST_CLEARS, count);
}

int guards_targets(const struct compiler *compiler, enum cw_class class, struct keys *files,
		   struct port_keys *ports)
{
	const struct guard_table *table = &compiler->guards[class];
	int r = 0;

	for (size_t i = 0; !r && i < table->count; i++) {
		const struct guard *guard = &table->items[i];
		struct view view = compiler_view(compiler, guard->policy);
		uint32_t element = table->lists.target->first + (uint32_t)i;

		if (class == CW_CLASS_EXEC)
			r = items_files(&view, guard->executables, guard->executable_count, element,
					files);
		else
			r = items_ports(&view, guard->ports, guard->port_count,
					class_direction(class), element, ports);
	}
	return r;
}

int guards_users(const struct compiler *compiler, enum cw_class class, struct keys *users)
{
	const struct guard_table *table = &compiler->guards[class];
	int r = 0;

	for (size_t i = 0; !r && table->lists.user && i < table->count; i++) {
		const struct guard *guard = &table->items[i];
		struct view view = compiler_view(compiler, guard->policy);

		r = items_users(&view, guard->users->items, guard->users->count,
				table->lists.user->first + (uint32_t)i, users);
	}
	return r;
}

/* By the subject's instance number + 1: all guards but those of its own instance. */
static int guards_row_by(struct compiler *compiler, const struct guard_table *table,
			 struct row *ret_row)
{
	uint64_t vectors[CW_INSTANCES_MAX + 1][CW_WORDS];

	memset(vectors, 0, sizeof(vectors));
	for (size_t subject = 0; subject <= CW_INSTANCES_MAX; subject++)
		for (size_t i = 0; i < table->count; i++)
			if (table->items[i].policy + 2 != subject)
				vectors[subject][i / 64] |= 1ull << i % 64;
	return pool_add(&compiler->pool, (const uint64_t(*)[CW_WORDS])vectors, CW_INSTANCES_MAX + 1,
			ret_row);
}

int guards_write(struct compiler *compiler, enum cw_class class)
{
	const struct guard_table *table = &compiler->guards[class];
	struct cw_guards *guards = &compiler->head->guards[class];
	struct cw_rules *rules = &guards->rules;
	struct row by, target, address = ROW_FULL, user = ROW_FULL;
	int r;

	rules->row_target = CW_VECTOR_EMPTY;
	rules->row_by = rules->row_address = rules->row_user = CW_VECTOR_FULL;
	if (!table->count)
		return 0;
	rules->count = (uint16_t)table->count;
	for (size_t i = 0; i < table->count; i++)
		guards->instance[i] = (uint16_t)(table->items[i].policy + 1);
	r = guards_row_by(compiler, table, &by);
	if (!r)
		r = pool_row(&compiler->pool, compiler_target(compiler, class), table->lists.target,
			     &target);
	if (!r && table->lists.address)
		r = pool_row(&compiler->pool, &compiler->address, table->lists.address, &address);
	if (!r && table->lists.user)
		r = pool_row(&compiler->pool, &compiler->user, table->lists.user, &user);
	if (r)
		return r;
	rules->row_by = by.start;
	rules->mask_by = by.mask;
	rules->row_target = target.start;
	rules->mask_target = target.mask;
	rules->row_address = address.start;
	rules->mask_address = address.mask;
	rules->row_user = user.start;
	rules->mask_user = user.mask;
	compiler->head->guarded |= 1u << class;
	return 0;
}

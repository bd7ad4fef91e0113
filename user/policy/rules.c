/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules into the image: lists into the dimensions, places into classes, lists into rows. */
#include <errno.h>
#include <stdlib.h>

#include "policy/compile.h"
#include "util/cleanup.h"

size_t rules_count(const struct policy_set *set, size_t policy, enum cw_class class)
{
	if (policy_set_class_mode(set, policy, class) == CW_MODE_OFF)
		return 0;
	return set->policies[policy]->classes[class].count;
}

/*
 * The list of a class in a dimension where a rule may name nothing, which means that it does not
 * care; count_at is where struct rule counts what it names. NULL if no rule cares.
 */
static struct list *rules_list(struct dimension *dimension, const struct rule_class *class,
			       size_t count_at)
{
	struct list *list = NULL;

	for (size_t i = 0; i < class->count; i++)
		if (*(const size_t *)((const char *)&class->rules[i] + count_at))
			list = list ? list
				    : dimension_add(dimension, LIST_RULES, (uint32_t) class->count);
	for (size_t i = 0; list && i < class->count; i++)
		if (!*(const size_t *)((const char *)&class->rules[i] + count_at))
			list_base(list, (uint32_t)i);
	return list;
}

void rules_lists(struct compiler *compiler, size_t policy)
{
	struct instance_lists *instance = &compiler->instances[policy + 1];
	const struct library_policy *library = &compiler->set->policies[policy]->library;

	for (enum cw_class k = 0; k < CW_RULE_CLASSES; k++) {
		const struct rule_class *class = &compiler->set->policies[policy]->classes[k];
		struct rule_lists *lists = &instance->classes[k];
		size_t count = rules_count(compiler->set, policy, k);

		if (!count)
			continue;
		lists->target = dimension_add(compiler_target(compiler, k), LIST_RULES,
					      (uint32_t)count);
		lists->by = rules_list(&compiler->by, class, offsetof(struct rule, by_count));
		lists->user = rules_list(&compiler->user, class, offsetof(struct rule, user_count));
		if (k != CW_CLASS_EXEC)
			lists->address = rules_list(&compiler->address, class,
						    offsetof(struct rule, address_count));
	}
	if (library->except_count &&
	    policy_set_class_mode(compiler->set, policy, CW_CLASS_LIBRARY) != CW_MODE_OFF)
		instance->library = dimension_add(&compiler->by, LIST_RULES, 1);
}

/* ------------------------------------------------------------------ places into classes */

static int assign_by(void *context, uint32_t file, uint16_t number)
{
	struct compiler *compiler = context;

	if (file < CW_FILES_MAX)
		compiler->head->by_class[file] = number;
	return 0;
}

static int assign_target(void *context, uint32_t file, uint16_t number)
{
	struct compiler *compiler = context;
	const struct list *guards = compiler->guards[CW_CLASS_EXEC].lists.target;

	if (guards && dimension_touches(&compiler->target, guards, number))
		number |= CW_GUARDED;
	if (file < CW_FILES_MAX)
		compiler->head->target_class[file] = number;
	return 0;
}

/*
 * The table of users is probed at most CW_USERS_PROBES slots far. Whoever is farther from home takes
 * the slot ("Robin Hood"), which keeps the longest way short in a table with room.
 */
static int assign_user(void *context, uint32_t uid, uint16_t number)
{
	struct compiler *compiler = context;
	struct cw_user_slot *slots = compiler->head->users;
	struct cw_user_slot entry = { .uid = uid, .user_class = number };
	uint32_t at = cw_user_slot(uid);

	compiler->head->users_used = 1;
	for (uint32_t way = 0; way < CW_USERS_PROBES; way++, at = (at + 1) % CW_USERS_SLOTS) {
		struct cw_user_slot other = slots[at];
		uint32_t other_way = (at - cw_user_slot(other.uid)) % CW_USERS_SLOTS;

		if (!other.user_class) {
			slots[at] = entry;
			return 0;
		}
		if (other_way < way) {
			slots[at] = entry;
			entry = other;
			way = other_way;
		}
	}
	return -E2BIG;
}

static int classify_files(struct compiler *compiler)
{
	_cleanup_keys_ struct keys by = { 0 }, target = { 0 };
	int r = 0;

	for (size_t p = 0; !r && p < compiler->set->count; p++) {
		const struct policy *policy = compiler->set->policies[p];
		const struct instance_lists *lists = &compiler->instances[p + 1];
		struct view view = compiler_view(compiler, p);

		for (enum cw_class k = 0; !r && k < CW_RULE_CLASSES; k++) {
			const struct rule_lists *list = &lists->classes[k];

			for (size_t i = 0; !r && list->target && i < policy->classes[k].count;
			     i++) {
				const struct rule *rule = &policy->classes[k].rules[i];

				if (list->by)
					r = items_files(&view, rule->by, rule->by_count,
							list->by->first + (uint32_t)i, &by);
				if (!r && k == CW_CLASS_EXEC)
					r = items_files(&view, rule->targets, rule->target_count,
							list->target->first + (uint32_t)i, &target);
			}
		}
		if (!r && lists->library)
			r = items_files(&view, policy->library.except, policy->library.except_count,
					lists->library->first, &by);
	}
	if (!r)
		r = guards_targets(compiler, CW_CLASS_EXEC, &target, NULL);
	if (!r)
		r = dimension_places(&compiler->by, &by, assign_by, compiler);
	return r ? r : dimension_places(&compiler->target, &target, assign_target, compiler);
}

static int classify_users(struct compiler *compiler)
{
	_cleanup_keys_ struct keys users = { 0 };
	int r = 0;

	for (size_t p = 0; !r && p < compiler->set->count; p++) {
		struct view view = compiler_view(compiler, p);

		for (enum cw_class k = 0; !r && k < CW_RULE_CLASSES; k++) {
			const struct rule_class *class = &view.policy->classes[k];
			const struct list *list = compiler->instances[p + 1].classes[k].user;

			for (size_t i = 0; !r && list && i < class->count; i++)
				r = items_users(&view, class->rules[i].users,
						class->rules[i].user_count,
						list->first + (uint32_t)i, &users);
		}
	}
	for (enum cw_class k = 0; !r && k < CW_RULE_CLASSES; k++)
		r = guards_users(compiler, k, &users);
	return r ? r : dimension_places(&compiler->user, &users, assign_user, compiler);
}

static int classify_ports(struct compiler *compiler, enum cw_class k)
{
	_cleanup_(port_keys_release) struct port_keys keys = { 0 };
	enum cw_direction direction = class_direction(k);
	int r = 0;

	for (size_t p = 0; !r && p < compiler->set->count; p++) {
		struct view view = compiler_view(compiler, p);
		const struct rule_class *class = &view.policy->classes[k];
		const struct list *list = compiler->instances[p + 1].classes[k].target;

		for (size_t i = 0; !r && list && i < class->count; i++)
			r = items_ports(&view, class->rules[i].ports, class->rules[i].port_count,
					direction, list->first + (uint32_t)i, &keys);
	}
	if (!r)
		r = guards_targets(compiler, k, NULL, &keys);
	return r ? r
		 : ports_classify(&compiler->ports[direction], &keys,
				  compiler->guards[k].lists.target,
				  compiler->ports_page->port[direction]);
}

static int classify_addresses(struct compiler *compiler)
{
	_cleanup_(address_keys_release) struct address_keys keys = { 0 };
	const struct list *local = compiler->guards[CW_CLASS_CONNECT].lists.address;
	struct address_tables tables = {
		.v4 = compiler->v4_page,
		.v6 = compiler->v6_page,
		.v6_class = compiler->ports_page->v6_class,
	};
	int r = 0;

	for (size_t p = 0; !r && p < compiler->set->count; p++) {
		struct view view = compiler_view(compiler, p);

		for (enum cw_class k = CW_CLASS_BIND; !r && k <= CW_CLASS_CONNECT; k++) {
			const struct rule_class *class = &view.policy->classes[k];
			const struct list *list = compiler->instances[p + 1].classes[k].address;

			for (size_t i = 0; !r && list && i < class->count; i++)
				r = items_addresses(&view, class->rules[i].addresses,
						    class->rules[i].address_count,
						    list->first + (uint32_t)i, &keys);
		}
	}
	if (!r && local)
		r = items_local_addresses(compiler->facts, local->first, &keys);
	if (!r)
		r = addresses_classify(&compiler->address, &keys, &tables);
	compiler->head->v4_bounds = tables.v4_bounds;
	compiler->head->v6_bounds = tables.v6_bounds;
	return r;
}

int rules_classify(struct compiler *compiler)
{
	int r = classify_files(compiler);

	if (!r)
		r = classify_users(compiler);
	if (!r)
		r = classify_ports(compiler, CW_CLASS_BIND);
	if (!r)
		r = classify_ports(compiler, CW_CLASS_CONNECT);
	return r ? r : classify_addresses(compiler);
}

/* ------------------------------------------------------------------ lists into rows */

enum row_kind { ROW_TARGET, ROW_BY, ROW_ADDRESS, ROW_USER, ROW_KINDS };

/* The row of a list; without one the dimension is unused, or there are no rules. */
static int rules_row(struct compiler *compiler, size_t policy, enum cw_class k, enum row_kind kind)
{
	const struct rule_lists *lists = &compiler->instances[policy + 1].classes[k];
	struct cw_rules *rules = &compiler->head->instances[policy + 1].rules[k];
	const struct {
		const struct dimension *dimension;
		const struct list *list;
		uint32_t *row;
		uint16_t *mask;
	} rows[] = {
		[ROW_TARGET] = { compiler_target(compiler, k), lists->target, &rules->row_target,
				 &rules->mask_target },
		[ROW_BY] = { &compiler->by, lists->by, &rules->row_by, &rules->mask_by },
		[ROW_ADDRESS] = { &compiler->address, lists->address, &rules->row_address,
				  &rules->mask_address },
		[ROW_USER] = { &compiler->user, lists->user, &rules->row_user, &rules->mask_user },
	};
	struct row row = kind == ROW_TARGET ? ROW_EMPTY : ROW_FULL;
	int r = 0;

	if (rows[kind].list)
		r = pool_row(&compiler->pool, rows[kind].dimension, rows[kind].list, &row);
	*rows[kind].row = row.start;
	*rows[kind].mask = row.mask;
	return r;
}

static void rules_actions(struct compiler *compiler, size_t policy, enum cw_class k)
{
	const struct rule_class *class = &compiler->set->policies[policy]->classes[k];
	struct cw_rules *rules = &compiler->head->instances[policy + 1].rules[k];

	if (!compiler->instances[policy + 1].classes[k].target)
		return;
	rules->count = (uint16_t) class->count;
	for (size_t i = 0; i < class->count; i++)
		rules->action[i] = class->rules[i].action;
}

static int rules_row_library(struct compiler *compiler, size_t policy)
{
	const struct list *list = compiler->instances[policy + 1].library;
	struct cw_instance *instance = &compiler->head->instances[policy + 1];
	struct row row = ROW_EMPTY;
	int r = list ? pool_row(&compiler->pool, &compiler->by, list, &row) : 0;

	instance->row_library = row.start;
	instance->mask_library = row.mask;
	return r;
}

/*
 * A row is mostly what rules say of other instances' classes, that is nothing. Rows of one kind in a
 * line, of the first instance, the last, the second, the last but one …: so long ends of nothing
 * stand beside long beginnings of it, and overlap, which halves the room.
 */
static size_t write_order(size_t turn, size_t count)
{
	return turn % 2 ? count - 1 - turn / 2 : turn / 2;
}

int rules_write(struct compiler *compiler)
{
	size_t count = compiler->set->count;
	int r = 0;

	for (enum cw_class k = 0; k < CW_RULE_CLASSES; k++)
		for (size_t p = 0; p < count; p++)
			rules_actions(compiler, p, k);
	for (enum row_kind kind = 0; kind < ROW_KINDS; kind++)
		for (enum cw_class k = 0; k < CW_RULE_CLASSES; k++)
			for (size_t turn = 0; !r && turn < count; turn++)
				r = rules_row(compiler, write_order(turn, count), k, kind);
	for (size_t turn = 0; !r && turn < count; turn++)
		r = rules_row_library(compiler, write_order(turn, count));
	return r;
}

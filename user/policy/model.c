/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/model.h"

#include <stdlib.h>

static void text_list_free(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].value);
	free(list->items);
}

static void rule_free(struct rule *rule)
{
	for (size_t i = 0; i < rule->address_count; i++)
		free(rule->addresses[i].name);
	for (size_t i = 0; i < rule->user_count; i++)
		free(rule->users[i].value);
	free(rule->id.value);
	free(rule->why.value);
	free(rule->by);
	free(rule->targets);
	free(rule->ports);
	free(rule->addresses);
	free(rule->users);
}

static void guard_free(struct guard_policy *guard)
{
	free(guard->bind.ports);
	text_list_free(&guard->bind.users);
	free(guard->connect.ports);
	text_list_free(&guard->connect.users);
	free(guard->exec.executables);
	text_list_free(&guard->exec.users);
}

struct policy *policy_free(struct policy *policy)
{
	if (!policy)
		return NULL;
	for (size_t i = 0; i < policy->executable_count; i++) {
		free(policy->executables[i].name.value);
		free(policy->executables[i].path.value);
	}
	free(policy->executables);
	for (size_t c = 0; c < CW_RULE_CLASSES; c++) {
		for (size_t i = 0; i < policy->classes[c].count; i++)
			rule_free(&policy->classes[c].rules[i]);
		free(policy->classes[c].rules);
	}
	free(policy->library.except);
	guard_free(&policy->guard);
	text_list_free(&policy->trust_groups);
	free(policy->instance.value);
	free(policy->root.value);
	free(policy->owner.value);
	free(policy->file);
	free(policy);
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back from a decision to the line it came from. A copy of its own: the policies that it was
 * made from are gone when the last record of their generation arrives.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/compile.h"
#include "policy/words.h"

static void rules_free(struct catalogue_rule *rules, size_t count)
{
	for (size_t i = 0; rules && i < count; i++) {
		free(rules[i].id);
		free(rules[i].why);
		free(rules[i].file);
	}
	free(rules);
}

struct catalogue *catalogue_free(struct catalogue *catalogue)
{
	if (!catalogue)
		return NULL;
	for (size_t i = 0; i < catalogue->instance_count; i++) {
		struct catalogue_instance *instance = &catalogue->instances[i];

		free(instance->name);
		free(instance->file);
		for (int k = 0; k < CW_RULE_CLASSES; k++)
			rules_free(instance->rules[k], instance->count[k]);
		for (int k = 0; k < CW_CLASS_MAX; k++) {
			free(instance->classes[k].id);
			free(instance->classes[k].why);
			free(instance->classes[k].file);
		}
	}
	for (int k = 0; k < CW_RULE_CLASSES; k++)
		rules_free(catalogue->guards[k], catalogue->guard_count[k]);
	free(catalogue);
	return NULL;
}

static bool rule_fill(struct catalogue_rule *ret, const char *id, const char *why, const char *file,
		      unsigned int line)
{
	ret->id = strdup(id ? id : "");
	ret->why = why ? strdup(why) : NULL;
	ret->file = strdup(file ? file : "");
	ret->line = line;
	return ret->id && ret->file && (!why || ret->why);
}

static bool instance_rules(struct catalogue_instance *instance, const struct policy *policy, int k)
{
	const struct rule_class *class = &policy->classes[k];
	struct catalogue_rule *rules = calloc(class->count + 1, sizeof(*rules));

	instance->rules[k] = rules;
	if (!rules)
		return false;
	instance->count[k] = class->count;
	for (size_t i = 0; i < class->count; i++) {
		const struct rule *rule = &class->rules[i];

		if (!rule_fill(&rules[i], rule->id.value, rule->why.value, policy->file,
			       rule->where.line))
			return false;
	}
	return true;
}

static bool instance_fill(struct catalogue_instance *instance, const struct policy *policy,
			  uint8_t mode)
{
	const struct location *classes[CW_CLASS_MAX] = {
		[CW_CLASS_LIBRARY] = &policy->library.where,
		[CW_CLASS_SOCKETS] = &policy->sockets.where,
	};

	instance->name = strdup(policy->instance.value ? policy->instance.value : "");
	instance->file = strdup(policy->file);
	instance->mode = mode;
	if (!instance->name || !instance->file)
		return false;
	for (int k = 0; k < CW_RULE_CLASSES; k++) {
		classes[k] = &policy->classes[k].where;
		if (!instance_rules(instance, policy, k))
			return false;
	}
	for (size_t k = 0; k < CW_CLASS_MAX; k++)
		if (!rule_fill(&instance->classes[k], vocabulary_word(&words_class, k), NULL,
			       policy->file, classes[k]->line))
			return false;
	return true;
}

static bool guards_fill(struct catalogue *catalogue, const struct policy_set *set,
			const struct guard_table *table, size_t k)
{
	struct catalogue_rule *rules = calloc(table->count + 1, sizeof(*rules));
	char id[32];

	catalogue->guards[k] = rules;
	if (!rules)
		return false;
	catalogue->guard_count[k] = table->count;
	snprintf(id, sizeof(id), "guard-%s", vocabulary_word(&words_class, k));
	for (size_t i = 0; i < table->count; i++) {
		const struct guard *guard = &table->items[i];

		if (!rule_fill(&rules[i], id, NULL, set->policies[guard->policy]->file,
			       guard->where->line))
			return false;
	}
	return true;
}

static bool canary_fill(struct catalogue_instance *canary)
{
	canary->name = strdup("self-test");
	canary->file = strdup("");
	canary->mode = CW_MODE_ENFORCE;
	for (size_t k = 0; k < CW_CLASS_MAX; k++)
		if (!rule_fill(&canary->classes[k], vocabulary_word(&words_class, k), NULL, "", 0))
			return false;
	return canary->name && canary->file;
}

struct catalogue *catalogue_new(const struct policy_set *set,
				const struct guard_table guards[CW_RULE_CLASSES],
				uint64_t generation)
{
	struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
	bool good = catalogue != NULL;

	if (!catalogue)
		return NULL;
	catalogue->generation = generation;
	catalogue->instance_count = set->count + 1;
	good = canary_fill(&catalogue->instances[CW_INSTANCE_CANARY]);
	for (size_t p = 0; good && p < set->count; p++)
		good = instance_fill(&catalogue->instances[p + 1], set->policies[p],
				     policy_set_file_mode(set, p));
	for (size_t k = 0; good && k < CW_RULE_CLASSES; k++)
		good = guards_fill(catalogue, set, &guards[k], k);
	return good ? catalogue : catalogue_free(catalogue);
}

const struct catalogue_rule *catalogue_find(const struct catalogue *catalogue, uint16_t instance,
					    uint8_t rule_class, uint8_t reason, uint16_t rule)
{
	const struct catalogue_instance *of;

	if (reason == CW_REASON_GUARD)
		return rule_class < CW_RULE_CLASSES && rule < catalogue->guard_count[rule_class]
			       ? &catalogue->guards[rule_class][rule]
			       : NULL;
	if (instance >= catalogue->instance_count || rule_class >= CW_CLASS_MAX)
		return NULL;
	of = &catalogue->instances[instance];
	if (reason != CW_REASON_RULE)
		return &of->classes[rule_class];
	return rule_class < CW_RULE_CLASSES && rule < of->count[rule_class]
		       ? &of->rules[rule_class][rule]
		       : NULL;
}

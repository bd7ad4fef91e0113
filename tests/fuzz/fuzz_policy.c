/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The policy reader: any bytes at all give a model in which everything is in its bounds, or
 * diagnostics that a terminal may see. What is wrong with half of a policy can be found as well.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/image.h"
#include "policy/model.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rule(const struct policy *policy, const struct rule *rule)
{
	assert(rule->id.value && strlen(rule->id.value) <= POLICY_NAME_MAX);
	assert(rule->target_count || rule->port_count);
	for (size_t i = 0; i < rule->by_count; i++)
		assert(rule->by[i] < policy->executable_count);
	for (size_t i = 0; i < rule->target_count; i++)
		assert(rule->targets[i] < policy->executable_count);
	for (size_t i = 0; i < rule->port_count; i++)
		assert(rule->ports[i].protocols &&
		       (rule->ports[i].ephemeral ||
			(rule->ports[i].low > 0 && rule->ports[i].low <= rule->ports[i].high)));
}

static void check_policy(const struct policy *policy)
{
	assert(policy->instance.value && policy->executable_count);
	assert(policy->mode == CW_MODE_AUDIT || policy->mode == CW_MODE_ENFORCE);
	for (size_t i = 0; i < policy->executable_count; i++)
		assert(policy->executables[i].path.value[0] == '/');
	for (size_t c = 0; c < CW_RULE_CLASSES; c++) {
		assert(policy->classes[c].count <= CW_RULES_MAX);
		for (size_t i = 0; i < policy->classes[c].count; i++)
			check_rule(policy, &policy->classes[c].rules[i]);
	}
}

/* What could be read of a bad one is looked at as it is: on a host where nothing is. */
static void check_half(struct policy *half, struct diagnostics *diagnostics)
{
	struct policy_set set = { .policies = &half, .count = 1 };
	struct facts facts = { 0 };

	assert(half->faulty);
	image_diagnose(&set, &facts, diagnostics);
}

static void check_printed(const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint32_t character;
		size_t size = utf8_decode(text + at, length - at, &character);

		assert(size && (character == '\n' || utf8_visible(character)));
		at += size;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL, *half = NULL;
	char *printed = NULL;
	size_t length = 0;
	int r = policy_read_half("fuzz.yaml", (const char *)data, size, &diagnostics, &policy,
				 &half);
	FILE *stream = open_memstream(&printed, &length);

	assert((r == 0) == (diagnostics.errors == 0) && (r == 0) == (policy != NULL));
	assert(diagnostics.count <= DIAGNOSTICS_MAX);
	if (policy)
		check_policy(policy);
	if (half)
		check_half(half, &diagnostics);
	policy_free(half);
	policy_free(policy); /* what is printed must not need it */
	diagnostics_print(&diagnostics, stream, false);
	fclose(stream);
	check_printed(printed, length);
	free(printed);
	diagnostics_release(&diagnostics);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policies generated of any cpf: none of its bytes ends a string or a comment. What is printed is read
 * as a policy, but for rules with an address or a path that is none; those become comments, and then
 * nothing is wrong any more. No rule is everybody's, and none connects to everywhere.
 */
#include "installed.h"
#include "instance/generate.h"
#include "printing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_policy(const struct policy *policy)
{
	for (size_t k = 0; k < CW_RULE_CLASSES; k++)
		for (size_t i = 0; i < policy->classes[k].count; i++) {
			assert(policy->classes[k].rules[i].by_count);
			assert(k != CW_CLASS_CONNECT || policy->classes[k].rules[i].address_count);
		}
	assert(!policy->sockets.types[17] && !policy->library.anonymous); /* 17: packet */
}

/* One round of what `policy generate` does; true when there is nothing to do any more. */
static bool check_draft(struct draft *draft)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	struct buffer text = { 0 };
	bool good;

	draft_print(draft, &text);
	assert(!draft->failed && !buffer_failed(&text));
	good = policy_read("draft", text.data, text.length, &diagnostics, &policy) == 0;
	for (size_t i = 0; i < diagnostics.count; i++) {
		struct draft_entry *entry = draft_at(draft, diagnostics.items[i].where.line);

		assert(entry || diagnostics.items[i].severity == SEVERITY_NOTE);
		draft_doubt(entry, "%s", diagnostics.items[i].message);
	}
	if (good)
		check_policy(policy);
	draft_settle(draft);
	policy_free(policy);
	buffer_release(&text);
	diagnostics_release(&diagnostics);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };
	struct instance instance = { .name = (char *)"X", .root = (char *)installed() };
	const struct generate_input input = { .instance = &instance };
	struct draft *draft = NULL;
	char *message = NULL;
	const char *hint;

	instance.owner = (struct instance_account){ INSTANCE_CERTAIN, getuid(), (char *)"o", NULL };
	config_read("c", (const char *)data, size, &diagnostics, &instance.config);
	if (instance.config && generate(&input, &draft, &message, &hint) == 0)
		for (unsigned int round = 0; !check_draft(draft); round++)
			assert(round < 3 * DRAFT_PART_MAX);
	draft_free(draft);
	free(message);
	config_free(instance.config);
	diagnostics_release(&diagnostics);
	return 0;
}

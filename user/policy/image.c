/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiler's way through its parts (compile.h), and what stands in the head of the image. */
#include "policy/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/compile.h"
#include "util/cleanup.h"

static struct compiler *compiler_free(struct compiler *compiler)
{
	pool_release(&compiler->pool);
	dimension_release(&compiler->by);
	dimension_release(&compiler->target);
	dimension_release(&compiler->ports[CW_DIRECTION_BIND]);
	dimension_release(&compiler->ports[CW_DIRECTION_CONNECT]);
	dimension_release(&compiler->address);
	dimension_release(&compiler->user);
	free(compiler);
	return NULL;
}
DEFINE_CLEANUP(struct compiler *, compiler_free);

/* `off` is never overridden: what is not judged has no rules that could be. */
static uint8_t set_mode(const struct policy_set *set, size_t policy, bool own, uint8_t mode)
{
	switch (set->mode_override[policy + 1]) {
	case CW_MODE_AUDIT:
		return mode == CW_MODE_OFF ? CW_MODE_OFF : CW_MODE_AUDIT;
	case CW_MODE_ENFORCE:
		return mode == CW_MODE_OFF || own ? mode : CW_MODE_ENFORCE;
	default:
		return mode;
	}
}

uint8_t policy_set_class_mode(const struct policy_set *set, size_t policy, enum cw_class class)
{
	const struct policy *of = set->policies[policy];

	switch (class) {
	case CW_CLASS_LIBRARY:
		return set_mode(set, policy, of->library.mode_given, of->library.mode);
	case CW_CLASS_SOCKETS:
		return set_mode(set, policy, of->sockets.mode_given, of->sockets.mode);
	default:
		return set_mode(set, policy, of->classes[class].mode_given,
				of->classes[class].mode);
	}
}

uint8_t policy_set_guard_mode(const struct policy_set *set, size_t policy)
{
	const struct guard_policy *guard = &set->policies[policy]->guard;

	return set_mode(set, policy, guard->mode_given, guard->mode);
}

uint8_t policy_set_file_mode(const struct policy_set *set, size_t policy)
{
	return set_mode(set, policy, false, set->policies[policy]->mode);
}

/* ------------------------------------------------------------------ what no image can hold */

static void check_instances(const struct policy_set *set, struct diagnostics *diagnostics)
{
	for (size_t p = 0; p < set->count; p++) {
		const struct text *name = &set->policies[p]->instance;

		for (size_t other = 0; other < p; other++) {
			const struct text *first = &set->policies[other]->instance;

			if (!name->value || !first->value || strcmp(name->value, first->value) != 0)
				continue;
			diagnostic_related(diagnostics_add(diagnostics, SEVERITY_ERROR,
							   &name->where, "a second instance `%s`",
							   name->value),
					   &first->where, "the first is here");
			break;
		}
	}
	if (set->count > CW_INSTANCES_MAX - 1)
		diagnostics_add(diagnostics, SEVERITY_ERROR,
				&set->policies[CW_INSTANCES_MAX - 1]->instance.where,
				"more than %d instances on one host", CW_INSTANCES_MAX - 1);
}

static void check_rules(const struct policy *policy, struct diagnostics *diagnostics)
{
	for (int k = 0; k < CW_RULE_CLASSES; k++)
		if (policy->classes[k].count > CW_RULES_MAX)
			diagnostics_add(diagnostics, SEVERITY_ERROR,
					&policy->classes[k].rules[CW_RULES_MAX].where,
					"more than %d rules in one class", CW_RULES_MAX);
	if (policy->trust_groups.count > CW_TRUST_GROUPS_MAX)
		diagnostics_add(diagnostics, SEVERITY_ERROR,
				&policy->trust_groups.items[CW_TRUST_GROUPS_MAX].where,
				"more than %d groups are trusted", CW_TRUST_GROUPS_MAX);
}

int image_diagnose(const struct policy_set *set, const struct facts *facts,
		   struct diagnostics *diagnostics)
{
	size_t errors = diagnostics->errors;
	int r;

	check_instances(set, diagnostics);
	for (size_t p = 0; p < set->count; p++)
		if (!set->policies[p]->faulty) /* else the reader has told it */
			check_rules(set->policies[p], diagnostics);
	if (diagnostics->errors > errors)
		return -EINVAL;
	resolve_diagnose(set, facts, diagnostics);
	r = reach_diagnose(set, facts, diagnostics);
	if (r)
		return r;
	return diagnostics->errors > errors ? -EINVAL : 0;
}

/* ------------------------------------------------------------------ the head */

static void write_trust_groups(const struct policy *policy, const struct facts *facts,
			       struct cw_instance *instance)
{
	for (size_t i = 0; i < policy->trust_groups.count; i++) {
		const struct id_fact *group = facts_group(facts,
							  policy->trust_groups.items[i].value);

		if (group && group->known)
			instance->trust_groups[instance->trust_group_count++] = group->id;
	}
}

static void write_instance(struct compiler *compiler, size_t p)
{
	const struct policy *policy = compiler->set->policies[p];
	struct cw_instance *instance = &compiler->head->instances[p + 1];

	for (enum cw_class k = 0; k < CW_CLASS_MAX; k++)
		instance->mode[k] = policy_set_class_mode(compiler->set, p, k);
	instance->guard_mode = policy_set_guard_mode(compiler->set, p);
	instance->on_undecided = policy->on_undecided;
	if (policy->library.anonymous)
		instance->library_flags |= CW_LIBRARY_ANONYMOUS;
	if (!policy->library.check_owners)
		instance->library_flags |= CW_LIBRARY_ANY_OWNER;
	if (policy->owner.value)
		instance->owner = resolve_user(compiler->facts, policy->owner.value);
	write_trust_groups(policy, compiler->facts, instance);
	memcpy(instance->socket_types, policy->sockets.types, sizeof(instance->socket_types));
}

/*
 * The self-test's own instance. It may make the sockets with which the other canaries are tried; a
 * raw or packet socket is the canary of `socket` itself.
 */
static void write_canary(struct cw_instance *canary)
{
	const uint16_t stream_datagram = 1u << SOCK_STREAM | 1u << SOCK_DGRAM;

	for (int k = 0; k < CW_CLASS_MAX; k++)
		canary->mode[k] = CW_MODE_ENFORCE;
	canary->guard_mode = CW_MODE_OFF;
	canary->on_undecided = CW_VERDICT_DENY;
	canary->row_library = CW_VECTOR_EMPTY;
	canary->socket_types[AF_UNIX] = 0xffff;
	canary->socket_types[AF_NETLINK] = 0xffff;
	canary->socket_types[AF_INET] = stream_datagram;
	canary->socket_types[AF_INET6] = stream_datagram;
	for (int k = 0; k < CW_RULE_CLASSES; k++) {
		struct cw_rules *rules = &canary->rules[k];

		rules->row_target = CW_VECTOR_EMPTY;
		rules->row_by = rules->row_address = rules->row_user = CW_VECTOR_FULL;
	}
}

/* ------------------------------------------------------------------ the whole */

static int compile_start(struct compiler *compiler)
{
	struct dimension *all[] = { &compiler->by,	 &compiler->target,  &compiler->ports[0],
				    &compiler->ports[1], &compiler->address, &compiler->user };
	int r = 0;

	for (size_t p = 0; p < compiler->set->count; p++)
		rules_lists(compiler, p);
	for (enum cw_class k = 0; k < CW_RULE_CLASSES; k++) {
		guards_collect(compiler->set, k, &compiler->guards[k]);
		guards_lists(compiler, k);
	}
	for (size_t i = 0; !r && i < ARRAY_SIZE(all); i++)
		r = dimension_start(all[i]);
	return r;
}

static int compile(struct compiler *compiler)
{
	size_t count = compiler->set->count;
	int r = compile_start(compiler);

	if (!r)
		r = rules_classify(compiler);
	if (!r)
		r = rules_write(compiler);
	for (enum cw_class k = 0; !r && k < CW_RULE_CLASSES; k++)
		r = guards_write(compiler, k);
	if (r)
		return r;
	for (size_t p = 0; p < count; p++)
		write_instance(compiler, p);
	write_canary(&compiler->head->instances[CW_INSTANCE_CANARY]);
	compiler->head->instance_count = (uint32_t)count + 1;
	compiler->head->vectors = compiler->pool.used;
	return 0;
}

static int diagnose_full(const struct policy_set *set, int r, struct diagnostics *diagnostics)
{
	struct location whole = { .file = set->count ? set->policies[0]->file : "" };
	struct diagnostic *diagnostic;

	switch (r) {
	case -ENOSPC:
		diagnostic = diagnostics_add(diagnostics, SEVERITY_ERROR, &whole,
					     "the policies together need more than %d rule vectors",
					     CW_VECTORS_MAX);
		diagnostic_hint(diagnostic, "fewer instances, or fewer different sets of files, "
					    "ports and addresses in their rules");
		return -EINVAL;
	case -EFBIG:
		diagnostics_add(
			diagnostics, SEVERITY_ERROR, &whole,
			"the policies together have more than %d IPv4 or %d IPv6 boundaries "
			"of addresses",
			CW_V4_BOUNDS_MAX, CW_V6_BOUNDS_MAX);
		return -EINVAL;
	case -E2BIG:
		diagnostics_add(
			diagnostics, SEVERITY_ERROR, &whole,
			"the policies together name more users than the table holds (some %d)",
			CW_USERS_SLOTS / 4);
		return -EINVAL;
	default:
		return r;
	}
}

int image_compile(const struct policy_set *set, const struct facts *facts, uint64_t generation,
		  struct image *image, struct diagnostics *diagnostics,
		  struct catalogue **ret_catalogue)
{
	_cleanup_(cleanup_compiler_free) struct compiler *compiler = calloc(1, sizeof(*compiler));
	char *base = image->memory;
	struct cw_page_main *main_page = (void *)(base + (size_t)CW_PAGE_MAIN * CW_PAGE_SIZE);
	struct cw_page_addresses *addresses =
		(void *)(base + (size_t)CW_PAGE_ADDRESSES * CW_PAGE_SIZE);
	int r;

	if (!compiler)
		return -ENOMEM;
	r = image_diagnose(set, facts, diagnostics);
	if (r)
		return r;
	compiler->set = set;
	compiler->facts = facts;
	compiler->diagnostics = diagnostics;
	compiler->head = &main_page->head;
	compiler->ports_page = &main_page->ports;
	compiler->v4_page = &addresses->v4;
	compiler->v6_page = &addresses->v6;
	pool_init(&compiler->pool, &main_page->vectors);
	r = compile(compiler);
	if (r)
		return diagnose_full(set, r, diagnostics);
	*ret_catalogue = catalogue_new(set, compiler->guards, generation);
	if (!*ret_catalogue)
		return -ENOMEM;
	compiler->head->abi = CW_ABI_VERSION;
	compiler->head->generation = generation;
	compiler->head->magic = CW_IMAGE_MAGIC;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From policy files to what is published, and never half of it: everything is read, resolved and compiled first. A
 * mistake on the way leaves what is in force in force.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/fault.h"
#include "util/log.h"

void governing_release(struct governing *governing)
{
	for (size_t i = 0; i < CATALOGUES_KEPT; i++)
		catalogue_free(governing->catalogues[i]);
	facts_release(&governing->facts);
	policy_list_release(&governing->list);
	*governing = (struct governing){ 0 };
}

const struct catalogue *governing_catalogue(const struct governing *governing, uint64_t generation)
{
	const struct catalogue *catalogue;

	if (generation >= governing->same_from && generation < governing->same_as)
		generation = governing->same_as;
	catalogue = governing->catalogues[generation % CATALOGUES_KEPT];
	return catalogue && catalogue->generation == generation ? catalogue : NULL;
}

/* ------------------------------------------------------------------ what a backend can do */

static enum cw_class class_of_operation(enum cw_operation operation)
{
	static const enum cw_class classes[CW_OPERATION_MAX] = {
		[CW_OPERATION_EXEC] = CW_CLASS_EXEC,	  [CW_OPERATION_LIBRARY] = CW_CLASS_LIBRARY,
		[CW_OPERATION_SOCKET] = CW_CLASS_SOCKETS, [CW_OPERATION_CONNECT] = CW_CLASS_CONNECT,
		[CW_OPERATION_SEND] = CW_CLASS_CONNECT,	  [CW_OPERATION_BIND] = CW_CLASS_BIND,
		[CW_OPERATION_LISTEN] = CW_CLASS_BIND,	  [CW_OPERATION_RECEIVE] = CW_CLASS_BIND,
	};

	return classes[operation];
}

/* A received socket is judged by the rules of two classes. */
static bool operation_enforced(const struct policy_set *set, size_t policy,
			       enum cw_operation operation)
{
	if (policy_set_class_mode(set, policy, class_of_operation(operation)) == CW_MODE_ENFORCE)
		return true;
	return operation == CW_OPERATION_RECEIVE &&
	       policy_set_class_mode(set, policy, CW_CLASS_CONNECT) == CW_MODE_ENFORCE;
}

/* Is a port guarded for this protocol by name? `any` is as much as the backend can see. */
static bool guards_protocol(const struct port_range *ports, size_t count, enum cw_protocol protocol)
{
	for (size_t i = 0; i < count; i++)
		if (ports[i].protocols == 1u << protocol)
			return true;
	return false;
}

/* What the guards of one policy enforce and the backend cannot keep, as a mask of operations. */
static uint32_t guards_beyond_backend(const struct policy_set *set, size_t policy,
				      enum cw_backend backend)
{
	const struct guard_policy *guard = &set->policies[policy]->guard;
	uint32_t beyond = 0;

	if (policy_set_guard_mode(set, policy) != CW_MODE_ENFORCE ||
	    kern_guards_protocol(backend, CW_PROTOCOL_SCTP))
		return 0;
	if (guards_protocol(guard->bind.ports, guard->bind.port_count, CW_PROTOCOL_SCTP))
		beyond |= 1u << CW_OPERATION_BIND;
	if (guards_protocol(guard->connect.ports, guard->connect.port_count, CW_PROTOCOL_SCTP))
		beyond |= 1u << CW_OPERATION_CONNECT;
	return beyond;
}

/* What one policy enforces and the backend cannot refuse, as a mask of operations. */
static uint32_t policy_beyond_backend(const struct policy_set *set, size_t policy,
				      enum cw_backend backend)
{
	uint32_t beyond = 0;

	for (int operation = 0; operation < CW_OPERATION_MAX; operation++)
		if (kern_backend_guard(backend, (enum cw_operation)operation) < KERN_GUARD_KILLED &&
		    operation_enforced(set, policy, (enum cw_operation)operation))
			beyond |= 1u << operation;
	beyond |= guards_beyond_backend(set, policy, backend);
	return beyond & ~set->policies[policy]->allow_partial;
}

/* Whole, with what is there already: a second line of the same key would be a mistake. */
static void partial_list(uint32_t operations, char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (size_t operation = 0; operation < CW_OPERATION_MAX && used < size; operation++)
		if (operations & (1u << operation))
			used += (size_t)snprintf(to + used, size - used, "%s%s", used ? ", " : "",
						 vocabulary_word(&words_operation, operation));
}

int govern_check_backend(struct daemon *daemon, const struct policy_set *set,
			 struct diagnostics *diagnostics)
{
	enum cw_backend backend = kern_backend(daemon->kern);
	int r = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct policy *policy = set->policies[i];
		uint32_t beyond = policy_beyond_backend(set, i, backend);
		struct diagnostic *diagnostic;
		char missing[128], whole[128];

		if (!beyond)
			continue;
		partial_list(beyond, missing, sizeof(missing));
		partial_list(beyond | policy->allow_partial, whole, sizeof(whole));
		diagnostic = diagnostics_add(
			diagnostics, SEVERITY_ERROR, &policy->mode_where,
			"enforcing is asked for, but the %s backend cannot refuse: %s",
			vocabulary_word(&words_backend, backend), missing);
		diagnostic_hint(
			diagnostic,
			"`allow_partial: [%s]` accepts that; `cachewarden doctor` tells what a "
			"better backend needs",
			whole);
		r = -EOPNOTSUPP;
	}
	return r;
}

/* What is to be kept when we end must outlive us. */
static int govern_check_pins(struct daemon *daemon, const struct policy_set *set,
			     struct diagnostics *diagnostics)
{
	int r = 0;

	for (size_t i = 0; i < set->count && daemon->pins_error; i++) {
		const struct policy *policy = set->policies[i];

		if (policy->on_stop != ON_STOP_KEEP || governing_is_vacant(policy))
			continue;
		diagnostic_hint(
			diagnostics_add(
				diagnostics, SEVERITY_ERROR, &policy->mode_where,
				"`on_stop: keep` cannot be kept: %s is not in a bpf file system",
				daemon->options.pin_dir),
			"`mount -t bpf bpf /sys/fs/bpf` makes one; without, say `on_stop: release` "
			"here or run with --pin-dir=" PIN_DIR_NONE
			": verdicts then end with the daemon");
		r = -EOPNOTSUPP;
	}
	return r;
}

/* ------------------------------------------------------------------ what policies name, on this host */

/* in_force: what is so is looked at once more, and nothing may keep us. */
static int facts_look(struct daemon *daemon, const struct policy_list *list, bool in_force,
		      const struct facts *previous, struct facts *ret)
{
	const char *what;
	struct gather_options options = {
		.identifier = { .identify = kern_identify,
				.context = daemon->kern,
				.hash_later = in_force,
				.in_force = in_force },
		.keep_names = true, /* resolve.c looks them up */
		.reterr_what = &what,
	};
	int r = host_facts_gather(list->items, list->count, daemon->registry, &options, previous,
				  ret);

	return r ? log_err(r, "%s", what) : 0;
}

static bool facts_young(const struct facts *facts)
{
	for (size_t i = 0; i < facts->file_count; i++)
		if (facts->files[i].trust == FILE_TOO_YOUNG)
			return true;
	return false;
}

#define YOUNG_TRIES 30

/* Look until no file is too young to be told from one that changes in the same tick. */
static int facts_gather(struct daemon *daemon, const struct policy_list *list,
			const struct facts *previous, struct facts *ret)
{
	struct facts known = previous ? *previous : (struct facts){ 0 }, names;
	int r = resolve_now(daemon, list, previous, &names);

	if (r)
		return resolve_failed(r);
	known.names = names.names;
	known.name_count = names.name_count;
	r = facts_look(daemon, list, false, &known, ret);
	facts_release(&names);
	for (int try = 0; !r && facts_young(ret) && try < YOUNG_TRIES; try++) {
		struct facts young = *ret;

		*ret = (struct facts){ 0 };
		/* Names are not looked up again, nor what was hashed hashed. */
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
		r = facts_look(daemon, list, false, &young, ret);
		facts_release(&young);
	}
	return r;
}

/* ------------------------------------------------------------------ loading */

/* A file that went by mistake ends enforcement; that is not to pass without a word. */
static void tell_left(const struct policy_list *before, const struct policy_list *now,
		      struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < before->count; i++) {
		const struct policy *policy = before->items[i];
		const struct location where = { .file = policy->file };

		if (!governing_is_vacant(policy) &&
		    list_find(now, policy->instance.value) == now->count)
			diagnostics_add(diagnostics, SEVERITY_WARNING, &where,
					"instance %s has no policy any more: it is not governed",
					policy->instance.value);
	}
}

int govern_load(struct daemon *daemon, struct diagnostics *diagnostics)
{
	struct governing *governing = &daemon->governing;
	struct governing fresh = { 0 };
	uint32_t known = file_registry_count(daemon->registry);
	int r;

	r = policy_list_read(&fresh.list, daemon->options.policy, diagnostics);
	if (!r)
		r = numbers_assign(kern_ledger(daemon->kern), &fresh.list, fresh.set.mode_override);
	if (!r) {
		fresh.set.policies = fresh.list.items;
		fresh.set.count = fresh.list.count;
		r = govern_check_backend(daemon, &fresh.set, diagnostics);
	}
	if (!r)
		r = govern_check_pins(daemon, &fresh.set, diagnostics);
	if (!r)
		r = facts_gather(daemon, &fresh.list,
				 governing->list.items ? &governing->facts : &daemon->recalled,
				 &fresh.facts);
	if (!r)
		r = govern_publish(daemon, &fresh.set, &fresh.list, &fresh.facts, diagnostics);
	if (r) {
		/* Else the files of a bad policy would leave no room to those of a good one. */
		if (known < daemon->files_noted)
			known = daemon->files_noted;
		file_registry_forget(daemon->registry, known);
		governing_release(&fresh);
		return r;
	}
	tell_left(&governing->list, &fresh.list, diagnostics);
	facts_release(&governing->facts);
	policy_list_release(&governing->list);
	governing->list = fresh.list;
	governing->set = fresh.set;
	governing->facts = fresh.facts;
	/* What is looked up beside is of the list before. */
	if (daemon->resolver_fd >= 0) {
		resolve_stop(daemon);
		daemon->resolve_soon = true;
	}
	/* At the start, when ours is in force. */
	if (!daemon->watch)
		return 0;
	resolve_remember(daemon);
	return daemon_watch(daemon);
}

/* A directory that has grown since, once: the next look finds it as it is. */
static void tell_excess(const struct daemon *daemon, const struct facts *facts)
{
	const struct facts *before = &daemon->governing.facts;

	for (size_t i = 0; i < facts->pattern_count && i < before->pattern_count; i++) {
		const struct pattern_fact *pattern = &facts->patterns[i];
		const struct policy *policy = daemon->governing.list.items[pattern->policy];
		const struct text *path = &policy->executables[pattern->executable].path;

		if (!pattern->excess || before->patterns[i].excess)
			continue;
		log_warning(0,
			    "%s:%u: `%s` now matches more files than there is room for; those it "
			    "had stay in force, and no others",
			    path->where.file, path->where.line, path->value);
		log_hint("name the files, or write a narrower pattern");
	}
}

int govern_refresh(struct daemon *daemon, const struct facts *names)
{
	struct governing *governing = &daemon->governing;
	struct diagnostics diagnostics = { 0 };
	struct facts facts = { 0 }, previous = governing->facts;
	int r;

	if (names) {
		previous.names = names->names;
		previous.name_count = names->name_count;
	}
	r = facts_look(daemon, &governing->list, true, &previous, &facts);
	if (r)
		return r;
	switch (host_facts_compare(&governing->facts, &facts)) {
	case HOST_FACTS_SAME:
		if (daemon->settle_again)
			govern_settle(daemon, &facts);
		break;
	case HOST_FACTS_FILES:
		r = trust_update(daemon, &facts);
		break;
	default:
		r = govern_publish(daemon, &governing->set, &governing->list, &facts, &diagnostics);
	}
	if (r == -EINVAL)
		diagnostics_print(&diagnostics, stderr, false);
	diagnostics_release(&diagnostics);
	if (r) {
		facts_release(&facts);
		return r;
	}
	trust_tell(daemon, &facts);
	tell_excess(daemon, &facts);
	facts_release(&governing->facts);
	governing->facts = facts;
	resolve_remember(daemon);
	if (facts_young(&facts))
		daemon_settle_soon(daemon);
	r = hasher_begin(daemon);
	return r ? r : daemon_watch(daemon);
}

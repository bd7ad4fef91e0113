/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/gather.h"

#include <errno.h>
#include <string.h>

#include "host/names.h"

int host_facts_gather(struct policy *const *policies, size_t count, struct file_registry *registry,
		      const struct gather_options *options, const struct facts *previous,
		      struct facts *ret)
{
	const char *what = "look users and groups up";
	struct facts facts = { 0 };
	int r = accounts_gather(policies, count, previous, &facts);

	if (!r) {
		what = "read this host's addresses";
		r = network_gather(&facts);
	}
	if (!r) {
		what = "look host names up";
		r = names_gather(policies, count, previous, options->keep_names, &facts);
	}
	/* Last, as they age: what the kernel is told of a file is what was seen now. */
	if (!r) {
		what = "look at the files that the policies name";
		r = files_gather(policies, count, registry, &options->identifier, previous, &facts);
	}
	if (r) {
		facts_release(&facts);
		if (options->reterr_what)
			*options->reterr_what = what;
		return r;
	}
	*ret = facts;
	return 0;
}

bool file_facts_same(const struct file_fact *a, const struct file_fact *b)
{
	return a->trust == b->trust && a->interpreter == b->interpreter &&
	       memcmp(&a->identity, &b->identity, sizeof(a->identity)) == 0;
}

/* The same numbers for the same patterns: that is all an image knows of files. */
static bool files_alike(const struct facts *a, const struct facts *b)
{
	if (a->file_count != b->file_count || a->pattern_count != b->pattern_count)
		return false;
	for (size_t i = 0; i < a->file_count; i++)
		if (a->files[i].file != b->files[i].file)
			return false;
	for (size_t i = 0; i < a->pattern_count; i++) {
		const struct pattern_fact *x = &a->patterns[i], *y = &b->patterns[i];

		if (x->file_count != y->file_count ||
		    (x->file_count &&
		     memcmp(x->files, y->files, x->file_count * sizeof(*x->files)) != 0))
			return false;
	}
	return true;
}

static bool addresses_same(const struct resolved_address *a, size_t a_count,
			   const struct resolved_address *b, size_t b_count)
{
	return a_count == b_count && (!a_count || memcmp(a, b, a_count * sizeof(*a)) == 0);
}

static bool ids_same(const struct id_fact *a, size_t a_count, const struct id_fact *b,
		     size_t b_count)
{
	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++)
		if (a[i].known != b[i].known || (a[i].known && a[i].id != b[i].id) ||
		    strcmp(a[i].name, b[i].name) != 0)
			return false;
	return true;
}

static bool names_same(const struct facts *a, const struct facts *b)
{
	if (a->name_count != b->name_count)
		return false;
	for (size_t i = 0; i < a->name_count; i++)
		if (strcmp(a->names[i].name, b->names[i].name) != 0 ||
		    !addresses_same(a->names[i].addresses, a->names[i].address_count,
				    b->names[i].addresses, b->names[i].address_count))
			return false;
	return ids_same(a->users, a->user_count, b->users, b->user_count) &&
	       ids_same(a->groups, a->group_count, b->groups, b->group_count) &&
	       addresses_same(a->local, a->local_count, b->local, b->local_count) &&
	       a->ephemeral_low == b->ephemeral_low && a->ephemeral_high == b->ephemeral_high;
}

enum host_facts_change host_facts_compare(const struct facts *a, const struct facts *b)
{
	if (!names_same(a, b) || !files_alike(a, b))
		return HOST_FACTS_OTHER;
	for (size_t i = 0; i < a->file_count; i++)
		if (!file_facts_same(&a->files[i], &b->files[i]))
			return HOST_FACTS_FILES;
	return HOST_FACTS_SAME;
}

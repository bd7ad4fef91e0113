/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which files the kernel is told of. Every file that is there; one that is not trusted as one that is
 * not admitted, so that executing it is `tampered` and, of an entry, still governed.
 */
#include <string.h>

#include "daemon/daemon.h"
#include "host/identity.h"
#include "util/log.h"

static uint32_t file_entries(const struct policy_list *list, const struct facts *facts, size_t fact)
{
	uint32_t entries = 0;

	for (size_t i = 0; i < facts->pattern_count; i++) {
		const struct pattern_fact *pattern = &facts->patterns[i];

		if (!list->items[pattern->policy]->executables[pattern->executable].entry)
			continue;
		for (size_t j = 0; j < pattern->file_count; j++)
			if (pattern->files[j] == fact)
				entries |= CW_FILE_ENTRY(pattern->policy + 1);
	}
	return entries;
}

static int file_admit(struct daemon *daemon, const struct policy_list *list,
		      const struct facts *facts, size_t index)
{
	const struct file_fact *fact = &facts->files[index];
	struct cw_file file = {
		.ctime_seconds = fact->identity.ctime_seconds,
		.ctime_nanoseconds = fact->identity.ctime_nanoseconds,
		.size = fact->identity.size,
		.file = fact->file,
		.admitted = fact->trust == FILE_TRUSTED,
	};

	if (!fact->identity.key.inode || fact->identity.status)
		return 0;
	file.entry = file_entries(list, facts, index);
	return kern_file_admit(daemon->kern, &fact->identity.key, &file, fact->interpreter);
}

int trust_admit(struct daemon *daemon, const struct policy_list *list, const struct facts *facts)
{
	int r = 0;

	for (size_t i = 0; !r && i < facts->file_count; i++)
		r = file_admit(daemon, list, facts, i);
	return r;
}

static bool file_is_named(const struct cw_file_key *key, void *context)
{
	const struct facts *facts = context;

	for (size_t i = 0; i < facts->file_count; i++)
		if (memcmp(&facts->files[i].identity.key, key, sizeof(*key)) == 0)
			return true;
	return false;
}

int trust_sweep(struct daemon *daemon, const struct facts *facts)
{
	return kern_files_sweep(daemon->kern, file_is_named, (void *)facts);
}

int trust_update(struct daemon *daemon, const struct facts *facts)
{
	const struct facts *before = &daemon->governing.facts;
	int r = 0;

	/* All that is new first: what hooks wait for is this. */
	for (size_t i = 0; !r && i < facts->file_count; i++)
		if (!file_facts_same(&before->files[i], &facts->files[i]))
			r = file_admit(daemon, &daemon->governing.list, facts, i);
	for (size_t i = 0; !r && i < before->file_count; i++) {
		const struct cw_file_key *key = &before->files[i].identity.key;

		if (key->inode && memcmp(key, &facts->files[i].identity.key, sizeof(*key)) != 0 &&
		    !file_is_named(key, (void *)facts))
			r = kern_file_remove(daemon->kern, key);
	}
	return r ? r : kern_label_running(daemon->kern);
}

/* ------------------------------------------------------------------ what is told of it */

#define TOLD_AT_ONCE 100 /* records in a ring that nobody reads meanwhile */

static const struct file_fact *fact_of(const struct facts *facts, size_t guess, uint32_t number)
{
	if (guess < facts->file_count && facts->files[guess].file == number)
		return &facts->files[guess];
	for (size_t i = 0; i < facts->file_count; i++)
		if (facts->files[i].file == number)
			return &facts->files[i];
	return NULL;
}

/* The first instance that names it. */
static uint32_t instance_of(const struct facts *facts, size_t fact)
{
	for (size_t i = 0; i < facts->pattern_count; i++)
		for (size_t j = 0; j < facts->patterns[i].file_count; j++)
			if (facts->patterns[i].files[j] == fact)
				return (uint32_t)facts->patterns[i].policy + 1;
	return CW_INSTANCE_NONE;
}

/* Told when it is first seen to be another, trusted again or not: what becomes of it is another matter. */
void trust_tell(struct daemon *daemon, const struct facts *facts)
{
	const struct facts *before = &daemon->governing.facts;
	size_t told = 0, changed = 0;

	for (size_t i = 0; i < before->file_count; i++) {
		const struct file_fact *was = &before->files[i];
		const struct file_fact *is = fact_of(facts, i, was->file);

		if (!was->identity.key.inode || was->identity.status || !is ||
		    identity_same(&was->identity, &is->identity))
			continue;
		changed++;
		if (told < TOLD_AT_ONCE &&
		    !kern_tell_changed(daemon->kern, was->file, &is->identity.key,
				       instance_of(before, i)))
			told++;
	}
	if (changed > told)
		log_notice("%zu trusted files were changed; %zu of them are among the events",
			   changed, told);
}

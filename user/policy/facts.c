/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/facts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

static const char *const file_trust_names[] = {
	[FILE_TRUSTED] = "trusted",	    [FILE_MISSING] = "missing",
	[FILE_NOT_REGULAR] = "not-regular", [FILE_BAD_OWNER] = "bad-owner",
	[FILE_WRITABLE] = "writable",	    [FILE_BAD_HASH] = "bad-hash",
	[FILE_TOO_YOUNG] = "too-young",	    [FILE_UNHASHED] = "unhashed",
	[FILE_UNREADABLE] = "unreadable",
};
_Static_assert(ARRAY_SIZE(file_trust_names) == FILE_TRUST_MAX, "a word for each trust");

const char *file_trust_name(enum file_trust trust)
{
	return file_trust_names[trust];
}

static void ids_release(struct id_fact *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(ids[i].name);
	free(ids);
}

void facts_release(struct facts *facts)
{
	for (size_t i = 0; i < facts->file_count; i++) {
		free(facts->files[i].path);
		free(facts->files[i].resolved);
		free(facts->files[i].reason);
		free(facts->files[i].interpreter_path);
	}
	free(facts->files);
	for (size_t i = 0; i < facts->pattern_count; i++)
		free(facts->patterns[i].files);
	free(facts->patterns);
	for (size_t i = 0; i < facts->link_directory_count; i++)
		free(facts->link_directories[i]);
	free(facts->link_directories);
	for (size_t i = 0; i < facts->name_count; i++) {
		free(facts->names[i].name);
		free(facts->names[i].addresses);
		free(facts->names[i].error);
	}
	free(facts->names);
	ids_release(facts->users, facts->user_count);
	ids_release(facts->groups, facts->group_count);
	free(facts->local);
	*facts = (struct facts){ 0 };
}

int pattern_fact_add(struct pattern_fact *pattern, size_t file)
{
	size_t *files;

	for (size_t i = 0; i < pattern->file_count; i++)
		if (pattern->files[i] == file)
			return 0;
	files = realloc(pattern->files, (pattern->file_count + 1) * sizeof(*files));
	if (!files)
		return -ENOMEM;
	pattern->files = files;
	files[pattern->file_count++] = file;
	return 0;
}

static int pattern_compare(const void *a, const void *b)
{
	const struct pattern_fact *x = a, *y = b;

	if (x->policy != y->policy)
		return x->policy < y->policy ? -1 : 1;
	return (x->executable > y->executable) - (x->executable < y->executable);
}

const struct pattern_fact *facts_pattern(const struct facts *facts, size_t policy,
					 size_t executable)
{
	struct pattern_fact key = { .policy = policy, .executable = executable };

	return facts->pattern_count ? bsearch(&key, facts->patterns, facts->pattern_count,
					      sizeof(key), pattern_compare)
				    : NULL;
}

const struct file_fact *facts_interpreter(const struct facts *facts, const struct file_fact *script)
{
	for (size_t i = 0; script->interpreter && i < facts->file_count; i++)
		if (facts->files[i].file == script->interpreter)
			return &facts->files[i];
	return NULL;
}

static int name_compare(const void *name, const void *fact)
{
	return strcmp(name, ((const struct name_fact *)fact)->name);
}

const struct name_fact *facts_name(const struct facts *facts, const char *name)
{
	return facts->name_count ? bsearch(name, facts->names, facts->name_count,
					   sizeof(*facts->names), name_compare)
				 : NULL;
}

static int id_compare(const void *name, const void *fact)
{
	return strcmp(name, ((const struct id_fact *)fact)->name);
}

static const struct id_fact *ids_find(const struct id_fact *ids, size_t count, const char *name)
{
	return count ? bsearch(name, ids, count, sizeof(*ids), id_compare) : NULL;
}

const struct id_fact *facts_user(const struct facts *facts, const char *name)
{
	return ids_find(facts->users, facts->user_count, name);
}

const struct id_fact *facts_group(const struct facts *facts, const char *name)
{
	return ids_find(facts->groups, facts->group_count, name);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For each policy, for each executable: path or glob -> paths -> files -> facts.
 *
 * A file may be named often: by a name and by a glob, through links, by several policies. It is one
 * file with one number (the kernel knows one), so what is said of it is said together:
 *   - it is trusted only if every policy that names it can trust it (owners and groups differ);
 *   - a hash that any of them pins must be the file's, and then outweighs a group that may write it.
 */
#include "host/files.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/chase.h"
#include "host/distrust.h"
#include "host/identity.h"
#include "host/pin.h"
#include "host/script.h"
#include "util/cleanup.h"

/* What is only of use while gathering, beside the fact of the same index. */
struct file_work {
	char *group_reason;
	struct pins pins;
};

struct gathering {
	struct policy *const *policies;
	struct file_registry *registry;
	const struct file_identifier *identifier;
	const struct facts *previous;
	struct facts *facts;
	struct file_work *work;
	size_t capacity;
	uint32_t index[CW_FILES_MAX]; /* number -> index in facts + 1 */
	uint32_t previous_index[CW_FILES_MAX]; /* … in previous */
};

static struct gathering *gathering_free(struct gathering *gathering)
{
	for (size_t i = 0; gathering->work && i < gathering->facts->file_count; i++)
		free(gathering->work[i].group_reason);
	free(gathering->work);
	free(gathering);
	return NULL;
}
DEFINE_CLEANUP(struct gathering *, gathering_free);

/* ------------------------------------------------------------------ one file */

/* A hard link is the same file: what the kernel cannot tell apart must not have two numbers. */
static struct file_fact *gathering_twin(struct gathering *gathering,
					const struct cw_identity *identity)
{
	for (size_t i = 0; identity->links > 1 && i < gathering->facts->file_count; i++) {
		struct file_fact *fact = &gathering->facts->files[i];

		if (fact->resolved && fact->identity.key.inode == identity->key.inode &&
		    fact->identity.key.device == identity->key.device)
			return fact;
	}
	return NULL;
}

static int gathering_new_fact(struct gathering *gathering, const char *path,
			      const struct chased *chased, const struct cw_identity *identity,
			      struct file_fact **ret)
{
	struct facts *facts = gathering->facts;
	struct file_fact *fact;
	uint32_t number;
	int r = file_registry_number(gathering->registry,
				     chased->resolved ? chased->resolved : path, &number);

	if (r)
		return r;
	if (gathering->index[number]) {
		*ret = &facts->files[gathering->index[number] - 1];
		return 0;
	}
	if (facts->file_count == gathering->capacity) {
		size_t capacity = gathering->capacity ? gathering->capacity * 2 : 64;
		void *files = realloc(facts->files, capacity * sizeof(*facts->files));
		void *work;

		if (!files)
			return -ENOMEM;
		facts->files = files;
		work = realloc(gathering->work, capacity * sizeof(*gathering->work));
		if (!work)
			return -ENOMEM;
		gathering->work = work;
		gathering->capacity = capacity;
	}
	fact = &facts->files[facts->file_count];
	*fact = (struct file_fact){ .file = number, .identity = *identity };
	gathering->work[facts->file_count] = (struct file_work){ 0 };
	gathering->index[number] = (uint32_t)++facts->file_count;
	fact->path = strdup(path);
	fact->resolved = chased->resolved ? strdup(chased->resolved) : NULL;
	*ret = fact;
	return !fact->path || (chased->resolved && !fact->resolved) ? -ENOMEM : 0;
}

/* The fact of what a path led to: a new one, or one that another path led to before. */
static int gathering_fact(struct gathering *gathering, const char *path, struct chased *chased,
			  struct file_fact **ret)
{
	struct cw_identity identity = { .status = ENOENT }, seen = { 0 };
	struct file_fact *fact;
	int r = chased->fd >= 0 ? identity_get(gathering->identifier, chased->fd, &identity) : 0;
	int unidentified = r;

	/* By stat(), which a child that hashes can do as well. */
	if (chased->fd >= 0 && !r)
		r = unidentified = identity_get(NULL, chased->fd, &seen);

	if (unidentified)
		identity.status = (uint32_t)-unidentified;
	fact = r || chased->fd < 0 ? NULL : gathering_twin(gathering, &identity);
	r = fact ? 0 : gathering_new_fact(gathering, path, chased, &identity, &fact);
	if (r)
		return r;
	fact->seen = seen;
	*ret = fact;
	if (chased->trust != FILE_TRUSTED)
		r = fact_distrust(fact, chased->trust, chased->error, "%s", chased->reason);
	else if (unidentified)
		r = fact_distrust(fact, FILE_UNREADABLE, -unidentified,
				  "%s cannot be identified: %s", path, strerror(-unidentified));
	if (!r && chased->group_reason) {
		struct file_work *work = &gathering->work[fact - gathering->facts->files];

		/* Every fact has its work. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (!work->group_reason)
			work->group_reason = take_ptr(chased->group_reason);
	}
	return r;
}

static const struct file_fact *gathering_before(const struct gathering *gathering, uint32_t number)
{
	uint32_t index = gathering->previous_index[number];

	return index && gathering->previous ? &gathering->previous->files[index - 1] : NULL;
}

static bool links_known(const struct facts *facts, const char *directory)
{
	for (size_t i = 0; i < facts->link_directory_count; i++)
		if (strcmp(facts->link_directories[i], directory) == 0)
			return true;
	return false;
}

#define LINK_DIRECTORIES_MAX 256 /* whoever may make links could make any number */

/* Links that a walk followed: another target would be another file, or none. What is too much for the list is looked
 * at once a minute, as everything is. */
static int gathering_links(struct gathering *gathering, struct chased *chased)
{
	struct facts *facts = gathering->facts;

	for (size_t i = 0; i < chased->link_count; i++) {
		char **grown;

		if (facts->link_directory_count == LINK_DIRECTORIES_MAX)
			return 0;
		if (links_known(facts, chased->link_directories[i]))
			continue;
		grown = reallocarray(facts->link_directories, facts->link_directory_count + 1,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		facts->link_directories = grown;
		grown[facts->link_directory_count++] = take_ptr(chased->link_directories[i]);
	}
	return 0;
}

/* ------------------------------------------------------------------ interpreters */

static int fact_interpreter(struct file_fact *fact, const struct file_fact *before, int fd)
{
	int r;

	if (before && !fact->identity.status && identity_same(&before->identity, &fact->identity)) {
		fact->interpreter_path = before->interpreter_path ? strdup(before->interpreter_path)
								  : NULL;
		return before->interpreter_path && !fact->interpreter_path ? -ENOMEM : 0;
	}
	r = script_interpreter(fd, &fact->interpreter_path);
	/* What cannot be read is no script then: its interpreter will be judged as executed. */
	return r == -ENOMEM ? r : 0;
}

/* The file that a script leads to, and where that is a script, on from there. */
static int gathering_interpreters(struct gathering *gathering, size_t index, int fd,
				  const struct chase_trust *trust)
{
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };

	for (int behind = 0; behind < CW_INTERPRETERS_MAX; behind++) {
		struct file_fact *fact = &gathering->facts->files[index], *next;
		struct chased there = { .fd = -1 };
		int r;

		if (fact->interpreter || fact->interpreter_path)
			return 0; /* by another name, already */
		r = fact_interpreter(fact, gathering_before(gathering, fact->file),
				     behind ? chased.fd : fd);
		if (r || !fact->interpreter_path)
			return r;
		r = chase(fact->interpreter_path, trust, &there);
		chased_release(&chased);
		chased = there;
		if (!r)
			r = gathering_links(gathering, &chased);
		if (r || chased.fd < 0)
			return r;
		r = gathering_fact(gathering, fact->interpreter_path, &chased, &next);
		if (r)
			return r;
		gathering->facts->files[index].interpreter = next->file;
		index = (size_t)(next - gathering->facts->files);
	}
	return 0;
}

/* ------------------------------------------------------------------ the verdict on a file */

static int fact_conclude(struct gathering *gathering, struct file_fact *fact,
			 struct file_work *work)
{
	/* Every fact has its work. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	const struct pins *pins = &work->pins;
	int r;

	/* Nor is it hashed: another content could have the same identity. */
	if (identity_young(&fact->identity))
		return fact_distrust(fact, FILE_TOO_YOUNG, 0, "%s was changed this very moment",
				     fact->resolved);
	r = pins_check(fact, pins, gathering->identifier, gathering_before(gathering, fact->file));
	/* As above. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	if (!r && work->group_reason && !pins_any(pins))
		r = fact_distrust(fact, FILE_WRITABLE, 0, "%s", work->group_reason);
	return r;
}

/* ------------------------------------------------------------------ patterns */

static int pattern_file(struct gathering *gathering, struct pattern_fact *pattern,
			const struct executable *executable, const char *path,
			const struct chase_trust *trust)
{
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };
	struct file_fact *fact;
	size_t index;
	int r = chase(path, trust, &chased);

	if (r)
		return r;
	/* A glob asks for files; directories and dangling links beside them are no mistake. */
	if (executable->glob && (chased.trust == FILE_NOT_REGULAR || chased.trust == FILE_MISSING))
		return 0;
	r = gathering_links(gathering, &chased);
	if (!r)
		r = gathering_fact(gathering, path, &chased, &fact);
	if (r)
		return r;
	index = (size_t)(fact - gathering->facts->files);
	fact->named = true;
	pins_add(&gathering->work[index].pins, executable);
	r = pattern_fact_add(pattern, index);
	return r || chased.fd < 0 ? r : gathering_interpreters(gathering, index, chased.fd, trust);
}

static int pattern_path(struct gathering *gathering, struct pattern_fact *pattern,
			const struct executable *executable, const char *path,
			const struct chase_trust *trust)
{
	int r = pattern_file(gathering, pattern, executable, path, trust);

	if (r != -ENOSPC)
		return r;
	pattern->excess = PATTERN_UNNUMBERED;
	return 0;
}

/* It was not when its policy was put in force: what it matched by then is looked at, and nothing else. */
static int pattern_keep(struct gathering *gathering, struct pattern_fact *pattern,
			const struct executable *executable, const struct chase_trust *trust)
{
	const struct facts *previous = gathering->previous;
	const struct pattern_fact *before =
		previous ? facts_pattern(previous, pattern->policy, pattern->executable) : NULL;
	int r = 0;

	pattern->excess = PATTERN_TOO_WIDE;
	for (size_t i = 0; !r && before && pattern->kept && i < before->file_count; i++)
		r = pattern_path(gathering, pattern, executable,
				 previous->files[before->files[i]].path, trust);
	return r;
}

static int pattern_glob(struct gathering *gathering, struct pattern_fact *pattern,
			const struct executable *executable, const struct chase_trust *trust)
{
	glob_t matches = { 0 };
	int r = glob(executable->path.value, 0, NULL, &matches);

	r = r == GLOB_NOSPACE ? -ENOMEM : 0;
	if (!r && matches.gl_pathc > FILES_OF_PATTERN_MAX)
		r = pattern_keep(gathering, pattern, executable, trust);
	else
		for (size_t i = 0; !r && i < matches.gl_pathc; i++)
			r = pattern_path(gathering, pattern, executable, matches.gl_pathv[i],
					 trust);
	globfree(&matches);
	return r;
}

static int gather_policy(struct gathering *gathering, size_t index)
{
	const struct policy *policy = gathering->policies[index];
	struct facts *facts = gathering->facts;
	uint32_t groups[CW_TRUST_GROUPS_MAX];
	struct chase_trust trust = { .groups = groups };
	const struct id_fact *owner = policy->owner.value ? facts_user(facts, policy->owner.value)
							  : NULL;
	int r = 0;

	if (owner && owner->known)
		trust.owner = owner->id;
	for (size_t i = 0; i < policy->trust_groups.count && i < CW_TRUST_GROUPS_MAX; i++) {
		const struct id_fact *group = facts_group(facts,
							  policy->trust_groups.items[i].value);

		if (group && group->known)
			groups[trust.group_count++] = group->id;
	}
	for (size_t i = 0; !r && i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		struct pattern_fact *pattern = &facts->patterns[facts->pattern_count++];

		*pattern = (struct pattern_fact){ .policy = index, .executable = i };
		pattern->kept = gathering->identifier->in_force;
		if (executable->faulty)
			continue;
		r = executable->glob ? pattern_glob(gathering, pattern, executable, &trust)
				     : pattern_path(gathering, pattern, executable,
						    executable->path.value, &trust);
	}
	return r;
}

int files_gather(struct policy *const *policies, size_t count, struct file_registry *registry,
		 const struct file_identifier *identifier, const struct facts *previous,
		 struct facts *facts)
{
	_cleanup_(cleanup_gathering_free) struct gathering *gathering = calloc(1,
									       sizeof(*gathering));
	size_t patterns = 0;
	int r = 0;

	if (!gathering)
		return -ENOMEM;
	gathering->policies = policies;
	gathering->registry = registry;
	gathering->identifier = identifier;
	gathering->previous = previous;
	gathering->facts = facts;
	for (size_t i = 0; previous && i < previous->file_count; i++)
		gathering->previous_index[previous->files[i].file] = (uint32_t)i + 1;
	for (size_t p = 0; p < count; p++)
		patterns += policies[p]->executable_count;
	facts->patterns = calloc(patterns + 1, sizeof(*facts->patterns));
	if (!facts->patterns)
		return -ENOMEM;
	for (size_t p = 0; !r && p < count; p++)
		r = gather_policy(gathering, p);
	for (size_t i = 0; !r && i < facts->file_count; i++)
		r = fact_conclude(gathering, &facts->files[i], &gathering->work[i]);
	return r;
}

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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/chase.h"
#include "host/identity.h"
#include "util/cleanup.h"

/* What is only of use while gathering, beside the fact of the same index. */
struct file_work {
	char *group_reason;
	const uint8_t *pin; /* of the policies' */
	const uint8_t *other_pin; /* … and one that contradicts it */
	unsigned int links;
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

static int fact_distrust(struct file_fact *fact, enum file_trust trust, int error, char *reason)
{
	if (fact->trust != FILE_TRUSTED) {
		free(reason);
		return 0;
	}
	fact->trust = trust;
	fact->reason = reason;
	fact->reason_error = error;
	return reason ? 0 : -ENOMEM;
}

static char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *text_of(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

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
	struct cw_identity identity = { .status = ENOENT };
	struct file_fact *fact;
	int r = chased->fd >= 0 ? identity_get(gathering->identifier, chased->fd, &identity) : 0;
	int unidentified = r;

	if (unidentified)
		identity.status = (uint32_t)-unidentified;
	fact = r || chased->fd < 0 ? NULL : gathering_twin(gathering, &identity);
	r = fact ? 0 : gathering_new_fact(gathering, path, chased, &identity, &fact);
	if (r)
		return r;
	*ret = fact;
	if (chased->trust != FILE_TRUSTED)
		r = fact_distrust(fact, chased->trust, chased->error, take_ptr(chased->reason));
	else if (unidentified)
		r = fact_distrust(
			fact, FILE_UNREADABLE, -unidentified,
			text_of("%s cannot be identified: %s", path, strerror(-unidentified)));
	if (!r && chased->group_reason) {
		struct file_work *work = &gathering->work[fact - gathering->facts->files];

		/* Every fact has its work. NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
		if (!work->group_reason)
			work->group_reason = take_ptr(chased->group_reason);
	}
	return r;
}

/* ------------------------------------------------------------------ hashes */

static const struct file_fact *previous_fact(const struct facts *previous, uint32_t number)
{
	for (size_t i = 0; previous && i < previous->file_count; i++)
		if (previous->files[i].file == number)
			return &previous->files[i];
	return NULL;
}

/* The hash of what was identified, not of what stands there a moment later. */
static int fact_hash(struct gathering *gathering, struct file_fact *fact)
{
	const struct file_fact *before = previous_fact(gathering->previous, fact->file);
	struct chase_trust anybody = { 0 };
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };
	struct cw_identity identity = { 0 };
	int r;

	if (before && before->hashed && !fact->identity.status &&
	    identity_same(&before->identity, &fact->identity)) {
		memcpy(fact->sha256, before->sha256, sizeof(fact->sha256));
		fact->hashed = true;
		return 0;
	}
	r = chase(fact->resolved, &anybody, &chased);
	if (r)
		return r;
	r = chased.fd < 0 ? -ENOENT : file_hash(chased.fd, fact->sha256);
	if (!r)
		r = identity_get(gathering->identifier, chased.fd, &identity);
	if (r == -ENOMEM)
		return r;
	if (r)
		return fact_distrust(
			fact, FILE_UNREADABLE, -r,
			text_of("%s cannot be read: %s", fact->resolved, strerror(-r)));
	if (!identity_same(&identity, &fact->identity))
		return fact_distrust(fact, FILE_TOO_YOUNG, 0,
				     text_of("%s changed while it was read", fact->resolved));
	fact->hashed = true;
	return 0;
}

static int fact_check_pins(struct file_fact *fact, const struct file_work *work)
{
	if (work->other_pin)
		return fact_distrust(
			fact, FILE_BAD_HASH, 0,
			text_of("two different hashes are pinned for %s", fact->resolved));
	if (memcmp(fact->sha256, work->pin, sizeof(fact->sha256)) != 0)
		return fact_distrust(
			fact, FILE_BAD_HASH, 0,
			text_of("the content of %s is not what the policy pins", fact->resolved));
	return 0;
}

static int fact_conclude(struct gathering *gathering, struct file_fact *fact,
			 struct file_work *work)
{
	bool pinned = work->pin != NULL; /* NOLINT(clang-analyzer-core.NullDereference): as above */
	bool hash = pinned || (gathering->identifier && gathering->identifier->hash_all);
	bool readable = fact->resolved && fact->trust != FILE_NOT_REGULAR &&
			fact->trust != FILE_UNREADABLE;
	int r = 0;

	if (readable && hash)
		r = fact_hash(gathering, fact);
	if (!r && pinned && fact->hashed)
		r = fact_check_pins(fact, work);
	if (!r && work->group_reason && !pinned)
		r = fact_distrust(fact, FILE_WRITABLE, 0, take_ptr(work->group_reason));
	if (!r && identity_young(&fact->identity))
		r = fact_distrust(fact, FILE_TOO_YOUNG, 0,
				  text_of("%s was changed this very moment", fact->resolved));
	return r;
}

/* ------------------------------------------------------------------ patterns */

static void fact_pin(struct file_work *work, const struct executable *executable)
{
	if (!executable->pinned)
		return;
	if (!work->pin) /* NOLINT(clang-analyzer-core.NullDereference): as above */
		work->pin = executable->sha256;
	else if (memcmp(work->pin, executable->sha256, sizeof(executable->sha256)) != 0)
		work->other_pin = executable->sha256;
}

static int pattern_add(struct pattern_fact *pattern, size_t index)
{
	size_t *files;

	for (size_t i = 0; i < pattern->file_count; i++)
		if (pattern->files[i] == index)
			return 0;
	files = realloc(pattern->files, (pattern->file_count + 1) * sizeof(*files));
	if (!files)
		return -ENOMEM;
	pattern->files = files;
	files[pattern->file_count++] = index;
	return 0;
}

static int pattern_path(struct gathering *gathering, struct pattern_fact *pattern,
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
	r = gathering_fact(gathering, path, &chased, &fact);
	if (r)
		return r;
	index = (size_t)(fact - gathering->facts->files);
	fact_pin(&gathering->work[index], executable);
	return pattern_add(pattern, index);
}

static int pattern_glob(struct gathering *gathering, struct pattern_fact *pattern,
			const struct executable *executable, const struct chase_trust *trust)
{
	glob_t matches = { 0 };
	int r = glob(executable->path.value, 0, NULL, &matches);

	r = r == GLOB_NOSPACE ? -ENOMEM : 0;
	if (matches.gl_pathc > FILES_OF_PATTERN_MAX)
		r = -E2BIG;
	for (size_t i = 0; !r && i < matches.gl_pathc; i++)
		r = pattern_path(gathering, pattern, executable, matches.gl_pathv[i], trust);
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

/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/policy.h"
#include "host/identity.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

#define IMAGE_BYTES ((size_t)CW_PAGES * CW_PAGE_SIZE)

void loaded_release(struct loaded *loaded)
{
	catalogue_free(loaded->catalogue);
	if (loaded->image.memory)
		munmap(loaded->image.memory, IMAGE_BYTES);
	facts_release(&loaded->facts);
	file_registry_free(loaded->registry);
	policy_list_release(&loaded->list);
	diagnostics_release(&loaded->diagnostics);
	*loaded = (struct loaded){ 0 };
}

/* ------------------------------------------------------------------ files by their paths */

static const struct file_fact *file_named(const struct facts *facts, const char *path)
{
	for (size_t i = 0; i < facts->file_count; i++)
		if (strcmp(facts->files[i].path, path) == 0 ||
		    (facts->files[i].resolved && strcmp(facts->files[i].resolved, path) == 0))
			return &facts->files[i];
	return NULL;
}

static const struct file_fact *file_behind(const struct facts *facts, const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct cw_identity identity;

	if (fd < 0 || identity_get(NULL, fd, &identity))
		return NULL;
	for (size_t i = 0; i < facts->file_count; i++) {
		const struct cw_identity *seen = &facts->files[i].seen;

		if (seen->key.inode && seen->key.inode == identity.key.inode &&
		    seen->key.device == identity.key.device)
			return &facts->files[i];
	}
	return NULL;
}

const struct file_fact *loaded_file(const struct loaded *loaded, const char *path, bool *ret_twin)
{
	const struct file_fact *fact = file_named(&loaded->facts, path);
	char real[PATH_MAX];
	bool twin;

	if (!fact && realpath(path, real))
		fact = file_named(&loaded->facts, real);
	twin = !fact;
	if (!fact)
		fact = file_behind(&loaded->facts, path);
	if (ret_twin)
		*ret_twin = fact && twin;
	return fact;
}

/* ------------------------------------------------------------------ files that are assumed */

static int fact_assume(struct loaded *loaded, const char *path, size_t *ret_index)
{
	struct facts *facts = &loaded->facts;
	struct file_fact *files = realloc(facts->files,
					  (facts->file_count + 1) * sizeof(*facts->files));
	struct file_fact *fact;

	if (!files)
		return -ENOMEM;
	facts->files = files;
	fact = &files[facts->file_count];
	*fact = (struct file_fact){ .trust = FILE_MISSING, .named = true, .path = strdup(path) };
	if (!fact->path)
		return -ENOMEM;
	*ret_index = facts->file_count++;
	return file_registry_number(loaded->registry, path, &fact->file);
}

static int loaded_assume(struct loaded *loaded, const char *path)
{
	struct facts *facts = &loaded->facts;
	size_t index = SIZE_MAX;
	int r = 0;

	/* What is there is what it is, through links and all. */
	if (file_named(facts, path) || access(path, F_OK) == 0)
		return 0;
	for (size_t i = 0; !r && i < facts->pattern_count; i++) {
		struct pattern_fact *pattern = &facts->patterns[i];
		const struct executable *executable =
			&loaded->list.items[pattern->policy]->executables[pattern->executable];

		if (!executable->glob ||
		    fnmatch(executable->path.value, path, FNM_PATHNAME | FNM_PERIOD) != 0)
			continue;
		if (index == SIZE_MAX)
			r = fact_assume(loaded, path, &index);
		if (!r)
			r = pattern_fact_add(pattern, index);
	}
	return r;
}

static bool uid_taken(const struct facts *facts, uint32_t uid)
{
	for (size_t i = 0; i < facts->user_count; i++)
		if (facts->users[i].known && facts->users[i].id == uid)
			return true;
	return false;
}

static void user_assume(struct facts *facts, const char *name)
{
	uint32_t uid = UINT32_MAX - 1;

	for (size_t i = 0; i < facts->user_count; i++) {
		struct id_fact *user = &facts->users[i];

		if (user->known || strcmp(user->name, name) != 0)
			continue;
		while (uid_taken(facts, uid))
			uid--;
		user->known = user->assumed = true;
		user->id = uid;
	}
}

/* ------------------------------------------------------------------ the way of the daemon */

static int load_compile(struct loaded *loaded)
{
	void *memory = mmap(NULL, IMAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	loaded->image.memory = memory;
	loaded->set.policies = loaded->list.items;
	loaded->set.count = loaded->list.count;
	return image_compile(&loaded->set, &loaded->facts, 1, &loaded->image, &loaded->diagnostics,
			     &loaded->catalogue);
}

static bool is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

/* Is the path's first directory below root missing? Of a path elsewhere nothing is said. */
static int directory_missing(const char *path, const char *root, bool *ret_below)
{
	size_t length = strlen(root);
	_cleanup_free_ char *directory = NULL;

	*ret_below = strncmp(path, root, length) == 0 && path[length] == '/';
	if (!*ret_below)
		return 0;
	length += 1 + strcspn(path + length + 1, "/");
	directory = strndup(path, length);
	if (!directory)
		return -ENOMEM;
	return path[length] && !strpbrk(directory, "*?[") && is_missing(directory);
}

/* Is the policy one of another host? */
static int load_root(const struct policy *policy, uint8_t *ret)
{
	bool empty = false;

	*ret = ROOT_HERE;
	if (!policy->root.value)
		return 0;
	if (is_missing(policy->root.value)) {
		*ret = ROOT_MISSING;
		return 0;
	}
	for (size_t i = 0; i < policy->executable_count; i++) {
		bool below;
		int missing;

		if (policy->executables[i].faulty)
			continue;
		missing = directory_missing(policy->executables[i].path.value, policy->root.value,
					    &below);
		if (missing < 0 || (below && !missing))
			return missing;
		empty = empty || below;
	}
	if (empty)
		*ret = ROOT_EMPTY;
	return 0;
}

static int load_facts(struct loaded *loaded, struct policy **policies, size_t count,
		      const struct load_options *options)
{
	const char *what = "look at the files that the policies name";
	struct gather_options gather = { .identifier = { .hash_all = options->hash_all },
					 .reterr_what = &what };
	int r;

	loaded->registry = file_registry_new();
	if (!loaded->registry)
		return -ENOMEM;
	r = host_facts_gather(policies, count, loaded->registry, &gather, NULL, &loaded->facts);
	for (size_t i = 0; !r && i < count && i < CW_INSTANCES_MAX; i++)
		r = load_root(policies[i], &loaded->facts.roots[i]);
	for (size_t i = 0; !r && i < options->assumed_count; i++)
		r = loaded_assume(loaded, options->assumed[i]);
	for (size_t i = 0; i < options->assumed_user_count; i++)
		user_assume(&loaded->facts, options->assumed_users[i]);
	return r ? log_err(r, "%s", what) : 0;
}

/* What is wrong with the good ones and with the halves of others, on this host and together: all mistakes in one run. */
static int load_diagnose(struct loaded *loaded)
{
	const struct policy_list *list = &loaded->list;
	const struct load_options options = { 0 };
	struct policy_set set = { .count = list->count + list->half_count };
	_cleanup_free_ struct policy **all = calloc(set.count, sizeof(*all));
	int r;

	if (!all)
		return log_err(-ENOMEM, "check the policies");
	for (size_t i = 0; i < set.count; i++)
		all[i] = i < list->count ? list->items[i] : list->halves[i - list->count];
	set.policies = all;
	loaded->set.policies = list->items;
	loaded->set.count = list->count;
	r = load_facts(loaded, set.policies, set.count, &options);
	if (r)
		return r;
	r = image_diagnose(&set, &loaded->facts, &loaded->diagnostics);
	return !r || r == -EINVAL ? -EINVAL : log_err(r, "check the policies");
}

int policy_load(struct loaded *loaded, const char *const *paths, size_t count,
		const struct load_options *options)
{
	bool mistakes = false;
	int r;

	*loaded = (struct loaded){ 0 };
	for (size_t i = 0; i < count; i++) {
		r = policy_list_read(&loaded->list, paths[i], &loaded->diagnostics);
		if (r && r != -EINVAL)
			return log_err(r, "read %s", paths[i]);
		mistakes = mistakes || r;
	}
	if (loaded->list.half_count)
		return load_diagnose(loaded);
	/* What the good ones say of this host is worth knowing even so. */
	r = load_facts(loaded, loaded->list.items, loaded->list.count, options);
	if (r)
		return r;
	r = load_compile(loaded);
	if (r && r != -EINVAL)
		return log_err(r, "compile the policies");
	return mistakes ? -EINVAL : r;
}

int policy_load_text(struct loaded *loaded, const char *name, const char *text, size_t length,
		     const struct load_options *options)
{
	const struct load_options defaults = { 0 };
	struct policy *policy = NULL;
	int r;

	*loaded = (struct loaded){ 0 };
	r = policy_read(name, text, length, &loaded->diagnostics, &policy);
	if (r)
		return r == -EINVAL ? r : log_err(r, "read %s", name);
	loaded->list.items = malloc(sizeof(*loaded->list.items));
	if (!loaded->list.items) {
		policy_free(policy);
		return log_err(-ENOMEM, "read %s", name);
	}
	loaded->list.items[loaded->list.count++] = policy;
	r = load_facts(loaded, loaded->list.items, loaded->list.count,
		       options ? options : &defaults);
	if (r)
		return r;
	r = load_compile(loaded);
	return !r || r == -EINVAL ? r : log_err(r, "compile %s", name);
}

const struct diagnostics_file *policy_source(const struct loaded *loaded,
					     const struct policy *policy)
{
	for (size_t i = 0; i < loaded->diagnostics.file_count; i++)
		if (strcmp(loaded->diagnostics.files[i].name, policy->file) == 0)
			return &loaded->diagnostics.files[i];
	return NULL;
}

/* ------------------------------------------------------------------ mistakes */

void policy_print_diagnostics(const struct diagnostics *diagnostics, enum severity least)
{
	struct diagnostics some = *diagnostics;
	_cleanup_free_ struct diagnostic *items = calloc(diagnostics->count + 1,
							 sizeof(*diagnostics->items));

	if (!items)
		return;
	some.items = items;
	some.count = 0;
	for (size_t i = 0; i < diagnostics->count; i++)
		if (diagnostics->items[i].severity >= least)
			items[some.count++] = diagnostics->items[i];
	diagnostics_print(&some, stderr, terminal_colour(stderr));
}

int policy_load_failed(const struct loaded *loaded, int r)
{
	policy_print_diagnostics(&loaded->diagnostics,
				 loaded->diagnostics.errors ? SEVERITY_ERROR : SEVERITY_NOTE);
	return r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/registry_inside.h"
#include "instance/source.h"

static const char *const state_words[] = {
	[INSTANCE_STATE_UNKNOWN] = "unknown",
	[INSTANCE_RUNNING] = "running",
	[INSTANCE_DOWN] = "down",
	[INSTANCE_STARTING] = "starting",
	[INSTANCE_INHIBITED] = "inhibited",
};
_Static_assert(ARRAY_SIZE(state_words) == INSTANCE_STATE_MAX, "state_words");
const struct vocabulary instance_state_words = { state_words, ARRAY_SIZE(state_words) };

static const char *const source_words[] = { "process", "qlist", "list", "scan" };
_Static_assert(ARRAY_SIZE(source_words) == INSTANCE_SOURCE_MAX, "source_words");
const struct vocabulary instance_source_words = { source_words, ARRAY_SIZE(source_words) };

static const char *const knowledge_words[] = {
	[INSTANCE_NOT_KNOWN] = "unknown",
	[INSTANCE_LIKELY] = "likely",
	[INSTANCE_CERTAIN] = "certain",
};
_Static_assert(ARRAY_SIZE(knowledge_words) == INSTANCE_KNOWLEDGE_MAX, "knowledge_words");
const struct vocabulary instance_knowledge_words = { knowledge_words, ARRAY_SIZE(knowledge_words) };

struct registry *registry_new(void)
{
	return calloc(1, sizeof(struct registry));
}

static void account_release(struct instance_account *account)
{
	free(account->name);
	free(account->evidence);
}

void instance_free(struct instance *instance)
{
	free(instance->name);
	free(instance->root);
	free(instance->data);
	free(instance->product);
	free(instance->version);
	free(instance->state_text);
	free(instance->cpf_name);
	free(instance->cpf);
	free(instance->superservers);
	free(instance->health);
	free(instance->mirror_type);
	free(instance->mirror_status);
	free(instance->prefix);
	free(instance->real);
	account_release(&instance->owner);
	account_release(&instance->user);
	account_release(&instance->group);
	config_free(instance->config);
	for (size_t i = 0; i < instance->process_count; i++) {
		free(instance->processes[i].executable);
		free(instance->processes[i].manager);
	}
	free(instance->processes);
	free(instance);
}

struct registry *registry_free(struct registry *registry)
{
	for (size_t i = 0; registry && i < registry->count; i++)
		instance_free(registry->instances[i]);
	for (size_t i = 0; registry && i < registry->file_count; i++)
		free(registry->files[i]);
	if (registry) {
		free(registry->instances);
		free(registry->files);
	}
	free(registry);
	return NULL;
}

bool instance_set(char **string, const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (!copy)
		return false;
	free(*string);
	*string = copy;
	return true;
}

const char *registry_file(struct registry *registry, const char *name)
{
	char **grown, *copy;

	for (size_t i = 0; i < registry->file_count; i++)
		if (strcmp(registry->files[i], name) == 0)
			return registry->files[i];
	grown = reallocarray(registry->files, registry->file_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	registry->files = grown;
	copy = strdup(name);
	if (copy)
		registry->files[registry->file_count++] = copy;
	return copy;
}

bool registry_normal(const char *path, size_t length, char ret[PATH_MAX])
{
	size_t used = 0;

	if (!length || path[0] != '/' || length >= PATH_MAX)
		return false;
	for (size_t at = 0; at < length;) {
		size_t part;

		while (at < length && path[at] == '/')
			at++;
		for (part = at; part < length && path[part] != '/'; part++)
			continue;
		if (part > at && !(part - at == 1 && path[at] == '.')) {
			ret[used++] = '/';
			memcpy(ret + used, path + at, part - at);
			used += part - at;
		}
		at = part;
	}
	if (!used)
		ret[used++] = '/';
	ret[used] = '\0';
	return true;
}

bool instance_path(const struct instance *instance, const char *directory, const char *name,
		   char ret[PATH_MAX])
{
	int length = snprintf(ret, PATH_MAX, "%s%s%s%s", instance->prefix ? instance->prefix : "",
			      directory, *name ? "/" : "", name);

	return length > 0 && length < PATH_MAX;
}

bool registry_has_executable(int at, enum config_product *ret)
{
	struct stat st;

	if (fstatat(at, "bin/irisdb", &st, 0) == 0 && S_ISREG(st.st_mode)) {
		*ret = CONFIG_IRIS;
		return true;
	}
	if (fstatat(at, "bin/cache", &st, 0) == 0 && S_ISREG(st.st_mode)) {
		*ret = CONFIG_CACHE;
		return true;
	}
	return false;
}

/* What an instance is called that no source has named: as its directory, in upper case. */
static char *guess_name(const char *root)
{
	const char *slash = strrchr(root, '/');
	char *name = strdup(slash && slash[1] ? slash + 1 : "ROOT");

	for (char *at = name; at && *at; at++)
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	return name;
}

static struct instance *instance_new(struct registry *registry, const char *prefix,
				     const char *root)
{
	struct instance **grown = reallocarray(registry->instances, registry->count + 1,
					       sizeof(struct instance *));
	struct instance *instance = calloc(1, sizeof(*instance));

	if (grown)
		registry->instances = grown;
	if (instance) {
		instance->root = strdup(root);
		instance->name = guess_name(root);
		instance->prefix = prefix ? strdup(prefix) : NULL;
	}
	if (!grown || !instance || !instance->root || !instance->name ||
	    (prefix && !instance->prefix)) {
		if (instance)
			instance_free(instance);
		return NULL;
	}
	registry->instances[registry->count++] = instance;
	return instance;
}

static bool look(const char *prefix, const char *root, struct stat *ret)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s%s", prefix ? prefix : "", root);

	return length > 0 && (size_t)length < sizeof(path) && stat(path, ret) == 0;
}

static struct instance *known(const struct registry *registry, const char *prefix, const char *root,
			      const struct stat *st)
{
	for (size_t i = 0; i < registry->count; i++) {
		struct instance *instance = registry->instances[i];

		if (st && instance->inode
			    ? instance->inode == st->st_ino && instance->device == st->st_dev
			    : strcmp(instance->root, root) == 0 && !instance->prefix == !prefix)
			return instance;
	}
	return NULL;
}

struct instance *registry_known(const struct registry *registry, const char *prefix,
				const char *root)
{
	struct stat st;

	return known(registry, prefix, root, look(prefix, root, &st) ? &st : NULL);
}

struct instance *registry_place(struct registry *registry, const char *prefix, const char *root,
				struct diagnostics *diagnostics)
{
	struct stat st;
	bool there = look(prefix, root, &st);
	struct instance *instance = known(registry, prefix, root, there ? &st : NULL);

	if (instance)
		return instance;
	if (registry->count == REGISTRY_INSTANCES_MAX) {
		if (diagnostics)
			diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, NULL,
							"more than %d instances: the others are "
							"passed over",
							REGISTRY_INSTANCES_MAX),
					"is this the list of one host?");
		return NULL;
	}
	instance = instance_new(registry, prefix, root);
	if (instance && there) {
		instance->device = st.st_dev;
		instance->inode = st.st_ino;
	}
	return instance;
}

struct instance *registry_root(struct registry *registry, const char *root)
{
	char normal[PATH_MAX];

	if (!registry_normal(root, strlen(root), normal))
		return NULL;
	return registry_place(registry, NULL, normal, NULL);
}

struct instance *registry_find(const struct registry *registry, const char *name_or_root,
			       bool *ret_ambiguous)
{
	struct instance *found = NULL;
	char normal[PATH_MAX];
	bool path = registry_normal(name_or_root, strlen(name_or_root), normal);

	*ret_ambiguous = false;
	for (size_t i = 0; i < registry->count; i++) {
		struct instance *instance = registry->instances[i];

		if (path ? strcmp(instance->root, normal) != 0
			 : strcasecmp(instance->name, name_or_root) != 0)
			continue;
		if (found)
			*ret_ambiguous = true;
		found = instance;
	}
	return *ret_ambiguous ? NULL : found;
}

int registry_read_file(struct registry *registry, const char *path, struct diagnostics *diagnostics)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r = source_load(path, SOURCE_NAMED, REGISTRY_TEXT_MAX, diagnostics, &text);

	if (r)
		return r;
	return registry_read(registry, strcmp(path, "-") == 0 ? "standard input" : path, text.data,
			     text.length, diagnostics);
}

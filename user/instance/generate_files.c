/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of an instance as they are on this host. Of each: is it there, and who besides root and
 * the owner can have written it? A group is answered with a pinned hash, anybody else with a comment.
 * Of an instance on another host nothing is asked.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "host/files.h"
#include "instance/generation.h"
#include "util/utf8.h"

#define ROOT_VARIABLE "${root}"

/* The names of a directory's files, sorted. */
struct listing {
	char **items;
	size_t count;
};

static void listing_release(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->items[i]);
	free(listing->items);
}

bool generation_path_fits(const char *path)
{
	size_t length = strlen(path);

	if (path[0] != '/' || length >= PATH_MAX - 64 || strstr(path, "${") ||
	    path[strcspn(path, "*?[\\")])
		return false;
	for (size_t at = 0; at < length;) {
		uint32_t character = 0;
		size_t size = utf8_decode(path + at, length - at, &character);

		if (!size || !utf8_visible(character) ||
		    (character == ' ' && (path[at + 1] == ' ' || !path[at + 1])))
			return false;
		at += size;
	}
	for (const char *name = path; *name; name += strcspn(name, "/")) {
		name += strspn(name, "/");
		if (strcspn(name, "/") > NAME_MAX || (strcspn(name, "/") == 1 && name[0] == '.') ||
		    (strcspn(name, "/") == 2 && strncmp(name, "..", 2) == 0))
			return false;
	}
	return length < 800; /* what yaml.h does not cut off */
}

/* The path as a policy has it. */
static const char *policy_path(const struct generation *generation, const char *path,
			       char ret[PATH_MAX + sizeof(ROOT_VARIABLE)])
{
	size_t length = strlen(generation->root);

	if (strncmp(path, generation->root, length) == 0 && path[length] == '/')
		snprintf(ret, PATH_MAX + sizeof(ROOT_VARIABLE), ROOT_VARIABLE "%s", path + length);
	else
		snprintf(ret, PATH_MAX + sizeof(ROOT_VARIABLE), "%s", path);
	return ret;
}

/* ------------------------------------------------------------------ one file */

/* A group may write it or a directory above it: what it is now is what is trusted. */
static void entry_pin(struct draft_entry *entry, const struct chased *chased)
{
	int length = (int)strcspn(chased->group_reason, ";");
	int r = file_hash(chased->fd, entry->sha256);

	if (r) {
		draft_doubt(entry, "%.*s, and it cannot be read to pin its hash: %s", length,
			    chased->group_reason, strerror(-r));
		return;
	}
	entry->pinned = true;
	draft_why(entry, "%s is pinned to its content: %.*s. After an upgrade, generate again.",
		  entry->name, length, chased->group_reason);
}

struct draft_entry *generation_program(struct generation *generation, const char *name,
				       const char *path, bool entry)
{
	char text[PATH_MAX + sizeof(ROOT_VARIABLE)];
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };
	struct draft_entry *made;

	if (!generation_path_fits(path)) {
		made = draft_executable(generation->draft, name, path, entry);
		draft_doubt(made, "no policy can name that path");
		return made;
	}
	made = draft_executable(generation->draft, name, policy_path(generation, path, text),
				entry);
	if (generation->input->foreign)
		return made;
	if (chase(path, &generation->trust, &chased))
		generation->draft->failed = true;
	else if (chased.trust != FILE_TRUSTED)
		draft_doubt(made, "%s", chased.reason ? chased.reason : "it cannot be trusted");
	else if (made && chased.group_reason)
		entry_pin(made, &chased);
	return made;
}

struct draft_entry *generation_own(struct generation *generation, const char *name,
				   const char *path, bool entry)
{
	_cleanup_free_ char *whole = NULL;

	draft_set(generation->draft, &whole, "%s/%s", generation->root, path);
	return whole ? generation_program(generation, name, whole, entry) : NULL;
}

/* ------------------------------------------------------------------ directories */

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void listing_add(struct generation *generation, struct listing *listing, const char *name)
{
	char **items = realloc(listing->items, (listing->count + 1) * sizeof(*items));

	if (items)
		listing->items = items;
	if (items && (items[listing->count] = strdup(name)))
		listing->count++;
	else
		generation->draft->failed = true;
}

/* Regular files, links to them counted in, whose names begin with prefix; not hidden ones. */
static void listing_read(struct generation *generation, const char *directory, const char *prefix,
			 struct listing *ret)
{
	DIR *opened = opendir(directory);
	struct dirent *item;

	while (opened && (item = readdir(opened))) {
		struct stat st;

		if (item->d_name[0] == '.' || ret->count == FILES_OF_PATTERN_MAX ||
		    strncmp(item->d_name, prefix, strlen(prefix)) != 0 ||
		    fstatat(dirfd(opened), item->d_name, &st, 0) || !S_ISREG(st.st_mode))
			continue;
		listing_add(generation, ret, item->d_name);
	}
	if (opened)
		closedir(opened);
	if (ret->count)
		qsort(ret->items, ret->count, sizeof(*ret->items), name_compare);
}

/* Is there nothing to say against any of them? Then a wildcard may speak for all. */
static bool listing_trusted(struct generation *generation, const char *directory,
			    const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		_cleanup_(chased_release) struct chased chased = { .fd = -1 };
		_cleanup_free_ char *path = NULL;

		draft_set(generation->draft, &path, "%s/%s", directory, listing->items[i]);
		if (!path || chase(path, &generation->trust, &chased) ||
		    chased.trust != FILE_TRUSTED || chased.group_reason)
			return false;
	}
	return listing->count > 0;
}

static void names_add(struct generation *generation, char *names[GENERATION_NAMES_MAX],
		      size_t *count, const char *name)
{
	if (*count == GENERATION_NAMES_MAX)
		return;
	names[*count] = strdup(name);
	if (names[*count])
		(*count)++;
	else
		generation->draft->failed = true;
}

static bool path_known(const struct generation *generation, const char *path)
{
	char text[PATH_MAX + sizeof(ROOT_VARIABLE)];

	if (strlen(path) >= PATH_MAX)
		return false;
	policy_path(generation, path, text);
	for (size_t i = 0; i < generation->draft->count; i++)
		if (generation->draft->entries[i]->path &&
		    strcmp(generation->draft->entries[i]->path, text) == 0)
			return true;
	return false;
}

/* Each program by itself: that of a library nobody asks. */
static void pattern_each(struct generation *generation, const char *name, const char *directory,
			 const struct listing *listing, bool entry,
			 char *names[GENERATION_NAMES_MAX], size_t *count)
{
	for (size_t i = 0; i < listing->count && *count < GENERATION_NAMES_MAX; i++) {
		_cleanup_free_ char *path = NULL, *own = NULL;
		const struct draft_entry *made;
		struct stat st;

		draft_set(generation->draft, &path, "%s/%s", directory, listing->items[i]);
		draft_set(generation->draft, &own, "%s-%s", name, listing->items[i]);
		if (!path || !own || stat(path, &st) || !(st.st_mode & 0111) ||
		    path_known(generation, path))
			continue;
		made = generation_program(generation, own, path, entry);
		if (made && !made->doubt)
			names_add(generation, names, count, made->name);
	}
}

void generation_pattern(struct generation *generation, const char *name, const char *directory,
			const char *prefix, bool entry, char *names[GENERATION_NAMES_MAX],
			size_t *count)
{
	_cleanup_(listing_release) struct listing listing = { 0 };
	char text[PATH_MAX + sizeof(ROOT_VARIABLE)];
	_cleanup_free_ char *pattern = NULL;
	struct draft_entry *made;

	draft_set(generation->draft, &pattern, "%s/%s*", directory, prefix);
	if (!pattern)
		return;
	if (!generation_path_fits(directory)) {
		made = draft_executable(generation->draft, name, pattern, entry);
		draft_doubt(made, "no policy can name that path");
		return;
	}
	if (!generation->input->foreign)
		listing_read(generation, directory, prefix, &listing);
	if (listing.count && !listing_trusted(generation, directory, &listing)) {
		pattern_each(generation, name, directory, &listing, entry, names, count);
		return;
	}
	made = draft_executable(generation->draft, name, policy_path(generation, pattern, text),
				entry);
	if (listing.count || generation->input->foreign)
		names_add(generation, names, count, made ? made->name : name);
	else
		draft_doubt(made, "%s is not there", pattern);
}

/* ------------------------------------------------------------------ all of them */

bool generation_java_wanted(const struct generation *generation)
{
	for (size_t i = 0; i < generation->config->gateways.count; i++) {
		enum config_gateway_type type = generation->config->gateways.items[i].type;

		if (type == CONFIG_GATEWAY_JAVA || type == CONFIG_GATEWAY_JDBC ||
		    type == CONFIG_GATEWAY_XSLT)
			return true;
	}
	return config_number(generation->config, CONFIG_JDBC_GATEWAY_PORT) > 0 &&
	       generation->config->parameters[CONFIG_JDBC_GATEWAY_PORT].where.line &&
	       config_address_local(config_text(generation->config, CONFIG_JDBC_GATEWAY_ADDRESS));
}

/* The java of JavaHome, else the first on the PATH that such a process has. */
static void find_java(struct generation *generation)
{
	static const char path[] = "/usr/bin:/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin";
	const char *home = generation_java_home(generation->config);
	const char *lists[] = { path, config_text(generation->config, CONFIG_PATH) };
	_cleanup_free_ char *program = NULL;
	struct stat st;

	if (*home) {
		size_t length = strlen(home);

		while (length > 1 && home[length - 1] == '/')
			length--;
		draft_set(generation->draft, &program, "%.*s/bin/java", (int)length, home);
	}
	for (size_t list = generation->input->foreign ? ARRAY_SIZE(lists) : 0;
	     !*home && list < ARRAY_SIZE(lists); list++) {
		const char *directory;
		size_t at = 0, length;

		while (config_path(lists[list], &at, &directory, &length)) {
			_cleanup_free_ char *candidate = NULL;

			draft_set(generation->draft, &candidate, "%.*s/java", (int)length,
				  directory);
			if (!program && candidate && candidate[0] == '/' &&
			    stat(candidate, &st) == 0)
				program = take_ptr(candidate);
		}
	}
	generation_program(generation, "java", program ? program : "/usr/bin/java", false);
}

/* The agent's helpers of the host's other instances, where they have one. */
static void find_helpers(struct generation *generation)
{
	const struct registry *registry = generation->input->instances;

	for (size_t i = 0; registry && i < registry->count; i++) {
		const struct instance *other = registry->instances[i];
		const char *helper = other->family == CONFIG_IRIS ? "irisuxagent" : "cuxagent";
		_cleanup_free_ char *path = NULL, *name = NULL;
		const struct draft_entry *made;

		draft_set(generation->draft, &path, "%s/bin/%s", other->root, helper);
		draft_set(generation->draft, &name, "%s-%s", helper, other->name);
		if (other == generation->instance || other->prefix || !path || !name ||
		    access(path, F_OK) != 0)
			continue;
		made = generation_program(generation, name, path, false);
		if (made)
			names_add(generation, generation->helpers, &generation->helper_count,
				  made->name);
	}
}

/* The agent is used where its configuration is, or where this instance is in a mirror. */
static void find_agent(struct generation *generation)
{
	const char *directory = generation->input->agent_directory;
	struct draft_entry *helper;

	generation->agent_used = generation->input->agent ||
				 config_number(generation->config, CONFIG_JOIN_MIRROR);
	if (!generation->agent_used)
		return;
	generation->helper = generation->iris ? "irisuxagent" : "cuxagent";
	if (directory)
		generation_pattern(generation, "agent", directory, "ISCAgent", true,
				   generation->agents, &generation->agent_count);
	helper = generation_own(generation, generation->helper,
				generation->iris ? "bin/irisuxagent" : "bin/cuxagent", false);
	if (generation->input->foreign && !generation->iris)
		draft_doubt(helper, "its name is made after that of IRIS's: look whether it is");
	if (!generation->input->foreign)
		find_helpers(generation);
}

void generation_files(struct generation *generation)
{
	bool iris = generation->iris;
	_cleanup_free_ char *bin = NULL, *copy = NULL;

	draft_set(generation->draft, &generation->draft->database, iris ? "irisdb" : "cache");
	generation->license_server = iris ? "licmanager" : "clmanager";
	generation_own(generation, iris ? "irisdb" : "cache", iris ? "bin/irisdb" : "bin/cache",
		       true);
	draft_set(generation->draft, &copy, "%s/bin/iriscp", generation->root);
	/* A copy of irisdb that only some installations have. */
	if (iris && generation->input->foreign)
		draft_doubt(generation_own(generation, "iriscp", "bin/iriscp", true),
			    "only some installations have this copy of irisdb");
	else if (iris && copy && access(copy, F_OK) == 0)
		generation_own(generation, "iriscp", "bin/iriscp", true);
	generation_own(generation, generation->license_server,
		       iris ? "bin/licmanager" : "bin/clmanager", true);
	generation_own(generation, iris ? "irisirdimj" : "cwdimj",
		       iris ? "bin/irisirdimj" : "bin/cwdimj", true);
	if (config_private_web_server(generation->config) == 1)
		generation_own(generation, "httpd", "httpd/bin/httpd", true);
	find_agent(generation);
	if (generation_java_wanted(generation))
		find_java(generation);
	generation_program(generation, "sh", "/bin/sh", false);
	draft_set(generation->draft, &bin, "%s/bin", generation->root);
	if (bin)
		generation_pattern(generation, "tools", bin, "", false, generation->tools,
				   &generation->tool_count);
	generation->web_started = draft_has(generation->draft, "httpd");
}

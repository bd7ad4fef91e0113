/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `policy generate` reads: the instance, found or named; and its neighbours' files, named or
 * where they usually are. A file that was named must be there, one that is usual may be missing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/policy_generate.h"
#include "host/names.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/number.h"

static void look_release(struct generate_sources *sources)
{
	sources->csp = csp_free(sources->csp);
	sources->agent = iscagent_free(sources->agent);
	sources->snmpd = snmpd_free(sources->snmpd);
	name_servers_release(&sources->name_servers);
	running_release(&sources->running);
	facts_release(&sources->network);
	free(sources->agent_directory);
	sources->agent_directory = NULL;
}

void generate_sources_release(struct generate_sources *sources)
{
	/* What was lent to the instance is taken back: a file named may fail before it is, or before one is found. */
	if (sources->instance && sources->config && sources->instance->config == sources->config)
		sources->instance->config = sources->config_before;
	config_free(sources->config);
	registry_free(sources->registry);
	look_release(sources);
	diagnostics_release(&sources->diagnostics);
	free(sources->root);
}

/* ------------------------------------------------------------------ the instance */

static int no_memory(void)
{
	log_err(-ENOMEM, "look for the instance");
	return CLI_CANNOT;
}

static char *join(const char *directory, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", directory, name) < 0 ? NULL : path;
}

static bool has_programs(const char *root)
{
	static const char *const programs[] = { "bin/cache", "bin/irisdb" };

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		_cleanup_free_ char *path = join(root, programs[i]);

		if (path && access(path, F_OK) == 0)
			return true;
	}
	return false;
}

/* The install directory that a cpf tells of: its own, the one above its mgr, or that of its database
 * CACHESYS or IRISSYS. NULL: no memory. */
static char *root_of_cpf(const char *cpf, const struct config *config)
{
	_cleanup_free_ char *whole = realpath(cpf, NULL);
	const struct config_database *system = config_database(config, "CACHESYS");
	char *slash = whole ? strrchr(whole, '/') : NULL, *up;
	size_t length;

	if (!slash)
		return strdup("/");
	*slash = '\0';
	up = strrchr(whole, '/');
	if (!has_programs(whole) && up && strcmp(up, "/mgr") == 0)
		*up = '\0';
	if (has_programs(whole))
		return take_ptr(whole);
	system = system ? system : config_database(config, "IRISSYS");
	length = system ? strlen(system->directory) : 0;
	while (length && system->directory[length - 1] == '/')
		length--;
	if (length > 4 && system->directory[0] == '/' &&
	    strncmp(system->directory + length - 4, "/mgr", 4) == 0)
		return strndup(system->directory, length - 4);
	return take_ptr(whole);
}

static int read_cpf(const struct generate_options *options, struct generate_sources *sources)
{
	int r;

	if (!options->cpf)
		return 0;
	r = config_read_file(options->cpf, &sources->diagnostics, &sources->config);
	if (r == -ENOMEM)
		return no_memory();
	return r ? CLI_BAD_USAGE : 0;
}

static bool is_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

/* A directory that is not here: as it is written, without slashes that mean nothing. */
static char *missing_directory(const char *path)
{
	char *made = strdup(path), *to = made;

	for (const char *at = path; made && *at; at++)
		if (*at != '/' || (at[1] != '/' && at[1]))
			*to++ = *at;
	if (made)
		*to = '\0';
	return made;
}

/* Is a cpf's instance not installed here? A directory that --root names and that is here is meant, and
 * one that the cpf tells of may have another use here: then it has no programs. */
static int find_foreign(const struct generate_options *options, struct generate_sources *sources)
{
	_cleanup_free_ char *programs = join(sources->root, "bin");

	if (!programs)
		return no_memory();
	sources->foreign = options->cpf &&
			   (is_missing(sources->root) || (!options->root && is_missing(programs)));
	return 0;
}

/* Nothing of it is to be looked for here. Where only the file's own place is left to be the root (it names no
 * directory of this system, as one of Windows), that is a guess, and most likely a wrong one. */
static int foreign_config(const struct generate_options *options, struct generate_sources *sources)
{
	_cleanup_free_ char *own = realpath(options->cpf, NULL);
	size_t length = strlen(sources->root);

	if (!options->root && own && sources->config->cpf->kind != CPF_MERGE &&
	    strncmp(own, sources->root, length) == 0 && strchr(own + length, '/') == own + length &&
	    !strchr(own + length + 1, '/')) {
		log_warning(0,
			    "%s does not tell where the instance is installed: `root` of the "
			    "policy is %s, where the file lies",
			    options->cpf, sources->root);
		log_hint("--root=DIR names it, and --instance=NAME the instance");
	}
	sources->instance->cpf = strdup(options->cpf);
	sources->instance->config = sources->config;
	return sources->instance->cpf ? 0 : no_memory();
}

static int named_root(const struct generate_options *options, struct generate_sources *sources)
{
	if (options->root) {
		sources->root = realpath(options->root, NULL);
		if (!sources->root && options->cpf && options->root[0] == '/' &&
		    is_missing(options->root))
			sources->root = missing_directory(options->root);
		if (!sources->root)
			return log_err(-errno, "%s", options->root), CLI_BAD_USAGE;
	} else {
		sources->root = root_of_cpf(options->cpf, sources->config);
	}
	if (!sources->root)
		return no_memory();
	if (find_foreign(options, sources))
		return CLI_CANNOT;
	sources->instance = registry_root(sources->registry, sources->root);
	if (!sources->instance)
		return no_memory();
	if (sources->foreign && foreign_config(options, sources))
		return CLI_CANNOT;
	if (options->instance) {
		char *name = strdup(options->instance);

		if (!name)
			return no_memory();
		free(sources->instance->name);
		sources->instance->name = name;
		sources->instance->name_known = true;
	}
	return 0;
}

/* Every instance that this host shows. */
static int discover(struct generate_sources *sources)
{
	static const char *const directories[] = { "/usr",	    "/opt",	     "/isc",
						   "/InterSystems", "/intersystems", "/srv" };
	int r = registry_processes(sources->registry, "/proc", &sources->diagnostics);

	for (size_t i = 0; r != -ENOMEM && i < ARRAY_SIZE(directories); i++)
		if (access(directories[i], F_OK) == 0)
			r = registry_scan(sources->registry, directories[i], &sources->diagnostics);
	return r == -ENOMEM ? no_memory() : 0;
}

static void list_instances(const struct registry *registry)
{
	for (size_t i = 0; i < registry->count; i++)
		log_hint("%s is at %s", registry->instances[i]->name, registry->instances[i]->root);
}

static int choose(const struct generate_options *options, struct generate_sources *sources)
{
	struct registry *registry = sources->registry;
	bool ambiguous = false;

	if (sources->instance)
		return 0;
	if (options->instance) {
		sources->instance = registry_find(registry, options->instance, &ambiguous);
		if (sources->instance)
			return 0;
		log_err(0,
			ambiguous ? "more than one instance is named %s"
				  : "no instance %s is found on this host",
			options->instance);
		list_instances(registry);
		log_hint("--root DIR says where it is installed");
		return ambiguous ? CLI_BAD_USAGE : CLI_CANNOT;
	}
	if (registry->count == 1) {
		sources->instance = registry->instances[0];
		return 0;
	}
	if (registry->count)
		log_err(0, "%zu instances are found on this host: say which", registry->count);
	else
		log_err(0, "no instance is found on this host");
	list_instances(registry);
	log_hint(registry->count ? "--instance NAME" : "--root DIR says where it is installed");
	return registry->count ? CLI_BAD_USAGE : CLI_CANNOT;
}

int generate_find(const struct generate_options *options, struct generate_sources *sources)
{
	int r = read_cpf(options, sources);

	sources->registry = registry_new();
	if (!r && !sources->registry)
		return no_memory();
	for (size_t i = 0; !r && i < options->qlist_count; i++)
		if (registry_read_file(sources->registry, options->qlist[i], &sources->diagnostics))
			r = CLI_BAD_USAGE;
	if (!r)
		r = options->root || options->cpf ? named_root(options, sources)
						  : discover(sources);
	if (!r && registry_complete(sources->registry, &sources->diagnostics) == -ENOMEM)
		r = no_memory();
	if (r || options->all)
		return r;
	r = choose(options, sources);
	if (r)
		return r;
	if (sources->config && sources->instance->config != sources->config) {
		sources->config_before = sources->instance->config;
		sources->instance->config = sources->config;
	}
	if (sources->config)
		sources->instance->family = sources->config->product;
	return 0;
}

/* ------------------------------------------------------------------ its neighbours */

/* The path to read: what was named, else the usual one if it is there; NULL: none. What is usual here
 * is no neighbour of an instance elsewhere. */
static char *usual(const struct generate_sources *sources, const char *named, const char *path)
{
	if (named)
		return strdup(named);
	return !sources->foreign && path && access(path, F_OK) == 0 ? strdup(path) : NULL;
}

/* A named file that cannot be read is an error, a usual one is reported and passed over. */
static int missed(int r, const char *named)
{
	if (r == -ENOMEM)
		return no_memory();
	return r && named ? CLI_BAD_USAGE : 0;
}

static int find_agent(const struct generate_options *options, struct generate_sources *sources)
{
	bool iris = sources->instance->family == CONFIG_IRIS;
	const char *directory = options->agent_directory;
	_cleanup_free_ char *beside = NULL, *path = NULL;

	if (!directory && !sources->foreign)
		directory = secure_getenv(iris ? "IRISSYS" : "CACHESYS");
	if (!directory || !*directory)
		directory = iris ? "/usr/local/etc/irissys" : "/usr/local/etc/cachesys";
	sources->agent_directory = strdup(directory);
	beside = join(directory, "iscagent.conf");
	if (!sources->agent_directory || !beside)
		return no_memory();
	path = usual(sources, options->agent_conf, ISCAGENT_CONF);
	if (!path)
		path = usual(sources, NULL, beside);
	return path ? missed(iscagent_read_file(path, &sources->diagnostics, &sources->agent),
			     options->agent_conf)
		    : 0;
}

static int find_files(const struct generate_options *options, struct generate_sources *sources)
{
	_cleanup_free_ char *own_csp = join(sources->instance->root, "csp/bin/CSP.ini");
	_cleanup_free_ char *csp = usual(sources, options->csp_ini, own_csp);
	_cleanup_free_ char *snmpd = usual(sources, options->snmpd_conf, SNMPD_CONF);
	_cleanup_free_ char *resolver = usual(sources, options->resolv_conf, "/etc/resolv.conf");
	int r = 0, error;

	if (csp)
		r = missed(csp_read_file(csp, &sources->diagnostics, &sources->csp),
			   options->csp_ini);
	if (!r && snmpd)
		r = missed(snmpd_read_file(snmpd, &sources->diagnostics, &sources->snmpd),
			   options->snmpd_conf);
	if (r || !resolver)
		return r;
	error = name_servers_read(resolver, &sources->name_servers);
	if (error && (error == -ENOMEM || options->resolv_conf)) {
		log_err(error, "%s", resolver);
		return error == -ENOMEM ? CLI_CANNOT : CLI_BAD_USAGE;
	}
	return 0;
}

static int find_running(const struct generate_options *options, struct generate_sources *sources)
{
	int r = 0;

	for (size_t i = 0; !r && i < options->from_count; i++) {
		uint64_t pid;

		if (strcmp(options->from[i], "all") == 0) {
			r = running_add_below(&sources->running, "/proc", sources->instance->root);
			continue;
		}
		if (number_parse(options->from[i], 1, INT_MAX, &pid)) {
			log_err(0, "--from=%s: neither a process id nor `all`", options->from[i]);
			return CLI_BAD_USAGE;
		}
		r = running_add(&sources->running, "/proc", (pid_t)pid);
		if (r)
			return log_err(r, "process %s", options->from[i]), CLI_BAD_USAGE;
	}
	running_sort(&sources->running);
	return r == -ENOMEM ? no_memory() : 0;
}

int generate_look(const struct generate_options *options, struct generate_sources *sources,
		  struct instance *instance)
{
	int r;

	look_release(sources);
	sources->instance = instance;
	if (!instance->config) {
		log_err(0, "%s: its configuration cannot be read", instance->root);
		log_hint("--cpf FILE names it");
		return CLI_CANNOT;
	}
	r = find_agent(options, sources);
	if (!r)
		r = find_files(options, sources);
	if (!r)
		r = find_running(options, sources);
	if (!r && !sources->foreign) {
		int failed = network_gather(&sources->network);

		if (failed) {
			log_err(failed, "read this host's addresses");
			r = CLI_CANNOT;
		}
	}
	return r;
}

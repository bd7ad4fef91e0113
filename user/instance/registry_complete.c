/* SPDX-License-Identifier: GPL-2.0-only */
/* What an instance's files say of it, where no source has said it; sources are believed first. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/registry_inside.h"

static bool is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A cpf by its name in the data directory, in the install directory, or in their mgr. */
static bool find_named(const struct instance *instance, const char *name, char ret[PATH_MAX])
{
	const char *directories[] = { instance->data ? instance->data : instance->root,
				      instance->root };
	char below[PATH_MAX];

	if (*name == '/')
		return instance_path(instance, name, "", ret) && is_file(ret);
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		if (instance_path(instance, directories[i], name, ret) && is_file(ret))
			return true;
		if (snprintf(below, sizeof(below), "mgr/%s", name) < (int)sizeof(below) &&
		    instance_path(instance, directories[i], below, ret) && is_file(ret))
			return true;
	}
	return false;
}

static struct location instance_where(const struct instance *instance)
{
	struct location where = instance->where;

	if (!where.file)
		where = (struct location){ .file = instance->root };
	return where;
}

/* Has it a cpf of the family? */
static bool has_cpf(const struct instance *instance, const char *directory)
{
	char path[PATH_MAX];

	return instance_path(instance, directory,
			     instance->family == CONFIG_IRIS ? "iris.cpf" : "cache.cpf", path) &&
	       is_file(path);
}

/*
 * Where mgr and cpf are apart from the installation (a container's durable %SYS), only the arguments
 * of the processes say so. What they say is looked at, and told.
 */
static int find_data(struct instance *instance, struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < instance->process_count; i++) {
		const struct instance_process *process = &instance->processes[i];
		struct location where = { .file = instance->root };
		char directory[PATH_MAX];
		size_t length = process->manager ? strlen(process->manager) : 0;

		while (length && process->manager[length - 1] == '/')
			length--;
		if (length < strlen("/mgr") ||
		    strncmp(process->manager + length - strlen("/mgr"), "/mgr", strlen("/mgr")) !=
			    0 ||
		    !registry_normal(process->manager, length - strlen("/mgr"), directory))
			continue;
		if (strcmp(directory, instance->root) == 0 || !has_cpf(instance, directory) ||
		    (instance->real && strcmp(directory, instance->real) == 0))
			return 0;
		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_NOTE, &where,
						"its data are in %s, as process %d says", directory,
						(int)process->pid),
				"`qlist` says so too, in its 13th field");
		return instance_set(&instance->data, directory, strlen(directory)) ? 0 : -ENOMEM;
	}
	return 0;
}

static int find_cpf(struct instance *instance, struct diagnostics *diagnostics)
{
	struct location where = instance_where(instance);
	const char *names[] = { instance->cpf_name ? instance->cpf_name : "",
				instance->family == CONFIG_IRIS ? "iris.cpf" : "cache.cpf",
				instance->family == CONFIG_IRIS ? "cache.cpf" : "iris.cpf" };
	char path[PATH_MAX];
	bool found = false;

	for (size_t i = 0; !found && i < ARRAY_SIZE(names); i++)
		/* Another one than the source named is not in force. */
		if (*names[i] && (i == 0 || !instance->cpf_name))
			found = find_named(instance, names[i], path);
	if (found) {
		instance->cpf = strdup(path);
		return instance->cpf ? 0 : -ENOMEM;
	}
	diagnostic_hint(
		diagnostics_add(diagnostics, SEVERITY_WARNING, &where,
				"%s: no %s in %s, nor in its mgr", instance->name,
				instance->cpf_name ? instance->cpf_name : "cache.cpf or iris.cpf",
				instance->data ? instance->data : instance->root),
		"is the directory right, and may this user read it?");
	return 0;
}

static int read_config(struct instance *instance, struct diagnostics *diagnostics)
{
	int r = config_read_file(instance->cpf, diagnostics, &instance->config);

	/* What else is wrong was told, and the others are to be shown all the same. */
	return r == -ENOMEM ? r : 0;
}

static int find_family(struct instance *instance)
{
	char path[PATH_MAX];
	_cleanup_close_ int at = instance_path(instance, instance->root, "", path)
					 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
					 : -1;

	if (at >= 0 && registry_has_executable(at, &instance->family))
		return 0;
	if (instance->product && strcasestr(instance->product, "IRIS"))
		instance->family = CONFIG_IRIS;
	if (instance->cpf_name && strncasecmp(instance->cpf_name, "iris", 4) == 0)
		instance->family = CONFIG_IRIS;
	return 0;
}

/* A source's port against the cpf's: they differ where the file was changed since the start, or the
 * list is an old one. */
static void check_port(struct instance *instance, const char *what, uint16_t said,
		       const struct config_value *value, struct diagnostics *diagnostics)
{
	struct diagnostic *diagnostic;

	if (!said || value->state != CONFIG_GIVEN || said == value->number || !instance->where.file)
		return;
	diagnostic = diagnostics_add(diagnostics, SEVERITY_WARNING, &instance->where,
				     "%s: %s %u here, %u in its cpf", instance->name, what, said,
				     value->number);
	diagnostic_related(diagnostic, &value->where, "here");
	diagnostic_hint(diagnostic, "was the list made before the cpf was changed, or was the "
				    "instance not started since?");
}

static int from_config(struct instance *instance, struct diagnostics *diagnostics)
{
	const struct config *config = instance->config;
	const struct config_value *superserver = &config->parameters[CONFIG_DEFAULT_PORT];
	const struct config_value *web = &config->parameters[CONFIG_WEB_SERVER_PORT];
	const char *product = config->product == CONFIG_IRIS ? "IRIS"
			      : config->ensemble	     ? "Ensemble"
							     : "Cache";

	check_port(instance, "SuperServer's port is", instance->superserver, superserver,
		   diagnostics);
	check_port(instance, "the web server's port is", instance->web, web, diagnostics);
	if (!instance->superserver)
		instance->superserver = (uint16_t)config_number(config, CONFIG_DEFAULT_PORT);
	if (!instance->web && config_private_web_server(config) == 1)
		instance->web = (uint16_t)config_number(config, CONFIG_WEB_SERVER_PORT);
	if (!instance->jdbc)
		instance->jdbc = (uint16_t)config_number(config, CONFIG_JDBC_GATEWAY_PORT);
	if (!instance->product && !instance_set(&instance->product, product, strlen(product)))
		return -ENOMEM;
	if (!instance->version && config->year &&
	    !instance_set(&instance->version, config_text(config, CONFIG_VERSION),
			  strlen(config_text(config, CONFIG_VERSION))))
		return -ENOMEM;
	return 0;
}

static void find_state(const struct registry *registry, struct instance *instance,
		       struct diagnostics *diagnostics)
{
	bool runs = false;

	for (size_t i = 0; i < instance->process_count; i++)
		runs |= strncmp(instance->processes[i].executable, "bin/", 4) == 0;
	if (runs && instance->state == INSTANCE_DOWN)
		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_WARNING, &instance->where,
						"%s: down here, but process %d runs",
						instance->name, (int)instance->processes[0].pid),
				"was the list made before it was started?");
	if (runs && (instance->state == INSTANCE_DOWN || instance->state == INSTANCE_STATE_UNKNOWN))
		instance->state = INSTANCE_RUNNING;
	if (!runs && registry->processes_all && instance->state == INSTANCE_STATE_UNKNOWN)
		instance->state = INSTANCE_DOWN;
}

static int complete(const struct registry *registry, struct instance *instance,
		    struct diagnostics *diagnostics)
{
	int r = find_family(instance);

	if (!r && !instance->data && !instance->cpf)
		r = find_data(instance, diagnostics);
	if (!r && !instance->cpf)
		r = find_cpf(instance, diagnostics);
	if (!r && instance->cpf && !instance->config)
		r = read_config(instance, diagnostics);
	if (!r && instance->config)
		r = from_config(instance, diagnostics);
	if (!r)
		r = registry_accounts(instance);
	find_state(registry, instance, diagnostics);
	return r;
}

static int compare_instances(const void *a, const void *b)
{
	const struct instance *left = *(struct instance *const *)a;
	const struct instance *right = *(struct instance *const *)b;
	int order = strcasecmp(left->name, right->name);

	return order ? order : strcmp(left->root, right->root);
}

int registry_complete(struct registry *registry, struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < registry->count; i++) {
		int r = complete(registry, registry->instances[i], diagnostics);

		if (r)
			return r;
	}
	if (registry->count)
		qsort(registry->instances, registry->count, sizeof(struct instance *),
		      compare_instances);
	return 0;
}

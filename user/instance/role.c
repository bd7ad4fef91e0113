/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/role.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "instance/neighbours.h"
#include "instance/role_inside.h"
#include "util/cleanup.h"

static const char *const strength_words[] = {
	[ROLE_CLASS] = "class only",
	[ROLE_LIKELY] = "likely",
	[ROLE_CERTAIN] = "certain",
	[ROLE_TOLD] = "told",
};
const struct vocabulary role_strength_words = { strength_words, ARRAY_SIZE(strength_words) };
_Static_assert(ARRAY_SIZE(strength_words) == ROLE_STRENGTH_MAX, "a word for each strength");

static const char *const words[] = {
#define ROLE_WORD(id, name) [ROLE_##id] = name,
	ROLES(ROLE_WORD)
#undef ROLE_WORD
};
const struct vocabulary role_words = { words, ARRAY_SIZE(words) };

void role_set(struct role *role, enum role_id id, enum role_strength strength, const char *evidence)
{
	role->id = id;
	role->strength = strength;
	role->evidence = evidence;
	snprintf(role->text, sizeof(role->text), "%s", words[id]);
}

/* What is added was chosen by the process or by whoever started it: cut, never interpreted. */
static void tell_more(struct role *role, const char *more, size_t length)
{
	size_t used = strlen(role->text), room = sizeof(role->text) - used - 1;

	if (!length || room < 2)
		return;
	length = length < room - 1 ? length : room - 1;
	role->text[used] = ' ';
	memcpy(role->text + used + 1, more, length);
	role->text[used + 1 + length] = '\0';
}

void role_told(struct role *role, const char *routine)
{
	role->id = ROLE_DATABASE;
	role->strength = ROLE_TOLD;
	role->evidence = "the administrator's listing";
	snprintf(role->text, sizeof(role->text), "%s", routine);
}

/* ------------------------------------------------------------------ by what is executed */

/* Files below the instance's root, or anywhere where root is NULL; a name may end in `*`. */
static const struct executable_role {
	const char *file;
	enum role_id role;
} executable_roles[] = {
	{ "/bin/cache", ROLE_DATABASE },
	{ "/bin/irisdb", ROLE_DATABASE },
	{ "/bin/iriscp", ROLE_DATABASE },
	{ "/bin/clmanager", ROLE_LICENSE_SERVER },
	{ "/bin/licmanager", ROLE_LICENSE_SERVER },
	{ "/bin/cwdimj", ROLE_IMAGE_JOURNAL },
	{ "/bin/irisirdimj", ROLE_IMAGE_JOURNAL },
	{ "/bin/cuxagent", ROLE_AGENT_HELPER },
	{ "/bin/irisuxagent", ROLE_AGENT_HELPER },
	{ "/httpd/bin/httpd", ROLE_WEB_SERVER },
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What stands behind the root, from its `/` on; NULL: it is elsewhere. */
static const char *below_root(const struct role_instance *instance, const char *path)
{
	size_t length = instance->root ? strlen(instance->root) : 0;

	while (length && instance->root[length - 1] == '/')
		length--;
	if (!length || strncmp(path, instance->root, length) != 0 || path[length] != '/')
		return NULL;
	return path + length;
}

static enum role_id executable_role(const struct role_instance *instance, const char *path)
{
	const char *below = below_root(instance, path);

	for (size_t i = 0; below && i < ARRAY_SIZE(executable_roles); i++)
		if (strcmp(below, executable_roles[i].file) == 0)
			return executable_roles[i].role;
	if (below && strncmp(below, "/bin/", 5) == 0)
		return ROLE_TOOL;
	if (strncmp(last_part(path), "ISCAgent", strlen("ISCAgent")) == 0)
		return ROLE_AGENT;
	return ROLE_OTHER;
}

bool role_is_database(const struct role_instance *instance, const struct process *process)
{
	return process->executable &&
	       executable_role(instance, process->executable) == ROLE_DATABASE;
}

/* ------------------------------------------------------------------ by its arguments */

static void tell_java(struct role *role, const struct process *process)
{
	struct java_arguments arguments = { 0 };

	if (java_arguments_read(process->arguments, process->arguments_length, &arguments)) {
		role_set(role, ROLE_GATEWAY, ROLE_LIKELY, "main class in its arguments");
		tell_more(role, arguments.name ? arguments.name : "",
			  arguments.name ? strlen(arguments.name) : 0);
	}
	java_arguments_release(&arguments);
}

static void tell_other(struct role *role, const struct process *process)
{
	const char *name = last_part(process->executable);

	role_set(role, ROLE_OTHER, ROLE_CLASS, "its executable");
	tell_more(role, name, strlen(name));
	if (strcmp(name, "java") == 0)
		tell_java(role, process);
}

/* ------------------------------------------------------------------ a database process */

/* Uids tell only where they differ: with root as the owner, all are alike. */
static bool tell_by_users(const struct role_instance *instance, struct role_process *process)
{
	const struct process *of = &process->process;

	if (!instance->owner || instance->owner == UINT32_MAX || of->real_uid)
		return false;
	if (of->effective_uid == instance->owner && (process->lock_holder || process->oldest)) {
		role_set(&process->role, ROLE_CONTROL, ROLE_CERTAIN,
			 "runs as the owner with root behind it, and is the first or holds "
			 "mgr/ilock");
		return true;
	}
	if (!of->effective_uid && instance->config &&
	    config_number(instance->config, CONFIG_JOIN_MIRROR)) {
		role_set(&process->role, ROLE_VIRTUAL_IP, ROLE_CERTAIN,
			 "runs as root in a mirror member");
		return true;
	}
	return false;
}

static bool tell_by_locks_and_log(struct role_process *process)
{
	if (process->lock_holder && (process->oldest || process->logged & ROLE_LOGGED_START)) {
		role_set(&process->role, ROLE_CONTROL, ROLE_LIKELY,
			 process->oldest ? "the first of its processes, and holds mgr/ilock"
					 : "wrote the start-up log, and holds mgr/ilock");
		return true;
	}
	if (process->logged & ROLE_LOGGED_WRITE_DAEMON &&
	    (process->lock_holder || process->image_journal_open)) {
		role_set(&process->role, ROLE_WRITE_DAEMON, ROLE_LIKELY,
			 process->lock_holder ? "wrote its start to the log, and holds mgr/ilock"
					      : "wrote its start to the log, and has the WIJ open");
		return true;
	}
	return false;
}

static bool tell_by_arguments(struct role_process *process)
{
	const struct process *of = &process->process;
	struct database_arguments arguments = { 0 };
	bool known = database_arguments_read(of->arguments, of->arguments_length, &arguments);
	struct role *role = &process->role;

	if (known && arguments.child_job && arguments.entry && *arguments.entry) {
		role_set(role, ROLE_JOB, ROLE_LIKELY, "entry reference in its arguments");
		tell_more(role, arguments.entry, strlen(arguments.entry));
	} else if (known && of->terminal &&
		   ((arguments.namespace && *arguments.namespace) ||
		    (arguments.directory && *arguments.directory))) {
		role_set(role, ROLE_TERMINAL, ROLE_LIKELY, "a terminal, and a session's arguments");
	} else {
		known = false;
	}
	database_arguments_release(&arguments);
	return known;
}

void role_tell(const struct role_instance *instance, struct role_process *process)
{
	enum role_id id;

	if (!process->process.executable) {
		role_set(&process->role, ROLE_OTHER, ROLE_CLASS, "its executable cannot be read");
		return;
	}
	id = executable_role(instance, process->process.executable);
	if (id == ROLE_OTHER) {
		tell_other(&process->role, &process->process);
		return;
	}
	role_set(&process->role, id, id == ROLE_DATABASE ? ROLE_CLASS : ROLE_CERTAIN,
		 "its executable");
	if (id == ROLE_TOOL) {
		const char *name = last_part(process->process.executable);

		tell_more(&process->role, name, strlen(name));
	}
	if (id != ROLE_DATABASE || tell_by_users(instance, process) ||
	    (instance->config && role_by_sockets(instance, process)) ||
	    tell_by_locks_and_log(process))
		return;
	tell_by_arguments(process);
}

/* ------------------------------------------------------------------ all of them */

static bool listens_on(const struct role_process *process, uint16_t port)
{
	for (size_t i = 0; port && i < process->socket_count; i++)
		if (process->sockets[i].protocol == IPPROTO_TCP && process->sockets[i].listening &&
		    process->sockets[i].local_port == port)
			return true;
	return false;
}

static bool is_older(const struct process *process, const struct process *than)
{
	if (process->start != than->start)
		return process->start < than->start;
	return process->pid < than->pid;
}

static void find_oldest(const struct role_instance *instance, struct role_process *processes,
			size_t count)
{
	uint16_t port = instance->config
				? (uint16_t)config_number(instance->config, CONFIG_DEFAULT_PORT)
				: 0;
	struct role_process *oldest = NULL, *listener = NULL;

	for (size_t i = 0; i < count; i++) {
		struct role_process *process = &processes[i];

		process->oldest = process->oldest_listener = false;
		if (!role_is_database(instance, &process->process))
			continue;
		if (!oldest || is_older(&process->process, &oldest->process))
			oldest = process;
		if (listens_on(process, port) &&
		    (!listener || is_older(&process->process, &listener->process)))
			listener = process;
	}
	if (oldest)
		oldest->oldest = true;
	if (listener)
		listener->oldest_listener = true;
}

/* Three daemons hold a section of mgr/ilock each: when two are known, the third is. */
static void tell_third_holder(struct role_process *processes, size_t count)
{
	struct role_process *third = NULL;
	bool control = false, write_daemon = false;
	size_t holders = 0;

	for (size_t i = 0; i < count; i++) {
		struct role_process *process = &processes[i];

		holders += process->lock_holder;
		control |= process->lock_holder && process->role.id == ROLE_CONTROL;
		write_daemon |= process->lock_holder && process->role.id == ROLE_WRITE_DAEMON;
		if (process->lock_holder && process->role.id == ROLE_DATABASE)
			third = process;
	}
	if (holders == 3 && control && write_daemon && third)
		role_set(&third->role, ROLE_JOURNAL_DAEMON, ROLE_LIKELY,
			 "the third that holds mgr/ilock");
}

void roles_tell(const struct role_instance *instance, struct role_process *processes, size_t count)
{
	find_oldest(instance, processes, count);
	for (size_t i = 0; i < count; i++)
		role_tell(instance, &processes[i]);
	tell_third_holder(processes, count);
}

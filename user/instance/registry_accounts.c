/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose an instance is, and as whom it works. The installer's own record says it (for root's eyes);
 * else the files do: the manager's directory is the owner's and has the effective group, and some
 * files are only ever written by processes of the effective user. Processes make it certain: of the
 * control process the real user is root and the effective one the owner, and the effective group is
 * one and the same for all.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/registry_inside.h"
#include "instance/source.h"
#include "util/buffer.h"

#define PARAMETERS "parameters.isc"
#define PARAMETERS_MAX (1u << 20)
#define NAMES_SIZE 16384

static int set_account(struct instance_account *account, enum instance_knowledge known, uint32_t id,
		       bool group, const char *format, ...) __attribute__((format(printf, 5, 6)));

static int set_account(struct instance_account *account, enum instance_knowledge known, uint32_t id,
		       bool group, const char *format, ...)
{
	char buffer[NAMES_SIZE], number[16];
	struct passwd passwd, *user = NULL;
	struct group entry, *found = NULL;
	char *name, *evidence = NULL;
	va_list args;
	int length;

	snprintf(number, sizeof(number), "%u", id);
	if (group)
		(void)getgrgid_r(id, &entry, buffer, sizeof(buffer), &found);
	else
		(void)getpwuid_r(id, &passwd, buffer, sizeof(buffer), &user);
	name = strdup(user ? user->pw_name : found ? found->gr_name : number);
	va_start(args, format);
	length = vasprintf(&evidence, format, args);
	va_end(args);
	if (!name || length < 0) {
		free(name);
		return -ENOMEM;
	}
	free(account->name);
	free(account->evidence);
	*account = (struct instance_account){ known, id, name, evidence };
	return 0;
}

/* ---- files ---- */

static bool look(const struct instance *instance, const char *name, char path[PATH_MAX],
		 struct stat *ret)
{
	return instance_path(instance, instance->data ? instance->data : instance->root, name,
			     path) &&
	       lstat(path, ret) == 0;
}

/* What is behind the prefix is what an operator knows the file by. */
static const char *shown(const struct instance *instance, const char *path)
{
	return path + (instance->prefix ? strlen(instance->prefix) : 0);
}

static int from_files(struct instance *instance)
{
	static const char *const written[] = { "mgr/SystemMonitor.log", "mgr/alerts.log",
					       "_LastGood_.cpf", "mgr/Temp" };
	char path[PATH_MAX];
	struct stat st;
	int r;

	if (!look(instance, "mgr", path, &st) && !look(instance, "", path, &st))
		return 0;
	r = set_account(&instance->owner, INSTANCE_LIKELY, st.st_uid, false, "owner of %s",
			shown(instance, path));
	if (!r)
		r = set_account(&instance->group, INSTANCE_LIKELY, st.st_gid, true, "group of %s",
				shown(instance, path));
	for (size_t i = 0; !r && !instance->user.known && i < ARRAY_SIZE(written); i++)
		if (look(instance, written[i], path, &st) && st.st_uid != instance->owner.id &&
		    st.st_uid != 0)
			r = set_account(&instance->user, INSTANCE_LIKELY, st.st_uid, false,
					"owner of %s", shown(instance, path));
	return r;
}

/* ---- the installer's record ---- */

static int set_named(struct instance_account *account, bool group, const char *name, size_t length,
		     const struct instance *instance, unsigned int line)
{
	char buffer[NAMES_SIZE], copy[256];
	struct passwd passwd, *user = NULL;
	struct group entry, *found = NULL;

	snprintf(copy, sizeof(copy), "%.*s", (int)(length < sizeof(copy) ? length : 0), name);
	if (group)
		(void)getgrnam_r(copy, &entry, buffer, sizeof(buffer), &found);
	else
		(void)getpwnam_r(copy, &passwd, buffer, sizeof(buffer), &user);
	/* A name that this host does not know is another's: a container's, or one that is gone. */
	if (!user && !found)
		return 0;
	return set_account(account, INSTANCE_CERTAIN, group ? found->gr_gid : user->pw_uid, group,
			   "%s/%s, line %u", instance->root, PARAMETERS, line);
}

static const struct {
	const char *key;
	size_t account;
	bool group;
} parameters[] = {
	{ "security_settings.manager_user", offsetof(struct instance, owner), false },
	{ "security_settings.cache_user", offsetof(struct instance, user), false },
	{ "security_settings.iris_user", offsetof(struct instance, user), false },
	{ "security_settings.cache_group", offsetof(struct instance, group), true },
	{ "security_settings.iris_group", offsetof(struct instance, group), true },
};

static int read_parameter(struct instance *instance, const struct source_line *line)
{
	const char *colon = memchr(line->text, ':', line->length);
	size_t key = colon ? (size_t)(colon - line->text) : 0;
	const char *value = colon ? colon + 1 : NULL;
	size_t length = colon ? line->length - key - 1 : 0;

	if (!colon)
		return 0;
	source_trim(&value, &length);
	for (size_t i = 0; length && i < ARRAY_SIZE(parameters); i++)
		if (strlen(parameters[i].key) == key &&
		    strncasecmp(line->text, parameters[i].key, key) == 0)
			return set_named((struct instance_account *)((char *)instance +
								     parameters[i].account),
					 parameters[i].group, value, length, instance,
					 line->number);
	return 0;
}

static int from_parameters(struct instance *instance)
{
	/* Its mistakes are the installer's, and the files say what it would have said. */
	struct diagnostics unsaid = { 0 };
	_cleanup_buffer_ struct buffer text = { 0 };
	struct source source;
	struct source_line line;
	char path[PATH_MAX];
	int r = 0;

	if (instance_path(instance, instance->root, PARAMETERS, path) &&
	    source_load(path, SOURCE_FOUND, PARAMETERS_MAX, &unsaid, &text) == 0 &&
	    source_begin(&source, "record", path, text.data, text.length, PARAMETERS_MAX,
			 &unsaid) == 0)
		while (!r && source_next(&source, &line))
			r = read_parameter(instance, &line);
	diagnostics_release(&unsaid);
	return r;
}

/* ---- processes ---- */

static bool of_database(const struct instance_process *process)
{
	return strcmp(process->executable, "bin/cache") == 0 ||
	       strcmp(process->executable, "bin/irisdb") == 0;
}

static int from_processes(struct instance *instance)
{
	const struct instance_process *process;
	int r = 0;

	for (size_t i = 0; !r && i < instance->process_count; i++) {
		process = &instance->processes[i];
		if (!of_database(process))
			continue;
		if (process->real_uid == 0 && process->effective_uid != 0)
			r = set_account(&instance->owner, INSTANCE_CERTAIN, process->effective_uid,
					false, "process %d, real user root", (int)process->pid);
		if (!r && instance->user.known && process->effective_uid == instance->user.id)
			r = set_account(&instance->user, INSTANCE_CERTAIN, process->effective_uid,
					false, "process %d", (int)process->pid);
		if (!r && instance->group.known && process->effective_gid == instance->group.id)
			r = set_account(&instance->group, INSTANCE_CERTAIN, process->effective_gid,
					true, "process %d", (int)process->pid);
	}
	return r;
}

int registry_accounts(struct instance *instance)
{
	int r = from_files(instance);

	if (!r)
		r = from_parameters(instance);
	return r ? r : from_processes(instance);
}

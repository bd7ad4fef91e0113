/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/role_gather.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "instance/role_log.h"
#include "util/buffer.h"

/* Sockets of one network namespace; an instance is usually in one. */
struct space {
	char name[64]; /* "net:[4026531840]" */
	struct socket_table sockets;
};
#define SPACES_MAX 64

struct gathering {
	const char *proc;
	const struct facts *names;
	const struct roles_place *places;
	struct roles *roles;
	struct lock_table locks;
	struct space spaces[SPACES_MAX];
	size_t space_count;
	int64_t boot_time;
};

void roles_release(struct roles *roles)
{
	for (size_t i = 0; i < roles->count; i++) {
		process_release(&roles->rows[i].process.process);
		free(roles->rows[i].process.sockets);
	}
	free(roles->rows);
	*roles = (struct roles){ 0 };
}

/* ------------------------------------------------------------------ one process */

/* NULL: out of memory, or too many namespaces. */
static const struct socket_table *space_of(struct gathering *gathering, uint32_t pid)
{
	struct space *space = &gathering->spaces[gathering->space_count];
	char path[PATH_MAX], name[sizeof(space->name)] = "";
	ssize_t length;

	snprintf(path, sizeof(path), "%s/%u/ns/net", gathering->proc, pid);
	length = readlink(path, name, sizeof(name) - 1);
	name[length > 0 ? length : 0] = '\0';
	for (size_t i = 0; i < gathering->space_count; i++)
		if (strcmp(gathering->spaces[i].name, name) == 0)
			return &gathering->spaces[i].sockets;
	if (gathering->space_count == SPACES_MAX ||
	    socket_table_read(gathering->proc, pid, &space->sockets))
		return NULL;
	memcpy(space->name, name, sizeof(name));
	gathering->space_count++;
	return &space->sockets;
}

struct looking {
	const struct socket_table *table;
	struct role_process *process;
	size_t capacity;
	bool failed;
};

static bool look_socket(struct looking *looking, uint64_t inode)
{
	const struct process_socket *socket = looking->table
						      ? socket_table_find(looking->table, inode)
						      : NULL;
	struct role_process *process = looking->process;

	if (!socket || process->socket_count == PROCESS_SOCKETS_MAX)
		return true;
	if (process->socket_count == looking->capacity) {
		size_t capacity = looking->capacity ? 2 * looking->capacity : 8;
		struct process_socket *sockets = reallocarray(process->sockets, capacity,
							      sizeof(*sockets));

		if (!sockets) {
			looking->failed = true;
			return false;
		}
		process->sockets = sockets;
		looking->capacity = capacity;
	}
	process->sockets[process->socket_count++] = *socket;
	return true;
}

static bool look_file(void *context, const struct process_file *file)
{
	struct looking *looking = context;
	const char *ending;

	if (file->socket)
		return look_socket(looking, file->inode);
	ending = strrchr(file->path, '.');
	if (file->writing && ending && strcmp(ending, ".WIJ") == 0)
		looking->process->image_journal_open = true;
	return true;
}

static int gather_one(struct gathering *gathering, const struct roles_subject *subject)
{
	struct roles_row *row = &gathering->roles->rows[gathering->roles->count];
	struct looking looking = { .process = &row->process };
	int r;

	*row = (struct roles_row){ .place = subject->place };
	r = process_read(gathering->proc, subject->pid, &row->process.process);
	if (r)
		return r == -ENOMEM ? r : 0;
	gathering->roles->count++;
	looking.table = space_of(gathering, subject->pid);
	row->process.sockets_known = process_files(gathering->proc, subject->pid, look_file,
						   &looking) == 0;
	gathering->roles->unseen += !row->process.sockets_known;
	return looking.failed ? -ENOMEM : 0;
}

/* ------------------------------------------------------------------ one instance */

/* The root of whoever executes ROOT/bin/cache or its like. */
static char *root_of(const struct roles_row *rows, size_t count)
{
	static const char *const endings[] = { "/bin/cache", "/bin/irisdb", "/bin/iriscp" };

	for (size_t i = 0; i < count; i++) {
		const char *path = rows[i].process.process.executable;
		size_t length = path ? strlen(path) : 0;

		for (size_t k = 0; k < sizeof(endings) / sizeof(endings[0]); k++) {
			size_t ending = strlen(endings[k]);

			if (length > ending && strcmp(path + length - ending, endings[k]) == 0)
				return strndup(path, length - ending);
		}
	}
	return NULL;
}

static bool holds(const struct gathering *gathering, uint32_t pid, const struct stat *file)
{
	for (size_t i = 0; i < gathering->locks.count; i++) {
		const struct file_lock *lock = &gathering->locks.locks[i];

		if (lock->pid == pid && lock->inode == file->st_ino &&
		    lock->major == major(file->st_dev) && lock->minor == minor(file->st_dev))
			return true;
	}
	return false;
}

/* `console=,PATH`: the second field; where it is empty, the product's own below mgr. */
static void log_path(const struct instance *instance, const char *manager, char to[PATH_MAX])
{
	const char *console = instance->config ? config_text(instance->config, CONFIG_CONSOLE) : "";
	const char *path = strchr(console, ',');

	if (path && path[1] == '/')
		snprintf(to, PATH_MAX, "%s", path + 1);
	else
		snprintf(to, PATH_MAX, "%.*s/%s", PATH_MAX - 32, manager,
			 instance->family == CONFIG_IRIS ? "messages.log" : "cconsole.log");
}

/* What the manager's directory says of its processes. */
static int gather_signs(const struct gathering *gathering, const struct instance *instance,
			struct roles_row *rows, size_t count)
{
	char manager[PATH_MAX], path[PATH_MAX];
	struct role_marks marks = { 0 };
	struct stat lock;
	bool locked;
	int r;

	snprintf(manager, sizeof(manager), "%.*s/mgr", PATH_MAX - 16,
		 instance->data ? instance->data : instance->root);
	log_path(instance, manager, path);
	r = role_log_read_file(path, &marks);
	snprintf(path, sizeof(path), "%.*s/ilock", PATH_MAX - 16, manager);
	locked = stat(path, &lock) == 0;
	for (size_t i = 0; !r && i < count; i++) {
		struct role_process *process = &rows[i].process;

		process->logged = role_log_of(&marks, &process->process, gathering->boot_time);
		process->lock_holder = locked && holds(gathering, process->process.pid, &lock);
	}
	role_marks_release(&marks);
	return r;
}

static int tell_rows(const struct role_instance *instance, struct roles_row *rows, size_t count)
{
	struct role_process *processes = calloc(count + 1, sizeof(*processes));

	if (!processes)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		processes[i] = rows[i].process;
	roles_tell(instance, processes, count);
	for (size_t i = 0; i < count; i++)
		rows[i].process = processes[i];
	free(processes);
	return 0;
}

static int gather_instance(struct gathering *gathering, size_t place, struct roles_row *rows,
			   size_t count, struct diagnostics *diagnostics)
{
	_cleanup_registry_ struct registry *registry = registry_new();
	const char *given = gathering->places[place].root;
	_cleanup_free_ char *root = given ? strdup(given) : root_of(rows, count);
	struct role_instance told = { .root = root,
				      .owner = UINT32_MAX,
				      .names = gathering->names };
	struct instance *instance = NULL;
	int r = 0;

	if (!registry || (given && !root))
		return -ENOMEM;
	if (root) {
		instance = registry_root(registry, root);
		r = instance ? registry_complete(registry, diagnostics) : -ENOMEM;
	}
	if (!r && instance) {
		told.config = instance->config;
		if (instance->owner.known != INSTANCE_NOT_KNOWN)
			told.owner = instance->owner.id;
		r = gather_signs(gathering, instance, rows, count);
	}
	return r ? r : tell_rows(&told, rows, count);
}

/* ------------------------------------------------------------------ all */

static int compare_rows(const void *a, const void *b)
{
	const struct roles_row *x = a, *y = b;
	const struct process *p = &x->process.process, *q = &y->process.process;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (p->start != q->start)
		return p->start < q->start ? -1 : 1;
	return (p->pid > q->pid) - (p->pid < q->pid);
}

static int gather_instances(struct gathering *gathering, struct diagnostics *diagnostics)
{
	struct roles *roles = gathering->roles;
	int r = 0;

	for (size_t first = 0, count; !r && first < roles->count; first += count) {
		size_t place = roles->rows[first].place;

		count = 1;
		while (first + count < roles->count && roles->rows[first + count].place == place)
			count++;
		r = gather_instance(gathering, place, roles->rows + first, count, diagnostics);
	}
	return r;
}

int roles_gather(const char *proc, const struct facts *names, const struct roles_place *places,
		 size_t place_count, const struct roles_subject *subjects, size_t subject_count,
		 struct diagnostics *diagnostics, struct roles *ret)
{
	struct gathering *gathering = calloc(1, sizeof(*gathering));
	struct roles roles = { .rows = calloc(subject_count + 1, sizeof(*roles.rows)) };
	int r = gathering && roles.rows ? 0 : -ENOMEM;

	if (!r) {
		gathering->proc = proc;
		gathering->names = names;
		gathering->places = places;
		gathering->roles = &roles;
		gathering->boot_time = process_boot_time();
		/* Without it nobody is known to hold a lock: one sign less. */
		if (lock_table_read(proc, &gathering->locks))
			gathering->locks = (struct lock_table){ 0 };
	}
	for (size_t i = 0; !r && i < subject_count; i++)
		if (subjects[i].place < place_count)
			r = gather_one(gathering, &subjects[i]);
	if (!r)
		qsort(roles.rows, roles.count, sizeof(*roles.rows), compare_rows);
	if (!r)
		r = gather_instances(gathering, diagnostics);
	for (size_t i = 0; gathering && i < gathering->space_count; i++)
		socket_table_release(&gathering->spaces[i].sockets);
	if (gathering)
		lock_table_release(&gathering->locks);
	free(gathering);
	if (r)
		roles_release(&roles);
	*ret = roles;
	return r;
}

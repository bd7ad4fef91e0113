/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instances by what processes execute: /proc/PID/exe is the kernel's word, whatever a process calls
 * itself. A first walk finds the databases' processes and with them the install directories, a second
 * one whatever else runs below these.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instance/neighbours.h"
#include "instance/registry_inside.h"
#include "util/number.h"

#define DELETED " (deleted)" /* behind the name of a file that was replaced while it ran */

struct walk {
	struct registry *registry;
	struct diagnostics *diagnostics;
	const char *proc;
	size_t hidden; /* processes that this user may not look at */
	bool finding; /* the first of the two walks */
	int error;
};

/* `/usr/cachesys/bin/cache` -> its install directory; false: no database's executable. */
static bool root_of(const char *executable, char ret[PATH_MAX])
{
	static const char *const ends[] = { "/bin/cache", "/bin/irisdb", "/bin/iriscp" };
	size_t length = strlen(executable);

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t end = strlen(ends[i]);

		if (length <= end || strcmp(executable + length - end, ends[i]) != 0)
			continue;
		memcpy(ret, executable, length - end);
		ret[length - end] = '\0';
		return true;
	}
	return false;
}

/* Numbers behind `Uid:` or `Gid:`: real, effective. */
static bool read_ids(const char *status, const char *word, uint32_t *ret_real,
		     uint32_t *ret_effective)
{
	const char *line = strstr(status, word);
	char *end;

	if (!line)
		return false;
	line += strlen(word);
	*ret_real = (uint32_t)strtoul(line, &end, 10);
	if (end == line)
		return false;
	line = end;
	*ret_effective = (uint32_t)strtoul(line, &end, 10);
	return end != line;
}

static bool read_status(int at, struct instance_process *process)
{
	_cleanup_close_ int fd = openat(at, "status", O_RDONLY | O_CLOEXEC);
	char status[4096];
	ssize_t length = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);
	uint32_t real;

	if (length <= 0)
		return false;
	status[length] = '\0';
	return read_ids(status, "\nUid:", &process->real_uid, &process->effective_uid) &&
	       read_ids(status, "\nGid:", &real, &process->effective_gid);
}

/* NULL: none, or no memory for it, which then says as much. */
static char *read_manager(int at)
{
	_cleanup_close_ int fd = openat(at, "cmdline", O_RDONLY | O_CLOEXEC);
	struct database_arguments arguments;
	char argv[4096], *manager = NULL;
	ssize_t length = fd < 0 ? -1 : read(fd, argv, sizeof(argv));

	if (length <= 0 || !database_arguments_read(argv, (size_t)length, &arguments))
		return NULL;
	if (*arguments.manager == '/')
		manager = take_ptr(arguments.manager);
	database_arguments_release(&arguments);
	return manager;
}

static int add_process(struct instance *instance, const struct instance_process *process, int at,
		       const char *executable)
{
	struct instance_process *grown;

	for (size_t i = 0; i < instance->process_count; i++)
		if (instance->processes[i].pid == process->pid)
			return 0;
	grown = reallocarray(instance->processes, instance->process_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	instance->processes = grown;
	grown[instance->process_count] = *process;
	grown[instance->process_count].executable = strdup(executable);
	if (!grown[instance->process_count].executable)
		return -ENOMEM;
	grown[instance->process_count].manager = read_manager(at);
	instance->process_count++;
	return 0;
}

static bool same_directory(const char *one, const char *other)
{
	struct stat a, b;

	return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/*
 * What is before a process's paths for us. Another mount namespace is no reason by itself: units of
 * systemd have one too, with the same files at the same places.
 */
static const char *prefix_of(const struct walk *walk, const char *pid, const char *root,
			     char *prefix, size_t size)
{
	char inside[PATH_MAX];
	struct stat st;

	snprintf(prefix, size, "%s/%s/root", walk->proc, pid);
	if (snprintf(inside, sizeof(inside), "%s%s", prefix, root) >= (int)sizeof(inside) ||
	    stat(inside, &st) < 0 || same_directory(inside, root))
		return NULL;
	return prefix;
}

/* There are other programs called `cache`: an instance has its manager's directory too. */
static bool has_manager(const char *prefix, const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s%s/mgr", prefix ? prefix : "", root) >=
	    (int)sizeof(path))
		return false;
	return stat(path, &st) == 0 ? S_ISDIR(st.st_mode) : errno == EACCES;
}

static void found(struct walk *walk, const char *pid, const char *root)
{
	char prefix_buffer[PATH_MAX];
	const char *prefix = prefix_of(walk, pid, root, prefix_buffer, sizeof(prefix_buffer));
	struct instance *instance;

	if (!has_manager(prefix, root))
		return;
	instance = registry_place(walk->registry, prefix, root, walk->diagnostics);
	if (instance && !instance_set(&instance->real, root, strlen(root)))
		walk->error = -ENOMEM;
	if (instance)
		instance->sources |= INSTANCE_FROM_PROCESS;
	else if (walk->registry->count < REGISTRY_INSTANCES_MAX)
		walk->error = -ENOMEM;
}

/* To the instances whose directory the executable is below. */
static void attach(struct walk *walk, const char *pid, int at, const char *executable)
{
	struct instance_process process = { 0 };
	char prefix_buffer[PATH_MAX];
	uint64_t number;

	if (number_parse(pid, 1, INT32_MAX, &number) || !read_status(at, &process))
		return;
	process.pid = (pid_t)number;
	for (size_t i = 0; !walk->error && i < walk->registry->count; i++) {
		struct instance *instance = walk->registry->instances[i];
		const char *root = instance->real ? instance->real : instance->root;
		size_t length = strlen(root);
		const char *prefix;

		if (strncmp(executable, root, length) != 0 || executable[length] != '/')
			continue;
		prefix = prefix_of(walk, pid, root, prefix_buffer, sizeof(prefix_buffer));
		if (registry_known(walk->registry, prefix, root) == instance)
			walk->error = add_process(instance, &process, at, executable + length + 1);
	}
}

static void look_at(struct walk *walk, int proc, const char *pid)
{
	_cleanup_close_ int at = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char executable[PATH_MAX], root[PATH_MAX];
	ssize_t length = at < 0 ? -1 : readlinkat(at, "exe", executable, sizeof(executable) - 1);

	if (length <= 0) {
		/* Kernel threads and processes that are gone have none: ENOENT. */
		walk->hidden += walk->finding && (errno == EACCES || errno == EPERM);
		return;
	}
	executable[length] = '\0';
	if ((size_t)length > strlen(DELETED) &&
	    strcmp(executable + length - strlen(DELETED), DELETED) == 0)
		executable[(size_t)length - strlen(DELETED)] = '\0';
	if (!walk->finding)
		attach(walk, pid, at, executable);
	else if (root_of(executable, root))
		found(walk, pid, root);
}

static int walk_all(struct walk *walk)
{
	DIR *directory = opendir(walk->proc);
	const struct dirent *entry;

	if (!directory)
		return -errno;
	while (!walk->error && (entry = readdir(directory)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			look_at(walk, dirfd(directory), entry->d_name);
	closedir(directory);
	return walk->error;
}

static int compare_processes(const void *a, const void *b)
{
	const struct instance_process *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

int registry_processes(struct registry *registry, const char *proc, struct diagnostics *diagnostics)
{
	struct walk walk = {
		.registry = registry,
		.diagnostics = diagnostics,
		.proc = proc,
		.finding = true,
	};
	struct location where = { .file = registry_file(registry, proc) };
	int r;

	if (!where.file)
		return -ENOMEM;
	r = walk_all(&walk);
	walk.finding = false;
	if (!r)
		r = walk_all(&walk);
	if (r && r != -ENOMEM)
		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where,
						"cannot be looked at: %s", strerror(-r)),
				"processes are found there; is it mounted?");
	if (r)
		return r;
	for (size_t i = 0; i < registry->count; i++)
		if (registry->instances[i]->process_count)
			qsort(registry->instances[i]->processes,
			      registry->instances[i]->process_count,
			      sizeof(struct instance_process), compare_processes);
	registry->processes_all = !walk.hidden;
	if (walk.hidden)
		diagnostic_hint(
			diagnostics_add(diagnostics, SEVERITY_NOTE, &where,
					"what %zu process%s execute%s may not be seen by "
					"this user",
					walk.hidden, walk.hidden == 1 ? "" : "es",
					walk.hidden == 1 ? "s" : ""),
			geteuid() == 0
				? "a security module, or a container that this runs in, keeps it"
				: "run as root to find the instances of all that run");
	return 0;
}

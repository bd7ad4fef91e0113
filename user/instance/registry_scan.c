/* SPDX-License-Identifier: GPL-2.0-only */
/* Install directories among directories. Only names and kinds of files are looked at. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#include "instance/registry_inside.h"

struct scan {
	struct registry *registry;
	struct diagnostics *diagnostics;
	size_t entries; /* looked at */
	size_t closed; /* directories that this user may not read */
	char path[PATH_MAX]; /* of the directory that is being looked at */
	int error;
};

static bool has_file(int at, const char *name)
{
	struct stat st;

	return fstatat(at, name, &st, 0) == 0 && S_ISREG(st.st_mode);
}

/* Kernel's own file systems have no files of anybody. */
static bool of_kernel(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
		fs.f_type == CGROUP2_SUPER_MAGIC || fs.f_type == DEBUGFS_MAGIC ||
		fs.f_type == TRACEFS_MAGIC || fs.f_type == BPF_FS_MAGIC);
}

/* True: it is an install directory, and nothing below it is looked at. */
static bool scan_root(struct scan *scan, int fd)
{
	static const char *const cpfs[] = { "cache.cpf", "iris.cpf", "mgr/cache.cpf",
					    "mgr/iris.cpf" };
	enum config_product family;
	struct instance *instance;
	bool cpf = false;

	if (!registry_has_executable(fd, &family))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(cpfs); i++)
		cpf |= has_file(fd, cpfs[i]);
	if (!cpf)
		return false;
	instance = registry_place(scan->registry, NULL, scan->path, scan->diagnostics);
	if (!instance) {
		scan->error = scan->registry->count < REGISTRY_INSTANCES_MAX ? -ENOMEM : 0;
		return true;
	}
	instance->sources |= INSTANCE_FROM_SCAN;
	return true;
}

static void scan_directory(struct scan *scan, int parent, const char *name, int depth);

static void scan_entries(struct scan *scan, DIR *directory, int depth)
{
	size_t length = strlen(scan->path);
	const struct dirent *entry;

	/* "/" is written without a second one behind it. */
	if (length == 1)
		length = 0;
	while (!scan->error && (entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (++scan->entries > REGISTRY_SCAN_ENTRIES)
			return;
		if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
		    length + 1 + strlen(entry->d_name) >= sizeof(scan->path))
			continue;
		scan->path[length] = '/';
		strcpy(scan->path + length + 1, entry->d_name);
		scan_directory(scan, dirfd(directory), entry->d_name, depth);
	}
	scan->path[length ? length : 1] = '\0';
}

static void scan_directory(struct scan *scan, int parent, const char *name, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	DIR *directory;

	if (fd < 0) {
		scan->closed += errno == EACCES;
		return;
	}
	if (of_kernel(fd) || scan_root(scan, fd) || depth == 0) {
		close(fd);
		return;
	}
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		scan->error = -ENOMEM;
		return;
	}
	scan_entries(scan, directory, depth - 1);
	closedir(directory);
}

int registry_scan(struct registry *registry, const char *directory, struct diagnostics *diagnostics)
{
	struct scan scan = { .registry = registry, .diagnostics = diagnostics };
	_cleanup_free_ char *absolute = realpath(directory, NULL);
	struct location where = { .file = registry_file(registry, directory) };
	int error = errno;

	if (!where.file)
		return -ENOMEM;
	/* The path is written as it was given where that will do, for links are how a site means it. */
	if (!absolute ||
	    !registry_normal(*directory == '/' ? directory : absolute,
			     strlen(*directory == '/' ? directory : absolute), scan.path)) {
		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where,
						"cannot be looked at: %s", strerror(error)),
				"name a directory, such as /usr or /opt");
		return -error;
	}
	scan_directory(&scan, AT_FDCWD, absolute, REGISTRY_SCAN_DEPTH);
	if (scan.entries > REGISTRY_SCAN_ENTRIES)
		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_WARNING, &where,
						"more than %d files: not all of it was looked at",
						REGISTRY_SCAN_ENTRIES),
				"name the directory that the instances are in");
	if (scan.closed)
		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_NOTE, &where,
						"%zu directories may not be read by this user",
						scan.closed),
				"run as root to look into all");
	return scan.error;
}

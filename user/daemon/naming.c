/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for events: where a record has numbers, people want paths, policy names and users. Everything
 * that has to be looked up is cached, for a flood of events comes from few processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "util/cleanup.h"

#define PROCESSES_CACHED 1024 /* powers of two */
#define USERS_CACHED 256
#define USER_NAME 33
#define KERNFS_HANDLE 0xfe /* FILEID_KERNFS: a control group's id is its handle */

struct cached_process {
	uint32_t pid;
	uint64_t start_time;
	char *path;
};

struct cached_user {
	bool known;
	uint32_t uid;
	char name[USER_NAME];
};

struct naming {
	const struct daemon *daemon;
	char host[65];
	int cgroups; /* cgroup v2's mount point, -1 if there is none */
	uint64_t cgroup;
	char cgroup_path[PATH_MAX];
	struct cached_process processes[PROCESSES_CACHED];
	struct cached_user users[USERS_CACHED];
	struct naming_roles *roles;
};

static const char *naming_file(void *context, uint32_t file)
{
	const struct naming *naming = context;

	return file_registry_path(naming->daemon->registry, file);
}

static const struct file_fact *naming_fact(const struct naming *naming, uint32_t file)
{
	const struct facts *facts = &naming->daemon->governing.facts;

	for (size_t i = 0; file && i < facts->file_count; i++)
		if (facts->files[i].file == file)
			return &facts->files[i];
	return NULL;
}

static const uint8_t *naming_sha256(void *context, uint32_t file)
{
	const struct file_fact *fact = naming_fact(context, file);

	return fact && fact->hashed ? fact->sha256 : NULL;
}

static bool pattern_has(const struct facts *facts, const struct pattern_fact *pattern,
			uint32_t file)
{
	for (size_t i = 0; i < pattern->file_count; i++)
		if (facts->files[pattern->files[i]].file == file)
			return true;
	return false;
}

/* The first name in the file's order: `cache` before a glob that matches it too. */
static const char *naming_executable(void *context, uint16_t instance, uint32_t file)
{
	const struct naming *naming = context;
	const struct governing *governing = &naming->daemon->governing;

	for (size_t i = 0; file && i < governing->facts.pattern_count; i++) {
		const struct pattern_fact *pattern = &governing->facts.patterns[i];
		const struct policy *policy = governing->list.items[pattern->policy];

		if (pattern->policy + 1 == instance &&
		    policy->executables[pattern->executable].name.value &&
		    pattern_has(&governing->facts, pattern, file))
			return policy->executables[pattern->executable].name.value;
	}
	return NULL;
}

static const char *naming_user(void *context, uint32_t uid)
{
	struct naming *naming = context;
	struct cached_user *user = &naming->users[uid % USERS_CACHED];

	if (!user->known || user->uid != uid) {
		struct passwd *entry = getpwuid(uid);

		*user = (struct cached_user){ .known = true, .uid = uid };
		if (entry)
			snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	}
	return *user->name ? user->name : NULL;
}

/* A control group's path below the mount point, by its id. */
static const char *naming_cgroup(void *context, uint64_t cgroup)
{
	struct naming *naming = context;
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + sizeof(cgroup)];
	} id = { .handle = { .handle_bytes = sizeof(cgroup), .handle_type = KERNFS_HANDLE } };
	_cleanup_close_ int fd = -1;
	char link[64], path[PATH_MAX];
	ssize_t length;
	size_t mount = strlen(naming->daemon->probe.cgroup);

	if (naming->cgroup == cgroup && *naming->cgroup_path)
		return naming->cgroup_path;
	memcpy(id.handle.f_handle, &cgroup, sizeof(cgroup));
	fd = open_by_handle_at(naming->cgroups, &id.handle, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < (ssize_t)mount)
		return NULL;
	path[length] = '\0';
	naming->cgroup = cgroup;
	snprintf(naming->cgroup_path, sizeof(naming->cgroup_path), "%s",
		 path[mount] ? path + mount : "/");
	return naming->cgroup_path;
}

/* The start time tells a pid from its next user. */
static const char *naming_process(void *context, uint32_t pid, uint64_t start_time)
{
	struct naming *naming = context;
	struct cached_process *process = &naming->processes[pid % PROCESSES_CACHED];
	char link[64], path[PATH_MAX];
	ssize_t length;

	if (process->pid == pid && process->start_time == start_time)
		return process->path;
	free(process->path);
	*process = (struct cached_process){ 0 };
	snprintf(link, sizeof(link), "/proc/%u/exe", pid);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return NULL;
	path[length] = '\0';
	*process = (struct cached_process){ .pid = pid,
					    .start_time = start_time,
					    .path = strdup(path) };
	return process->path;
}

uint32_t naming_parent(void *context, uint32_t pid)
{
	char path[64], line[512];
	_cleanup_fclose_ FILE *file = NULL;
	unsigned int parent = 0;
	const char *end;

	(void)context;
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	/* comm may hold anything, a parenthesis too. */
	end = strrchr(line, ')');
	return end && sscanf(end + 1, " %*c %u", &parent) == 1 ? parent : 0;
}

static int64_t naming_clock(void)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (wall.tv_sec - boot.tv_sec) * 1000000000ll + (wall.tv_nsec - boot.tv_nsec);
}

int naming_new(const struct daemon *daemon, struct naming **ret_naming)
{
	struct naming *naming = calloc(1, sizeof(*naming));
	struct utsname name;

	if (!naming)
		return -ENOMEM;
	naming->daemon = daemon;
	naming->roles = naming_roles_new(daemon);
	if (!naming->roles) {
		free(naming);
		return -ENOMEM;
	}
	naming->cgroups = *daemon->probe.cgroup
				  ? open(daemon->probe.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				  : -1;
	if (!uname(&name))
		snprintf(naming->host, sizeof(naming->host), "%s", name.nodename);
	*ret_naming = naming;
	return 0;
}

struct naming *naming_free(struct naming *naming)
{
	if (!naming)
		return NULL;
	for (size_t i = 0; i < PROCESSES_CACHED; i++)
		free(naming->processes[i].path);
	naming_roles_free(naming->roles);
	close_fd(naming->cgroups);
	free(naming);
	return NULL;
}

void naming_name(struct naming *naming, const struct record *record, uint64_t sequence,
		 struct event *ret_event)
{
	struct event_names names = {
		.context = naming,
		.host = naming->host,
		.boot_to_wall = naming_clock(),
		.catalogue = governing_catalogue(&naming->daemon->governing,
						 record->record->generation),
		.file_path = naming_file,
		.file_sha256 = naming_sha256,
		.executable_name = naming_executable,
		.user_name = naming_user,
		.cgroup_path = naming->cgroups >= 0 ? naming_cgroup : NULL,
		.process_path = naming_process,
	};

	event_name(record, &names, sequence, ret_event);
	/* By the path that the event tells: an exec is over when its event is named. Whoever a guard stopped is
	 * no process of the instance. */
	if (record->record->instance != CW_INSTANCE_NONE &&
	    record->record->reason != CW_REASON_GUARD)
		ret_event->role = naming_roles_find(naming->roles, record->record->instance,
						    record->record->pid, record->record->start_time,
						    ret_event->path);
}

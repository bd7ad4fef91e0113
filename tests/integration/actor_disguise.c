/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking like something else, or being somewhere else: namespaces, roots and mounts of one's own, other
 * names, other control groups; and execution of what has no name.
 */
#include "actor.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* ------------------------------------------------------------------ somewhere else */

static const struct space {
	const char *name;
	int flag;
} spaces[] = {
	{ "user", CLONE_NEWUSER }, { "mount", CLONE_NEWNS }, { "net", CLONE_NEWNET },
	{ "pid", CLONE_NEWPID },   { "ipc", CLONE_NEWIPC },  { "cgroup", CLONE_NEWCGROUP },
};

static int step_space(struct actor *actor, char **arguments)
{
	(void)actor;
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		if (strcmp(spaces[i].name, arguments[0]) == 0)
			return unshare(spaces[i].flag) ? errno : 0;
	}
	return EINVAL;
}

static int step_enter(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);

	(void)actor;
	return fd < 0 || setns(fd, 0) ? errno : 0;
}

/* A control group below this one's root; it is left there, empty at our end. */
static int step_group(struct actor *actor, char **arguments)
{
	char path[256];
	int fd;

	(void)actor;
	snprintf(path, sizeof(path), "%s/cgroup.procs", arguments[0]);
	if (mkdir(arguments[0], 0755) && errno != EEXIST)
		return errno;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 || write(fd, "0", 1) != 1 ? errno : 0;
}

static int private_mounts(void)
{
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ? errno
											 : 0;
}

/* DIRECTORY becomes the root. */
static int step_root(struct actor *actor, char **arguments)
{
	(void)actor;
	return chroot(arguments[0]) || chdir("/") ? errno : 0;
}

static int step_pivot(struct actor *actor, char **arguments)
{
	int error = private_mounts();

	(void)actor;
	if (error)
		return error;
	if (mount(arguments[0], arguments[0], NULL, MS_BIND | MS_REC, NULL) ||
	    chdir(arguments[0]) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH))
		return errno;
	return chdir("/") ? errno : 0;
}

/* LOWER AND AT: an overlay over AT, whose upper layer is LOWER. */
static int step_overlay(struct actor *actor, char **arguments)
{
	char options[768];
	int error = private_mounts();

	(void)actor;
	if (error)
		return error;
	snprintf(options, sizeof(options), "lowerdir=%s:%s", arguments[0], arguments[1]);
	return mount("overlay", arguments[1], "overlay", 0, options) ? errno : 0;
}

/* ------------------------------------------------------------------ other names */

static int step_name(struct actor *actor, char **arguments)
{
	(void)actor;
	return prctl(PR_SET_NAME, arguments[0]) ? errno : 0;
}

/* NAME PATH: argv[0] is NAME. */
static int step_exec_as(struct actor *actor, char **arguments)
{
	const char *path = arguments[1];

	actor->rest[-1] = arguments[0];
	execve(path, actor->rest - 1, (char *const[]){ NULL });
	return errno;
}

/* NAME=VALUE PATH: with this alone in the environment. */
static int step_exec_with(struct actor *actor, char **arguments)
{
	actor->rest[-1] = arguments[1];
	execve(arguments[1], actor->rest - 1, (char *const[]){ arguments[0], NULL });
	return errno;
}

/* COUNT files that close when it executes. */
static int step_closing(struct actor *actor, char **arguments)
{
	(void)actor;
	for (int left = atoi(arguments[0]); left > 0; left--)
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) < 0)
			return errno;
	return 0;
}

/* ------------------------------------------------------------------ what has no name */

static int copied(const char *path, int to)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	struct stat file;

	if (from < 0 || to < 0 || fstat(from, &file) ||
	    sendfile(to, from, NULL, (size_t)file.st_size) != file.st_size || fchmod(to, 0755))
		return errno ? errno : EIO;
	close(from);
	return 0;
}

/* A copy at COPY, opened and deleted, of PATH. */
static int step_exec_deleted(struct actor *actor, char **arguments)
{
	int out = open(arguments[0], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755), fd;
	int error = copied(arguments[1], out);

	close(out);
	fd = open(arguments[0], O_RDONLY | O_CLOEXEC);
	unlink(arguments[0]);
	if (error || fd < 0)
		return error ? error : errno;
	actor->rest[-1] = arguments[1];
	syscall(SYS_execveat, fd, "", actor->rest - 1, environ, AT_EMPTY_PATH);
	return errno;
}

/* By the name that the kernel itself gives to a descriptor. */
static int step_exec_proc(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_PATH);
	char path[64];

	if (fd < 0)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	actor->rest[-1] = arguments[0];
	execve(path, actor->rest - 1, environ);
	return errno;
}

/* Relative to an open directory. */
static int step_exec_at(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	actor->rest[-1] = arguments[1];
	syscall(SYS_execveat, fd, arguments[1], actor->rest - 1, environ, 0);
	return errno;
}

/* ------------------------------------------------------------------ without a leader */

static void *orphan_main(void *argument)
{
	struct actor *actor = argument;
	char state[256] = "";
	int fd;

	/* Until the first thread is but a name. */
	do {
		sched_yield();
		fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, state, sizeof(state) - 1) <= 0)
			_exit(3);
		close(fd);
	} while (!strstr(state, ") Z "));
	actor_finish(actor, actor->rest);
}

/* The first thread ends, and another goes on. */
static int step_leaderless(struct actor *actor, char **arguments)
{
	pthread_t thread;
	/* Not on the stack of a thread that ends. */
	struct actor *copy = malloc(sizeof(*copy));
	int error;

	(void)arguments;
	if (!copy)
		return ENOMEM;
	*copy = *actor;
	error = pthread_create(&thread, NULL, orphan_main, copy);
	if (error)
		return error;
	/* The thread alone, without pthread_exit()'s search for an unwinder. */
	syscall(SYS_exit, 0);
	return EINVAL;
}

/* ------------------------------------------------------------------ libraries */

/* What the library preloaded leaves in the environment. */
static int step_preloaded(struct actor *actor, char **arguments)
{
	(void)actor;
	(void)arguments;
	return getenv("CW_PRELOADED") ? 0 : EACCES;
}

#ifdef ACTOR_SHARED
static int step_load(struct actor *actor, char **arguments)
{
	(void)actor;
	return dlopen(arguments[0], RTLD_NOW) ? 0 : EACCES;
}
#endif

/* Access lists as they are kept, of <linux/posix_acl_xattr.h>. */
struct access_entry {
	uint16_t tag, permission;
	uint32_t id;
};
struct access_list {
	uint32_t version;
	struct access_entry owner, user, group, mask, others;
};

/* FILE UID: its access list lets that user write; and he can. */
static int step_let_write(struct actor *actor, char **arguments)
{
	uint32_t uid = (uint32_t)atoi(arguments[1]);
	struct access_list list = { .version = 2,
				    .owner = { 0x01, 7, UINT32_MAX },
				    .user = { 0x02, 7, uid },
				    .group = { 0x04, 5, UINT32_MAX },
				    .mask = { 0x10, 7, UINT32_MAX },
				    .others = { 0x20, 5, UINT32_MAX } };
	int fd, error;

	(void)actor;
	if (setxattr(arguments[0], "system.posix_acl_access", &list, sizeof(list), 0) ||
	    setegid(uid) || seteuid(uid))
		return errno;
	fd = open(arguments[0], O_WRONLY | O_CLOEXEC);
	error = fd < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return seteuid(0) || setegid(0) ? errno : error;
}

const struct actor_step disguise_steps[] = {
	{ "let-write", 2, false, step_let_write },
	{ "space", 1, false, step_space },
	{ "enter", 1, false, step_enter },
	{ "group", 1, false, step_group },
	{ "root", 1, false, step_root },
	{ "pivot", 1, false, step_pivot },
	{ "overlay", 2, false, step_overlay },
	{ "name", 1, false, step_name },
	{ "closing", 1, false, step_closing },
	{ "exec-as", 2, true, step_exec_as },
	{ "exec-with", 2, true, step_exec_with },
	{ "exec-deleted", 2, true, step_exec_deleted },
	{ "exec-proc", 1, true, step_exec_proc },
	{ "exec-at", 2, true, step_exec_at },
	{ "leaderless", 0, true, step_leaderless },
	{ "preloaded", 0, false, step_preloaded },
#ifdef ACTOR_SHARED
	{ "load", 1, false, step_load },
#endif
	{ NULL },
};

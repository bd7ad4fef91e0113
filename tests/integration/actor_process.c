/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who goes on: another thread, a child, an orphan, another user, another namespace; and execution, of
 * a file named in whatever way. Words behind an exec step are the act of the program executed.
 */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------------------ who goes on */

static void *thread_main(void *argument)
{
	struct actor *actor = argument;

	actor_finish(actor, actor->rest);
}

static int step_thread(struct actor *actor, char **arguments)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, thread_main, actor);

	(void)arguments;
	if (error)
		return error;
	for (;;)
		pause();
}

static int step_fork(struct actor *actor, char **arguments)
{
	int status;
	pid_t child = fork();

	(void)arguments;
	if (child < 0)
		return errno;
	if (!child)
		actor_finish(actor, actor->rest);
	while (waitpid(child, &status, 0) < 0)
		;
	actor_end_as(child, status);
}

/* The double fork of daemons: whoever reads our output still waits for it. */
static int step_daemonize(struct actor *actor, char **arguments)
{
	pid_t child = fork();

	(void)arguments;
	if (child < 0)
		return errno;
	if (child)
		_exit(0);
	setsid();
	child = fork();
	if (child)
		_exit(0);
	/* Nobody's child only when the parent is gone. */
	while (getppid() != 1 && kill(getppid(), 0) == 0 && getppid() == getsid(0))
		sched_yield();
	actor_finish(actor, actor->rest);
}

/* As one of many, who all live; they end with it. */
static int step_storm(struct actor *actor, char **arguments)
{
	int left = atoi(arguments[0]), all[2], status;
	pid_t child = 0;

	if (pipe(all))
		return errno;
	while (left-- > 0 && (child = fork()) > 0)
		;
	if (child < 0)
		return errno;
	if (!child && left > 0) {
		char byte;

		/* Until the last writer is gone. Only they must not hold the pipe that tests read. */
		close(all[1]);
		close(STDOUT_FILENO);
		_exit(read(all[0], &byte, 1) ? 1 : 0);
	}
	if (!child)
		actor_finish(actor, actor->rest);
	while (waitpid(child, &status, 0) < 0)
		;
	actor_end_as(child, status);
}

static int step_user(struct actor *actor, char **arguments)
{
	unsigned int id = (unsigned int)atoi(arguments[0]);

	(void)actor;
	return setgroups(0, NULL) || setgid(id) || setuid(id) ? errno : 0;
}

/* The effective user alone: what the policy speaks of. */
static int step_effective(struct actor *actor, char **arguments)
{
	(void)actor;
	return seteuid((unsigned int)atoi(arguments[0])) ? errno : 0;
}

static int step_network(struct actor *actor, char **arguments)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd;

	(void)actor;
	(void)arguments;
	if (unshare(CLONE_NEWNET))
		return errno;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &loopback) ? errno : 0;
}

/* In a mount namespace of our own, A takes the place of B. */
static int step_cover(struct actor *actor, char **arguments)
{
	(void)actor;
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			       mount(arguments[0], arguments[1], NULL, MS_BIND, NULL)
		       ? errno
		       : 0;
}

/* Wait until somebody writes into a FIFO. */
static int step_await(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);
	char byte;

	(void)actor;
	if (fd < 0)
		return errno;
	if (read(fd, &byte, 1) != 1)
		return EPIPE;
	close(fd);
	return 0;
}

/* Tell that the steps before this one are done, and who did them: create a file. */
static int step_tell(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	(void)actor;
	if (fd < 0)
		return errno;
	dprintf(fd, "%d\n", (int)getpid());
	close(fd);
	return 0;
}

/* ------------------------------------------------------------------ execution */

static char **exec_arguments(struct actor *actor, char *path)
{
	static char *arguments[64];
	size_t count = 0;

	arguments[count++] = path;
	for (char **word = actor->rest; *word && count < 63; word++)
		arguments[count++] = *word;
	arguments[count] = NULL;
	return arguments;
}

static char *const environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };

static int step_exec(struct actor *actor, char **arguments)
{
	execve(arguments[0], exec_arguments(actor, arguments[0]), environment);
	return errno;
}

/* By descriptor, without a name. */
static int step_exec_descriptor(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_PATH | O_CLOEXEC);

	if (fd < 0)
		return errno;
	syscall(SYS_execveat, fd, "", exec_arguments(actor, arguments[0]), environment,
		AT_EMPTY_PATH);
	return errno;
}

static int step_exec_memory(struct actor *actor, char **arguments)
{
	int from = open(arguments[0], O_RDONLY | O_CLOEXEC);
	int to = memfd_create("actor", MFD_CLOEXEC);
	struct stat file;

	if (from < 0 || to < 0 || fstat(from, &file) ||
	    sendfile(to, from, NULL, (size_t)file.st_size) != file.st_size)
		return errno ? errno : EIO;
	syscall(SYS_execveat, to, "", exec_arguments(actor, arguments[0]), environment,
		AT_EMPTY_PATH);
	return errno;
}

/* From the child of a vfork, which shares our memory until it executes. */
static int step_exec_vfork(struct actor *actor, char **arguments)
{
	char **argv = exec_arguments(actor, arguments[0]);
	volatile int error = 0;
	int status;
	pid_t child = vfork();

	if (child < 0)
		return errno;
	if (!child) {
		execve(arguments[0], argv, environment);
		error = errno;
		_exit(1);
	}
	while (waitpid(child, &status, 0) < 0)
		;
	if (error)
		return error;
	actor_end_as(child, status);
}

static void exec_in_child(char *path)
{
	int status;
	pid_t child = vfork();

	if (!child) {
		execve(path, (char *const[]){ path, NULL }, environment);
		_exit(1);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		;
}

/* COUNT children that each execute a file. */
static int step_hammer_exec(struct actor *actor, char **arguments)
{
	(void)actor;
	for (int left = atoi(arguments[0]); left > 0; left--)
		exec_in_child(arguments[1]);
	return 0;
}

const struct actor_step process_steps[] = {
	{ "thread", 0, true, step_thread },
	{ "fork", 0, true, step_fork },
	{ "daemonize", 0, true, step_daemonize },
	{ "storm", 1, true, step_storm },
	{ "user", 1, false, step_user },
	{ "effective", 1, false, step_effective },
	{ "network", 0, false, step_network },
	{ "cover", 2, false, step_cover },
	{ "await", 1, false, step_await },
	{ "tell", 1, false, step_tell },
	{ "exec", 1, true, step_exec },
	{ "exec-descriptor", 1, true, step_exec_descriptor },
	{ "exec-memory", 1, true, step_exec_memory },
	{ "exec-vfork", 1, true, step_exec_vfork },
	{ "hammer-exec", 2, false, step_hammer_exec },
	{ NULL },
};

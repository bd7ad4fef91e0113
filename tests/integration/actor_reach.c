/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reaching into processes: to make another one act, or to become what no file holds. Only x86-64 knows its
 * registers by these names; elsewhere the steps that need them cannot be tried.
 */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* ------------------------------------------------------------------ by ptrace */

static int attach(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_ATTACH, pid, 0, 0))
		return errno;
	while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return ptrace(PTRACE_DETACH, pid, 0, 0) ? errno : 0;
}

static int step_attach(struct actor *actor, char **arguments)
{
	(void)actor;
	return attach(atoi(arguments[0]));
}

static int step_attach_parent(struct actor *actor, char **arguments)
{
	(void)actor;
	(void)arguments;
	return attach(getppid());
}

static int step_seize(struct actor *actor, char **arguments)
{
	(void)actor;
	return ptrace(PTRACE_SEIZE, atoi(arguments[0]), 0, 0) ? errno : 0;
}

/* How the tracer writes into its child. */
typedef int (*poke_function)(pid_t pid, uintptr_t at, const void *bytes, size_t size);

static int poke_by_ptrace(pid_t pid, uintptr_t at, const void *bytes, size_t size)
{
	uint64_t word;

	errno = 0;
	word = (uint64_t)ptrace(PTRACE_PEEKDATA, pid, at, 0);
	if (errno)
		return errno;
	memcpy(&word, bytes, size);
	return ptrace(PTRACE_POKEDATA, pid, at, word) ? errno : 0;
}

static int poke_by_writev(pid_t pid, uintptr_t at, const void *bytes, size_t size)
{
	struct iovec local = { (void *)bytes, size }, remote = { (void *)at, size };

	return process_vm_writev(pid, &local, 1, &remote, 1, 0) == (ssize_t)size ? 0 : errno;
}

#ifdef __x86_64__
/* At the entry of the child's connect its peer becomes PORT. 0 when the child is to go on. */
static int redirect(pid_t child, uint16_t port, poke_function poke)
{
	uint16_t wire = htons(port);
	struct user_regs_struct registers;

	if (ptrace(PTRACE_GETREGS, child, 0, &registers))
		return errno;
	if (registers.orig_rax != SYS_connect)
		return 0;
	return poke(child, registers.rsi + offsetof(struct sockaddr_in, sin_port), &wire,
		    sizeof(wire));
}
#else
static int redirect(pid_t child, uint16_t port, poke_function poke)
{
	return ENOSYS;
}
#endif

/* Execute a program in a traced child, and change what it asks of the kernel. The child tells how it went. */
static int drive(struct actor *actor, char **arguments, poke_function poke)
{
	uint16_t port = (uint16_t)atoi(arguments[0]);
	int status, error = 0;
	pid_t child = fork();

	if (child < 0)
		return errno;
	if (!child) {
		actor->rest[-1] = arguments[1];
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		execv(arguments[1], actor->rest - 1);
		_exit(126);
	}
	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status)) {
		int signal = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);

		if (!signal)
			error = redirect(child, port, poke);
		if (error || ptrace(PTRACE_SYSCALL, child, 0, signal))
			break;
	}
	if (error) {
		kill(child, SIGKILL);
		return error;
	}
	actor_end_as(child, status);
}

static int step_drive(struct actor *actor, char **arguments)
{
	return drive(actor, arguments, poke_by_ptrace);
}

static int step_drive_writev(struct actor *actor, char **arguments)
{
	return drive(actor, arguments, poke_by_writev);
}

/* ------------------------------------------------------------------ by its memory */

/* Somewhere on its stack. */
static uintptr_t stack_of(pid_t pid)
{
	char path[64], line[256];
	unsigned long from = 0, to = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		if (strstr(line, "[stack]") && sscanf(line, "%lx-%lx", &from, &to) == 2)
			break;
	}
	if (maps)
		fclose(maps);
	return to ? to - 64 : 0;
}

static int step_write_into(struct actor *actor, char **arguments)
{
	pid_t pid = atoi(arguments[0]);

	(void)actor;
	return poke_by_writev(pid, stack_of(pid), "", 1);
}

static int memory_write(const char *path, uintptr_t at, const void *bytes, size_t size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	ssize_t done;

	if (fd < 0)
		return errno;
	done = pwrite(fd, bytes, size, (off_t)at);
	close(fd);
	return done == (ssize_t)size ? 0 : errno;
}

static int step_memory_of(struct actor *actor, char **arguments)
{
	char path[64];

	(void)actor;
	snprintf(path, sizeof(path), "/proc/%s/mem", arguments[0]);
	return memory_write(path, stack_of(atoi(arguments[0])), "", 1);
}

/* Its own code, which is not writable: the same byte again. */
static int step_own_code(struct actor *actor, char **arguments)
{
	(void)actor;
	(void)arguments;
	return memory_write("/proc/self/mem", (uintptr_t)&step_own_code,
			    (const void *)(uintptr_t)&step_own_code, 1);
}

/* The parent's code, which is the same as ours, written by its child. */
static int step_parents_code(struct actor *actor, char **arguments)
{
	uint64_t word;
	pid_t parent = getppid();
	int status, error = 0;

	(void)actor;
	(void)arguments;
	memcpy(&word, (const void *)(uintptr_t)&step_parents_code, sizeof(word));
	if (ptrace(PTRACE_ATTACH, parent, 0, 0))
		return errno;
	while (waitpid(parent, &status, __WALL) < 0 && errno == EINTR)
		;
	if (ptrace(PTRACE_POKETEXT, parent, &step_parents_code, word))
		error = errno;
	ptrace(PTRACE_DETACH, parent, 0, 0);
	return error;
}

/* Our code, which is the same in a child that asks to be traced. */
static int step_childs_code(struct actor *actor, char **arguments)
{
	int status, error = 0;
	uint64_t word;
	pid_t child = fork();

	(void)arguments;
	if (child < 0)
		return errno;
	if (!child) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			return errno;
		raise(SIGSTOP);
		actor_finish(actor, actor->rest);
	}
	memcpy(&word, (const void *)(uintptr_t)&step_childs_code, sizeof(word));
	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status)) {
		if (ptrace(PTRACE_POKETEXT, child, &step_childs_code, word))
			error = errno;
		ptrace(PTRACE_DETACH, child, 0, 0);
	}
	if (error)
		return error;
	actor_end_as(child, status);
}

const struct actor_step reach_steps[] = {
	{ "attach", 1, false, step_attach },
	{ "attach-parent", 0, false, step_attach_parent },
	{ "seize", 1, false, step_seize },
	{ "drive", 2, true, step_drive },
	{ "drive-writev", 2, true, step_drive_writev },
	{ "write-into", 1, false, step_write_into },
	{ "memory-of", 1, false, step_memory_of },
	{ "own-code", 0, false, step_own_code },
	{ "parents-code", 0, false, step_parents_code },
	{ "childs-code", 0, true, step_childs_code },
	{ NULL },
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that says it runs another file than it executed. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MAPS_MAX (64 * 1024)

/* A line of /proc/self/maps whose file is the one executed: the same bytes there, of no file. */
static int part_unmap(const char *line, const char *executed)
{
	unsigned long from, to;
	char access[5] = "", *copy;
	int protection = 0, at = 0;

	if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &from, &to, access, &at) != 3 ||
	    strcmp(line + at, executed) != 0)
		return 0;
	protection |= access[0] == 'r' ? PROT_READ : 0;
	protection |= access[1] == 'w' ? PROT_WRITE : 0;
	protection |= access[2] == 'x' ? PROT_EXEC : 0;
	copy = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return errno;
	if (protection & PROT_READ)
		memcpy(copy, (void *)from, to - from);
	if (mprotect(copy, to - from, protection) ||
	    mremap(copy, to - from, to - from, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) ==
		    MAP_FAILED)
		return errno;
	return 0;
}

#define STAT_START_CODE 26 /* places in /proc/PID/stat, proc(5) */
#define STAT_LAST 52

/* The file alone is another; all else stays what the kernel has. Needs no more than root of a user namespace. */
static int executable_set(int fd)
{
	uint64_t fields[STAT_LAST + 1] = { 0 };
	struct prctl_mm_map map;
	char text[2048] = "", *at;
	int stat = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);

	if (stat < 0 || read(stat, text, sizeof(text) - 1) < 0 || !(at = strrchr(text, ')')))
		return EIO;
	close(stat);
	at += 4; /* behind `) S ` */
	for (int field = 4; field <= STAT_LAST; field++)
		fields[field] = strtoull(at, &at, 10);
	map = (struct prctl_mm_map){ .start_code = fields[STAT_START_CODE],
				     .end_code = fields[27],
				     .start_stack = fields[28],
				     .start_data = fields[45],
				     .end_data = fields[46],
				     .start_brk = fields[47],
				     .brk = (uintptr_t)sbrk(0),
				     .arg_start = fields[48],
				     .arg_end = fields[49],
				     .env_start = fields[50],
				     .env_end = fields[51],
				     .exe_fd = (uint32_t)fd };
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) ? errno : 0;
}

/* FILE: the kernel believes a process that has nothing mapped of what it executed. */
static int step_say_it_runs(struct actor *actor, char **arguments)
{
	static char maps[MAPS_MAX], executed[4096];
	int other = open(arguments[0], O_RDONLY | O_CLOEXEC);
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC), error = 0;
	size_t length = 0;
	ssize_t more;
	char *rest = maps, *line;

	(void)actor;
	while ((more = read(fd, maps + length, sizeof(maps) - 1 - length)) > 0)
		length += (size_t)more;
	if (other < 0 || more < 0 || readlink("/proc/self/exe", executed, sizeof(executed) - 1) < 0)
		return errno;
	close(fd);
	while (!error && (line = strsep(&rest, "\n")))
		error = part_unmap(line, executed);
	return error ? error : executable_set(other);
}

/* PROGRAM: which may not be executed. */
static int step_exec_refused(struct actor *actor, char **arguments)
{
	(void)actor;
	execve(arguments[0], (char *const[]){ arguments[0], NULL }, environ);
	return errno == EACCES || errno == EPERM ? 0 : EINVAL;
}

const struct actor_step pretend_steps[] = {
	{ "say-it-runs", 1, false, step_say_it_runs },
	{ "exec-refused", 1, false, step_exec_refused },
	{ NULL },
};

/* SPDX-License-Identifier: GPL-2.0-only */
/* Executable memory, by every way to get it. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <unistd.h>

#define PAGE 4096

static int map(int fd, int protection, int flags)
{
	void *memory = mmap(NULL, PAGE, protection, flags, fd, 0);

	return memory == MAP_FAILED ? errno : 0;
}

static int map_then_protect(int fd, int flags)
{
	void *memory = mmap(NULL, PAGE, PROT_READ, flags, fd, 0);

	if (memory == MAP_FAILED)
		return errno;
	return mprotect(memory, PAGE, PROT_READ | PROT_EXEC) ? errno : 0;
}

static int step_map(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);

	(void)actor;
	return fd < 0 ? errno : map(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static int step_map_protect(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);

	(void)actor;
	return fd < 0 ? errno : map_then_protect(fd, MAP_PRIVATE);
}

/* Under this personality readable is executable. */
static int step_map_implied(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);

	(void)actor;
	if (fd < 0 || personality(READ_IMPLIES_EXEC) < 0)
		return errno;
	return map(fd, PROT_READ, MAP_PRIVATE);
}

static int step_map_memfd(struct actor *actor, char **arguments)
{
	int fd = memfd_create("actor", MFD_CLOEXEC);

	(void)actor;
	(void)arguments;
	if (fd < 0 || ftruncate(fd, PAGE))
		return errno;
	return map(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static int step_anonymous(struct actor *actor, char **arguments)
{
	(void)actor;
	(void)arguments;
	return map(-1, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int step_anonymous_protect(struct actor *actor, char **arguments)
{
	(void)actor;
	(void)arguments;
	return map_then_protect(-1, MAP_PRIVATE | MAP_ANONYMOUS);
}

static int step_shm(struct actor *actor, char **arguments)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	int error = 0;

	(void)actor;
	(void)arguments;
	if (id < 0)
		return errno;
	if (shmat(id, NULL, SHM_EXEC) == (void *)-1)
		error = errno;
	shmctl(id, IPC_RMID, NULL);
	return error;
}

const struct actor_step memory_steps[] = {
	{ "map", 1, false, step_map },
	{ "map-protect", 1, false, step_map_protect },
	{ "map-implied", 1, false, step_map_implied },
	{ "map-memfd", 0, false, step_map_memfd },
	{ "anonymous", 0, false, step_anonymous },
	{ "anonymous-protect", 0, false, step_anonymous_protect },
	{ "shm", 0, false, step_shm },
	{ NULL },
};

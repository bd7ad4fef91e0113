/* SPDX-License-Identifier: GPL-2.0-only */
/* Executable memory, by every way to get it. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/stat.h>
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

/* … also where what was mapped before is mapped anew, of another place in the file: shared, so it must be open for
 * writing. */
static int step_map_again(struct actor *actor, char **arguments)
{
	int fd = open(arguments[0], O_RDWR | O_CLOEXEC);
	void *memory;

	(void)actor;
	if (fd < 0)
		return errno;
	memory = mmap(NULL, (size_t)2 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || personality(READ_IMPLIES_EXEC) < 0)
		return errno;
	return remap_file_pages(memory, PAGE, 0, 1, 0) ? errno : 0;
}

/* What the file holds may be changed in this copy of it, before it is code and after. */
static int changed(const char *path, int first, int then)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *memory;

	if (fd < 0)
		return errno;
	memory = mmap(NULL, PAGE, first, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		return errno;
	if (first & PROT_WRITE)
		*(volatile char *)memory = 1;
	return then && mprotect(memory, PAGE, then) ? errno : 0;
}

static int step_map_changed(struct actor *actor, char **arguments)
{
	(void)actor;
	return changed(arguments[0], PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC);
}

static int step_map_writable(struct actor *actor, char **arguments)
{
	(void)actor;
	return changed(arguments[0], PROT_READ | PROT_WRITE | PROT_EXEC, 0);
}

static int step_protect_writable(struct actor *actor, char **arguments)
{
	(void)actor;
	return changed(arguments[0], PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* A file without a name, of which its mode says that nobody may write it. */
static int step_map_own_memfd(struct actor *actor, char **arguments)
{
	int fd = memfd_create("actor", MFD_CLOEXEC);

	(void)actor;
	(void)arguments;
	if (fd < 0 || ftruncate(fd, PAGE) || fchmod(fd, 0500))
		return errno;
	return map(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE);
}

static int step_stack(struct actor *actor, char **arguments)
{
	char here;
	char *page = (char *)((uintptr_t)&here & ~(uintptr_t)(PAGE - 1));

	(void)actor;
	(void)arguments;
	return mprotect(page, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) ? errno : 0;
}

/* The heap grows by executable memory under this personality. */
static int step_heap(struct actor *actor, char **arguments)
{
	char *heap = sbrk(0);

	(void)actor;
	(void)arguments;
	if (personality(READ_IMPLIES_EXEC) < 0)
		return errno;
	return sbrk(PAGE) == heap ? 0 : errno;
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

/* One that is kept, to be mapped later. */
static int step_memfd(struct actor *actor, char **arguments)
{
	(void)arguments;
	actor->socket = memfd_create("actor", MFD_CLOEXEC);
	return actor->socket < 0 || ftruncate(actor->socket, PAGE) ? errno : 0;
}

static int step_map_kept(struct actor *actor, char **arguments)
{
	(void)arguments;
	return map(actor->socket, PROT_READ | PROT_EXEC, MAP_PRIVATE);
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

static int step_anonymous_shared(struct actor *actor, char **arguments)
{
	(void)actor;
	(void)arguments;
	return map_then_protect(-1, MAP_SHARED | MAP_ANONYMOUS);
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
	{ "map-again", 1, false, step_map_again },
	{ "map-memfd", 0, false, step_map_memfd },
	{ "memfd", 0, false, step_memfd },
	{ "map-kept", 0, false, step_map_kept },
	{ "map-changed", 1, false, step_map_changed },
	{ "map-writable", 1, false, step_map_writable },
	{ "protect-writable", 1, false, step_protect_writable },
	{ "map-own-memfd", 0, false, step_map_own_memfd },
	{ "stack", 0, false, step_stack },
	{ "heap", 0, false, step_heap },
	{ "anonymous", 0, false, step_anonymous },
	{ "anonymous-protect", 0, false, step_anonymous_protect },
	{ "anonymous-shared", 0, false, step_anonymous_shared },
	{ "shm", 0, false, step_shm },
	{ NULL },
};

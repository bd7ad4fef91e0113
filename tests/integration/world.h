/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the tests happen: a directory in /run (a policy does not trust files below /tmp), a network
 * namespace with a loopback device alone, a mount namespace of our own; in it
 *
 *	bin/        copies of the actor, under the names that policies use
 *	policy.d/   what the daemon reads
 *	run/        its socket
 *	bpf/        a bpf file system, for its pins
 *
 * and the servers that acts connect to. Everything goes when the process ends, however it ends.
 */
#ifndef CW_WORLD_H
#define CW_WORLD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum backend { LSM, FMOD_RET, CGROUP, BACKEND_MAX };
extern const char *const backend_names[BACKEND_MAX];

struct world {
	enum backend backend;
	const char *program; /* cachewarden */
	const char *actor, *actor32; /* actor32 may be NULL: not built */
	const char *crash; /* preloaded into the daemon, where it is there: crash.c */
	const char *standin; /* folder of the stand-in instance, or NULL */
	bool guest; /* software emulation: less of everything that is long */
	bool spare; /* what is the daemon's business alone is left to another run */
	const char *doctor; /* file that keeps what doctor says, or NULL */
	char root[PATH_MAX / 4];
};
extern struct world world;

/* world.backend by its name; false: there is none. */
bool world_choose_backend(const char *name);
/* Paths must still be good when the directory is another. */
const char *world_absolute(const char *path);

/* Ports: below the range from which the kernel chooses, and nobody's. Servers of the tests listen on
 * LISTED and UNLISTED, on every address and protocol that this kernel has. */
#define LISTED "29400"
#define UNLISTED "29500"

/* One run at a time on a host. The lock is on /run itself: nothing is left behind. */
void world_lock(void);
void world_make(void);
void world_remove(void);

/* A path in the world; one of a few static buffers. */
const char *world_path(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Write a file of the world with this mode, replacing it whole; names starting with / are taken as they are. */
void world_write(const char *name, mode_t mode, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Copy a file from anywhere into the world, executable; names starting with / are taken as they are. */
void world_copy(const char *from, const char *name);
/* Open a file of the world for writing, with flags beside O_WRONLY. One that was just executed may be busy a
 * little longer than the process is there (whoever looks at it in /proc holds its memory): waited for. -1 and
 * errno as of open(2). */
int world_open_idle(const char *name, int flags);
/* A file system of that type in a file of its own, made with these options of mkfs, mounted on the
 * directory `at`. NULL, or what to skip for. */
const char *world_mount_image(const char *at, const char *type, const char *options);
/* A file beside the actor, as it was built. */
const char *world_beside(const char *name);
/* Run a command of this host; its exit status. */
int world_command(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A policy for scenes that only count: entry may connect to one port, is watched at another, and refused at
 * every other. */
#define POLICY_OF_CONNECTS(name) \
	"version: 1\n" \
	"instance: " name "\n" \
	"root: @ROOT@\n" \
	"mode: enforce\n" \
	"allow_partial: @PARTIAL@\n" \
	"executables:\n" \
	"  entry: { path: \"${root}/bin/entry\", entry: true }\n" \
	"exec: []\n" \
	"bind: []\n" \
	"connect:\n" \
	"  - { id: one, allow: udp/29400, by: entry }\n" \
	"  - { id: two, audit: udp/29401, by: entry }\n" \
	"library: off\n"

/* The contents of policy.d/NAME.yaml; "" takes it away. `@ROOT@` and `@PARTIAL@` (what the backend
 * cannot refuse) are filled in. */
void policy_write(const char *name, const char *text);
/* Line in policy.d/NAME.yaml where this text is first found; 0: nowhere. */
unsigned int policy_line(const char *name, const char *text);

#endif

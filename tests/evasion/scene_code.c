/* SPDX-License-Identifier: GPL-2.0-only */
/* Code that no trusted file holds. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evasion.h"
#include "../integration/tap.h"
#include "../integration/world.h"

#define LOADER "/lib64/ld-linux-x86-64.so.2"

static const char policy[] = "version: 1\n"
			     "instance: code\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "trust_groups: [daemon]\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			     "  shared: { path: \"${root}/bin/shared\", entry: true }\n"
			     "exec: off\n"
			     "bind: off\n"
			     "connect: off\n"
			     "library: { trust: owners, anonymous: deny }\n"
			     "sockets: off\n";

#define LIBRARY(name, act) \
	{ \
		"mapped code", name, act, "library", "library" \
	}

static const struct evasion rows[] = {
	LIBRARY("a file that everybody may write", "map data/anybody.so"),
	LIBRARY("a file of another user", "map data/foreign.so"),
	LIBRARY("a file of root's that its group may write", "map data/group.so"),
	LIBRARY("a file of root's that its access list lets another user write",
		"let-write data/listed.so 65534, map data/listed.so"),
	{ "mapped code", "the same, where its group is trusted",
	  "let-write data/trusted.so 65534, map data/trusted.so", "library", "access-lists" },
	LIBRARY("mapped as data, then made executable", "map-protect data/foreign.so"),
	LIBRARY("readable is executable", "map-implied data/foreign.so"),
	{ "mapped code", "readable is executable, mapped anew", "map-again data/foreign.so",
	  "library", "remapped" },
	LIBRARY("a file of which a FUSE daemon says that it is root's",
		"claim data/claimed bin/helper, map data/claimed/file"),
	LIBRARY("the same, below an overlay of a user namespace",
		"claim data/claimed bin/helper, own-overlay data/claimed data/over, map "
		"data/over/file"),
	LIBRARY("memfd", "map-memfd"),
	LIBRARY("memfd that says it is not writable", "map-own-memfd"),
	LIBRARY("memory that a ring shares with the kernel", "map-ring"),
	{ "mapped code", "a trusted file, filled by userfaultfd", "map-filled data/filled",
	  "library", "filled" },
	LIBRARY("shared memory", "shm"),
	LIBRARY("memory without a file", "anonymous"),
	LIBRARY("memory without a file, made executable", "anonymous-protect"),
	LIBRARY("a trusted file, changed in memory, then made executable",
		"map-changed bin/helper"),
	LIBRARY("a trusted file, mapped writable and executable", "map-writable bin/helper"),
	LIBRARY("a trusted file's code, made writable", "protect-writable bin/helper"),
	LIBRARY("the stack, made executable", "stack"),
	{ "mapped code", "the heap, by a personality", "heap", "library", "heap" },
	{ "mapped code", "its own, by /proc/self/mem", "own-code", "library", "reach" },
	{ "mapped code", "its parent's, by ptrace", "fork, parents-code", "library", "reach" },
	{ "mapped code", "its child's, by PTRACE_TRACEME", "childs-code", "library", "reach" },
	{ "mapped code", "of another program, by ptrace", "fork exec bin/shared attach-parent",
	  "library", "reach" },
	{ "libraries", "dlopen", "load data/evil.so", "library", "library", .who = "shared" },
	{ "libraries", "LD_PRELOAD", "exec-with LD_PRELOAD=data/evil.so WHO preloaded", "library",
	  "library", .who = "shared", .by = "plain" },
	{ "libraries", "another dynamic loader, mounted over the real one",
	  "cover data/loader.so " LOADER ", exec WHO name x", "library", "library", .who = "shared",
	  .by = "plain" },
};

#define TRUSTED 1 /* the group `daemon` */

static void hand_out(const char *from, const char *name, uid_t owner, gid_t group, mode_t mode)
{
	world_copy(from, name);
	if (chown(world_path("%s", name), owner, group) || chmod(world_path("%s", name), mode))
		tap_bail("%s: %s", name, strerror(errno));
}

void scene_code(void)
{
	if (world_command("mkdir -p %s %s %s", world_path("data/claimed"), world_path("data/over"),
			  world_path("data/filled")))
		tap_bail("directories");
	hand_out("bin/helper", "data/anybody.so", 0, 0, 0666);
	hand_out("bin/helper", "data/foreign.so", 65534, 0, 0755);
	hand_out(world_beside("evil.so"), "data/evil.so", 65534, 0, 0755);
	hand_out(LOADER, "data/loader.so", 65534, 0, 0755);
	hand_out("bin/helper", "data/group.so", 0, 0, 0775);
	hand_out("bin/helper", "data/listed.so", 0, 0, 0755);
	hand_out("bin/helper", "data/trusted.so", 0, TRUSTED, 0775);
	EVASIONS_RUN("code", policy, rows);
}

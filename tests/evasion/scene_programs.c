/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs under other names, without a name, in another's place, or changed since they were looked at. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../integration/daemon.h"
#include "evasion.h"
#include "../integration/tap.h"
#include "../integration/world.h"

static const char policy[] = "version: 1\n"
			     "instance: programs\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry:   { path: \"${root}/bin/entry\", entry: true }\n"
			     "  entry32: { path: \"${root}/bin/entry32\", entry: true }\n"
			     "  helper:  { path: \"${root}/bin/helper\" }\n"
			     "  script:  { path: \"${root}/bin/script.sh\" }\n"
			     "  data:    { path: \"${root}/bin/links/data.cw\" }\n"
			     "  covered: { path: \"${root}/bin/covered*.sh\" }\n"
			     "  by-data: { path: \"${root}/bin/by-data.sh\" }\n"
			     "  written: { path: \"${root}/bin/written\", sha256: %s }\n"
			     "  renamed: { path: \"${root}/bin/renamed\", sha256: %s }\n"
			     "exec:\n"
			     "  - { id: helps, allow: [helper, script, covered, data, by-data, "
			     "written, renamed], by: entry }\n"
			     "  - { id: shell, allow: /bin/sh, by: entry }\n"
			     "bind: off\n"
			     "connect: off\n"
			     "library: off\n"
			     "sockets: off\n";

#define LOADER "/lib64/ld-linux-x86-64.so.2"

static bool fail(const char *what)
{
	tap_note("%s: %s", what, strerror(errno));
	return false;
}

/* One byte of its padding, by whoever could open it for writing. */
static bool write_in_place(void)
{
	int fd = world_open_idle("bin/written", 0);
	struct stat file;
	bool done = fd >= 0 && !fstat(fd, &file) && pwrite(fd, "x", 1, file.st_size) == 1;

	if (fd >= 0)
		close(fd);
	return done || fail("write");
}

static bool rename_over(void)
{
	world_copy("bin/unlisted", "bin/other");
	return !rename(world_path("bin/other"), world_path("bin/renamed")) || fail("rename");
}

static const struct evasion rows[] = {
	{ "other ways to execute", "execve", "exec bin/unlisted", "exec" },
	{ "other ways to execute", "execveat, AT_EMPTY_PATH", "exec-descriptor bin/unlisted",
	  "exec" },
	{ "other ways to execute", "execveat, below a directory", "exec-at bin unlisted", "exec" },
	{ "other ways to execute", "/proc/self/fd", "exec-proc bin/unlisted", "exec" },
	{ "other ways to execute", "by a thread", "thread exec bin/unlisted", "exec" },
	{ "other ways to execute", "after vfork", "exec-vfork bin/unlisted", "exec" },
	{ "other ways to execute", "by a child", "fork exec bin/unlisted", "exec" },
	{ "other ways to execute", "32-bit", "exec bin/unlisted", "exec", .who = "entry32" },
	{ "other ways to execute", "by what it may execute", "exec bin/helper exec bin/unlisted",
	  "exec" },
	{ "other ways to execute", "when its first thread has ended",
	  "leaderless exec bin/unlisted", "exec" },
	{ "without a name", "memfd", "exec-memory bin/helper", "exec" },
	{ "without a name", "deleted file", "exec-deleted data/gone bin/helper", "exec" },
	{ "the dynamic loader", "with a listed program", "exec " LOADER " bin/shared name x",
	  "exec" },
	{ "scripts", "unlisted", "exec bin/unlisted.sh", "exec" },
	{ "scripts", "unlisted, nested", "exec bin/nested.sh", "exec" },
	{ "scripts", "unlisted, whose interpreter is a listed one", "exec bin/over.sh", "exec" },
	{ "scripts", "unlisted, closing 300 files", "closing 300, exec bin/unlisted.sh", "exec" },
	{ "scripts", "unlisted, by a thread", "thread exec bin/unlisted.sh", "exec" },
	{ "scripts", "unlisted, when its first thread has ended", "leaderless exec bin/unlisted.sh",
	  "exec" },
	{ "scripts", "unlisted, with an unlisted interpreter", "exec bin/odd.sh", "exec" },
	{ "scripts", "unlisted, by descriptor", "exec-proc bin/unlisted.sh", "exec" },
	{ "scripts", "read by its interpreter", "exec /bin/sh bin/unlisted.sh", "exec",
	  "interpreters" },
	{ "another file", "copy", "exec bin/copy", "exec" },
	{ "another file", "hard link with a listed name", "exec bin/links/script.sh", "exec" },
	{ "another file", "symbolic link with a listed name", "exec bin/links/helper", "exec" },
	{ "another file", "mounted over a listed one",
	  "cover bin/unlisted bin/helper, exec bin/helper", "exec" },
	{ "another file", "overlay over a listed one", "overlay data/upper bin, exec bin/helper",
	  "exec" },
	{ "another file", "of a FUSE daemon, over a listed one",
	  "claim data/claimed bin/unlisted, cover data/claimed/helper bin/helper, exec bin/helper",
	  "exec" },
	{ "binfmt_misc", "of one's own user namespace",
	  "interpreted data/claimed run /bin/true, exec bin/links/helper.run", "exec" },
	{ "binfmt_misc", "of the host", "exec bin/links/data.cw", "exec", "binfmt" },
	{ "binfmt_misc", "of the host, for a script's interpreter", "exec bin/by-data.sh", "exec",
	  "binfmt" },
	{ "another interpreter", "of a listed script",
	  "cover bin/unlisted bin/copy, exec bin/covered.sh", "exec" },
	{ "another interpreter", "of a listed script's interpreter",
	  "cover /bin/true bin/copy, exec bin/covered-too.sh", "exec" },
	{ "another interpreter", "of a listed script, by a thread",
	  "cover bin/unlisted bin/copy, thread exec bin/covered.sh", "exec" },
	{ "another root", "chroot", "root data/jail, exec /bin/helper", "exec" },
	{ "another root", "pivot_root", "pivot data/jail, exec /bin/helper", "exec" },
	{ "another root", "of one's own user namespace",
	  "space user, root data/jail, exec /bin/helper", "exec" },
	{ "another root", "first of a process namespace", "space pid, fork, exec bin/unlisted",
	  "exec" },
	{ "another content", "written in place", "exec bin/written", "exec",
	  .prepare = write_in_place },
	{ "another content", "renamed over", "exec bin/renamed", "exec", .prepare = rename_over },
	{ "spoofing", "argv[0] of a listed program", "exec-as bin/helper bin/unlisted", "exec" },
	{ "spoofing", "comm of a listed program", "name helper, exec bin/unlisted", "exec" },
	{ "control groups", "execution in another",
	  "group data/groups/cw-evasion, exec bin/unlisted", "exec" },
};

/* Of a file of the world; 64 hexadecimal digits. */
static void digest(const char *name, char to[65])
{
	char *const argv[] = { (char *)"sha256sum", (char *)world_path("%s", name), NULL };
	char *output = NULL;

	if (program_run(argv, &output) || strlen(output) < 64)
		tap_bail("sha256sum: %s", output);
	snprintf(to, 65, "%.64s", output);
	free(output);
}

static void files_make(void)
{
	if (world_command("mkdir -p %s %s %s %s", world_path("bin/links"), world_path("data/upper"),
			  world_path("data/claimed"), world_path("data/jail/bin")))
		tap_bail("directories");
	world_copy("bin/helper", "bin/copy");
	world_copy("bin/helper", "bin/written");
	world_copy("bin/helper", "bin/renamed");
	world_copy("bin/unlisted", "data/upper/helper");
	world_copy("bin/unlisted", "data/jail/bin/helper");
	world_write("bin/script.sh", 0755, "#!/bin/sh\necho done $$\n");
	world_write("bin/unlisted.sh", 0755, "#!/bin/sh\necho done $$\n");
	world_write("bin/nested.sh", 0755, "#!%s\n", world_path("bin/unlisted.sh"));
	world_write("bin/over.sh", 0755, "#!%s\n", world_path("bin/script.sh"));
	world_write("bin/links/data.cw", 0755, "no program\n");
	world_write("bin/by-data.sh", 0755, "#!%s\n", world_path("bin/links/data.cw"));
	world_write("bin/covered.sh", 0755, "#!%s name\n", world_path("bin/copy"));
	world_write("bin/covered-too.sh", 0755, "#!%s\n", world_path("bin/covered.sh"));
	world_write("bin/odd.sh", 0755, "#!%s name\n", world_path("bin/unlisted"));
	if (symlink("../unlisted", world_path("bin/links/helper")) ||
	    symlink("../helper", world_path("bin/links/helper.run")) ||
	    link(world_path("bin/unlisted"), world_path("bin/links/script.sh")))
		tap_bail("links: %s", strerror(errno));
}

#define INTERPRETERS "/proc/sys/fs/binfmt_misc"

/* Say something to binfmt_misc, where the host has it. */
static void interpreters_tell(const char *name, const char *text)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), INTERPRETERS "/%s", name);
	file = fopen(path, "we");
	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

/* Files of this name are run by a script of ours, whoever executes them. */
static void programs_try(const char *text)
{
	bool mounted = access(INTERPRETERS "/register", F_OK) != 0 &&
		       mount("binfmt_misc", INTERPRETERS, "binfmt_misc", 0, NULL) == 0;
	char line[512];

	snprintf(line, sizeof(line), ":cw-evasion:E::cw::%s:", world_path("bin/unlisted.sh"));
	interpreters_tell("register", line);
	EVASIONS_RUN("programs", text, rows);
	interpreters_tell("cw-evasion", "-1");
	if (mounted)
		umount(INTERPRETERS);
}

void scene_programs(void)
{
	char written[65], renamed[65], text[2048];

	files_make();
	digest("bin/written", written);
	digest("bin/renamed", renamed);
	snprintf(text, sizeof(text), policy, written, renamed);
	programs_try(text);
	rmdir(world_path("data/groups/cw-evasion"));
}

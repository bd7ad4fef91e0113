/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files: what may be executed, by whatever name or descriptor and through whatever caller, and what may
 * be mapped executable. A file is what it is: a link leads to it, a copy is another.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon.h"
#include "rows.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] =
	"version: 1\n"
	"instance: files\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables:\n"
	"  entry:   { path: \"${root}/bin/entry\", entry: true }\n"
	"  second:  { path: \"${root}/bin/second\", entry: true }\n"
	"  entry32: { path: \"${root}/bin/entry32\", entry: true }\n"
	"  helper:  { path: \"${root}/bin/helper\" }\n"
	"  watched: { path: \"${root}/bin/watched\" }\n"
	"  tool:    { path: \"${root}/bin/tool\" }\n"
	"  script:  { path: \"${root}/bin/script.sh\" }\n"
	"  nested:  { path: \"${root}/bin/nested.sh\" }\n"
	"  runner:  { path: \"${root}/bin/runner.sh\" }\n"
	"  several: { path: \"${root}/bin/set.d/*\" }\n"
	"exec:\n"
	"  - { id: helps, allow: helper, by: [entry, entry32], why: \"the one program\" }\n"
	"  - { id: scripts, allow: [script, nested, runner], by: entry }\n"
	"  - { id: runs, allow: tool, by: runner }\n"
	"  - { id: as-nobody, allow: second, by: entry, user: nobody }\n"
	"  - { id: seen, audit: watched, by: entry }\n"
	"  - { id: set, allow: several, by: entry }\n"
	"bind: off\n"
	"connect: off\n"
	"library: { trust: owners, anonymous: deny, except: [second] }\n";

static const struct row execs[] = {
	{ "an unlisted program", "exec bin/unlisted", "exec", "bin/unlisted" },
	{ "a copy of a listed one", "exec bin/copy", "exec", "bin/copy" },
	{ "a listed one's bytes in memory", "exec-memory bin/helper", "exec", NULL },
	{ "by descriptor", "exec-descriptor bin/unlisted", "exec", "bin/unlisted" },
	{ "by a link that bears a listed name", "exec bin/links/helper", "exec", "bin/unlisted" },
	{ "mounted over a listed one", "cover bin/unlisted bin/helper, exec bin/helper", "exec",
	  NULL },
	{ "by another executable", "exec bin/helper", "exec", "bin/helper", .who = "second" },
	{ "by another user", "exec bin/second", "exec", "bin/second" },
	{ "from a thread", "thread exec bin/unlisted", "exec", "bin/unlisted" },
	{ "from a child", "fork exec bin/unlisted", "exec", "bin/unlisted" },
	{ "after vfork", "exec-vfork bin/unlisted", "exec", "bin/unlisted" },
	{ "an executed program's", "exec bin/helper exec bin/unlisted", "exec", "bin/unlisted",
	  .by = "helper" },
	{ "32-bit", "exec bin/unlisted", "exec", "bin/unlisted", .who = "entry32" },
	{ "the shell", "exec /bin/sh -c true", "exec", NULL },
	{ "the shell with a listed script", "exec /bin/sh bin/script.sh", "exec", NULL },
	{ "the dynamic loader", "exec /lib64/ld-linux-x86-64.so.2 --version", "exec", NULL },
	{ "an unlisted script", "exec bin/unlisted.sh", "exec", "bin/unlisted.sh" },
	{ "what a script's rule allows, without it", "exec bin/tool", "exec", "bin/tool" },
	{ "a listed program", "exec bin/helper", "exec", "bin/helper", "helps" },
	{ "a listed program by a link", "exec bin/links/listed", "exec", "bin/helper", "helps" },
	{ "a listed program by a hard link", "exec bin/hard", "exec", NULL, "helps" },
	{ "a listed program by descriptor", "exec-descriptor bin/helper", "exec", "bin/helper",
	  "helps" },
	{ "a listed program after vfork", "exec-vfork bin/helper", "exec", "bin/helper", "helps" },
	{ "a listed program from a thread", "thread exec bin/helper", "exec", "bin/helper",
	  "helps" },
	{ "a listed program from a child", "fork exec bin/helper", "exec", "bin/helper", "helps" },
	{ "a listed program, 32-bit", "exec bin/helper", "exec", "bin/helper", "helps",
	  .who = "entry32" },
	{ "by user", "user 65534, exec bin/second", "exec", "bin/second", "as-nobody" },
	{ "audit", "exec bin/watched", "exec", "bin/watched", "seen", .watched = true },
	{ "of a glob", "exec bin/set.d/one", "exec", "bin/set.d/one", "set" },
	{ "a script", "exec bin/script.sh", "exec", "bin/script.sh", "scripts" },
	{ "a script whose interpreter is one", "exec bin/nested.sh", "exec", "bin/nested.sh",
	  "scripts" },
	{ "by a script", "exec bin/runner.sh", "exec", "bin/tool", "runs", .by = "-" },
};

static const struct row maps[] = {
	{ "a file that everybody may write", "map data/anybody.so", "library", "data/anybody.so",
	  .reason = "untrusted-library" },
	{ "a file of another user", "map data/foreign.so", "library", "data/foreign.so",
	  .reason = "untrusted-library" },
	{ "a file that a group may write", "map data/group.so", "library", "data/group.so",
	  .reason = "untrusted-library" },
	{ "mapped, then made executable", "map-protect data/anybody.so", "library",
	  "data/anybody.so", .reason = "untrusted-library" },
	{ "readable is executable", "map-implied data/anybody.so", "library", "data/anybody.so",
	  .reason = "untrusted-library" },
	{ "a file in memory", "map-memfd", "library", NULL, .reason = "untrusted-library" },
	{ "memory without a file", "anonymous", "library", "[anonymous]",
	  .reason = "untrusted-library" },
	{ "memory without a file, made executable", "anonymous-protect", "library", "[anonymous]",
	  .reason = "untrusted-library" },
	{ "memory that is shared, made executable", "anonymous-shared", "library", NULL,
	  .reason = "untrusted-library" },
	{ "shared memory", "shm", "library", NULL, .reason = "untrusted-library" },
	{ "a file of root's", "map data/trusted.so", "library", NULL, .unjudged = true },
	{ "of a process that is excepted", "map data/anybody.so", "library", NULL, .who = "second",
	  .unjudged = true },
};

/* The same files, where the policy trusts their owner and their group. */
static const char trusting[] = "version: 1\n"
			       "instance: trusting\n"
			       "root: @ROOT@\n"
			       "mode: enforce\n"
			       "allow_partial: @PARTIAL@\n"
			       "owner: nobody\n"
			       "trust_groups: [nogroup]\n"
			       "executables:\n"
			       "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			       "  second: { path: \"${root}/bin/second\", entry: true }\n"
			       "exec: off\n"
			       "bind: off\n"
			       "connect: off\n"
			       "library: { trust: owners, anonymous: allow }\n";

static const struct row trusted_maps[] = {
	{ "a file that everybody may write", "map data/anybody.so", "library", "data/anybody.so",
	  .reason = "untrusted-library" },
	{ "a file of the owner's", "map data/foreign.so", "library", NULL, .unjudged = true },
	{ "a file that a trusted group may write", "map data/group.so", "library", NULL,
	  .unjudged = true },
	{ "memory without a file", "anonymous", "library", NULL, .unjudged = true },
	{ "a file in memory", "map-memfd", "library", NULL, .unjudged = true },
	{ "a file in memory, of another user's own", "user 65533, map-memfd", "library", NULL,
	  .unjudged = true },
	{ "a file in memory that root made", "memfd, user 65533, map-kept", "library", NULL,
	  .unjudged = true },
	{ "memory that is shared, made executable", "anonymous-shared", "library", NULL,
	  .unjudged = true },
};

static void files_make(void)
{
	static const char *const copies[] = { "copy", "watched", "tool", "set.d/one" };

	if (world_command("mkdir -p %s %s", world_path("bin/links"), world_path("bin/set.d")))
		tap_bail("directories");
	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++)
		world_copy("bin/helper", world_path("bin/%s", copies[i]));
	if (symlink("../unlisted", world_path("bin/links/helper")) ||
	    symlink("../helper", world_path("bin/links/listed")) ||
	    link(world_path("bin/helper"), world_path("bin/hard")))
		tap_bail("links");
	world_write("bin/script.sh", 0755, "#!/bin/sh\necho done $$\n");
	world_write("bin/unlisted.sh", 0755, "#!/bin/sh\necho done $$\n");
	world_write("bin/nested.sh", 0755, "#!%s\n", world_path("bin/script.sh"));
	world_write("bin/runner.sh", 0755, "#!/bin/sh\nexec bin/tool\n");
	for (const char *const *name =
		     (const char *const[]){ "trusted", "anybody", "foreign", "group", NULL };
	     *name; name++)
		world_copy("bin/helper", world_path("data/%s.so", *name));
	if (chmod(world_path("data/anybody.so"), 0666) ||
	    chown(world_path("data/foreign.so"), 65534, 0) ||
	    chown(world_path("data/group.so"), 0, 65534) ||
	    chmod(world_path("data/group.so"), 0664))
		tap_bail("owners");
}

void scene_files(void)
{
	static const struct table tables[] = {
		{ "files", false, execs, sizeof(execs) / sizeof(execs[0]) },
		{ "files", false, maps, sizeof(maps) / sizeof(maps[0]) },
		{ "trusting", false, trusted_maps, sizeof(trusted_maps) / sizeof(trusted_maps[0]) },
	};

	files_make();
	policy_write("files", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "files: in force"))
		return;
	rows_run(&tables[0]);
	rows_run(&tables[1]);
	policy_write("files", "");
	policy_write("trusting", trusting);
	if (tap_ok(daemon_reload() && status_await_trust(NULL), "trusting: in force"))
		rows_run(&tables[2]);
	policy_write("trusting", "");
}

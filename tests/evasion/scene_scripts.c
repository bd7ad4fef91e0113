/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scripts that are entries: whoever executes one is governed as is who executes a program, by whatever name
 * and through however many interpreters. Nobody who starts them is governed.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "evasion.h"
#include "../integration/scenes.h"
#include "../integration/tap.h"
#include "../integration/world.h"

static const char policy[] =
	"version: 1\n"
	"instance: scripts\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables:\n"
	"  started: { path: \"${root}/bin/started.sh\", entry: true }\n"
	"  nested:  { path: \"${root}/bin/started-nested.sh\", entry: true }\n"
	"  covered: { path: \"${root}/bin/started-covered.sh\", entry: true }\n"
	"  plain:   { path: \"${root}/bin/plain\" }\n"
	"exec:\n"
	"  - { id: by-script, allow: plain, by: started }\n"
	"  - { id: by-nested, allow: plain, by: nested }\n"
	"  - { id: by-covered, allow: plain, by: covered }\n"
	"bind: []\n"
	"connect: []\n"
	"library: off\n";

/* What the script goes on to do, in a program that its rule allows. */
#define DEED "socket udp, connect 127.0.0.1:" UNLISTED
#define SCRIPT "bin/started.sh " DEED

static const struct evasion rows[] = {
	{ "a script that is an entry", "started", "exec " SCRIPT, "connect", .by = "plain" },
	{ "a script that is an entry", "with a child", "fork exec " SCRIPT, "connect",
	  .by = "plain" },
	{ "a script that is an entry", "by a thread", "thread exec " SCRIPT, "connect",
	  .by = "plain" },
	{ "a script that is an entry", "after vfork", "exec-vfork " SCRIPT, "connect",
	  .by = "plain" },
	{ "a script that is an entry", "by descriptor", "exec-proc " SCRIPT, "connect",
	  .by = "plain" },
	{ "a script that is an entry", "symbolic link", "exec bin/links/started.sh " DEED,
	  "connect", .by = "plain" },
	{ "a script that is an entry", "hard link", "exec bin/links/hard.sh " DEED, "connect",
	  .by = "plain" },
	{ "a script that is an entry", "whose interpreter is a script",
	  "exec bin/started-nested.sh " DEED, "connect", .by = "plain" },
	{ "a script that is an entry", "as the interpreter of another", "exec bin/outer.sh " DEED,
	  "connect", .by = "plain" },
	{ "a script that is an entry", "another program than it may",
	  "exec bin/started.sh exec bin/unlisted", "exec", .by = "plain" },
	{ "a script that is an entry", "with another interpreter",
	  "cover bin/unlisted bin/copy, exec bin/started-covered.sh exec bin/plain", "exec",
	  .by = "plain" },
	{ "a script that is an entry", "read by its interpreter", "exec /bin/sh " SCRIPT, "connect",
	  "interpreters", .by = "plain" },
};

static void files_make(void)
{
	if (world_command("mkdir -p %s", world_path("bin/links")))
		tap_bail("directories");
	world_write("bin/started.sh", 0755, "#!/bin/sh\nexec bin/plain \"$@\"\n");
	world_write("bin/inner.sh", 0755, "#!/bin/sh\nshift\nexec bin/plain \"$@\"\n");
	world_write("bin/started-nested.sh", 0755, "#!%s\n", world_path("bin/inner.sh"));
	world_write("bin/started-covered.sh", 0755, "#!%s name\n", world_path("bin/copy"));
	world_write("bin/outer.sh", 0755, "#!%s name\n", world_path("bin/started.sh"));
	if (symlink("../started.sh", world_path("bin/links/started.sh")) ||
	    link(world_path("bin/started.sh"), world_path("bin/links/hard.sh")))
		tap_bail("links: %s", strerror(errno));
}

void scene_scripts(void)
{
	files_make();
	EVASIONS_RUN("scripts", policy, rows);
}

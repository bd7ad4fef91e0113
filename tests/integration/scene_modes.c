/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Modes: in audit mode everything passes and is told, `mode` switches and falls back, a class may have a
 * mode of its own, and on_undecided answers where the kernel cannot tell.
 */
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "daemon.h"
#include "rows.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

#define EXECUTABLES \
	"version: 1\n" \
	"root: @ROOT@\n" \
	"allow_partial: @PARTIAL@\n" \
	"executables:\n" \
	"  entry:  { path: \"${root}/bin/entry\", entry: true }\n" \
	"  script: { path: \"${root}/bin/script.sh\" }\n"

static const char watching[] = "instance: modes\nmode: audit\n" EXECUTABLES "exec:\n"
			       "  - { id: script, allow: script, by: entry }\n"
			       "bind:\n"
			       "  - { id: one, allow: tcp/29310, by: entry }\n"
			       "connect:\n"
			       "  - { id: two, allow: tcp/29400, by: entry }\n"
			       "library: { anonymous: deny }\n"
			       "sockets: { allow: [unix, inet, inet6] }\n";

static const char mixed[] = "instance: mixed\nmode: enforce\n" EXECUTABLES "on_undecided: allow\n"
			    "exec:\n"
			    "  - { id: script, allow: script, by: entry }\n"
			    "bind:\n"
			    "  - { id: one, allow: tcp/29310, by: entry }\n"
			    "connect:\n"
			    "  mode: audit\n"
			    "  rules:\n"
			    "    - { id: two, allow: tcp/29400, by: entry }\n"
			    "library: off\n"
			    "sockets: { allow: [unix, inet, inet6] }\n";

#define HERE "127.0.0.1:" UNLISTED

static const struct row each[] = {
	{ "exec", "exec bin/unlisted", "exec", "bin/unlisted" },
	{ "library", "anonymous", "library", "[anonymous]", .reason = "untrusted-library" },
	{ "socket", "socket raw", "socket", NULL },
	{ "connect", "socket tcp, connect " HERE, "connect", HERE },
	{ "send", "socket udp, send " HERE, "send", HERE },
	{ "bind", "socket tcp, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510" },
	{ "listen", "socket tcp, listen", "listen", "0.0.0.0:0" },
};

static const struct row of_connect[] = {
	{ "a class of its own: connect", "socket tcp, connect " HERE, "connect", HERE },
	{ "a class of its own: send", "socket udp, send " HERE, "send", HERE },
};

static const struct row of_others[] = {
	{ "the file's: bind", "socket tcp, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510" },
	{ "the file's: exec", "exec bin/unlisted", "exec", "bin/unlisted" },
	{ "off: library", "anonymous", "library", NULL, .unjudged = true },
	/* Where only the interpreter is seen, this is what on_undecided allows. */
	{ "on_undecided: allow", "exec bin/script.sh", "exec", NULL, .unjudged = true },
};

static bool mode_is(const char *mode)
{
	return strcmp(status_mode("modes"), mode) == 0;
}

static bool fallen_back(void *context)
{
	(void)context;
	return mode_is("audit");
}

static bool mode_set(const char *mode, const char *option)
{
	char *output = NULL;
	int status = client(&output, "mode", mode, "modes", option, NULL);

	if (status)
		tap_note("mode %s: exit status %d: %s", mode, status, output);
	free(output);
	return status == 0;
}

/* For a while that is long enough to be asked within, beside other work too: as short as that can be here. */
static bool enforced_for_a_while(void)
{
	static const char *const whiles[] = { "--for=2s", "--for=4s", "--for=8s", "--for=16s" };

	for (size_t i = 0; i < sizeof(whiles) / sizeof(whiles[0]); i++) {
		if (!mode_set("enforce", whiles[i]))
			return false;
		if (mode_is("enforce"))
			return true;
	}
	return false;
}

static void modes_fall_back(void)
{
	tap_ok(enforced_for_a_while() && wait_until(fallen_back, NULL),
	       "modes: enforce --for falls back");
	tap_ok(mode_set("enforce", "--confirm=1s") && wait_until(fallen_back, NULL),
	       "modes: enforce --confirm falls back when nobody confirms");
	tap_ok(mode_set("enforce", "--confirm=60s") && client(NULL, "mode", "confirm", NULL) == 0 &&
		       mode_is("enforce") && client(NULL, "mode", "confirm", NULL) == 1,
	       "modes: enforce --confirm stays when somebody does");
	tap_ok(mode_set("audit", NULL) && mode_is("audit"), "modes: and back to audit");
	tap_ok(client(NULL, "mode", "enforce", "nobody-is-called-so", NULL) == 2 &&
		       client(NULL, "mode", "sideways", NULL) == 2,
	       "modes: an unknown instance, an unknown mode: bad input");
}

/* As JSON the answer is the status: what is in force then. mode: NULL reloads. */
static bool told_in_force(const char *mode, const char *wanted)
{
	char *output = NULL;
	struct json answer;
	int status = client(&output, mode ? "mode" : "reload", "-o", "json", mode,
			    mode ? "modes" : NULL, NULL);
	/* Notes on the policies come before it, to standard error. */
	const char *text = output ? strstr(output, "{\"version\":") : NULL;
	bool good = false;

	if (status || !text || !json_read(text, &answer)) {
		tap_note("%s: exit status %d: %s", mode ? mode : "reload", status, output);
		free(output);
		return false;
	}
	for (int i = 0; json_get(&answer, "instances.%d.name", i); i++)
		good |= strcmp(json_get(&answer, "instances.%d.name", i), "modes") == 0 &&
			strcmp(json_get(&answer, "instances.%d.mode", i), wanted) == 0;
	good &= json_number(&answer, 0, "generation") == status_generation();
	json_release(&answer);
	free(output);
	return good;
}

static void modes_told(void)
{
	tap_ok(told_in_force("enforce", "enforce") && told_in_force(NULL, "enforce") &&
		       told_in_force("audit", "audit"),
	       "modes: as JSON the answer says what is in force");
}

void scene_modes(void)
{
	static const struct table audit = { "modes", true, each, sizeof(each) / sizeof(each[0]) };
	static const struct table enforce = { "modes", false, each,
					      sizeof(each) / sizeof(each[0]) };
	static const struct table own = { "mixed", true, of_connect,
					  sizeof(of_connect) / sizeof(of_connect[0]) };
	static const struct table others = { "mixed", false, of_others,
					     sizeof(of_others) / sizeof(of_others[0]) };

	world_write("bin/script.sh", 0755, "#!/bin/sh\necho done $$\n");
	policy_write("modes", watching);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "modes: in force"))
		return;
	rows_run(&audit);
	tap_ok(mode_set("enforce", NULL) && mode_is("enforce"), "modes: `mode enforce`");
	rows_run(&enforce);
	tap_ok(mode_set("audit", NULL) && mode_is("audit"), "modes: `mode audit`");
	modes_fall_back();
	modes_told();
	/* As the manual says: until the daemon ends. */
	tap_ok(mode_set("enforce", NULL) && daemon_reload() && mode_is("enforce"),
	       "modes: a reload does not undo `mode`");
	policy_write("modes", "");
	policy_write("mixed", mixed);
	tap_ok(daemon_reload() && status_await_trust(NULL), "mixed: in force");
	rows_run(&own);
	rows_run(&others);
	policy_write("mixed", "");
}

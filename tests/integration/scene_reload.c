/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reloading: a good set of files is put in force as one new generation, a bad one changes nothing, by
 * `reload` as by SIGHUP. What makes a set bad is a mistake in any of its files, a file that others could
 * have written, and a policy that asks for what the backend cannot do.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

#define HEAD \
	"version: 1\n" \
	"instance: reload\n" \
	"root: @ROOT@\n" \
	"mode: enforce\n"
#define BODY \
	"executables:\n" \
	"  entry: { path: \"${root}/bin/entry\", entry: true }\n" \
	"exec: off\n" \
	"bind: off\n"

static const char closed[] = HEAD "allow_partial: @PARTIAL@\n" BODY "connect:\n"
				  "  - { id: no, allow: udp/29401, by: entry }\n";
static const char opened[] = HEAD "allow_partial: @PARTIAL@\n" BODY "connect:\n"
				  "  - { id: yes, allow: udp/29400-29500, by: entry }\n";

#define ACT "socket udp, connect 127.0.0.1:" UNLISTED

static bool passes(void)
{
	return act_run("entry", ACT).kind == OUTCOME_DONE;
}

/* A bad set: an error with this in it, the exit status, and everything as it was. */
static void bad(const char *name, int status, const char *says)
{
	unsigned long long before = status_generation();
	char *output = NULL;
	int got = client(&output, "reload", NULL);
	bool good = got == status && strstr(output, says) && status_generation() == before &&
		    !passes();

	if (!good)
		tap_note("exit status %d, generation %llu -> %llu: %s", got, before,
			 status_generation(), output);
	tap_ok(good, "reload: %s: exit status %d, nothing changes", name, status);
	free(output);
}

static void bad_files(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", world_path("policy.d/reload.yaml"));
	policy_write("reload", HEAD BODY "conect: off\n");
	bad("a misspelt key", 2, "did you mean `connect`?");
	policy_write("reload", HEAD BODY "connect:\n  - { allow: udp/0 }\n");
	bad("a port of 0", 2, "reload.yaml:");
	policy_write("reload", "\t{[");
	bad("no YAML", 2, "not YAML");
	policy_write("reload", opened);
	policy_write("again", opened);
	bad("two instances with one name", 2, "reload");
	policy_write("again", "");
	policy_write("again", "version: 1\ninstance: again\nmode: enforce\n");
	bad("a mistake in another file", 2, "again.yaml");
	policy_write("again", "");
	if (chmod(path, 0666))
		tap_note("chmod");
	bad("a file that everybody may write", 2, "reload.yaml");
	if (chmod(path, 0644) || chown(path, 65534, 0))
		tap_note("chown");
	bad("a file of a stranger", 2, "reload.yaml");
}

/* What the cgroup backend cannot refuse, a policy may not ask for without saying that it knows. */
static void reload_partial(void)
{
	char *output = NULL;
	int status;

	policy_write("reload", HEAD BODY "connect: off\nlibrary: { anonymous: deny }\n");
	if (world.backend != CGROUP) {
		tap_ok(daemon_reload(), "reload: everything can be enforced: in force");
		return;
	}
	policy_write("reload", HEAD BODY "connect:\n  - { id: yes, allow: udp/29400-29500 }\n");
	bad("what this backend cannot refuse", 3, "cannot refuse: library, receive");
	policy_write("reload", HEAD "allow_partial: [receive]\n" BODY "connect: off\n");
	bad("what this backend cannot refuse, part of it accepted", 3, "cannot refuse: library\n");
	policy_write("reload", HEAD "allow_partial: [library, receive, bind]\n" BODY
				    "connect: off\nguard: { bind: sctp/29500, connect: [udp/29501, "
				    "sctp/29501] }\n");
	bad("a guard that this backend cannot keep, part of it accepted", 3,
	    "cannot refuse: connect\n");
	policy_write("reload", HEAD "allow_partial: [receive]\n" BODY "connect: off\n");
	status = daemon_refuses(&output);
	if (!tap_ok(status == 3 && strstr(output, "cannot refuse: library\n") &&
			    strstr(output, "allow_partial"),
		    "reload: a daemon does not start with it, and names the operation"))
		tap_note("exit status %d: %s", status, output);
	free(output);
}

static bool generation_is(void *context)
{
	return status_generation() >= *(unsigned long long *)context;
}

static void reload_signal(void)
{
	unsigned long long generation = status_generation();
	unsigned long long next = generation + 1;

	policy_write("reload", opened);
	kill(daemon_pid(), SIGHUP);
	tap_ok(daemon_ready() && wait_until(generation_is, &next) && passes(),
	       "reload: SIGHUP puts a good file in force");
	policy_write("reload", HEAD BODY "conect: off\n");
	generation = status_generation();
	kill(daemon_pid(), SIGHUP);
	tap_ok(daemon_ready() && status_generation() == generation && passes() &&
		       daemon_said("did you mean `connect`?"),
	       "reload: SIGHUP with a bad file says so and changes nothing");
}

static void reload_taken_away(void)
{
	char *output = NULL;
	int status;

	policy_write("reload", "");
	status = client(&output, "reload", NULL);
	tap_ok(status == 0 && passes() && status_governed("reload") == ~0ull,
	       "reload: a policy that was taken away governs nobody");
	if (!tap_ok(strstr(output, "instance reload has no policy any more") != NULL,
		    "reload: which is told"))
		tap_note("%s", output);
	free(output);
}

/* ------------------------------------------------------------------ what a process says it runs */

/* What says that it runs `second` has none of its rights, whenever labels are looked at again. */
static const char seconds[] = HEAD "allow_partial: @PARTIAL@\n"
				   "executables:\n"
				   "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
				   "  second: { path: \"${root}/bin/second\" }\n"
				   "exec: [{ allow: second, by: entry }]\n"
				   "bind: off\n"
				   "connect: [{ allow: udp/29400-29500, by: second }]\n";

static const struct disguise {
	const char *name, *act;
	bool refusals; /* an exec that is refused comes before; elsewhere it is killed */
} disguises[] = {
	{ "a process that says it runs another file",
	  "say-it-runs bin/second, tell told.disguised, await gate, " ACT, false },
	{ "its child", "say-it-runs bin/second, fork tell told.disguised, await gate, " ACT,
	  false },
	{ "its child, after an exec that was refused",
	  "exec-refused bin/unlisted, fork say-it-runs bin/second, tell told.disguised, "
	  "await gate, " ACT,
	  true },
};

static bool disguised(void *context)
{
	(void)context;
	return access(world_path("told.disguised"), F_OK) == 0;
}

static void reload_disguised(void)
{
	struct outcome outcome = act_run("plain", "say-it-runs bin/second, name x");

	if (outcome.kind != OUTCOME_DONE) {
		tap_skip(outcome_text(&outcome),
			 "reload: a process that says it runs another file");
		return;
	}
	policy_write("reload", seconds);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL) &&
			    act_run("entry", "exec bin/second " ACT).kind == OUTCOME_DONE,
		    "reload: another executable has the right"))
		return;
	for (size_t i = 0; i < sizeof(disguises) / sizeof(disguises[0]); i++) {
		const struct disguise *disguise = &disguises[i];
		struct running running;

		if (disguise->refusals && world.backend == CGROUP)
			continue;
		act_start(&running, "entry", disguise->act);
		if (!wait_until(disguised, NULL)) {
			act_end(&running);
			tap_ok(false, "reload: %s waits", disguise->name);
			continue;
		}
		if (!daemon_reload())
			tap_note("there is no reload");
		gate_open();
		outcome = act_wait(&running);
		unlink(world_path("told.disguised"));
		if (!tap_ok(outcome.kind == OUTCOME_FAILED && strcmp(outcome.step, "connect") == 0,
			    "reload: %s has not", disguise->name))
			tap_note("%s", outcome_text(&outcome));
	}
}

void scene_reload(void)
{
	unsigned long long generation = status_generation();

	policy_write("reload", closed);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL) && status_generation() > generation,
		    "reload: a new generation is in force"))
		return;
	tap_ok(!passes(), "reload: one policy refuses");
	bad_files();
	policy_write("reload", opened);
	tap_ok(daemon_reload() && passes() && passes(),
	       "reload: another allows, and remembers that");
	policy_write("reload", closed);
	tap_ok(daemon_reload() && !passes(), "reload: and the first again, which does not");
	reload_partial();
	reload_disguised();
	reload_signal();
	reload_taken_away();
	events_await();
	tail_forget(&events);
}

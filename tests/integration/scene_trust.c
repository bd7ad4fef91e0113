/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is done to a trusted file. The kernel notices by itself, which is shown while the daemon stands
 * still (SIGSTOP); when it goes on it looks again, and trusts what is still to be trusted: a file that
 * nothing pins, but never one whose pinned hash is another.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: trust\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "%s"
			     "executables:\n"
			     "  entry:   { path: \"${root}/bin/entry\", entry: true }\n"
			     "  changed: { path: \"${root}/trust/changed\", entry: true }\n"
			     "  loose:   { path: \"${root}/trust/loose\" }\n"
			     "  pinned:  { path: \"${root}/trust/pinned\", sha256: %s }\n"
			     "  later:   { path: \"${root}/trust/later\" }\n"
			     "  shared:  { path: \"${root}/shared/tool\" }\n"
			     "  vouched: { path: \"${root}/shared/vouched\", sha256: %s }\n"
			     "  foreign: { path: \"${root}/trust/foreign\" }\n"
			     "  matched: { path: \"${root}/globs/flat/match-*\" }\n"
			     "  deeper:  { path: \"${root}/globs/*.d/bin/tool\" }\n"
			     "exec:\n"
			     "  - { id: all, allow: [loose, pinned, later, shared, vouched, "
			     "foreign, matched, deeper], by: entry }\n"
			     "bind: off\n"
			     "connect:\n"
			     "  - { id: changed, allow: udp/29400, by: changed }\n"
			     "library: off\n";

static char hash[65]; /* of a copy of the actor */

static void policy_put(const char *more)
{
	char *text;

	if (asprintf(&text, policy, more, hash, hash) < 0)
		abort();
	policy_write("trust", text);
	free(text);
}

static struct outcome exec_of(const char *name)
{
	char act[128];

	snprintf(act, sizeof(act), "exec %s", name);
	return act_run("entry", act);
}

static bool allowed(void *name)
{
	return exec_of(name).kind == OUTCOME_DONE;
}

/* Refused or killed, and told with this reason. */
static bool denied(const char *name, const char *reason)
{
	struct outcome outcome = exec_of(name);
	struct event_query query = { .pid = outcome.who, .operation = "exec", .verdict = "deny" };
	const struct json *event;
	size_t position = 0;
	bool good = world.backend == CGROUP
			    ? outcome.kind == OUTCOME_KILLED
			    : outcome.kind == OUTCOME_FAILED && outcome.error == EACCES;

	if (!good)
		tap_note("exec %s: %s", name, outcome_text(&outcome));
	/* With the daemon stopped there is nobody to tell. */
	if (!reason)
		return good;
	events_await();
	event = event_next(&events, &query, &position);
	if (event && !event_has(event, "reason", reason)) {
		event_note(event);
		good = false;
	}
	return good && event;
}

/* The last reason told of a file. */
static bool reason_was(const char *name, const char *reason)
{
	struct event_query query = { .operation = "exec", .verdict = "deny" };
	const struct json *event, *last = NULL;
	size_t position = 0;

	while ((event = event_next(&events, &query, &position))) {
		if (json_get(event, "target.path") &&
		    strcmp(json_get(event, "target.path"), world_path("%s", name)) == 0)
			last = event;
	}
	return last && event_has(last, "reason", reason);
}

/* The change itself was told, though nobody had executed the file. */
static bool change_told(void *name)
{
	struct event_query query = { .operation = "tamper", .verdict = "audit" };
	const struct json *event;
	size_t position = 0;

	events_drain();
	while ((event = event_next(&events, &query, &position)))
		if (json_get(event, "target.path") &&
		    strcmp(json_get(event, "target.path"), world_path("%s", (char *)name)) == 0)
			return strcmp(json_get(event, "reason"), "tampered") == 0 &&
			       strcmp(json_get(event, "instance"), "trust") == 0;
	return false;
}

static void append(const char *name)
{
	int fd = world_open_idle(name, O_APPEND);

	if (fd < 0 || write(fd, "x", 1) != 1)
		tap_bail("append to %s: %s", name, strerror(errno));
	close(fd);
}

static void write_in_place(void)
{
	append("trust/loose");
}

static void change_mode(void)
{
	if (chmod(world_path("trust/loose"), 0700))
		tap_bail("chmod: %s", strerror(errno));
}

static void touch(void)
{
	/* The times of a moment long ago hide nothing: ctime cannot be set. */
	struct timespec times[2] = { { .tv_sec = 1000000000 }, { .tv_sec = 1000000000 } };

	if (utimensat(AT_FDCWD, world_path("trust/loose"), times, 0))
		tap_bail("utimensat: %s", strerror(errno));
}

static void move_away_and_back(void)
{
	if (rename(world_path("trust/loose"), world_path("trust/away")) ||
	    rename(world_path("trust/away"), world_path("trust/loose")))
		tap_bail("rename: %s", strerror(errno));
}

static void replace(void)
{
	world_copy("bin/unlisted", "trust/fresh");
	if (rename(world_path("trust/fresh"), world_path("trust/loose")))
		tap_bail("rename: %s", strerror(errno));
}

static const struct change {
	const char *name;
	void (*make)(void);
	const char *reason; /* why it is refused until the daemon has looked */
} changes[] = {
	{ "written in place", write_in_place, "tampered" },
	{ "another mode", change_mode, "tampered" },
	{ "other times", touch, "tampered" },
	{ "renamed and renamed back", move_away_and_back, "tampered" },
	{ "replaced", replace, "no-rule" },
};

static void trust_changes(void)
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		const struct change *change = &changes[i];
		bool before = wait_until(allowed, (void *)"trust/loose"), while_stopped;

		kill(daemon_pid(), SIGSTOP);
		change->make();
		while_stopped = denied("trust/loose", NULL);
		kill(daemon_pid(), SIGCONT);
		events_await();
		tap_ok(before && while_stopped && reason_was("trust/loose", change->reason),
		       "trust: %s: refused at once (%s)", change->name, change->reason);
		tap_ok(wait_until(allowed, (void *)"trust/loose"),
		       "trust: %s: allowed when the daemon has looked", change->name);
		tap_ok(wait_until(change_told, (void *)"trust/loose"),
		       "trust: %s: the change is an event of its own", change->name);
		tail_forget(&events);
	}
}

/* Whoever tries again and again must not keep the daemon from looking. */
static void trust_retried(void)
{
	time_t end = time(NULL) + (world.guest ? 20 : 5);
	bool good;

	append("trust/loose");
	do {
		good = allowed((void *)"trust/loose");
		events_drain();
	} while (!good && time(NULL) < end);
	tap_ok(good, "trust: written in place and executed without a pause: allowed in the end");
}

static bool distrusted(void *name)
{
	struct json status;
	const char *path;
	bool found = false;

	daemon_status(&status);
	for (int i = 0; (path = json_get(&status, "files.%d.path", i)); i++)
		found |= strcmp(path, world_path("%s", (const char *)name)) == 0;
	json_release(&status);
	return found;
}

static void trust_pinned(void)
{
	int original, fd;

	tap_ok(wait_until(allowed, (void *)"trust/pinned"), "trust: pinned: allowed");
	append("trust/pinned");
	tap_ok(wait_until(distrusted, (void *)"trust/pinned"),
	       "trust: pinned, then written: status says so");
	tap_ok(denied("trust/pinned", "tampered"), "trust: pinned, then written: refused for good");
	original = open(world_path("bin/plain"), O_RDONLY | O_CLOEXEC);
	fd = world_open_idle("trust/pinned", 0);
	if (original < 0 || fd < 0 || ftruncate(fd, lseek(original, 0, SEEK_END)))
		tap_bail("truncate: %s", strerror(errno));
	close(original);
	close(fd);
	tap_ok(wait_until(allowed, (void *)"trust/pinned"),
	       "trust: pinned, and what it was again: allowed");
}

/* An entry that was changed is governed all the more, but as nobody that a rule names. */
static void trust_entry(void)
{
	struct outcome before = act_run("trust/changed", "socket udp, connect 127.0.0.1:29400");
	struct outcome after;

	kill(daemon_pid(), SIGSTOP);
	append("trust/changed");
	after = act_run("trust/changed", "socket udp, connect 127.0.0.1:29400");
	kill(daemon_pid(), SIGCONT);
	if (!tap_ok(before.kind == OUTCOME_DONE && after.kind == OUTCOME_FAILED &&
			    strcmp(after.step, "connect") == 0,
		    "trust: a changed entry is governed, without its rights"))
		tap_note("%s, %s", outcome_text(&before), outcome_text(&after));
}

static void trust_later(void)
{
	world_copy("bin/unlisted", "elsewhere");
	if (rename(world_path("elsewhere"), world_path("trust/later")))
		tap_bail("rename: %s", strerror(errno));
	tap_ok(wait_until(allowed, (void *)"trust/later"),
	       "trust: a file that was missing at start: allowed when it is there");
}

/* Globs that match nothing at first. */
static void trust_matched(void)
{
	world_copy("bin/unlisted", "globs/one.d/bin/tool");
	tap_ok(wait_until(allowed, (void *)"globs/one.d/bin/tool"),
	       "trust: the first file that a glob of directories matches: allowed when it is "
	       "there");
	world_copy("bin/unlisted", "globs/flat/match-1");
	tap_ok(wait_until(allowed, (void *)"globs/flat/match-1"),
	       "trust: the first file that a glob matches: allowed when it is there");
	world_command("mkdir -p %s", world_path("globs/two.d/bin"));
	world_copy("bin/unlisted", "globs/two.d/bin/tool");
	tap_ok(wait_until(allowed, (void *)"globs/two.d/bin/tool"),
	       "trust: a file in a new directory that a glob matches: allowed");
}

static void trust_make(void)
{
	static const char *const names[] = { "trust/changed", "trust/loose", "trust/pinned",
					     "trust/foreign", "shared/tool", "shared/vouched" };
	char *output = NULL;

	if (mkdir(world_path("trust"), 0755) || mkdir(world_path("shared"), 0755))
		tap_bail("mkdir: %s", strerror(errno));
	if (world_command("mkdir -p %s %s", world_path("globs/flat"),
			  world_path("globs/one.d/bin")))
		tap_bail("directories of globs");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		world_copy("bin/plain", names[i]);
	if (chown(world_path("shared"), 0, 65534) || chmod(world_path("shared"), 0775) ||
	    chown(world_path("trust/foreign"), 65534, 0))
		tap_bail("chown: %s", strerror(errno));
	program_run((char *const[]){ (char *)"sha256sum", (char *)world_path("bin/plain"), NULL },
		    &output);
	snprintf(hash, sizeof(hash), "%.64s", output);
	free(output);
}

void scene_trust(void)
{
	trust_make();
	policy_put("");
	if (!tap_ok(daemon_reload() && strlen(hash) == 64, "trust: in force"))
		return;
	tap_ok(exec_of("trust/later").error == ENOENT, "trust: a missing file is no mistake");
	trust_matched();
	trust_changes();
	trust_retried();
	trust_pinned();
	trust_entry();
	trust_later();
	tap_ok(denied("shared/tool", "tampered"),
	       "trust: below a directory that a group may write");
	tap_ok(wait_until(allowed, (void *)"shared/vouched"),
	       "trust: below a directory that a group may write, pinned: allowed");
	tap_ok(denied("trust/foreign", "tampered"), "trust: of a stranger");
	policy_put("trust_groups: [nogroup]\n");
	tap_ok(daemon_reload() && wait_until(allowed, (void *)"shared/tool"),
	       "trust: in trust_groups: allowed");
	policy_put("owner: nobody\n");
	tap_ok(daemon_reload() && wait_until(allowed, (void *)"trust/foreign"),
	       "trust: of the owner: allowed");
	if (!tap_ok(status_await_governed("trust", 0), "trust: nobody is governed in the end"))
		tap_note("%llu are", status_governed("trust"));
	policy_write("trust", "");
	tail_forget(&events);
}

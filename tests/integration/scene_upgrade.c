/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A package upgrade: 500 trusted files are replaced at once, as a package manager does it (written beside
 * each other, renamed over), a large pinned one among them. How long is one that the policy allows
 * refused? No longer than a second; what is measured is printed. And one whose releases lie side by side, with a link to
 * the one that counts.
 */
#include <errno.h>
#include <fcntl.h>
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

#define FILES 500
#define SAMPLES 8 /* of them can be executed, and are, one after the other */
#define STEP (FILES / SAMPLES)

static int pinned_mib(void)
{
	return world.guest ? 4 : 64;
}

static const char policy[] = "version: 1\n"
			     "instance: upgrade\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry:   { path: \"${root}/bin/entry\", entry: true }\n"
			     "  package: { path: \"${root}/package/tool*\" }\n"
			     "  current: { path: \"${root}/releases/current/tool\" }\n"
			     "  pinned:  { path: \"${root}/package/pinned\", sha256: %s }\n"
			     "exec:\n"
			     "  - { id: all, allow: [package, pinned, current], by: entry }\n"
			     "bind: off\n"
			     "connect: off\n"
			     "library: off\n";

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static bool allowed(void *name)
{
	char act[128];

	snprintf(act, sizeof(act), "exec %s", (const char *)name);
	return act_run("entry", act).kind == OUTCOME_DONE;
}

static const char *tool(unsigned int number)
{
	static char name[32];

	snprintf(name, sizeof(name), "package/tool%03u", number);
	return name;
}

static bool is_sample(unsigned int number)
{
	return number % STEP == 0 && number / STEP < SAMPLES;
}

/* One of the package's files, under this name. */
static void unpack(const char *name, unsigned int number)
{
	if (is_sample(number))
		world_copy("bin/plain", name);
	else
		world_write(name, 0755, "%u, version of %f\n", number, now());
}

static void put_in_place(unsigned int number)
{
	char name[32];

	snprintf(name, sizeof(name), "package/.new%03u", number);
	if (rename(world_path("%s", name), world_path("%s", tool(number))))
		tap_bail("rename: %s", strerror(errno));
}

/* A copy of the actor with much behind it, and its hash. */
static void make_pinned(char hash[65])
{
	char *output = NULL;

	world_copy("bin/plain", "package/pinned");
	if (truncate(world_path("package/pinned"), (off_t)pinned_mib() << 20))
		tap_bail("truncate: %s", strerror(errno));
	program_run(
		(char *const[]){ (char *)"sha256sum", (char *)world_path("package/pinned"), NULL },
		&output);
	snprintf(hash, 65, "%.64s", output);
	free(output);
}

static bool replace_all(void)
{
	double begun, replaced[SAMPLES] = { 0 }, back[SAMPLES] = { 0 }, longest = 0, done;
	unsigned int left = SAMPLES;
	char name[32];

	/* Unpacked, and not yet in place: no names that the policy's glob means. */
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "package/.new%03u", i);
		unpack(name, i);
	}
	begun = now();
	for (unsigned int i = 0; i < FILES; i++) {
		put_in_place(i);
		if (is_sample(i))
			replaced[i / STEP] = now();
	}
	/* The same content anew: the pin still holds, once it has been hashed. */
	if (chmod(world_path("package/pinned"), 0700))
		tap_bail("chmod: %s", strerror(errno));
	done = now();
	while (left && now() < done + WAIT_SECONDS) {
		for (unsigned int i = 0; i < SAMPLES; i++) {
			if (back[i] > 0 || !allowed((void *)tool(i * STEP)))
				continue;
			back[i] = now();
			left--;
			longest = back[i] - replaced[i] > longest ? back[i] - replaced[i] : longest;
		}
	}
	tap_line("# upgrade: %d files replaced in %.0f ms; refused for at most %.0f ms", FILES,
		 (done - begun) * 1e3, longest * 1e3);
	/* Software emulation is no measure. */
	return !left && (world.guest || longest < 1);
}

static void pinned_afterwards(void)
{
	double begun = now();

	if (tap_ok(wait_until(allowed, (void *)"package/pinned"),
		   "upgrade: a large pinned file: allowed when it has been hashed"))
		tap_line("# upgrade: %d MiB hashed beside the rest, %.0f ms later", pinned_mib(),
			 (now() - begun) * 1e3);
}

/* As `ln -sfn` does it: another link in the place of this one. */
static void point_to(const char *release)
{
	if (symlink(release, world_path("releases/.new")) ||
	    rename(world_path("releases/.new"), world_path("releases/current")))
		tap_bail("link: %s", strerror(errno));
}

static void releases_make(void)
{
	if (world_command("mkdir -p %s %s", world_path("releases/one"), world_path("releases/two")))
		tap_bail("directories");
	world_copy("bin/plain", "releases/one/tool");
	world_copy("bin/plain", "releases/two/tool");
	point_to("one");
}

/* No file of the policy's has changed, and none of the directories that they are in: but it names another. Not when
 * everything is looked at again, which is once a minute. */
static bool another_release(const char *now_allowed, const char *before)
{
	char allow[32], refuse[32];
	double begun = now();

	snprintf(allow, sizeof(allow), "releases/%s/tool", now_allowed);
	snprintf(refuse, sizeof(refuse), "releases/%s/tool", before);
	point_to(now_allowed);
	return wait_until(allowed, allow) && now() < begun + 30 && !allowed(refuse);
}

static void other_releases(void)
{
	if (!tap_ok(wait_until(allowed, (void *)"releases/current/tool") &&
			    !allowed((void *)"releases/two/tool"),
		    "upgrade: a release that a link on the way leads to"))
		return;
	/* More than once: the daemon may have looked for another reason. */
	tap_ok(another_release("two", "one") && another_release("one", "two") &&
		       another_release("two", "one"),
	       "upgrade: the link leads to another: that one is allowed at once");
}

void scene_upgrade(void)
{
	char hash[65], *text;

	if (mkdir(world_path("package"), 0755))
		tap_bail("mkdir: %s", strerror(errno));
	releases_make();
	for (unsigned int i = 0; i < FILES; i++)
		unpack(tool(i), i);
	make_pinned(hash);
	if (asprintf(&text, policy, hash) < 0)
		abort();
	policy_write("upgrade", text);
	free(text);
	if (!tap_ok(daemon_reload() && wait_until(allowed, (void *)tool(0)) &&
			    wait_until(allowed, (void *)"package/pinned"),
		    "upgrade: in force"))
		return;
	tap_ok(replace_all(), "upgrade: %d files at once: allowed again within a second", FILES);
	pinned_afterwards();
	other_releases();
	if (!tap_ok(status_await_governed("upgrade", 0), "upgrade: nobody is governed in the end"))
		tap_note("%llu are", status_governed("upgrade"));
	policy_write("upgrade", "");
	if (world_command("rm -rf %s %s", world_path("package"), world_path("releases")))
		tap_note("rm: the package stays");
	tail_forget(&events);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in force outlives the daemon, however it ends.
 *
 *	lifetime --backend NAME [--program PATH] [--actors DIR] [--variants DIR] [--standin DIR]
 *	         [--scene NAME]... [--guest]
 *
 * The options are those of the integration tests; --variants: where cachewarden-faulty, -other and -next
 * are (beside this program). Prints TAP.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

static const struct scene {
	const char *name;
	void (*run)(void);
} scenes[] = {
	{ "order", scene_order }, { "adopt", scene_adopt },	  { "stop", scene_stop },
	{ "times", scene_times }, { "upgrades", scene_upgrades }, { "faults", scene_faults },
	{ "kills", scene_kills }, { "reloads", scene_reloads },	  { "unwritten", scene_unwritten },
};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

struct variants variants;
static const char *worker_program;
static bool chosen[SCENES], some;

static void usage(void)
{
	fputs("usage: lifetime --backend lsm|fmod_ret|cgroup [--program PATH] [--actors DIR]\n"
	      "                [--variants DIR] [--standin DIR] [--scene NAME]... [--guest]\n",
	      stderr);
	exit(2);
}

static const char *in(const char *directory, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		abort();
	return world_absolute(path);
}

static void choose(const char *name)
{
	for (size_t i = 0; i < SCENES; i++)
		if (strcmp(scenes[i].name, name) == 0)
			some = chosen[i] = true;
}

static void options_read(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "program", required_argument, NULL, 'p' },
		{ "actors", required_argument, NULL, 'a' },
		{ "variants", required_argument, NULL, 'v' },
		{ "standin", required_argument, NULL, 's' },
		{ "scene", required_argument, NULL, 'c' },
		{ "guest", no_argument, NULL, 'g' },
		{ NULL, 0, NULL, 0 },
	};
	const char *actors = "build/integration", *built = "build/lifetime";
	int option;

	world.backend = BACKEND_MAX;
	world.program = "build/cachewarden";
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (option == 'b' && !world_choose_backend(optarg))
			usage();
		if (option == 'p')
			world.program = optarg;
		if (option == 'a')
			actors = optarg;
		if (option == 'v')
			built = optarg;
		if (option == 's')
			world.standin = world_absolute(optarg);
		if (option == 'c')
			choose(optarg);
		if (option == 'g')
			world.guest = true;
		if (option == '?')
			usage();
	}
	if (world.backend == BACKEND_MAX || optind < argc)
		usage();
	world.program = world_absolute(world.program);
	world.actor = in(actors, "actor");
	variants = (struct variants){ in(built, "cachewarden-faulty"),
				      in(built, "cachewarden-other"),
				      in(built, "cachewarden-next") };
	worker_program = in(built, "worker");
}

/* What is pinned goes with the world's own file system. */
static void leave(void)
{
	order_release();
	if (daemon_pid() > 0) {
		daemon_notes();
		daemon_stop(SIGKILL);
	}
	world_remove();
}

int main(int argc, char **argv)
{
	options_read(argc, argv);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	signal(SIGPIPE, SIG_IGN);
	tap_interruptible();
	world_lock();
	tap_leave = leave;
	world_make();
	world_copy(world.actor, world_path("bin/entry"));
	world_copy(worker_program, world_path("bin/worker"));
	for (size_t i = 0; i < SCENES; i++) {
		if (some && !chosen[i])
			continue;
		clean();
		scenes[i].run();
		policy_write("kept", "");
	}
	clean();
	world_remove();
	return tap_end();
}

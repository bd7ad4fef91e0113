/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The integration tests: a daemon, policies, and acts that they allow or not.
 *
 *	integration --backend NAME [OPTION]...
 *
 *	--program PATH   cachewarden (build/cachewarden)
 *	--actors DIR     where `actor` and `actor32` are (beside this program)
 *	--standin DIR    the stand-in instance, as `make standin` builds it
 *	--scene NAME     this scene only; may be repeated
 *	--matrix K B     print what was measured for the kernel matrix, as kernel K, boot B
 *	--guest          less of what takes long under software emulation
 *	--spare          little of what is the daemon's business alone: another run has it
 *	--doctor FILE    what doctor says is there, or else is put there for the next run
 *
 *	integration --as-unit PROGRAM [ARGUMENT]...     only execute that as the unit would
 *
 * Prints TAP. One run at a time on a host: the ports are the same, and the cgroup backend governs from
 * the root of the hierarchy.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "events.h"
#include "rows.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

#define SCENES_MAX 32

struct options {
	const char *kernel, *boot;
	bool chosen[SCENES_MAX];
	bool some;
};

static void usage(void)
{
	fputs("usage: integration --backend lsm|fmod_ret|cgroup [--program PATH] [--actors DIR]\n"
	      "                   [--standin DIR] [--scene NAME]... [--matrix KERNEL BOOT] "
	      "[--guest] [--spare] [--doctor FILE]\n",
	      stderr);
	exit(2);
}

static void choose_scene(struct options *options, const char *name)
{
	for (size_t i = 0; scenes[i].name; i++) {
		if (strcmp(scenes[i].name, name) != 0)
			continue;
		options->chosen[i] = options->some = true;
		return;
	}
	usage();
}

static const char *beside(const char *program, const char *name)
{
	const char *slash = strrchr(program, '/');
	char *path;

	if (asprintf(&path, "%.*s%s", slash ? (int)(slash - program + 1) : 0, program, name) < 0)
		abort();
	return path;
}

static void options_read(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "backend", required_argument, NULL, 'b' },
		{ "program", required_argument, NULL, 'p' },
		{ "actors", required_argument, NULL, 'a' },
		{ "standin", required_argument, NULL, 's' },
		{ "scene", required_argument, NULL, 'c' },
		{ "matrix", required_argument, NULL, 'm' },
		{ "guest", no_argument, NULL, 'g' },
		{ "spare", no_argument, NULL, 'S' },
		{ "doctor", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	world.backend = BACKEND_MAX;
	world.program = "build/cachewarden";
	world.actor = world_absolute(beside(argv[0], "actor"));
	world.actor32 = world_absolute(beside(argv[0], "actor32"));
	world.crash = world_absolute(beside(argv[0], "crash.so"));
	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (option) {
		case 'b':
			world_choose_backend(optarg);
			break;
		case 'p':
			world.program = optarg;
			break;
		case 'a':
			world.actor = world_absolute(beside(strcat(strdup(optarg), "/"), "actor"));
			break;
		case 's':
			world.standin = world_absolute(optarg);
			break;
		case 'c':
			choose_scene(options, optarg);
			break;
		case 'm':
			options->kernel = optarg;
			options->boot = optind < argc ? argv[optind++] : "";
			break;
		case 'g':
			world.guest = true;
			break;
		case 'S':
			world.spare = true;
			break;
		case 'd':
			world.doctor = optarg;
			break;
		default:
			usage();
		}
	}
	if (world.backend == BACKEND_MAX || optind < argc)
		usage();
	world.program = world_absolute(world.program);
	if (access(world.actor32, X_OK))
		world.actor32 = NULL;
}

static void leave(void)
{
	if (daemon_pid() > 0)
		daemon_notes();
	running_release();
	standin_release();
	daemon_stop(SIGTERM);
	world_remove();
}

/* The copies that every policy uses. */
static void copies_make(void)
{
	static const char *const names[] = { "entry",	 "second", "helper",  "plain",
					     "sentinel", "early",  "unlisted" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		world_copy(world.actor, world_path("bin/%s", names[i]));
	if (world.actor32) {
		world_copy(world.actor32, world_path("bin/entry32"));
		world_copy(world.actor32, world_path("bin/plain32"));
	}
	policy_write("sentinel", sentinel_policy);
	/* Acts that wait do so here. */
	if (mkfifo(world_path("gate"), 0666) || chmod(world_path("gate"), 0666))
		tap_bail("mkfifo: %s", strerror(errno));
}

/* Where the time goes, for who wonders; nothing depends on it. */
static void scene_run(const struct scene *scene)
{
	time_t begin = time(NULL);

	scene->run();
	tap_note("scene %s: %lld s", scene->name, (long long)(time(NULL) - begin));
}

int main(int argc, char **argv)
{
	struct options options = { 0 };

	if (argc > 2 && strcmp(argv[1], "--as-unit") == 0) {
		unit_bounds();
		execv(argv[2], argv + 2);
		return 127;
	}
	options_read(&options, argc, argv);
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	signal(SIGPIPE, SIG_IGN);
	tap_interruptible();
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	world_lock();
	tap_leave = leave;
	world_make();
	copies_make();
	leaving_prepare();
	running_prepare();
	if (!tap_ok(daemon_start(), "the daemon starts with backend %s",
		    backend_names[world.backend])) {
		leave();
		return tap_end();
	}
	events_start();
	for (size_t i = 0; scenes[i].name; i++) {
		if (options.some ? options.chosen[i] : !world.spare || !scenes[i].alone)
			scene_run(&scenes[i]);
	}
	running_release();
	scene_leaving();
	world_remove();
	if (options.kernel)
		matrix_print(options.kernel, options.boot);
	return tap_end();
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where policies' files are, or would be if they were there: the directories are watched, not the
 * files, so that a replacement, a new match of a glob and a missing file that appears are all seen; and
 * those of links on the way there.
 * What inotify says is only a reason to look again.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "util/cleanup.h"

#define WATCH_EVENTS \
	(IN_ATTRIB | IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
	 IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
/* A link is never written to: another one comes in its place. Beside what else is watched in its directory. */
#define LINK_EVENTS \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | \
	 IN_ONLYDIR | IN_MASK_ADD)
#define WATCHES_MAX 4096

struct watch {
	int inotify;
	int *wanted; /* descriptors in use; sorted not needed, there are few */
	size_t count;
};

int watch_new(struct watch **ret_watch)
{
	struct watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->inotify < 0) {
		int r = -errno;

		free(watch);
		return r;
	}
	*ret_watch = watch;
	return 0;
}

struct watch *watch_free(struct watch *watch)
{
	if (!watch)
		return NULL;
	close_fd(watch->inotify);
	free(watch->wanted);
	free(watch);
	return NULL;
}

int watch_fd(const struct watch *watch)
{
	return watch->inotify;
}

/* The directory of a path, or the nearest one above it that exists. */
static int watch_add_above(struct watch *watch, const char *path)
{
	_cleanup_free_ char *directory = strdup(path);
	char *slash;

	if (!directory)
		return -ENOMEM;
	while ((slash = strrchr(directory, '/'))) {
		int descriptor;

		slash[slash == directory] = '\0';
		/* A glob in the directory part: what is above it is watched. */
		descriptor = strpbrk(directory, "*?[")
				     ? -1
				     : inotify_add_watch(watch->inotify, directory, WATCH_EVENTS);
		if (descriptor >= 0)
			return descriptor;
		if (slash == directory)
			break;
	}
	return -ENOENT;
}

/* Descriptors that are wanted from now on; room for WATCHES_MAX. */
struct wanted {
	struct watch *watch;
	int *descriptors;
	size_t count;
};

static bool watch_has(const int *descriptors, size_t count, int descriptor)
{
	for (size_t i = 0; i < count; i++)
		if (descriptors[i] == descriptor)
			return true;
	return false;
}

static void want(struct wanted *wanted, int descriptor)
{
	if (descriptor >= 0 && wanted->count < WATCHES_MAX &&
	    !watch_has(wanted->descriptors, wanted->count, descriptor))
		wanted->descriptors[wanted->count++] = descriptor;
}

/* Where a file could appear that a glob matches: the directory before its first wildcard, and of those behind
 * it each that is there. */
static void want_glob(struct wanted *wanted, const char *pattern)
{
	const char *slash = strchr(pattern + strcspn(pattern, "*?["), '/');
	glob_t matches = { 0 };

	if (!slash) {
		want(wanted, watch_add_above(wanted->watch, pattern));
		return;
	}
	for (; slash; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *directory = strndup(pattern, (size_t)(slash - pattern));

		if (!directory)
			return;
		want(wanted, watch_add_above(wanted->watch, directory));
		if (glob(directory, GLOB_ONLYDIR | GLOB_NOSORT, NULL, &matches))
			return;
		for (size_t i = 0; i < matches.gl_pathc && wanted->count < WATCHES_MAX; i++)
			want(wanted, inotify_add_watch(wanted->watch->inotify, matches.gl_pathv[i],
						       WATCH_EVENTS));
		globfree(&matches);
	}
}

static void want_policy(struct wanted *wanted, const struct policy *policy)
{
	for (size_t i = 0; i < policy->executable_count; i++)
		if (policy->executables[i].glob)
			want_glob(wanted, policy->executables[i].path.value);
}

int watch_update(struct watch *watch, const struct governing *governing)
{
	const struct facts *facts = &governing->facts;
	struct wanted wanted = { watch, calloc(WATCHES_MAX, sizeof(int)), 0 };
	bool more = false;

	if (!wanted.descriptors)
		return -ENOMEM;
	for (size_t i = 0; i < facts->file_count; i++) {
		const char *paths[] = { facts->files[i].path, facts->files[i].resolved };

		for (size_t j = 0; j < ARRAY_SIZE(paths); j++)
			if (paths[j])
				want(&wanted, watch_add_above(watch, paths[j]));
	}
	for (size_t i = 0; i < governing->list.count; i++)
		want_policy(&wanted, governing->list.items[i]);
	for (size_t i = 0; i < facts->link_directory_count && wanted.count < WATCHES_MAX; i++)
		want(&wanted,
		     inotify_add_watch(watch->inotify, facts->link_directories[i], LINK_EVENTS));
	for (size_t i = 0; i < wanted.count; i++)
		more |= !watch_has(watch->wanted, watch->count, wanted.descriptors[i]);
	for (size_t i = 0; i < watch->count; i++)
		if (!watch_has(wanted.descriptors, wanted.count, watch->wanted[i]))
			inotify_rm_watch(watch->inotify, watch->wanted[i]);
	free(watch->wanted);
	watch->wanted = wanted.descriptors;
	watch->count = wanted.count;
	return more;
}

bool watch_drain(struct watch *watch)
{
	char events[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool changed = false;
	ssize_t length;

	while ((length = read(watch->inotify, events, sizeof(events))) > 0) {
		for (char *at = events; at < events + length;) {
			const struct inotify_event *event = (const struct inotify_event *)at;

			/* IN_IGNORED answers our own removal of a watch. */
			changed |= !(event->mask & IN_IGNORED);
			at += sizeof(*event) + event->len;
		}
	}
	return changed;
}

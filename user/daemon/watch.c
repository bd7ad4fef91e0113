/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where policies' files are, or would be if they were there: the directories are watched, not the
 * files, so that a replacement, a new match of a glob and a missing file that appears are all seen.
 * What inotify says is only a reason to look again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "util/cleanup.h"

#define WATCH_EVENTS \
	(IN_ATTRIB | IN_CLOSE_WRITE | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | \
	 IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
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

static bool watch_has(const int *descriptors, size_t count, int descriptor)
{
	for (size_t i = 0; i < count; i++)
		if (descriptors[i] == descriptor)
			return true;
	return false;
}

int watch_update(struct watch *watch, const struct facts *facts)
{
	int *wanted = calloc(2 * facts->file_count + 1, sizeof(*wanted));
	size_t count = 0;

	if (!wanted)
		return -ENOMEM;
	for (size_t i = 0; i < facts->file_count && count + 2 < WATCHES_MAX; i++) {
		const char *paths[] = { facts->files[i].path, facts->files[i].resolved };

		for (size_t j = 0; j < ARRAY_SIZE(paths); j++) {
			int descriptor = paths[j] ? watch_add_above(watch, paths[j]) : -1;

			if (descriptor >= 0 && !watch_has(wanted, count, descriptor))
				wanted[count++] = descriptor;
		}
	}
	for (size_t i = 0; i < watch->count; i++)
		if (!watch_has(wanted, count, watch->wanted[i]))
			inotify_rm_watch(watch->inotify, watch->wanted[i]);
	free(watch->wanted);
	watch->wanted = wanted;
	watch->count = count;
	return 0;
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

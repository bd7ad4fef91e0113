/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/chase.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "host/mounter.h"
#include "util/buffer.h"
#include "util/cleanup.h"

#define CHASE_LINKS_MAX 40 /* the kernel's own bound */

struct walk {
	const struct chase_trust *trust;
	struct chased *chased;
	int at; /* the directory that the next name is in */
	dev_t device; /* … and the file system that it is on */
	bool open_to_all; /* … may be written by others, but is sticky: what is in it must be ours */
	struct buffer path; /* of `at`, without links; "" is the root */
	char *rest; /* names to come, links replaced by what they say */
	unsigned int links;
};

void chased_release(struct chased *chased)
{
	chased->fd = close_fd(chased->fd);
	free(chased->resolved);
	free(chased->reason);
	free(chased->group_reason);
	for (size_t i = 0; i < chased->link_count; i++)
		free(chased->link_directories[i]);
	free(chased->link_directories);
	*chased = (struct chased){ .fd = -1 };
}

/* ------------------------------------------------------------------ reasons */

/* The first reason stays: what comes later is often its consequence. */
static int walk_distrust(struct walk *walk, enum file_trust trust, int error, const char *format,
			 ...) __attribute__((format(printf, 4, 5)));
static int walk_distrust(struct walk *walk, enum file_trust trust, int error, const char *format,
			 ...)
{
	va_list args;
	int length;

	if (walk->chased->trust != FILE_TRUSTED)
		return 0;
	va_start(args, format);
	length = vasprintf(&walk->chased->reason, format, args);
	va_end(args);
	if (length < 0) {
		walk->chased->reason = NULL;
		return -ENOMEM;
	}
	walk->chased->trust = trust;
	walk->chased->error = error;
	return 0;
}

static const char *user_name(uint32_t uid, char *buffer, size_t size)
{
	char strings[4096];
	struct passwd entry, *found = NULL;

	if (getpwuid_r(uid, &entry, strings, sizeof(strings), &found) == 0 && found)
		snprintf(buffer, size, "%s", found->pw_name);
	else
		snprintf(buffer, size, "uid %u", uid);
	return buffer;
}

static const char *group_name(uint32_t gid, char *buffer, size_t size)
{
	char strings[4096];
	struct group entry, *found = NULL;

	if (getgrgid_r(gid, &entry, strings, sizeof(strings), &found) == 0 && found)
		snprintf(buffer, size, "%s", found->gr_name);
	else
		snprintf(buffer, size, "gid %u", gid);
	return buffer;
}

static bool owner_trusted(const struct walk *walk, uint32_t uid)
{
	return uid == 0 || uid == walk->trust->owner;
}

static bool group_trusted(const struct walk *walk, uint32_t gid)
{
	for (size_t i = 0; i < walk->trust->group_count; i++)
		if (walk->trust->groups[i] == gid)
			return true;
	return false;
}

/*
 * Whether a file has an access list. What its mode then says of the group is what the list grants to anybody at most,
 * the group or whoever else it names.
 */
static bool access_listed(int fd)
{
	char path[64];

	/* Of what is open as a path alone nothing can be asked but by its name. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0 ||
	       (errno != ENODATA && errno != EOPNOTSUPP);
}

/* Who may write to what the walk stands on. sticky: only what is theirs, so their having it is fine. */
static int walk_judge(struct walk *walk, int fd, const struct stat *st, bool sticky)
{
	const char *path = walk->path.length ? walk->path.data : "/";
	char name[256];
	bool listed;
	int r = 0;

	if (!owner_trusted(walk, st->st_uid))
		r = walk_distrust(walk, FILE_BAD_OWNER, 0,
				  "%s is owned by %s, not by root or the instance's owner", path,
				  user_name(st->st_uid, name, sizeof(name)));
	if (r || sticky)
		return r;
	if (st->st_mode & S_IWOTH)
		return walk_distrust(walk, FILE_WRITABLE, 0, "%s may be written by everyone", path);
	if (!(st->st_mode & S_IWGRP) || walk->chased->group_reason)
		return 0;
	listed = group_trusted(walk, st->st_gid);
	if (listed && !access_listed(fd))
		return 0;
	if ((listed ? asprintf(&walk->chased->group_reason,
			       "%s may be written by whom its access list names; pin its sha256, "
			       "or take the list away",
			       path)
		    : asprintf(
			      &walk->chased->group_reason,
			      "%s may be written by group %s; pin its sha256, or list the group in "
			      "trust_groups",
			      path, group_name(st->st_gid, name, sizeof(name)))) < 0) {
		walk->chased->group_reason = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* A file system that says whose its files are has to be root's itself. */
static int walk_judge_mount(struct walk *walk, int fd, const struct stat *st)
{
	char name[256];
	uint32_t mounter;

	if (st->st_dev == walk->device)
		return 0;
	walk->device = st->st_dev;
	mounter = mounter_of(fd, st->st_dev);
	if (owner_trusted(walk, mounter))
		return 0;
	return walk_distrust(
		walk, FILE_BAD_OWNER, 0,
		"%s is on a FUSE file system of %s, not of root or the instance's owner",
		walk->path.length ? walk->path.data : "/", user_name(mounter, name, sizeof(name)));
}

static int walk_unreachable(struct walk *walk, int error)
{
	const char *path = walk->path.length ? walk->path.data : "/";

	walk->chased->trust = FILE_TRUSTED; /* that it is not there outweighs what led to it */
	free(walk->chased->reason);
	walk->chased->reason = NULL;
	if (error == ENOENT || error == ENOTDIR)
		return walk_distrust(walk, FILE_MISSING, error, "%s is not there", path);
	return walk_distrust(walk, FILE_UNREADABLE, error, "%s: %s", path, strerror(error));
}

/* ------------------------------------------------------------------ steps */

static int walk_enter_root(struct walk *walk)
{
	struct stat st;

	close_fd(walk->at);
	walk->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	buffer_clear(&walk->path);
	walk->open_to_all = false;
	if (walk->at < 0 || fstat(walk->at, &st))
		return walk_unreachable(walk, errno);
	return walk_judge(walk, walk->at, &st, false);
}

static bool sticky_directory(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) && st->st_uid == 0;
}

/* The directory behind fd becomes the one that the walk is in. */
static int walk_enter(struct walk *walk, int fd, const struct stat *st)
{
	int r = walk_judge_mount(walk, fd, st);

	close_fd(walk->at);
	walk->at = fd;
	walk->open_to_all = sticky_directory(st) && (st->st_mode & (S_IWOTH | S_IWGRP));
	return r ? r : walk_judge(walk, fd, st, sticky_directory(st));
}

static void walk_leave_name(struct walk *walk)
{
	char *slash = walk->path.length ? strrchr(walk->path.data, '/') : NULL;

	if (!slash)
		return;
	*slash = '\0';
	walk->path.length = (size_t)(slash - walk->path.data);
}

static int walk_up(struct walk *walk)
{
	struct stat st;
	int fd;

	walk_leave_name(walk);
	fd = openat(walk->at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) {
		close_fd(fd);
		return walk_unreachable(walk, errno);
	}
	return walk_enter(walk, fd, &st);
}

/* The directory that the walk is in has a link that leads on. */
static int walk_note_link(struct walk *walk)
{
	struct chased *chased = walk->chased;
	char **grown = reallocarray(chased->link_directories, chased->link_count + 1,
				    sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	chased->link_directories = grown;
	grown[chased->link_count] = strdup(walk->path.length ? walk->path.data : "/");
	if (!grown[chased->link_count])
		return -ENOMEM;
	chased->link_count++;
	return 0;
}

/* What a link says, and what was to come behind it, is to come now. */
static int walk_follow(struct walk *walk, int link, const char *behind)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	char *rest;
	int r;

	if (length < 0)
		return walk_unreachable(walk, errno);
	if (++walk->links > CHASE_LINKS_MAX)
		return walk_unreachable(walk, ELOOP);
	target[length] = '\0';
	if (asprintf(&rest, "%s/%s", target, behind) < 0)
		return -ENOMEM;
	free(walk->rest);
	walk->rest = rest;
	walk_leave_name(walk);
	r = walk_note_link(walk);
	return r || target[0] != '/' ? r : walk_enter_root(walk);
}

/* The last name: what it stands for. */
static int walk_arrive(struct walk *walk, int fd, const struct stat *st)
{
	int r;

	walk->chased->fd = fd;
	walk->chased->resolved = strdup(walk->path.data);
	if (!walk->chased->resolved)
		return -ENOMEM;
	if (!S_ISREG(st->st_mode)) {
		walk->chased->trust = FILE_TRUSTED;
		free(walk->chased->reason);
		walk->chased->reason = NULL;
		r = walk_distrust(walk, FILE_NOT_REGULAR, 0, "%s is not a regular file",
				  walk->path.data);
		return r;
	}
	r = walk_judge_mount(walk, fd, st);
	return r ? r : walk_judge(walk, fd, st, false);
}

/* One name. 0: go on; 1: arrived, or nothing to arrive at. */
static int walk_name(struct walk *walk, const char *name, const char *behind)
{
	_cleanup_close_ int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int error = errno, r;
	struct stat st;

	buffer_add_char(&walk->path, '/');
	buffer_add_string(&walk->path, name);
	if (buffer_failed(&walk->path))
		return -ENOMEM;
	if (fd < 0 || fstat(fd, &st)) {
		r = walk_unreachable(walk, fd < 0 ? error : errno);
		return r ? r : 1;
	}
	if (walk->open_to_all && !owner_trusted(walk, st.st_uid)) {
		r = walk_judge(walk, fd, &st, true);
		if (r)
			return r;
	}
	if (S_ISLNK(st.st_mode)) {
		r = walk_follow(walk, fd, behind);
		return r ? r : walk->chased->trust == FILE_UNREADABLE;
	}
	if (S_ISDIR(st.st_mode) && *behind)
		return walk_enter(walk, take_fd(fd), &st);
	if (*behind) {
		r = walk_unreachable(walk, ENOTDIR);
		return r ? r : 1;
	}
	r = walk_arrive(walk, take_fd(fd), &st);
	return r ? r : 1;
}

static int walk_step(struct walk *walk)
{
	_cleanup_free_ char *rest = walk->rest;
	char *name = rest, *behind;

	walk->rest = NULL;
	while (*name == '/')
		name++;
	behind = name + strcspn(name, "/");
	while (*behind == '/')
		*behind++ = '\0';
	/* A path that ends here names a directory. */
	if (!*name || (!*behind && (strcmp(name, ".") == 0 || strcmp(name, "..") == 0))) {
		int r = walk_distrust(walk, FILE_NOT_REGULAR, 0, "it is a directory");

		return r ? r : 1;
	}
	walk->rest = strdup(behind);
	if (!walk->rest)
		return -ENOMEM;
	if (strcmp(name, ".") == 0)
		return 0;
	if (strcmp(name, "..") == 0)
		return walk_up(walk);
	return walk_name(walk, name, behind);
}

int chase(const char *path, const struct chase_trust *trust, struct chased *ret)
{
	struct walk walk = { .trust = trust, .chased = ret, .at = -1, .rest = strdup(path) };
	int r;

	*ret = (struct chased){ .fd = -1 };
	r = walk.rest ? walk_enter_root(&walk) : -ENOMEM;
	while (!r && ret->trust != FILE_UNREADABLE && ret->trust != FILE_MISSING)
		r = walk_step(&walk);
	close_fd(walk.at);
	buffer_release(&walk.path);
	free(walk.rest);
	if (r < 0)
		chased_release(ret);
	return r < 0 ? r : 0;
}

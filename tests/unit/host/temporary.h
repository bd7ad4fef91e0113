/* SPDX-License-Identifier: GPL-2.0-only */
/* A temporary directory for each test, named after it, and what stands in it. */
#ifndef CW_TESTS_TEMPORARY_H
#define CW_TESTS_TEMPORARY_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/cleanup.h"

static inline char *temporary_new(const char *name)
{
	char template[128], *path;

	snprintf(template, sizeof(template), "/tmp/cachewarden-%s-XXXXXX", name);
	path = mkdtemp(template);
	assert_non_null(path);
	assert_int_equal(chmod(path, 0755), 0);
	return strdup(path);
}

static inline int temporary_unlink(const char *path, const struct stat *st, int type,
				   struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	return remove(path);
}

static inline void temporary_free(char *path)
{
	nftw(path, temporary_unlink, 16, FTW_DEPTH | FTW_PHYS);
	free(path);
}

/* A path in the directory; four can be in use at once. */
static inline const char *in(const char *directory, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", directory, name);
	return path;
}

static inline void make_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	const char *path = in(directory, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
}

static inline void make_directory(const char *directory, const char *name, mode_t mode)
{
	assert_int_equal(mkdir(in(directory, name), 0700), 0);
	assert_int_equal(chmod(in(directory, name), mode), 0);
}

static inline void make_link(const char *directory, const char *name, const char *target)
{
	assert_int_equal(symlink(target, in(directory, name)), 0);
}

/* Ownership can be given away by root alone. */
static inline void need_root(void)
{
	if (geteuid() == 0)
		return;
	printf("# skip: only root can give files away\n");
	skip();
}

#endif

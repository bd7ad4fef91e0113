/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/write_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

/* A file that is replaced keeps its owner and mode: who may read a policy is not ours to say. */
static int adopt(int fd, const struct stat *replaced)
{
	if (!replaced)
		return fchmod(fd, 0644) ? -errno : 0;
	if (fchown(fd, replaced->st_uid, replaced->st_gid) && errno != EPERM)
		return -errno;
	return fchmod(fd, replaced->st_mode & 07777) ? -errno : 0;
}

static int write_beside(const char *path, const struct stat *replaced, const struct buffer *text)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = adopt(fd, replaced);
	if (!r)
		r = buffer_write(text, fd);
	if (!r && fsync(fd))
		r = -errno;
	if (!r && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, replaced ? 0 : RENAME_NOREPLACE))
		r = -errno;
	if (r)
		unlink(temporary);
	return r;
}

int cli_write_file(const char *path, bool replace, const struct buffer *text)
{
	_cleanup_free_ char *resolved = NULL;
	struct stat st;

	if (!replace || stat(path, &st))
		return write_beside(path, NULL, text);
	/* The file that a link leads to, and no device: that would be gone for everybody. */
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	resolved = realpath(path, NULL);
	return resolved ? write_beside(resolved, &st, text) : -errno;
}

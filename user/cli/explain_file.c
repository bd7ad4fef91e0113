/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/explain.h"
#include "host/script.h"
#include "util/cleanup.h"

static char *interpreter_of(const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	char *name = NULL;

	return fd >= 0 && script_names(fd, &name) == 0 ? name : NULL;
}

void explained_file(const char *path, struct explained_file *ret)
{
	char *resolved;
	struct stat st;

	*ret = (struct explained_file){ 0 };
	if (*path != '/' || stat(path, &st))
		return;
	ret->there = true;
	ret->device_major = major(st.st_dev);
	ret->device_minor = minor(st.st_dev);
	ret->inode = st.st_ino;
	ret->uid = st.st_uid;
	ret->gid = st.st_gid;
	ret->mode = st.st_mode;
	if (S_ISREG(st.st_mode))
		ret->interpreter = interpreter_of(path);
	resolved = realpath(path, NULL);
	if (resolved && strcmp(resolved, path) != 0)
		ret->resolved = take_ptr(resolved);
	free(resolved);
}

void explained_file_release(struct explained_file *file)
{
	free(file->resolved);
	free(file->interpreter);
	*file = (struct explained_file){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/regular.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "util/cleanup.h"

int regular_reopen(int fd)
{
	char path[40];
	int readable;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	readable = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return readable < 0 ? -errno : readable;
}

int regular_open(const char *path, struct stat *ret_status)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || fstat(fd, ret_status) < 0)
		return -errno;
	return S_ISREG(ret_status->st_mode) ? regular_reopen(fd) : -ENOTSUP;
}

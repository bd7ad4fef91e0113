/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/own.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"

static enum own_flaw flaw(struct own_doubt *doubt, enum own_flaw flaw, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static enum own_flaw flaw(struct own_doubt *doubt, enum own_flaw flaw, const char *format, ...)
{
	va_list args;

	doubt->flaw = flaw;
	va_start(args, format);
	vsnprintf(doubt->why, sizeof(doubt->why), format, args);
	va_end(args);
	return flaw;
}

enum own_flaw own_writers(const struct stat *status, struct own_doubt *ret_doubt)
{
	*ret_doubt = (struct own_doubt){ 0 };
	if (status->st_uid != 0 && status->st_uid != geteuid())
		return flaw(ret_doubt, OWN_FOREIGN, "it is owned by uid %u, not by root",
			    status->st_uid);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return flaw(ret_doubt, OWN_WRITABLE,
			    "it may be written by others than its owner (mode %04o)",
			    status->st_mode & 07777);
	return OWN_NONE;
}

static enum own_flaw own_status(const struct stat *status, size_t max, struct own_doubt *ret_doubt)
{
	if (!S_ISREG(status->st_mode))
		return flaw(ret_doubt, OWN_IRREGULAR, "it is not a regular file");
	if (own_writers(status, ret_doubt) != OWN_NONE)
		return ret_doubt->flaw;
	if ((size_t)status->st_size > max)
		return flaw(ret_doubt, OWN_LARGE, "it is larger than %zu bytes", max);
	return OWN_NONE;
}

int own_open(int directory, const char *name, size_t max, struct own_doubt *ret_doubt)
{
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	_cleanup_close_ int fd = openat(directory, name,
					O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	*ret_doubt = (struct own_doubt){ 0 };
	if (fd < 0 || fstat(fd, &status)) {
		ret_doubt->error = errno;
		if (errno == ELOOP)
			flaw(ret_doubt, OWN_LINK, "it is a symbolic link");
		else
			flaw(ret_doubt, OWN_CANNOT_OPEN, "it cannot be opened: %s",
			     strerror(errno));
		return -1;
	}
	return own_status(&status, max, ret_doubt) == OWN_NONE ? take_fd(fd) : -1;
}

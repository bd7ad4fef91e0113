/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ownership that is visible in the function: a variable declared with one of these attributes is
 * released when it goes out of scope, and take_ptr()/take_fd() hand it on.
 */
#ifndef CW_UTIL_CLEANUP_H
#define CW_UTIL_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}
#define _cleanup_free_ _cleanup_(cleanup_free)

/* Close and forget: always returns -1, keeps errno. Negative descriptors are no descriptors. */
static inline int close_fd(int fd)
{
	if (fd >= 0) {
		int saved = errno;

		close(fd);
		errno = saved;
	}
	return -1;
}

static inline void cleanup_close(int *fd)
{
	close_fd(*fd);
}
#define _cleanup_close_ _cleanup_(cleanup_close)

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)

#define take_ptr(pointer) \
	__extension__({ \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL; \
		taken_; \
	})

static inline int take_fd_(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
#define take_fd(fd) take_fd_(&(fd))

/* For X_free() functions that take NULL and return NULL. */
#define DEFINE_CLEANUP(type, function) \
	static inline void cleanup_##function(type *object) \
	{ \
		if (*object) \
			*object = function(*object); \
	} \
	struct cleanup_##function##_needs_semicolon_

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif

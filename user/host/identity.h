/* SPDX-License-Identifier: GPL-2.0-only */
/* What a file is: the kernel's word for it, or stat()'s. */
#ifndef CW_HOST_IDENTITY_H
#define CW_HOST_IDENTITY_H

#include <stdbool.h>

#include "host/files.h"

/*
 * By the identifier (NULL, or without identify(): by stat()). stat() is called in either case: where
 * the kernel notes that a ctime was asked for, the next change gets another one. 0 or a negative errno.
 */
int identity_get(const struct file_identifier *identifier, int fd, struct cw_identity *ret);

bool identity_same(const struct cw_identity *a, const struct cw_identity *b);

/*
 * Could a change now leave the same ctime? The kernel stamps with the time of the last tick; a file
 * system that keeps whole seconds shows it by there being no nanoseconds. Never for an identity by
 * stat(), which is not admitted either way.
 */
bool identity_young(const struct cw_identity *identity);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_UTIL_REGULAR_H
#define CW_UTIL_REGULAR_H

#include <sys/stat.h>

/*
 * Open for reading what somebody else put there, if it is a regular file: to open anything else may have an effect (a
 * watchdog, a tape) or wait (a pipe), so it is looked at before. Returns a descriptor; -ENOTSUP: it is something else,
 * and *ret_status says what; other errors of the system.
 */
int regular_open(const char *path, struct stat *ret_status);
/* The same of a descriptor that was opened with O_PATH, without a look at what it is. */
int regular_reopen(int fd);

#endif

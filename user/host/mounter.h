/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who answers for a file system. What FUSE says of owner, mode and times its daemon made up: that is as good as
 * who mounted it, for whom the daemon runs.
 */
#ifndef CW_HOST_MOUNTER_H
#define CW_HOST_MOUNTER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The uid that mounted this device, by the text of /proc/PID/mountinfo: 0 where nobody but root answers for
 * it, UINT32_MAX where it is a FUSE file system that is not in there. */
uint32_t mounter_find(FILE *mountinfo, dev_t device);

/* The same of the file system that a descriptor (O_PATH will do) is on. */
uint32_t mounter_of(int fd, dev_t device);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What running processes show of themselves: the file that each executes, which is certain, the
 * sockets that it listens on, and its arguments, which it may have made up.
 */
#ifndef CW_INSTANCE_RUNNING_H
#define CW_INSTANCE_RUNNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/cleanup.h"

struct running_listener {
	bool udp;
	uint16_t port;
};

struct running_process {
	char *executable;
	char *arguments; /* as in /proc/PID/cmdline */
	size_t arguments_length;
	struct running_listener *listeners; /* in order, none twice */
	size_t listener_count;
};

struct running {
	struct running_process *items; /* by executable */
	size_t count;
};

/* One process. 0; -ENOMEM; the error of looking at it (ENOENT: there is none). */
int running_add(struct running *running, const char *proc, pid_t pid);
/* Those whose executable is below a directory, of which there may be none. 0 or -ENOMEM. */
int running_add_below(struct running *running, const char *proc, const char *directory);
void running_sort(struct running *running);
void running_release(struct running *running);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The listening socket and who may connect to it. For server.c alone. */
#ifndef CW_IPC_LISTENER_H
#define CW_IPC_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "ipc/server.h"

/* The directory, locked for as long as the descriptor is open: one daemon a directory. -EADDRINUSE. */
int listener_lock(const char *runtime_dir, int *ret_fd);

/* A listening socket at the address, which the lock of its directory must cover. */
int listener_open(const struct sockaddr_un *address, gid_t group, int *ret_fd);

/* Who connected, as the kernel says; allowed: root, our own uid, or of the group. */
int listener_peer(int fd, gid_t group, struct ipc_peer *ret_peer, bool *ret_allowed);

#endif

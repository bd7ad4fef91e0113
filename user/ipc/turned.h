/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients that were turned away. Each has been told why, and stays open until it has asked or left: were it closed at
 * once, a client would find nobody to ask, and one in the midst of its send() might lose what it was told (the kernel
 * empties the queue of a sender that finds the other end just gone: unix_dgram_disconnected()). There is room for a
 * few; one more closes the oldest, so that whoever neither asks nor leaves holds nothing for long.
 */
#ifndef CW_IPC_TURNED_H
#define CW_IPC_TURNED_H

#include <stddef.h>

#include "ipc/connection.h"

#define IPC_TURNED_MAX 64

struct turned {
	struct connection *connections[IPC_TURNED_MAX]; /* NULL: free */
	size_t next; /* where the oldest is */
};

/* Tell it why and keep it; it is the ring's from now on. Frees the oldest, hence not to be called while events of
 * epoll that may be about that one are still to be looked at. */
void turned_add(struct turned *turned, struct connection *connection, enum ipc_end_reason reason,
		unsigned int status, const char *text);
/* It is about to be freed. Nothing happens where it is not among them. */
void turned_forget(struct turned *turned, const struct connection *connection);
/* Free all. */
void turned_release(struct turned *turned);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One client as the server sees it: what it asked for, and what it has not read yet. For server.c alone.
 *
 * A connection is freed only by the server's dispatch of its own descriptor, and one that was turned away also for
 * the next (turned.h). Whatever else finds it broken marks it dead; the shutdown that comes with it makes the
 * descriptor ready, hence dispatched.
 */
#ifndef CW_IPC_CONNECTION_H
#define CW_IPC_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/filter.h"
#include "ipc/protocol.h"
#include "ipc/server.h"
#include "util/buffer.h"

enum connection_state {
	CONNECTION_NEW, /* has not asked for anything yet */
	CONNECTION_CALLING, /* waits for ipc_server_reply() */
	CONNECTION_TAILING,
	CONNECTION_ENDING, /* END is queued or sent */
	CONNECTION_TURNED, /* so it is; open until the client has asked or left */
	CONNECTION_DEAD, /* to be freed when it is dispatched */
};

struct connection_message; /* one that did not fit into the socket */

/* What all connections of a server share. */
struct connection_account {
	size_t connections;
	size_t queued; /* bytes that wait for clients */
	size_t peak; /* the most of them since memory was last given back */
};

struct connection {
	int fd;
	int epoll; /* the server's, borrowed */
	struct connection_account *account; /* the server's, borrowed */
	uint32_t watched; /* events asked of it */
	enum connection_state state;
	bool subscribed; /* counts in what the kernel must record */
	ipc_call call;
	struct ipc_peer peer;
	uint8_t format; /* tailing: enum event_format */
	struct filter filter;
	struct buffer batch; /* an EVENTS message that is being filled */
	struct connection_message *first, *last;
	size_t queued; /* bytes of these */
	bool losing
		[2]; /* what is allowed, deviations: their room was full, and is not half empty yet */
	struct ipc_lost lost; /* since the last LOST, and in all */
};

/* fd is taken over on success. */
int connection_new(int epoll, int fd, struct connection_account *account,
		   struct connection **ret_connection);
struct connection *connection_free(struct connection *connection);

/* Bytes that may wait for this client now. */
size_t connection_room(const struct connection *connection);
/* Queue a printed event for a tailing client, or count it lost: false. What is allowed fills half of the room, so that a
 * flood of it displaces no deviation. */
bool connection_event(struct connection *connection, const char *line, size_t length,
		      bool deviation);
/* Send what is gathered. */
void connection_flush(struct connection *connection);
/* Queue one message. */
void connection_payload(struct connection *connection, enum ipc_type type, const void *payload,
			size_t length);
/* Queue text in as many messages as it takes. */
void connection_text(struct connection *connection, enum ipc_type type, const char *text,
		     size_t length);
/* Queue what is left, LOST if there is something to tell, and END; it is then closed when all is
 * sent. text may be NULL. */
void connection_end(struct connection *connection, enum ipc_end_reason reason, unsigned int status,
		    const char *text);
/* END for one that gets nothing, and has not asked yet. It is closed when it has. */
void connection_turn_away(struct connection *connection, enum ipc_end_reason reason,
			  unsigned int status, const char *text);
/* Ask epoll for what the state needs: after a change of it. */
void connection_watch(struct connection *connection);
/* The socket takes bytes again. */
void connection_writable(struct connection *connection);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A command's end of the socket: connect, ask, read the answer. Blocking. */
#ifndef CW_IPC_CLIENT_H
#define CW_IPC_CLIENT_H

#include <sys/types.h>

#include "ipc/protocol.h"

struct ipc_client {
	int fd; /* -1: not connected; may be polled for reading */
	char *message; /* IPC_MESSAGE_MAX bytes; holds the last message received */
};
#define IPC_CLIENT_INIT \
	{ \
		.fd = -1 \
	}

void ipc_client_release(struct ipc_client *client);
#define _cleanup_ipc_client_ __attribute__((cleanup(ipc_client_release)))

/* 0; -ENOENT or -ECONNREFUSED: no daemon is running; -EACCES: not allowed to talk to it;
 * -ENAMETOOLONG: of runtime_dir; other errors of the system. */
int ipc_client_connect(struct ipc_client *client, const char *runtime_dir);

/* Whether anybody listens there, and which process: 0 where that is not told. It waits for nobody, and asks
 * nothing: a daemon that hangs listens as well. 0, or as ipc_client_connect(). */
int ipc_client_probe(const char *runtime_dir, pid_t *ret_pid);

int ipc_client_request(struct ipc_client *client, const struct ipc_request *request);

/* The next message, valid until the next call. 0; -EINTR; -EPIPE: the daemon has gone without END;
 * -EBADMSG, -EPROTONOSUPPORT: see ipc_decode(). */
int ipc_client_receive(struct ipc_client *client, struct ipc_message *ret_message);

/* No more events, please: the rest of the queue and END follow. */
int ipc_client_finish(struct ipc_client *client);

#endif

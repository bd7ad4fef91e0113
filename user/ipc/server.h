/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's end of the socket. One descriptor to poll, one call when it is readable; nothing here
 * ever blocks the daemon: a client that does not read loses its own events, counted, and nobody else's.
 * Descriptors that come with a message are not taken: the kernel closes them.
 */
#ifndef CW_IPC_SERVER_H
#define CW_IPC_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "event/event.h"
#include "event/filter.h"
#include "ipc/protocol.h"
#include "util/cleanup.h"

#define IPC_CLIENTS_MAX 512
#define IPC_CLIENTS_GROUP_MAX 384 /* of these who may only look: root still gets in */
#define IPC_QUEUE_MAX (2u << 20) /* bytes of events that wait for one client */
#define IPC_QUEUES_MAX (32u << 20) /* … for all: beyond it each has an equal share of it */
#define IPC_REPLY_MAX (8u << 20) /* bytes of one answer */
#define IPC_DRAIN_MILLISECONDS 1000 /* what ipc_server_free() waits for clients to read their END */

struct ipc_server;

/* Names one request; never reused. */
typedef uint64_t ipc_call;

struct ipc_peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	bool privileged; /* may change what is in force: root, or our own uid; others may look */
};

struct ipc_handler {
	void *context;
	/* A request other than tail. Answer with ipc_server_reply(), now or later; request is valid
	 * during the call only. */
	void (*request)(void *context, ipc_call call, const struct ipc_peer *peer,
			const struct ipc_request *request);
	/* Somebody begins to tail: add to the text what is to be said about the filter first, as that it
	 * names what is not there. May be NULL. */
	void (*remark)(void *context, const struct filter *filter, struct buffer *text);
	/* Somebody who asked for it begins to tail: what was told before. May be NULL. */
	void (*begin)(void *context, struct ipc_begin *ret_begin);
	/* Somebody has tailed enough: what is known by now is still to be published. May be NULL. */
	void (*finishing)(void *context);
	/* Subscribers came or went: ask ipc_server_wanted() anew. May be NULL. */
	void (*subscribers_changed)(void *context);
	struct filter_lookup lookup; /* for --pid */
};

/*
 * Listen in runtime_dir (which must exist). group: who besides root and our own uid may talk to us;
 * (gid_t)-1 for nobody. handler is copied. Returns 0; -EADDRINUSE: another daemon has this directory;
 * -ENOTSOCK: something that is not a socket stands in the way; other errors of the system.
 */
int ipc_server_new(const char *runtime_dir, gid_t group, const struct ipc_handler *handler,
		   struct ipc_server **ret_server);
/* Tells clients that the daemon ends, gives them a moment to read it, removes the socket. */
struct ipc_server *ipc_server_free(struct ipc_server *server);
DEFINE_CLEANUP(struct ipc_server *, ipc_server_free);
#define _cleanup_ipc_server_ _cleanup_(cleanup_ipc_server_free)

/* Readable (EPOLLIN) when ipc_server_dispatch() has something to do. */
int ipc_server_fd(const struct ipc_server *server);
/* 0, or an error that means the end of the server. Calls the handler. */
int ipc_server_dispatch(struct ipc_server *server);

/* Give an event to those who want it. It is printed once a format and sent in batches: call
 * ipc_server_flush() when no more events are at hand. */
void ipc_server_publish(struct ipc_server *server, const struct event *event);
void ipc_server_flush(struct ipc_server *server);
/* The kernel lost this many records that subscribers may have wanted. */
void ipc_server_lost(struct ipc_server *server, uint64_t count);

/* What the kernel must record for all subscribers together, for struct cw_control. */
void ipc_server_wanted(const struct ipc_server *server, uint32_t *ret_wanted,
		       uint32_t *ret_wanted_host);
/* 0: publishing, hence naming, is not needed for our sake. */
size_t ipc_server_subscribers(const struct ipc_server *server);

/* The answer to a request: exit status, text for standard output and for standard error (either may
 * be NULL). 0; -ENOENT: the client has left; -ENOMEM; -EMSGSIZE: more than IPC_REPLY_MAX, or than there is
 * room for when other clients do not read. */
int ipc_server_reply(struct ipc_server *server, ipc_call call, unsigned int status,
		     const char *output, const char *errors);

struct ipc_statistics {
	size_t clients; /* connected now, but for those whose answer is being made */
	size_t subscribers;
	size_t waiting; /* bytes of what they have not read */
	uint64_t lost; /* events that slow clients missed, since the start */
	uint64_t refused; /* connections: not root, not ours, not of the group; or too many */
	uint64_t malformed; /* requests */
};
void ipc_server_statistics(const struct ipc_server *server, struct ipc_statistics *ret_statistics);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's socket without the program's own client: whoever connects may send what it likes, and
 * read or not. Words of the protocol are in user/ipc/protocol.h.
 */
#ifndef CW_STRANGER_H
#define CW_STRANGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/protocol.h"

struct stranger {
	int fd; /* -1: not connected */
	unsigned long long events; /* lines */
	uint64_t hash; /* of all events, in order */
	unsigned long long sequence; /* of the last */
	bool ordered; /* each had a higher number than the one before */
	struct ipc_lost lost; /* as told last */
	bool ended; /* END came, or the daemon closed */
	struct ipc_end end; /* reason IPC_END_REASON_MAX: closed without END */
	char said[256]; /* with END, or as errors */
};

/* 0 or a positive errno. */
int stranger_connect(struct stranger *stranger);
void stranger_release(struct stranger *stranger);

/* A well-formed request into bytes of IPC_MESSAGE_MAX: its length. Options: name, value, …, NULL. */
size_t request_make(char *bytes, enum ipc_command command, const char *const *options);
/* Send a request. False: it cannot be sent. */
bool stranger_ask(struct stranger *stranger, enum ipc_command command, const char *const *options);

/* Take what is there, all of it. */
void stranger_read(struct stranger *stranger);
/* Read until so many events have come or the end has; false when that takes too long. */
bool stranger_await(struct stranger *stranger, unsigned long long events);
/* Read to the end. */
bool stranger_await_end(struct stranger *stranger);

/* A child that acts as another user, of the daemon's group or not; its exit status, or -1. */
pid_t somebody_start(bool member, int (*act)(void *context), void *context);
int somebody_wait(pid_t somebody);

#endif

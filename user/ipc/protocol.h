/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's socket: SOCK_SEQPACKET in the runtime directory, so that the kernel keeps messages
 * apart. A connection carries one request and its answer:
 *
 *	client				server
 *	REQUEST command, options ->
 *				<-	OUTPUT, ERRORS	text, as many as it takes (tail: warnings)
 *				<-	BEGIN		from which event on (tail, if asked with IPC_OPTION_BEGIN)
 *				<-	EVENTS		printed events, whole lines (tail)
 *				<-	LOST		what this client missed, where it missed it (tail)
 *				<-	END		exit status and why it ends; then the server closes
 *
 * A client that is turned away gets END before it has asked, and is waited for to ask or to leave.
 * A client that has tailed enough shuts down its sending side: what is queued, the LOST of the rest
 * and END then follow. A client that just closes is forgotten.
 *
 * Integers are in host byte order: the socket does not leave the host. Whatever is not exactly as
 * below is answered with END and IPC_END_PROTOCOL.
 */
#ifndef CW_IPC_PROTOCOL_H
#define CW_IPC_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/un.h>

#include "util/buffer.h"
#include "util/vocabulary.h"

#define IPC_SOCKET_NAME "socket" /* in the runtime directory */
#define IPC_MAGIC 0x43574950u /* "CWIP" */
#define IPC_VERSION 1
#define IPC_MESSAGE_MAX 65536 /* header included */
#define IPC_OPTIONS_MAX 256 /* of one request */

enum ipc_type {
	IPC_REQUEST,
	IPC_OUTPUT, /* text for standard output */
	IPC_ERRORS, /* text for standard error */
	IPC_EVENTS,
	IPC_LOST,
	IPC_END,
	IPC_BEGIN,
	IPC_TYPE_MAX,
};

enum ipc_command {
	IPC_TAIL, /* options: those of event/filter.h */
	IPC_STATUS,
	IPC_MODE, /* mode=audit|enforce|confirm, instance=NAME…, confirm=SECONDS, for=SECONDS */
	IPC_RELOAD,
	IPC_STOP, /* release= */
	IPC_SHOW, /* policy show: file=PATH… */
	IPC_PS, /* who is governed, for `ps`, which looks at /proc itself */
	IPC_COMMAND_MAX,
};
extern const struct vocabulary ipc_commands;

struct ipc_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type; /* enum ipc_type */
	uint32_t length; /* bytes behind the header */
	uint32_t pad0;
};
_Static_assert(sizeof(struct ipc_header) == 16, "header");
#define IPC_PAYLOAD_MAX (IPC_MESSAGE_MAX - sizeof(struct ipc_header))

/* Payload of IPC_REQUEST; `options` times two strings (name, value) follow, each ended by NUL. */
struct ipc_request_payload {
	uint8_t command;
	uint8_t format; /* enum event_format */
	uint16_t options;
	uint32_t pad0;
};
_Static_assert(sizeof(struct ipc_request_payload) == 8, "request");

/* Among the options of tail, and no filter: tell where the stream begins. Its value is "". */
#define IPC_OPTION_BEGIN "begin"

/* Payload of IPC_BEGIN: who has read the recording up to `sequence` lacks nothing and has nothing twice. */
struct ipc_begin {
	uint64_t sequence; /* events with higher numbers follow */
	uint64_t
		recorded; /* the highest of the others that is in the recording, or will be at once; 0 if none */
};

/* Payload of IPC_LOST. */
struct ipc_lost {
	uint64_t here; /* since the last LOST: this client was too slow */
	uint64_t kernel; /* since the last LOST: the kernel's ring was full, everyone missed them */
	uint64_t here_total;
	uint64_t kernel_total;
};

enum ipc_end_reason {
	IPC_END_DONE,
	IPC_END_SHUTDOWN, /* the daemon ends */
	IPC_END_DENIED, /* who are you? */
	IPC_END_BUSY, /* too many clients */
	IPC_END_PROTOCOL, /* the request was malformed */
	IPC_END_REASON_MAX,
};

/* Payload of IPC_END; a sentence for people may follow, without NUL. */
struct ipc_end {
	uint32_t status; /* exit status of the command */
	uint32_t reason;
};

struct ipc_option {
	const char *name;
	const char *value;
};

struct ipc_request {
	enum ipc_command command;
	uint8_t format; /* enum event_format */
	size_t option_count;
	struct ipc_option options[IPC_OPTIONS_MAX];
};

/* A checked message; payload points into the bytes it was decoded from. */
struct ipc_message {
	enum ipc_type type;
	const char *payload;
	size_t length;
};

/* The value of the first option of that name from *position on (NULL: from the first; else updated
 * for the next call); NULL if there is none. */
const char *ipc_request_option(const struct ipc_request *request, const char *name,
			       size_t *position);

/* 0; -EBADMSG: not a message of ours; -EPROTONOSUPPORT: of another version. */
int ipc_decode(const void *bytes, size_t length, struct ipc_message *ret_message);
/* Each decodes the payload of a message of its type: 0 or -EBADMSG. Views of the payload. */
int ipc_decode_request(const struct ipc_message *message, struct ipc_request *ret_request);
int ipc_decode_begin(const struct ipc_message *message, struct ipc_begin *ret_begin);
int ipc_decode_lost(const struct ipc_message *message, struct ipc_lost *ret_lost);
int ipc_decode_end(const struct ipc_message *message, struct ipc_end *ret_end,
		   const char **ret_text, size_t *ret_text_length);

/* Append a header for a payload of that length. */
void ipc_encode_header(struct buffer *buffer, enum ipc_type type, size_t length);
/* A whole message: 0 or -EMSGSIZE. */
int ipc_encode_request(struct buffer *buffer, const struct ipc_request *request);

/* The socket's address: 0, or -ENAMETOOLONG (sun_path has 108 bytes). */
int ipc_address(const char *runtime_dir, struct sockaddr_un *ret_address);

#endif

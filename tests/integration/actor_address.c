/* SPDX-License-Identifier: GPL-2.0-only */
/* Calls that take an address, in every way that the kernel offers to pass one. */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* From <netinet/sctp.h>, which is in a package of its own. */
#define SCTP_BINDX_ADD 100
#define SCTP_SOCKOPT_CONNECTX 110

unsigned int actor_address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	bool unspec = strncmp(text, "unspec:", 7) == 0;
	char host[64] = "";
	const char *colon;

	memset(ret, 0, sizeof(*ret));
	if (unspec)
		text += 7;
	colon = strrchr(text, ':');
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		exit(2);
	if (*text == '[') {
		memcpy(host, text + 1, (size_t)(colon - text) - 2);
		v6->sin6_family = unspec ? AF_UNSPEC : AF_INET6;
		v6->sin6_port = htons((uint16_t)atoi(colon + 1));
		if (inet_pton(AF_INET6, host, &v6->sin6_addr) != 1)
			exit(2);
		return sizeof(*v6);
	}
	memcpy(host, text, (size_t)(colon - text));
	v4->sin_family = unspec ? AF_UNSPEC : AF_INET;
	v4->sin_port = htons((uint16_t)atoi(colon + 1));
	if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
		exit(2);
	return sizeof(*v4);
}

static int step_connect(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	socklen_t length = actor_address(arguments[0], &address);

	return connect(actor->socket, (struct sockaddr *)&address, length) ? errno : 0;
}

static int step_bind(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	socklen_t length = actor_address(arguments[0], &address);
	int one = 1;

	/* Connections of the round before may still linger. */
	setsockopt(actor->socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	return bind(actor->socket, (struct sockaddr *)&address, length) ? errno : 0;
}

static int send_flagged(struct actor *actor, const char *text, int flags)
{
	struct sockaddr_storage address;
	socklen_t length = actor_address(text, &address);

	return sendto(actor->socket, "x", 1, flags | MSG_NOSIGNAL, (struct sockaddr *)&address,
		      length) == 1
		       ? 0
		       : errno;
}

static int step_send(struct actor *actor, char **arguments)
{
	return send_flagged(actor, arguments[0], 0);
}

static int step_fast_open(struct actor *actor, char **arguments)
{
	return send_flagged(actor, arguments[0], MSG_FASTOPEN);
}

static int step_write(struct actor *actor, char **arguments)
{
	(void)arguments;
	return send(actor->socket, "x", 1, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

static int send_message(struct actor *actor, char **arguments, int flags)
{
	struct sockaddr_storage address;
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr message = { .msg_name = &address,
				  .msg_namelen = actor_address(arguments[0], &address),
				  .msg_iov = &part,
				  .msg_iovlen = 1 };

	return sendmsg(actor->socket, &message, flags | MSG_NOSIGNAL) == 1 ? 0 : errno;
}

static int step_sendmsg(struct actor *actor, char **arguments)
{
	return send_message(actor, arguments, 0);
}

static int step_fast_open_message(struct actor *actor, char **arguments)
{
	return send_message(actor, arguments, MSG_FASTOPEN);
}

/* A connection is made by the first write, which takes its data along. */
static int step_deferred(struct actor *actor, char **arguments)
{
	int one = 1;

	(void)arguments;
	return setsockopt(actor->socket, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &one,
			  sizeof(one)) ||
			       setsockopt(actor->socket, IPPROTO_TCP,
					  34 /* TCP_FASTOPEN_NO_COOKIE */, &one, sizeof(one))
		       ? errno
		       : 0;
}

static int step_fast_open_connect(struct actor *actor, char **arguments)
{
	int one = 1, error;

	if (setsockopt(actor->socket, IPPROTO_TCP, 30 /* TCP_FASTOPEN_CONNECT */, &one,
		       sizeof(one)))
		return errno;
	error = step_connect(actor, arguments);
	return error ? error : step_write(actor, arguments);
}

/* Two messages in one call, the first to the first address, the second to the second: fewer sent than
 * asked is how the call tells that one was refused. */
static int step_sendmmsg(struct actor *actor, char **arguments)
{
	struct sockaddr_storage addresses[2];
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct mmsghdr messages[2] = { 0 };
	int sent;

	for (int i = 0; i < 2; i++) {
		messages[i].msg_hdr.msg_name = &addresses[i];
		messages[i].msg_hdr.msg_namelen = actor_address(arguments[i], &addresses[i]);
		messages[i].msg_hdr.msg_iov = &part;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(actor->socket, messages, 2, MSG_NOSIGNAL);
	if (sent == 2)
		return 0;
	/* The error of the second is told by the next call on its own. */
	return sent == 1 ? step_sendmsg(actor, arguments + 1) : errno;
}

/* `A+B`: two addresses, packed as SCTP's options want them. */
static int sctp_addresses(struct actor *actor, int option, const char *text)
{
	char packed[2 * sizeof(struct sockaddr_storage)];
	socklen_t length = 0;
	char copy[128];

	strncpy(copy, text, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	for (char *one = strtok(copy, "+"); one; one = strtok(NULL, "+")) {
		struct sockaddr_storage address;
		socklen_t size = actor_address(one, &address);

		memcpy(packed + length, &address, size);
		length += size;
	}
	return setsockopt(actor->socket, IPPROTO_SCTP, option, packed, length) < 0 ? errno : 0;
}

static int step_bindx(struct actor *actor, char **arguments)
{
	return sctp_addresses(actor, SCTP_BINDX_ADD, arguments[0]);
}

static int step_connectx(struct actor *actor, char **arguments)
{
	return sctp_addresses(actor, SCTP_SOCKOPT_CONNECTX, arguments[0]);
}

/* Work for the counters: COUNT times a new socket that binds, connects or sends; each outcome is as good
 * as the other. */
static int hammer(struct actor *actor, char **arguments,
		  int (*step)(struct actor *actor, char **arguments))
{
	for (int left = atoi(arguments[0]); left > 0; left--) {
		int fd = actor_socket(arguments[1]);

		if (fd < 0)
			return -fd;
		actor->socket = fd;
		step(actor, arguments + 2);
		close(fd);
	}
	return 0;
}

/* COUNT times another address: the given one and those behind it. No two are the same deviation. */
static int step_sweep_connect(struct actor *actor, char **arguments)
{
	(void)actor;
	for (int i = 0; i < atoi(arguments[0]); i++) {
		struct sockaddr_storage address;
		socklen_t length = actor_address(arguments[2], &address);
		struct sockaddr_in *in = (struct sockaddr_in *)&address;
		int fd = actor_socket(arguments[1]);

		if (fd < 0)
			return -fd;
		in->sin_addr.s_addr = htonl(ntohl(in->sin_addr.s_addr) + (unsigned int)i);
		(void)connect(fd, (struct sockaddr *)&address, length);
		close(fd);
	}
	return 0;
}

static int step_hammer_connect(struct actor *actor, char **arguments)
{
	return hammer(actor, arguments, step_connect);
}

static int step_hammer_bind(struct actor *actor, char **arguments)
{
	return hammer(actor, arguments, step_bind);
}

static int step_hammer_send(struct actor *actor, char **arguments)
{
	return hammer(actor, arguments, step_send);
}

/* COUNT times the same socket to the same peer: little but what is judged. */
static int step_sustain(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	socklen_t size = actor_address(arguments[1], &address);

	for (int left = atoi(arguments[0]); left > 0; left--) {
		if (connect(actor->socket, (struct sockaddr *)&address, size))
			return errno;
	}
	return 0;
}

/* The calls that are left are everybody's: who is killed leaves his to the others. */
static pid_t crowd_one(char **arguments, atomic_int *left)
{
	struct sockaddr_storage address;
	socklen_t size = actor_address(arguments[1], &address);
	pid_t child = fork();
	int fd, passed = 0;

	if (child)
		return child;
	fd = actor_socket(arguments[0]);
	while (fd >= 0 && atomic_fetch_sub(left, 1) > 0)
		passed += connect(fd, (struct sockaddr *)&address, size) == 0;
	_exit(fd < 0 || passed);
}

/* CHILDREN that together connect COUNT times each, all at once: EISCONN if one of them ever was connected. */
static int step_crowd_connect(struct actor *actor, char **arguments)
{
	atomic_int *left = mmap(NULL, sizeof(*left), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int children = atoi(arguments[0]), status, passed = 0;

	(void)actor;
	if (left == MAP_FAILED)
		return errno;
	*left = children * atoi(arguments[1]);
	while (children--)
		if (crowd_one(arguments + 2, left) < 0)
			return errno;
	/* Who was killed was not connected. */
	while (wait(&status) > 0) {
		passed += WIFEXITED(status) && WEXITSTATUS(status);
		if (WIFSIGNALED(status) && *left > 0 && crowd_one(arguments + 2, left) < 0)
			return errno;
	}
	munmap(left, sizeof(*left));
	return passed ? EISCONN : 0;
}

const struct actor_step address_steps[] = {
	{ "connect", 1, false, step_connect },
	{ "bind", 1, false, step_bind },
	{ "deferred", 0, false, step_deferred },
	{ "send", 1, false, step_send },
	{ "sendmsg", 1, false, step_sendmsg },
	{ "sendmmsg", 2, false, step_sendmmsg },
	{ "fast-open", 1, false, step_fast_open },
	{ "fast-open-message", 1, false, step_fast_open_message },
	{ "fast-open-connect", 1, false, step_fast_open_connect },
	{ "write", 0, false, step_write },
	{ "bindx", 1, false, step_bindx },
	{ "connectx", 1, false, step_connectx },
	{ "sustain", 2, false, step_sustain },
	{ "sweep-connect", 3, false, step_sweep_connect },
	{ "hammer-connect", 3, false, step_hammer_connect },
	{ "hammer-bind", 3, false, step_hammer_bind },
	{ "hammer-send", 3, false, step_hammer_send },
	{ "crowd-connect", 4, false, step_crowd_connect },
	{ NULL },
};

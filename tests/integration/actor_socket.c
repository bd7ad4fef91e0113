/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets: made, or received from somebody else; and the calls that take no address. A kind is
 * family, type and protocol under one name.
 */
#include "actor.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef AF_SMC
#define AF_SMC 43
#endif
#define HANDED_OVER 3 /* descriptor of the Unix socket through which the tests hand things over */

static const struct socket_kind {
	const char *name;
	int family, type, protocol;
} socket_kinds[] = {
	{ "tcp", AF_INET, SOCK_STREAM, 0 },
	{ "tcp6", AF_INET6, SOCK_STREAM, 0 },
	{ "udp", AF_INET, SOCK_DGRAM, 0 },
	{ "udp6", AF_INET6, SOCK_DGRAM, 0 },
	{ "udplite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
	{ "udplite6", AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE },
	{ "mptcp", AF_INET, SOCK_STREAM, IPPROTO_MPTCP },
	{ "mptcp6", AF_INET6, SOCK_STREAM, IPPROTO_MPTCP },
	{ "sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP },
	{ "sctp6", AF_INET6, SOCK_STREAM, IPPROTO_SCTP },
	{ "sctp-many", AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP },
	{ "raw", AF_INET, SOCK_RAW, IPPROTO_UDP },
	{ "raw6", AF_INET6, SOCK_RAW, IPPROTO_UDP },
	{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ "packet", AF_PACKET, SOCK_RAW, 0 },
	{ "vsock", AF_VSOCK, SOCK_STREAM, 0 },
	{ "key", AF_KEY, SOCK_RAW, 2 /* PF_KEY_V2 */ },
	{ "alg", AF_ALG, SOCK_SEQPACKET, 0 },
	{ "tipc", AF_TIPC, SOCK_RDM, 0 },
	{ "tcp-smc", AF_INET, SOCK_STREAM, 256 /* IPPROTO_SMC */ },
	{ "smc", AF_SMC, SOCK_STREAM, 0 },
	{ "rds", AF_RDS, SOCK_SEQPACKET, 0 },
	{ "dccp", AF_INET, SOCK_DCCP, IPPROTO_DCCP },
	{ "l2tp", AF_INET, SOCK_DGRAM, 115 /* IPPROTO_L2TP */ },
	{ "l2tp6", AF_INET6, SOCK_DGRAM, 115 },
	{ "xdp", 44 /* AF_XDP */, SOCK_RAW, 0 },
	{ "netlink", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ "unix", AF_UNIX, SOCK_STREAM, 0 },
};

int actor_socket(const char *kind)
{
	for (size_t i = 0; i < sizeof(socket_kinds) / sizeof(socket_kinds[0]); i++) {
		const struct socket_kind *found = &socket_kinds[i];
		int fd;

		if (strcmp(found->name, kind) != 0)
			continue;
		fd = socket(found->family, found->type | SOCK_CLOEXEC, found->protocol);
		return fd < 0 ? -errno : fd;
	}
	return -EINVAL;
}

static int step_socket(struct actor *actor, char **arguments)
{
	int fd = actor_socket(arguments[0]);

	if (fd < 0)
		return -fd;
	actor->socket = fd;
	return 0;
}

static int step_listen(struct actor *actor, char **arguments)
{
	(void)arguments;
	return listen(actor->socket, 4) ? errno : 0;
}

/* Two at a time: both were judged before. */
static int step_pair(struct actor *actor, char **arguments)
{
	int pair[2];

	(void)arguments;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errno;
	actor->socket = pair[0];
	return 0;
}

/* A refused descriptor is simply missing: EACCES stands for that. */
static int step_receive(struct actor *actor, char **arguments)
{
	char data, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;

	(void)arguments;
	if (recvmsg(HANDED_OVER, &message, 0) != 1)
		return errno ? errno : EPIPE;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_len < CMSG_LEN(sizeof(int)))
		return EACCES;
	memcpy(&actor->socket, CMSG_DATA(header), sizeof(int));
	return 0;
}

/* Taken out of another process: PID DESCRIPTOR. */
static int step_take(struct actor *actor, char **arguments)
{
	int process = (int)syscall(SYS_pidfd_open, atoi(arguments[0]), 0);
	int fd = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, atoi(arguments[1]), 0);

	if (fd < 0)
		return errno;
	actor->socket = fd;
	return 0;
}

static int step_accept(struct actor *actor, char **arguments)
{
	int fd = accept4(actor->socket, NULL, NULL, SOCK_CLOEXEC);

	(void)arguments;
	if (fd < 0)
		return errno;
	actor->socket = fd;
	return 0;
}

/* Give it this number, under which an executed program finds it. */
static int step_place(struct actor *actor, char **arguments)
{
	int number = atoi(arguments[0]);

	if (dup2(actor->socket, number) < 0)
		return errno;
	actor->socket = number;
	return 0;
}

/* The one that was left under this number. */
static int step_find(struct actor *actor, char **arguments)
{
	actor->socket = atoi(arguments[0]);
	return 0;
}

/* Share a port with whoever holds it and allows that. */
static int step_reuse_port(struct actor *actor, char **arguments)
{
	int one = 1;

	(void)arguments;
	return setsockopt(actor->socket, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) ? errno : 0;
}

/* Where it sends and receives. */
static int step_interface(struct actor *actor, char **arguments)
{
	return setsockopt(actor->socket, SOL_SOCKET, SO_BINDTODEVICE, arguments[0],
			  (socklen_t)strlen(arguments[0]))
		       ? errno
		       : 0;
}

/* Where it sends what is not connected. */
static int step_interface_for_datagrams(struct actor *actor, char **arguments)
{
	uint32_t number = htonl(if_nametoindex(arguments[0]));

	return setsockopt(actor->socket, IPPROTO_IP, IP_UNICAST_IF, &number, sizeof(number)) ? errno
											     : 0;
}

const struct actor_step socket_steps[] = {
	{ "socket", 1, false, step_socket },
	{ "listen", 0, false, step_listen },
	{ "pair", 0, false, step_pair },
	{ "receive", 0, false, step_receive },
	{ "take", 2, false, step_take },
	{ "accept", 0, false, step_accept },
	{ "place", 1, false, step_place },
	{ "find", 1, false, step_find },
	{ "reuse-port", 0, false, step_reuse_port },
	{ "interface", 1, false, step_interface },
	{ "interface-for-datagrams", 1, false, step_interface_for_datagrams },
	{ NULL },
};

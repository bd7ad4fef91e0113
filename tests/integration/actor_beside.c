/* SPDX-License-Identifier: GPL-2.0-only */
/* What goes beside the address: options of a socket, and control data of a message. */
#include "actor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Of <linux/in6.h>, which cannot be had beside <netinet/in.h>; and of <netinet/sctp.h>. */
#define IPV6_2292PKTOPTIONS_OPTION 6
#define IPV6_2292RTHDR_CONTROL 5
#define IPV6_FLOWLABEL_MGR_OPTION 32
#define SCTP_DSTADDRV4_CONTROL 7
#define SCTP_SOCKOPT_CONNECTX_OLD 107
#define SCTP_SOCKOPT_CONNECTX3 111

/* One control message, and room for another before it. */
struct controls {
	char data[512] __attribute__((aligned(sizeof(size_t))));
	size_t length;
};

static void controls_add(struct controls *controls, int level, int type, const void *data,
			 size_t size)
{
	struct cmsghdr *header = (struct cmsghdr *)(controls->data + controls->length);

	header->cmsg_level = level;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(header), data, size);
	controls->length += CMSG_SPACE(size);
}

static int send_beside(struct actor *actor, const char *to, struct controls *controls)
{
	struct sockaddr_storage address;
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = controls->data,
				  .msg_controllen = controls->length };

	/* "-": whom the socket is connected to. */
	if (strcmp(to, "-") != 0) {
		message.msg_name = &address;
		message.msg_namelen = actor_address(to, &address);
	}
	return sendmsg(actor->socket, &message, MSG_NOSIGNAL) == 1 ? 0 : errno;
}

/* ------------------------------------------------------------------ IPv4 */

/* A loose source route over one hop. */
static void route_make(const char *hop, unsigned char route[8])
{
	unsigned char start[4] = { IPOPT_NOP, IPOPT_LSRR, 7, 4 };

	memcpy(route, start, sizeof(start));
	if (inet_pton(AF_INET, hop, route + 4) != 1)
		exit(2);
}

static int step_source_route(struct actor *actor, char **arguments)
{
	unsigned char route[8];

	route_make(arguments[0], route);
	return setsockopt(actor->socket, IPPROTO_IP, IP_OPTIONS, route, sizeof(route)) ? errno : 0;
}

/* HOP PEER: the same for one message; behind other control data, which is harmless. */
static int step_send_routed(struct actor *actor, char **arguments)
{
	struct controls controls = { .length = 0 };
	unsigned char route[8];
	int ttl = 64;

	route_make(arguments[0], route);
	controls_add(&controls, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	controls_add(&controls, IPPROTO_IP, IP_RETOPTS, route, sizeof(route));
	return send_beside(actor, arguments[1], &controls);
}

/* HOP PEER: two messages at once, the second with a source route. */
static int step_send_routed_second(struct actor *actor, char **arguments)
{
	struct controls controls = { .length = 0 };
	unsigned char route[8];
	struct sockaddr_storage address;
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr message = { .msg_name = &address,
				  .msg_namelen = actor_address(arguments[1], &address),
				  .msg_iov = &part,
				  .msg_iovlen = 1 };
	struct mmsghdr messages[2] = { { .msg_hdr = message }, { .msg_hdr = message } };
	int sent;

	route_make(arguments[0], route);
	controls_add(&controls, IPPROTO_IP, IP_RETOPTS, route, sizeof(route));
	messages[1].msg_hdr.msg_control = controls.data;
	messages[1].msg_hdr.msg_controllen = controls.length;
	sent = sendmmsg(actor->socket, messages, 2, MSG_NOSIGNAL);
	/* Of an error after the first one nothing is said. */
	return sent == 2 ? 0 : sent < 0 ? errno : EACCES;
}

/* SOURCE PEER: which address the message says it comes from. */
static int step_send_from(struct actor *actor, char **arguments)
{
	struct controls controls = { .length = 0 };
	struct in_pktinfo from = { .ipi_ifindex = 0 };

	if (inet_pton(AF_INET, arguments[0], &from.ipi_spec_dst) != 1)
		return EINVAL;
	controls_add(&controls, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
	return send_beside(actor, arguments[1], &controls);
}

/* INTERFACE PEER: by which interface the message is to go. */
static int step_send_by_interface(struct actor *actor, char **arguments)
{
	struct controls controls = { .length = 0 };
	struct in_pktinfo by = { .ipi_ifindex = (int)if_nametoindex(arguments[0]) };

	controls_add(&controls, IPPROTO_IP, IP_PKTINFO, &by, sizeof(by));
	return send_beside(actor, arguments[1], &controls);
}

/* ------------------------------------------------------------------ IPv6 */

/* Type 2 is for mobile hosts; type 4 are segments, the last to be visited first. Each has one address at
 * least, and goes there. */
struct routing_header {
	unsigned char next, length, type, left;
	unsigned char last, flags;
	unsigned short tag;
	struct in6_addr addresses[2];
};

static size_t routing_make(const char *hop, unsigned char type, struct routing_header *ret)
{
	bool segments = type == 4;

	*ret = (struct routing_header){
		.type = type, .length = segments ? 4 : 2, .left = 1, .last = segments
	};
	ret->addresses[0] = in6addr_loopback;
	if (inet_pton(AF_INET6, hop, &ret->addresses[segments]) != 1)
		exit(2);
	return 8 + (segments ? 32 : 16);
}

/* TYPE HOP */
static int step_routing_header(struct actor *actor, char **arguments)
{
	struct routing_header header;
	size_t size = routing_make(arguments[1], (unsigned char)atoi(arguments[0]), &header);

	return setsockopt(actor->socket, IPPROTO_IPV6, IPV6_RTHDR, &header, (socklen_t)size) ? errno
											     : 0;
}

/* As control data that stays. */
static int step_packet_options(struct actor *actor, char **arguments)
{
	struct controls controls = { .length = 0 };
	struct routing_header header;
	size_t size = routing_make(arguments[0], 2, &header);

	controls_add(&controls, IPPROTO_IPV6, IPV6_2292RTHDR_CONTROL, &header, size);
	return setsockopt(actor->socket, IPPROTO_IPV6, IPV6_2292PKTOPTIONS_OPTION, controls.data,
			  (socklen_t)controls.length)
		       ? errno
		       : 0;
}

/* HOP: a flow label that has a routing header. */
static int step_flow_label(struct actor *actor, char **arguments)
{
	struct {
		struct in6_addr to;
		uint32_t label;
		unsigned char action, share;
		unsigned short flags, expires, linger;
		uint32_t padding;
		struct controls controls;
	} question = { .to = in6addr_loopback, .share = 1 /* IPV6_FL_S_EXCL */ };
	struct routing_header header;
	size_t size = routing_make(arguments[0], 2, &header);

	question.flags = 1; /* IPV6_FL_F_CREATE */
	controls_add(&question.controls, IPPROTO_IPV6, IPV6_2292RTHDR_CONTROL, &header, size);
	return setsockopt(
		       actor->socket, IPPROTO_IPV6, IPV6_FLOWLABEL_MGR_OPTION, &question,
		       (socklen_t)(offsetof(typeof(question), controls) + question.controls.length))
		       ? errno
		       : 0;
}

static int send_routed6(struct actor *actor, char **arguments, int type)
{
	struct controls controls = { .length = 0 };
	struct routing_header header;
	size_t size = routing_make(arguments[0], 2, &header);

	controls_add(&controls, IPPROTO_IPV6, type, &header, size);
	return send_beside(actor, arguments[1], &controls);
}

/* HOP PEER */
static int step_send_routed6(struct actor *actor, char **arguments)
{
	return send_routed6(actor, arguments, IPV6_RTHDR);
}

static int step_send_routed6_old(struct actor *actor, char **arguments)
{
	return send_routed6(actor, arguments, IPV6_2292RTHDR_CONTROL);
}

/* ------------------------------------------------------------------ SCTP */

/* PEER ADDRESS: a message to a new peer, of which that is another address. */
static int step_send_also(struct actor *actor, char **arguments)
{
	struct controls controls = { .length = 0 };
	struct in_addr also;

	if (inet_pton(AF_INET, arguments[1], &also) != 1)
		return EINVAL;
	controls_add(&controls, IPPROTO_SCTP, SCTP_DSTADDRV4_CONTROL, &also, sizeof(also));
	return send_beside(actor, arguments[0], &controls);
}

static int step_connectx_old(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	socklen_t length = actor_address(arguments[0], &address);

	return setsockopt(actor->socket, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX_OLD, &address,
			  length) < 0
		       ? errno
		       : 0;
}

/* Asked for what it is a question for. */
static int step_connectx_asked(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	struct {
		int association, count;
		struct sockaddr *addresses;
	} question = { .count = (int)actor_address(arguments[0], &address),
		       .addresses = (struct sockaddr *)&address };
	socklen_t length = sizeof(question);

	return getsockopt(actor->socket, IPPROTO_SCTP, SCTP_SOCKOPT_CONNECTX3, &question, &length) <
			       0
		       ? errno
		       : 0;
}

const struct actor_step beside_steps[] = {
	{ "source-route", 1, false, step_source_route },
	{ "send-routed", 2, false, step_send_routed },
	{ "send-routed-second", 2, false, step_send_routed_second },
	{ "send-from", 2, false, step_send_from },
	{ "send-by-interface", 2, false, step_send_by_interface },
	{ "routing-header", 2, false, step_routing_header },
	{ "packet-options", 1, false, step_packet_options },
	{ "flow-label", 1, false, step_flow_label },
	{ "send-routed6", 2, false, step_send_routed6 },
	{ "send-routed6-old", 2, false, step_send_routed6_old },
	{ "send-also", 2, false, step_send_also },
	{ "connectx-old", 1, false, step_connectx_old },
	{ "connectx-asked", 1, false, step_connectx_asked },
	{ NULL },
};

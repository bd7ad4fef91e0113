/* SPDX-License-Identifier: GPL-2.0-only */
/* The judging of sockets: made, connected, sent from, bound, listened on; SCTP's lists; cgroup's hooks. */
#ifndef CW_SOCKET_BPF_H
#define CW_SOCKET_BPF_H

#include "judge.bpf.h"

#define MSG_FASTOPEN 0x20000000

/* SCTP's options as sctp_bind_connect names them. Those that peers' packets cause are left out: no
 * process acts there. */
#define SCTP_SOCKOPT_BINDX_ADD 100
#define SCTP_SOCKOPT_CONNECTX 110
#define SCTP_SENDMSG_CONNECT 126
#define SCTP_ADDRESSES_MAX 16

/* What the cgroup backend cannot see afterwards it must judge when the socket is made. */
static __always_inline bool unseen_by_cgroup(__u32 type, __u32 protocol)
{
	return type == SOCK_RAW ||
	       (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_MPTCP);
}

/* May the instance have a socket of this kind at all? */
static __always_inline struct cw_decision socket_decide(const struct hook *hook,
							struct cw_request *request, __u32 family,
							__u32 type, __u32 protocol)
{
	hook_request(hook, request);
	request->family = family < CW_FAMILIES_MAX ? family : CW_FAMILIES_MAX;
	request->socket_type = type;
	request->protocol = family_is_inet(family) ? socket_protocol(protocol) : CW_PROTOCOL_OTHER;
	/* A "ping" socket sends raw ICMP in all but name. */
	if (family_is_inet(family) && type == SOCK_DGRAM &&
	    (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6))
		request->socket_type = SOCK_RAW;
	return cw_decide_socket(&hook->pages, request);
}

static __always_inline int settle_socket(__u32 family, __u32 type, __u32 protocol, __u8 backend)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_SOCKET };
	struct cw_request *request = &judgement.request;

	if (!hook_open(&hook, CW_OPERATION_SOCKET, CW_CLASS_SOCKETS))
		return 0;
	judgement.decision = socket_decide(&hook, request, family, type, protocol);
	if (backend == CW_BACKEND_CGROUP && request->instance < CW_INSTANCES_MAX &&
	    unseen_by_cgroup(type, protocol))
		judgement.decision = cw_decide_unseen(&hook.pages, request, judgement.decision);
	judgement.socket_protocol = protocol;
	judgement.backend = backend;
	return settle(&hook, &judgement, CW_EFFECT_REFUSED);
}

/* What the rules say of a request whose port and address are set. False where it needs a page that is not there. */
static __always_inline bool network_decide(struct hook *hook, struct judgement *judgement,
					   __u32 protocol)
{
	struct cw_request *request = &judgement->request;
	__u32 zero = hook->pages.head->zero;
	__u32 judged = socket_protocol(protocol) | zero;
	__u32 own = protocol | zero;
	__u32 port = request->port | zero;

	/* Here, and not where they are used: else the branches that led here would be walked on apart. */
	cw_opaque(judged);
	cw_opaque(own);
	cw_opaque(port);
	request->protocol = judged;
	request->port = port;
	judgement->socket_protocol = own;
	hook_request(hook, request);
	return hook_decide(hook, judgement,
			   request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND
								   : CW_CLASS_CONNECT);
}

/* All operations on one address end here. */
static __always_inline int settle_network(struct hook *hook, struct judgement *judgement,
					  __u32 protocol, __u8 backend, __u32 refusal)
{
	if (!network_decide(hook, judgement, protocol))
		return 0;
	judgement->backend = backend;
	return settle(hook, judgement, refusal);
}

static __always_inline __u32 class_of(__u32 operation)
{
	return operation == CW_OPERATION_BIND || operation == CW_OPERATION_LISTEN
		       ? CW_CLASS_BIND
		       : CW_CLASS_CONNECT;
}

static __always_inline __u32 direction_of(__u32 operation)
{
	return operation == CW_OPERATION_BIND || operation == CW_OPERATION_LISTEN
		       ? CW_DIRECTION_BIND
		       : CW_DIRECTION_CONNECT;
}

/* This host, whatever the caller called it. */
static __always_inline void request_this_host(const struct hook *hook, struct cw_request *request,
					      __u64 sock, __u32 how, __u32 source)
{
	__u32 zero = hook->pages.head->zero;

	how |= request->family == AF_INET6 ? THIS_HOST_V6 : 0;
	cw_address_of_this_host(request, address_this_host(sock, how, source));
	cw_widen(request->family, zero);
	cw_widen(request->high, zero);
	cw_widen(request->low, zero);
}

#define SETTLE_ASK 1 /* an answer: nothing was judged, the socket must be given */

/*
 * connect, bind, send: a socket and the address that the caller passed, already in kernel memory. An address can say so
 * little that the socket must be asked, which costs: it is `socket`, or, where that is NULL, the sock that has this
 * number; 0: see SETTLE_ASK. controls: THIS_HOST_CONTROLS, or 0.
 */
static __always_inline int settle_address(__u32 operation, const struct socket_facts *facts,
					  const struct socket *socket, __u64 sock, __u32 controls,
					  const void *address, int length)
{
	struct judgement judgement = { .request.operation = operation,
				       .request.direction = direction_of(operation) };
	struct hook hook = {};

	if (!family_is_inet(facts->family))
		return 0;
	if (!hook_open(&hook, operation, class_of(operation)))
		return 0;
	switch (socket_address(address, length, operation, facts, sock, &judgement.request)) {
	case ADDRESS_FOUND:
		break;
	case ADDRESS_ASK:
		return SETTLE_ASK;
	case ADDRESS_BAD:
		fault(CW_FAULT_BAD_ADDRESS);
		turn_note(operation);
		return 0;
	default:
		return 0;
	}
	if (direction_of(operation) == CW_DIRECTION_CONNECT &&
	    cw_rarely(cw_address_unspecified(&judgement.request))) {
		if (socket)
			bpf_core_read(&sock, sizeof(sock), &socket->sk);
		else if (!sock)
			return SETTLE_ASK;
		request_this_host(&hook, &judgement.request, sock, controls, 0);
	}
	hook_address(&hook, &judgement.request);
	if (!socket_has_ports(facts->type, facts->protocol))
		judgement.request.port = 0;
	return settle_network(&hook, &judgement, facts->protocol, attached_backend,
			      CW_EFFECT_REFUSED);
}

static __always_inline int settle_socket_address(__u32 operation, struct socket *socket,
						 const void *address, int length)
{
	struct sock *sock = socket->sk;

	if (!sock) {
		fault(CW_FAULT_NO_SOCKET);
		return 0;
	} else {
		struct socket_facts facts = socket_facts_read(CW_PLAIN, sock);

		socket_facts_speak(&facts);
		return settle_address(operation, &facts, socket, 0, 0, address, length);
	}
}

/* A global function: the verifier walks it once and not once an address of a list, and its stack is not its
 * caller's. It takes only numbers, and what it answers may be any number to the verifier. facts: family, the
 * socket's type shifted by 8, its protocol by 16, whether there is control data by 31; sock: 0, or whose it is. */
__attribute__((noinline)) int settle_named(__u32 facts, __u32 operation, __u64 address, int length,
					   __u64 sock)
{
	struct socket_facts socket = { .family = facts & 0xff,
				       .type = facts >> 8 & 0xff,
				       .protocol = facts >> 16 & 0x7fff };

	return settle_address(operation, &socket, NULL, sock, facts >> 31 ? THIS_HOST_CONTROLS : 0,
			      (const void *)address, length);
}

static __always_inline int settle_send(struct socket *socket, struct msghdr *message)
{
	struct sock *sock;

	if (!hook_asked(CW_OPERATION_SEND, CW_CLASS_CONNECT))
		return 0;
	sock = socket->sk;
	if (!sock) {
		return 0;
	} else {
		struct socket_facts facts = socket_facts_read(CW_PLAIN, sock);
		__u32 protocol, packed;
		int r;

		if (facts.family == AF_SMC)
			socket_facts_speak(&facts);
		protocol = socket_protocol(facts.protocol);
		/* MPTCP also when a connection that waited for its first write was given up. */
		if (protocol == CW_PROTOCOL_TCP && !(message->msg_flags & MSG_FASTOPEN) &&
		    facts.protocol != IPPROTO_MPTCP)
			return 0;
		if (protocol == CW_PROTOCOL_SCTP)
			return 0; /* a new peer goes through sctp_bind_connect, an old one was judged */
		packed = facts.family | facts.type << 8 | facts.protocol << 16 |
			 (__u32) !!message->msg_controllen << 31;
		r = settle_named(packed, CW_OPERATION_SEND, kernel_void_number(message->msg_name),
				 message->msg_namelen, 0);
		if (cw_rarely(r == SETTLE_ASK))
			r = settle_named(
				packed, CW_OPERATION_SEND, kernel_void_number(message->msg_name),
				message->msg_namelen, kernel_pointer_number(sock, &socket->sk));
		return r ? -EACCES : 0;
	}
}

/* The local end of a socket. A port that the kernel chose counts as such, whatever its number. */
static __always_inline void request_local(int how, struct cw_request *request, struct sock *sock)
{
	request->port = 0;
	/* SCTP's bind does not note how it got its port: it counts as asked for. */
	if (BPF_CORE_READ_BITFIELD_PROBED(kernel_bound_sock(sock), sk_userlocks) &
		    SOCK_BINDPORT_LOCK ||
	    cw_read(how, sock, sk_protocol) == IPPROTO_SCTP)
		request->port = cw_read(how, sock, __sk_common.skc_num);
	if (cw_read(how, sock, __sk_common.skc_family) == AF_INET) {
		cw_address_v4(request, bpf_ntohl(cw_read(how, sock, __sk_common.skc_rcv_saddr)));
		return;
	}
	cw_address_v6(request,
		      (__u64)bpf_ntohl(
			      cw_read(how, sock, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0]))
				      << 32 |
			      bpf_ntohl(cw_read(how, sock,
						__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1])),
		      (__u64)bpf_ntohl(
			      cw_read(how, sock, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2]))
				      << 32 |
			      bpf_ntohl(cw_read(how, sock,
						__sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3])));
}

static __always_inline int settle_listen_as(struct sock *sock, __u8 backend, __u32 refusal)
{
	struct judgement judgement = { .request.operation = CW_OPERATION_LISTEN,
				       .request.direction = CW_DIRECTION_BIND };
	struct hook hook = {};

	if (!sock) {
		return 0;
	} else {
		struct socket_facts facts = socket_facts_read(CW_PLAIN, sock);
		struct sock *spoken = NULL;

		socket_facts_speak(&facts);
		if (!family_is_inet(facts.family))
			return 0;
		if (!hook_open(&hook, CW_OPERATION_LISTEN, CW_CLASS_BIND))
			return 0;
		if (facts.protocol == IPPROTO_SMC)
			spoken = kernel_smc_spoken(sock);
		if (spoken)
			request_local(CW_PROBE, &judgement.request, spoken);
		else
			request_local(CW_PLAIN, &judgement.request, sock);
		hook_address(&hook, &judgement.request);
		return settle_network(&hook, &judgement, facts.protocol, backend, refusal);
	}
}

static __always_inline int settle_listen(struct sock *sock)
{
	return settle_listen_as(sock, attached_backend, CW_EFFECT_REFUSED);
}

static __always_inline void settle_listen_by_kill(struct sock *sock)
{
	if (settle_listen_as(sock, CW_BACKEND_CGROUP, CW_EFFECT_KILLED))
		kill_current();
}

/* ------------------------------------------------------------------ SCTP */

/* arguments: the hook's own, from which socket and address are read as numbers. */
static __always_inline int settle_sctp(const void *arguments, struct sock *sock, int option,
				       int length)
{
	__u32 operation = option == SCTP_SOCKOPT_BINDX_ADD  ? CW_OPERATION_BIND
			  : option == SCTP_SOCKOPT_CONNECTX ? CW_OPERATION_CONNECT
							    : CW_OPERATION_SEND;
	__u32 facts = sock->__sk_common.skc_family | (__u32)sock->sk_type << 8 | IPPROTO_SCTP << 16;
	__u64 address = 0, number = 0;

	if (option != SCTP_SOCKOPT_BINDX_ADD && option != SCTP_SOCKOPT_CONNECTX &&
	    option != SCTP_SENDMSG_CONNECT)
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number), arguments);
	bpf_probe_read_kernel(&address, sizeof(address), arguments + 2 * sizeof(__u64));
#pragma clang loop unroll(disable)
	for (int i = 0; i < SCTP_ADDRESSES_MAX; i++) {
		__u16 family = 0;
		int size;

		if (length <= 0)
			return 0;
		bpf_probe_read_kernel(&family, sizeof(family), (void *)address);
		size = family == AF_INET6 ? 28 : 16;
		if (settle_named(facts, operation, address, size, number))
			return -EACCES;
		address += size;
		length -= size;
	}
	/* More addresses than anybody has: of the governed, what was not looked at is not let through. */
	if (length <= 0 || !subject_current(bpf_get_current_pid_tgid()))
		return 0;
	fault(CW_FAULT_BAD_ADDRESS);
	return -EACCES;
}

/* ------------------------------------------------------------------ cgroup */

static __always_inline int settle_cgroup(struct hook *hook, struct judgement *judgement,
					 struct bpf_sock_addr *context, __u32 source)
{
	struct cw_request *request = &judgement->request;

	if (request->direction == CW_DIRECTION_CONNECT &&
	    cw_rarely(cw_address_unspecified(request))) {
		struct bpf_sock *sock = context->sk;
		__u64 number = 0;

		bpf_probe_read_kernel(&number, sizeof(number), &sock);
		request_this_host(hook, request, number, 0, source);
	}
	judgement->request.port = bpf_ntohs((__u16)context->user_port);
	if (!socket_has_ports(context->type, context->protocol))
		judgement->request.port = 0;
	return settle_network(hook, judgement, context->protocol, CW_BACKEND_CGROUP,
			      CW_EFFECT_REFUSED);
}

/* A datagram with control data on a connected socket: the kernel asks, without an address. Whom it goes to was judged
 * when it was connected, and a port of 0 cannot be named. */
static __always_inline bool names_nobody(__u32 operation, const struct bpf_sock_addr *context)
{
	return operation == CW_OPERATION_SEND && !context->user_port;
}

static __always_inline int settle_cgroup_v4(__u32 operation, struct bpf_sock_addr *context)
{
	struct judgement judgement = { .request.operation = operation,
				       .request.direction = direction_of(operation) };
	struct hook hook = {};

	if (names_nobody(operation, context) || !hook_open(&hook, operation, class_of(operation)))
		return 0;
	cw_address_v4(&judgement.request, bpf_ntohl(context->user_ip4));
	return settle_cgroup(&hook, &judgement, context,
			     operation == CW_OPERATION_SEND ? bpf_ntohl(context->msg_src_ip4) : 0);
}

static __always_inline int settle_cgroup_v6(__u32 operation, struct bpf_sock_addr *context)
{
	struct judgement judgement = { .request.operation = operation,
				       .request.direction = direction_of(operation) };
	struct hook hook = {};

	if (names_nobody(operation, context) || !hook_open(&hook, operation, class_of(operation)))
		return 0;
	cw_address_v6(
		&judgement.request,
		(__u64)bpf_ntohl(context->user_ip6[0]) << 32 | bpf_ntohl(context->user_ip6[1]),
		(__u64)bpf_ntohl(context->user_ip6[2]) << 32 | bpf_ntohl(context->user_ip6[3]));
	return settle_cgroup(&hook, &judgement, context, 0);
}

#endif

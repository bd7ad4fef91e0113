/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process may say beside the address, and which then decides who is reached: as an option of the socket,
 * or as control data of one message.
 *
 *   routes   IP source routes, IPv6 routing headers: the packet goes to whom they name first, and the address
 *            that was judged is but what it tells him. Whoever can say that can speak to anybody, as with a raw
 *            socket, and it is judged as one
 *   becomes  TCP_ULP makes of a TCP socket that is not connected one of another family, SMC's: it is judged as that.
 *            (Of one that is connected it makes one that encrypts, which is nobody's business; the kernel does not
 *            encrypt before, and here the name of what it is to become is not seen)
 *   peers    SCTP takes further addresses for a new peer. Nobody is known to do that: they are not looked at,
 *            so what a governed process does there is undecided
 */
#ifndef CW_BESIDE_BPF_H
#define CW_BESIDE_BPF_H

#include "socket.bpf.h"

#define SOL_IP 0
#define IP_OPTIONS 4
#define IP_RETOPTS 7
#define SOL_IPV6 41
#define IPV6_2292RTHDR 5
#define IPV6_2292PKTOPTIONS 6 /* control data, kept for all messages */
#define IPV6_FLOWLABEL_MGR 32 /* a label may have a routing header of its own */
#define IPV6_RTHDR 57
#define SOL_TCP 6
#define TCP_ULP 31
#define SOL_SCTP 132
#define SCTP_DSTADDRV4 7
#define SCTP_DSTADDRV6 8
#define CONTROLS_MAX 16 /* more in one message nobody sends */

enum beside {
	BESIDE_NOTHING,
	BESIDE_ROUTE,
	BESIDE_BECOMES,
	BESIDE_PEERS,
};

struct control {
	__u64 length;
	__s32 level;
	__s32 type;
};

static __always_inline enum beside option_says(int level, int name)
{
	if ((level == SOL_IP && name == IP_OPTIONS) ||
	    (level == SOL_IPV6 &&
	     (name == IPV6_RTHDR || name == IPV6_2292PKTOPTIONS || name == IPV6_FLOWLABEL_MGR)))
		return BESIDE_ROUTE;
	return level == SOL_TCP && name == TCP_ULP ? BESIDE_BECOMES : BESIDE_NOTHING;
}

static __always_inline enum beside control_says(const struct control *control)
{
	if ((control->level == SOL_IP && control->type == IP_RETOPTS) ||
	    (control->level == SOL_IPV6 &&
	     (control->type == IPV6_RTHDR || control->type == IPV6_2292RTHDR)))
		return BESIDE_ROUTE;
	if (control->level == SOL_SCTP &&
	    (control->type == SCTP_DSTADDRV4 || control->type == SCTP_DSTADDRV6))
		return BESIDE_PEERS;
	return BESIDE_NOTHING;
}

/* Of the control data of a message, which the kernel has copied by now: enum beside. A global function, so that
 * the verifier walks its loop once. */
__attribute__((noinline)) int controls_say(__u64 at, __u64 length)
{
#pragma clang loop unroll(disable)
	for (int i = 0; i < CONTROLS_MAX; i++) {
		struct control control = {};
		enum beside said;
		__u64 size;

		if (length < sizeof(control) ||
		    bpf_probe_read_kernel(&control, sizeof(control), (void *)at))
			return BESIDE_NOTHING;
		said = control_says(&control);
		if (said)
			return said;
		size = (control.length + 7) & ~7ull;
		if (size < sizeof(control) || size > length)
			return BESIDE_NOTHING; /* the kernel refuses it, or it was the last */
		at += size;
		length -= size;
	}
	return BESIDE_PEERS;
}

/* facts: family, and the protocol shifted by 8. */
__attribute__((noinline)) int settle_beside(__u32 facts, __u32 said)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = said == BESIDE_PEERS
								    ? CW_OPERATION_SEND
								    : CW_OPERATION_SOCKET };
	struct cw_request *request = &judgement.request;

	if (!hook_open(&hook, request->operation, CW_CLASS_SOCKETS) || !hook.subject)
		return 0;
	if (said == BESIDE_BECOMES)
		judgement.decision = socket_decide(&hook, request, AF_SMC, SOCK_STREAM, 0);
	else
		judgement.decision = socket_decide(&hook, request, facts & 0xff, SOCK_RAW,
						   facts >> 8);
	if (said == BESIDE_PEERS)
		judgement.decision = cw_decide_undecided(&hook.pages, request, CW_CLASS_CONNECT);
	judgement.socket_protocol = facts >> 8;
	judgement.backend = attached_backend;
	return settle(&hook, &judgement, CW_EFFECT_REFUSED);
}

static __always_inline int settle_beside_of(struct sock *sock, __u32 said)
{
	if (!sock || !family_is_inet(sock->__sk_common.skc_family))
		return 0;
	return settle_beside(sock->__sk_common.skc_family | (__u32)sock->sk_protocol << 8, said)
		       ? -EACCES
		       : 0;
}

static __always_inline int settle_option(struct socket *socket, int level, int name)
{
	enum beside said = option_says(level, name);
	struct sock *sock = socket->sk;

	if (!said ||
	    (said == BESIDE_BECOMES && (!sock || sock->__sk_common.skc_state == TCP_ESTABLISHED)))
		return 0;
	return settle_beside_of(sock, said);
}

/* Nobody's but a governed process's is looked at. */
static __always_inline int settle_controls(struct socket *socket, struct msghdr *message)
{
	__u64 at;
	int said;

	if (!message->msg_controllen || !subject_current(bpf_get_current_pid_tgid()))
		return 0;
	at = 0;
	bpf_core_read(&at, sizeof(at), &message->msg_control); /* as settle_send() */
	said = controls_say(at, message->msg_controllen);
	return said ? settle_beside_of(socket->sk, said) : 0;
}

#endif

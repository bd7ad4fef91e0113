/* SPDX-License-Identifier: GPL-2.0-only */
/* The judging of sockets that another process made. */
#ifndef CW_RECEIVED_BPF_H
#define CW_RECEIVED_BPF_H

#include "socket.bpf.h"

#define S_IFMT 0170000
#define S_IFSOCK 0140000

static __always_inline void request_peer(struct cw_request *request, struct sock *sock)
{
	request->port = bpf_ntohs(BPF_CORE_READ(sock, __sk_common.skc_dport));
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == AF_INET) {
		cw_address_v4(request, bpf_ntohl(BPF_CORE_READ(sock, __sk_common.skc_daddr)));
		return;
	}
	cw_address_v6(
		request,
		(__u64)bpf_ntohl(BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr32[0]))
				<< 32 |
			bpf_ntohl(BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr32[1])),
		(__u64)bpf_ntohl(BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]))
				<< 32 |
			bpf_ntohl(
				BPF_CORE_READ(sock, __sk_common.skc_v6_daddr.in6_u.u6_addr32[3])));
}

/*
 * What the receiver's rules say of an address, a struct cw_decision as a number; 0 where they say nothing. A global
 * function, so that the verifier walks it once for where a socket is bound and for where it is connected. where: the
 * port, the family shifted by 16, an enum cw_direction by 24.
 */
__attribute__((noinline)) __u64 received_decides(__u32 where, __u32 protocol, __u64 high, __u64 low)
{
	struct judgement judgement = { .request = { .operation = CW_OPERATION_RECEIVE,
						    .port = where & 0xffff,
						    .family = where >> 16 & 0xff,
						    .direction = where >> 24,
						    .high = high,
						    .low = low } };
	struct hook hook = {};
	__u64 packed = 0;

	if (hook_open(&hook, CW_OPERATION_RECEIVE, CW_CLASS_BIND) &&
	    network_decide(&hook, &judgement, protocol))
		__builtin_memcpy(&packed, &judgement.decision, sizeof(packed));
	return packed;
}

/* False where they say nothing. */
static __always_inline bool received_address(struct judgement *judgement, __u32 protocol)
{
	struct cw_request *request = &judgement->request;
	__u64 packed = received_decides((__u32)request->direction << 24 |
						(__u32)request->family << 16 | request->port,
					protocol, request->high, request->low);

	__builtin_memcpy(&judgement->decision, &packed, sizeof(packed));
	return packed;
}

/* What its addresses say. False where that is nothing: it has none, or they are not looked at. */
static __always_inline bool received_decide(struct judgement *judgement, struct sock *sock,
					    __u32 protocol)
{
	struct cw_request *request = &judgement->request;
	__u32 local = BPF_CORE_READ(sock, __sk_common.skc_num);
	bool connected = BPF_CORE_READ(sock, __sk_common.skc_state) != TCP_LISTEN &&
			 BPF_CORE_READ(sock, __sk_common.skc_dport);

	if (!local)
		return false; /* neither bound nor connected: its next call will be judged */
	request->protocol = socket_protocol(protocol);
	request_local(CW_PROBE, request, sock);
	/* Accepted sockets lose the lock that tells a chosen port. */
	if (connected)
		request->port = local;
	if (!received_address(judgement, protocol))
		return false;
	if (!connected || judgement->decision.verdict != CW_VERDICT_DENY)
		return true;
	request->direction = CW_DIRECTION_CONNECT;
	request_peer(request, sock);
	return received_address(judgement, protocol);
}

/*
 * A socket handed over by another process. What it is bound to or connected to must be what the
 * receiver might have bound or connected itself; an accepted connection is as good as the listener
 * that it came from.
 */
static __always_inline int settle_received(struct file *file, __u32 refusal)
{
	struct judgement judgement = { .request.operation = CW_OPERATION_RECEIVE,
				       .request.direction = CW_DIRECTION_BIND };
	struct hook hook = {};
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sock = BPF_CORE_READ(socket, sk);
	struct sock *spoken = sock;
	__u32 family, protocol, type;

	if (!sock)
		return 0;
	/* What others hand to each other is nobody's business. */
	if (!hook_open(&hook, CW_OPERATION_RECEIVE, CW_CLASS_BIND) || !hook.subject)
		return 0;
	family = BPF_CORE_READ(sock, __sk_common.skc_family);
	protocol = BPF_CORE_READ(sock, sk_protocol);
	type = BPF_CORE_READ(sock, sk_type);
	/* One that may not be made may not be had either. */
	judgement.decision = socket_decide(&hook, &judgement.request, family, type, protocol);
	if (family == AF_SMC || protocol == IPPROTO_SMC)
		spoken = kernel_smc_spoken(sock);
	/* Nor one that nobody sees any more. */
	if (attached_backend == CW_BACKEND_CGROUP && family_is_inet(family) &&
	    unseen_by_cgroup(type, protocol))
		spoken = NULL;
	if (!spoken)
		judgement.decision = cw_decide_unseen(&hook.pages, &judgement.request,
						      judgement.decision);
	if (spoken && judgement.decision.verdict == CW_VERDICT_ALLOW) {
		if (spoken != sock)
			protocol = IPPROTO_SMC;
		else if (!family_is_inet(family))
			return 0;
		if (!received_decide(&judgement, spoken, protocol))
			return 0;
	}
	judgement.socket_protocol = protocol;
	judgement.backend = attached_backend;
	return settle(&hook, &judgement, refusal);
}

static __always_inline int settle_receive(struct file *file)
{
	if ((file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return 0;
	return settle_received(file, CW_EFFECT_REFUSED);
}

#endif

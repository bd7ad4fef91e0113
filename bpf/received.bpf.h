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
	__u32 state, local, family, protocol;

	if (!sock)
		return 0;
	/* What others hand to each other is nobody's business. */
	if (!hook_open(&hook, CW_OPERATION_RECEIVE, CW_CLASS_BIND) || !hook.subject)
		return 0;
	family = BPF_CORE_READ(sock, __sk_common.skc_family);
	protocol = BPF_CORE_READ(sock, sk_protocol);
	/* One that may not be made may not be had either. */
	judgement.decision = socket_decide(&hook, &judgement.request, family,
					   BPF_CORE_READ(sock, sk_type), protocol);
	if (family == AF_SMC || protocol == IPPROTO_SMC) {
		spoken = kernel_smc_spoken(sock);
		if (!spoken)
			judgement.decision = cw_decide_unseen(&hook.pages, &judgement.request,
							      judgement.decision);
	}
	if (!spoken || judgement.decision.verdict != CW_VERDICT_ALLOW) {
		judgement.socket_protocol = protocol;
		judgement.backend = attached_backend;
		return settle(&hook, &judgement, refusal);
	}
	if (spoken != sock)
		protocol = IPPROTO_SMC;
	else if (!family_is_inet(family))
		return 0;
	sock = spoken;
	state = BPF_CORE_READ(sock, __sk_common.skc_state);
	local = BPF_CORE_READ(sock, __sk_common.skc_num);
	if (!local)
		return 0; /* neither bound nor connected: its next call will be judged */
	request_local(CW_PROBE, &judgement.request, sock);
	hook_address(&hook, &judgement.request);
	if (state != TCP_LISTEN && BPF_CORE_READ(sock, __sk_common.skc_dport)) {
		struct cw_request *request = &judgement.request;

		/* Accepted sockets lose the lock that tells a chosen port. */
		request->port = local;
		if (!hook_addresses(&hook))
			return 0;
		hook_request(&hook, request);
		request->protocol = socket_protocol(protocol);
		judgement.decision = cw_decide(&hook.pages, request);
		if (judgement.decision.verdict == CW_VERDICT_DENY) {
			request->direction = CW_DIRECTION_CONNECT;
			request_peer(request, sock);
			hook_address(&hook, request);
		}
	}
	return settle_network(&hook, &judgement, protocol, attached_backend, refusal);
}

static __always_inline int settle_receive(struct file *file)
{
	if ((file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return 0;
	return settle_received(file, CW_EFFECT_REFUSED);
}

#endif

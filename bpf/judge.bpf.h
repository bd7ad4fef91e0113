/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a hook's arguments to its answer: build the request, decide, settle. One settle_*() for each
 * kind of operation, used by every backend; each returns 0 (pass) or -EACCES (refuse).
 */
#ifndef CW_JUDGE_BPF_H
#define CW_JUDGE_BPF_H

#include <bpf/bpf_endian.h>

#include "decide.h"
#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "remember.h"
#include "object.bpf.h"
#include "record.bpf.h"
#include "subject.bpf.h"
#include "turn.bpf.h"

#define EACCES 13
#define SIGKILL 9
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_TYPE 15
#define MAP_PRIVATE 2
#define VM_WRITE 2
#define VM_EXEC 4
#define VM_SHARED 8
#define MSG_FASTOPEN 0x20000000
#define S_IFMT 0170000
#define S_IFSOCK 0140000

/* SCTP's options as sctp_bind_connect names them. Those that peers' packets cause are left out: no
 * process acts there. */
#define SCTP_SOCKOPT_BINDX_ADD 100
#define SCTP_SOCKOPT_CONNECTX 110
#define SCTP_SENDMSG_CONNECT 126
#define SCTP_ADDRESSES_MAX 16

/* Set by the loader before the programs are loaded. */
const volatile __u8 attached_backend = CW_BACKEND_LSM;

/* How many labels the iterator gave: it is run again until there are none to give. */
__u32 labels_given;

static __always_inline bool host_wants(__u32 operation)
{
	return control.wanted_host & (1u << operation);
}

static __always_inline bool somebody_wants(__u32 operation)
{
	return (control.wanted | control.wanted_host) & (1u << operation);
}

/* Nobody whom nobody governs needs to be judged where this is false. */
static __always_inline bool guarded(__u32 rule_class)
{
	return control.guarded & (1u << rule_class);
}

/* What every settle_*() starts from. */
struct hook {
	struct cw_pages pages;
	struct cw_remembered *remembered;
	struct cw_subject *subject;
	void *image;
};

/* The page that only the network needs. */
static __always_inline bool hook_addresses(struct hook *hook)
{
	const struct cw_page_addresses *page;
	__u32 number = CW_PAGE_ADDRESSES;

	page = bpf_map_lookup_elem(hook->image, &number);
	if (!page)
		return false;
	hook->pages.v4 = &page->v4;
	hook->pages.v6 = &page->v6;
	return true;
}

/*
 * Modes that were set for a time fall back by themselves, the daemon being dead or not: from the moment
 * on, the image before is the one that counts. A global function that answers nothing, so that the
 * verifier goes on from its end in one state.
 */
__attribute__((noinline)) int fall_back(void)
{
	if (bpf_ktime_get_boot_ns() >= fall_back_at)
		image_slot = CW_IMAGE_BEFORE;
	return 0;
}

/* The image that counts. False where there is none. */
static __always_inline bool hook_image(struct hook *hook)
{
	struct cw_page_main *page;
	__u32 zero = CW_PAGE_MAIN, slot;

	if (fall_back_at)
		fall_back();
	slot = image_slot;
	hook->image = bpf_map_lookup_elem(&images, &slot);
	if (!hook->image) {
		fault(CW_FAULT_NO_IMAGE);
		return false;
	}
	page = bpf_map_lookup_elem(hook->image, &zero);
	if (!page)
		return false;
	hook->pages.head = &page->head;
	hook->pages.ports = &page->ports;
	hook->pages.vectors = &page->vectors;
	hook->remembered = page->remembered;
	return true;
}

/*
 * False where nothing is to be judged: not governed, no guard of this class, and nobody listens to the
 * whole host. Most calls on a host end here, before they have looked at much.
 */
static __always_inline bool hook_open(struct hook *hook, __u32 operation, __u32 rule_class)
{
	bool asked;

	hook->subject = subject_current(bpf_get_current_pid_tgid());
	asked = hook->subject || host_wants(operation);
	if (!asked && !guarded(rule_class))
		return false;
	return hook_image(hook) && (asked || hook->pages.head->guarded & (1u << rule_class));
}

static __always_inline void hook_request(const struct hook *hook, struct cw_request *request)
{
	const struct cw_subject *subject = hook->subject;

	__u32 zero = hook->pages.head->zero;

	request->instance = CW_INSTANCE_NONE;
	if (hook->pages.head->users_used)
		request->user = (__u32)current_ids();
	if (subject) {
		__u32 executable = subject->executable, script = subject->script;

		/* Else the compiler loads from the label or from the stack, whichever a pointer says. */
		cw_opaque(executable);
		cw_opaque(script);
		request->instance = subject->governed - CW_GOVERNED(0);
		request->executable = executable;
		request->script = script;
	}
	cw_widen(request->instance, zero);
	cw_widen(request->executable, zero);
	cw_widen(request->script, zero);
	cw_widen(request->user, zero);
}

/* Where branches found the address. A hook of one family alone does not need it, and then has no code
 * for the other one. */
static __always_inline void hook_address(const struct hook *hook, struct cw_request *request)
{
	__u32 zero = hook->pages.head->zero;

	cw_widen(request->family, zero);
	cw_widen(request->high, zero);
	cw_widen(request->low, zero);
}

/* decide(), or what it said before. False where it needs a page that is not there. */
static __always_inline bool hook_decide(struct hook *hook, struct judgement *judgement,
					__u32 rule_class)
{
	const struct cw_request *request = &judgement->request;
	struct cw_remembered_key key = cw_remembered_key(request, rule_class);
	struct cw_remembered *slot = cw_remembered_slot(hook->remembered, &key);

	if (!cw_remembered_find(slot, &key, request, rule_class, &judgement->decision)) {
		if (rule_class != CW_CLASS_EXEC && !hook_addresses(hook))
			return false;
		judgement->decision = cw_decide(&hook->pages, request);
		if (cw_remembered_worthy(request, &judgement->decision))
			cw_remembered_keep(slot, &key, &judgement->decision, bpf_get_prandom_u32());
	}
	judgement->decision = cw_decision_widen(judgement->decision, hook->pages.head->zero);
	return true;
}

/* Count, record, and say whether to refuse. refusal: the effect that a refusal has here. */
static __always_inline int settle(const struct hook *hook, const struct judgement *judgement,
				  __u32 refusal)
{
	const struct cw_decision *decision = &judgement->decision;
	__u32 operation = judgement->request.operation;
	struct cw_counter *counter;

	if (decision->verdict == CW_VERDICT_ALLOW) {
		/* Nobody's business: no rule, no guard. */
		if (decision->instance == CW_INSTANCE_NONE && !host_wants(operation))
			return 0;
		counter = counter_of(operation, CW_VERDICT_ALLOW);
		if (!counter)
			return 0;
		turn_note(operation);
		if (somebody_wants(operation))
			count(counter,
			      record_event(judgement, counter, hook->pages.head->generation));
		else
			count(counter, OUTCOME_UNWANTED);
		return 0;
	} else {
		__u8 effect = decision->verdict == CW_VERDICT_DENY &&
					      decision->mode == CW_MODE_ENFORCE
				      ? refusal
				      : CW_EFFECT_NONE;

		if (effect == CW_EFFECT_NONE)
			turn_note(operation);
		else if (turn_refused())
			effect = CW_EFFECT_KILLED;
		/* The self-test's own are none of the host's. */
		if (judgement->request.instance != CW_INSTANCE_CANARY) {
			enum outcome outcome = record_deviating(judgement, effect,
								hook->pages.head->generation);

			counter = counter_of(operation, decision->verdict);
			if (counter)
				count(counter, outcome);
		}
		return effect == CW_EFFECT_NONE ? 0 : -EACCES;
	}
}

static __always_inline void kill_current(void)
{
	if (bpf_send_signal(SIGKILL))
		fault(CW_FAULT_KILL);
}

/* ------------------------------------------------------------------ exec */

/* lost: of what the caller named only this interpreter is left. mark: of the exec, for the label. */
static __always_inline int settle_exec_target(struct hook *hook, struct judgement *judgement,
					      struct judged_file *target, __u8 mark, bool lost,
					      __u32 refusal)
{
	struct cw_request *request = &judgement->request;
	const struct cw_file *file = file_find(&target->identity, &request->target_state);

	if (file)
		request->target = file->file;
	if (!hook_decide(hook, judgement, CW_CLASS_EXEC))
		return 0;
	if (lost)
		judgement->decision = cw_decide_undecided(&hook->pages, request, CW_CLASS_EXEC);
	if (hook->subject) {
		hook->subject->exec_script = lost ? CW_FILE_UNKNOWN : request->target;
		hook->subject->exec = mark;
	}
	target->number = request->target;
	judgement->file = target;
	judgement->backend = attached_backend;
	return settle(hook, judgement, refusal);
}

/*
 * The kernel asks once for the file named and once more for each interpreter it leads to. The first
 * answer stands for the whole exec; what is noted in the label between the two belongs to this
 * linux_binprm alone.
 */
static __always_inline int settle_exec(struct linux_binprm *bprm)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_EXEC };
	struct judged_file target = {};
	__u8 mark = 0;

	if (!hook_open(&hook, CW_OPERATION_EXEC, CW_CLASS_EXEC))
		return 0;
	if (hook.subject) {
		mark = subject_exec_mark(hook.subject, bprm);
		if (bprm->interp != bprm->filename && hook.subject->exec == mark)
			return 0;
	}
	hook_request(&hook, &judgement.request);
	file_version(CW_PLAIN, bprm->file, &target.identity);
	target.file = (__u64)bprm->file;
	return settle_exec_target(&hook, &judgement, &target, mark, false, CW_EFFECT_REFUSED);
}

/* What an exec that has happened is judged for. */
enum executed {
	EXECUTED_PROGRAM, /* named, and run */
	EXECUTED_NAMED, /* named, and read by an interpreter; or that, of somebody whom nobody governs */
	EXECUTED_LOST, /* of what was named only this interpreter is left */
};

/* The process is what it executed: label_exec need not look at the file once more. */
static __always_inline void label_judged(const struct judgement *judgement,
					 const struct judged_file *target,
					 struct cw_subject *subject, __u8 mark)
{
	bool admitted = judgement->request.target_state == CW_FILE_STATE_ADMITTED;
	struct cw_subject fresh = {
		.governed = subject->governed,
		.exec = mark,
		.executable = admitted ? judgement->request.target : CW_FILE_UNKNOWN,
		.exec_script = subject_file_mark(&target->identity),
	};

	*(volatile __u64 *)subject = *(__u64 *)&fresh;
}

/* Of an identity, what a global function can be given: on 5.10 only numbers. */
#define EXECUTED_NSEC_BITS 30
#define EXECUTED_UNKNOWN (1u << 16) /* beside an enum executed, and the label's mark shifted by 8 */

/* The same when it has happened. A global function, so that the verifier walks it once for what is named and
 * for its interpreter; file is a struct file *, what: its device in the upper half, and the above. */
__attribute__((noinline)) int settle_executed(__u64 file, __u64 inode, __u64 size, __u64 ctime,
					      __u64 what)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_EXEC };
	struct judged_file target = {
		.identity = { .key = { .inode = inode, .device = what >> 32 },
			      .size = size,
			      .ctime_seconds = (__s64)ctime >> EXECUTED_NSEC_BITS,
			      .ctime_nanoseconds = ctime & ((1u << EXECUTED_NSEC_BITS) - 1),
			      .status = what & EXECUTED_UNKNOWN },
		.file = file,
	};
	__u8 mark = what >> 8, of = what;
	int r;

	if (!hook_open(&hook, CW_OPERATION_EXEC, CW_CLASS_EXEC))
		return 0;
	if (hook.subject && hook.subject->exec == CW_EXEC_UNJUDGED)
		return 0;
	hook_request(&hook, &judgement.request);
	r = settle_exec_target(&hook, &judgement, &target, mark, of == EXECUTED_LOST,
			       CW_EFFECT_KILLED);
	if (of == EXECUTED_PROGRAM && hook.subject && hook.subject->exec == mark)
		label_judged(&judgement, &target, hook.subject, mark);
	return r;
}

/* number: the same file, as the verifier lets a number be handed on. */
static __always_inline int settle_executed_file(int how, struct file *file, __u64 number,
						__u32 mark, __u32 of)
{
	struct cw_identity identity = {};

	file_version(how, file, &identity);
	if (identity.status)
		of |= EXECUTED_UNKNOWN;
	return settle_executed(number, identity.key.inode, identity.size,
			       (__u64)identity.ctime_seconds << EXECUTED_NSEC_BITS |
				       identity.ctime_nanoseconds,
			       (__u64)identity.key.device << 32 | mark << 8 | of);
}

/*
 * As the kernel's own questions are answered: of a governed process what the caller named is judged, of
 * everyone else the interpreter too. A script is undecided where it cannot be told: what the kernel keeps open
 * for an interpreter (binfmt_misc can be told so) is not among what it let go of.
 */
static __always_inline bool exec_refused(struct linux_binprm *bprm)
{
	struct cw_subject *subject = subject_current(bpf_get_current_pid_tgid());
	__u32 mark = subject ? subject_exec_mark(subject, bprm) : 0;
	__u64 file = 0, kept = 0, named;

	if (!subject && !guarded(CW_CLASS_EXEC) && !host_wants(CW_OPERATION_EXEC))
		return false;
	bpf_core_read(&file, sizeof(file), &bprm->file);
	if (bprm->interp == bprm->filename)
		return settle_executed_file(CW_PLAIN, bprm->file, file, mark, EXECUTED_PROGRAM);
	bpf_core_read(&kept, sizeof(kept), &bprm->executable);
	named = kept ? 0 : executed_first();
	if (named &&
	    settle_executed_file(CW_PROBE, (struct file *)named, named, mark, EXECUTED_NAMED))
		return true;
	return !(named && subject) &&
	       settle_executed_file(CW_PLAIN, bprm->file, file, mark,
				    subject ? EXECUTED_LOST : EXECUTED_NAMED);
}

static __always_inline void settle_exec_by_kill(struct linux_binprm *bprm)
{
	if (exec_refused(bprm))
		kill_current();
}

/* ------------------------------------------------------------------ library */

/*
 * From 6.4 on the verifier takes a hook's pointer arguments for trusted and never NULL, and drops a test
 * of them; but anonymous memory has no file. So such an argument is looked at as a number, and tested
 * beside for the youngest kernels, which know.
 */
static __always_inline bool argument_given(const struct file *file, const void *argument)
{
	__u64 number = 0;

	if (kernel_numbers_pointers)
		return kernel_number(file);
	bpf_probe_read_kernel(&number, sizeof(number), argument);
	return number;
}

/*
 * file: NULL for memory without a file. argument: where the hook was given it; NULL if it was not. apart:
 * what will be executed need not be what the file holds, since it is a private copy that is or was writable.
 * Such a one must be allowed as both, and so must a file that has no name.
 */
static __always_inline int settle_library(struct file *file, const void *argument, bool apart)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_LIBRARY };
	struct judged_file target = {};
	struct cw_identity *identity = &target.identity;
	struct cw_request *request = &judgement.request;

	if (!hook_open(&hook, CW_OPERATION_LIBRARY, CW_CLASS_LIBRARY))
		return 0;
	hook_request(&hook, request);
	if (file && (!argument || argument_given(file, argument))) {
		file_identity(CW_PLAIN, file, identity);
		request->has_file = 1;
		request->file_owner = identity->uid | (__u32)file_claimed(file);
		request->file_group = identity->gid;
		request->file_mode = identity->mode;
		target.file = (__u64)file;
	}
	judgement.file = &target;
	judgement.decision = cw_decide(&hook.pages, request);
	/* A file that a policy names and pins is trusted for what it is, whoever may write it. */
	if (judgement.decision.reason == CW_REASON_UNTRUSTED_LIBRARY && request->has_file) {
		const struct cw_file *known = file_find(identity, &request->target_state);

		if (known && request->target_state == CW_FILE_STATE_ADMITTED)
			judgement.decision = cw_decide(&hook.pages, request);
		if (known)
			target.number = known->file;
	}
	/* What the kernel maps in the midst of an exec is the program, which was judged as that. */
	if (request->has_file && (apart || (!identity->links && !current_executing())) &&
	    judgement.decision.verdict == CW_VERDICT_ALLOW) {
		request->has_file = 0;
		request->target_state = CW_FILE_STATE_UNKNOWN;
		judgement.decision = cw_decide(&hook.pages, request);
	}
	judgement.backend = attached_backend;
	return settle(&hook, &judgement, CW_EFFECT_REFUSED);
}

/* ------------------------------------------------------------------ sockets */

/* What the cgroup backend cannot see afterwards it must judge when the socket is made. */
static __always_inline bool unseen_by_cgroup(__u32 protocol)
{
	return protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_MPTCP &&
	       protocol != IPPROTO_ICMP && protocol != IPPROTO_ICMPV6;
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
	if (backend == CW_BACKEND_CGROUP && judgement.decision.verdict == CW_VERDICT_ALLOW &&
	    request->instance < CW_INSTANCES_MAX && unseen_by_cgroup(protocol))
		judgement.decision = cw_decide_undecided(&hook.pages, request, CW_CLASS_SOCKETS);
	judgement.socket_protocol = protocol;
	judgement.backend = backend;
	return settle(&hook, &judgement, CW_EFFECT_REFUSED);
}

/* Everything about the network ends here, with a request whose port and address are set. */
static __always_inline int settle_network(struct hook *hook, struct judgement *judgement,
					  __u32 protocol, __u8 backend, __u32 refusal)
{
	struct cw_request *request = &judgement->request;

	request->protocol = socket_protocol(protocol);
	cw_widen(request->protocol, hook->pages.head->zero);
	if (request->direction == CW_DIRECTION_CONNECT)
		cw_address_peer(request);
	hook_request(hook, request);
	if (!hook_decide(hook, judgement,
			 request->direction == CW_DIRECTION_BIND ? CW_CLASS_BIND
								 : CW_CLASS_CONNECT))
		return 0;
	judgement->socket_protocol = protocol;
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

/* What the judging of an address needs of its socket. */
struct socket_facts {
	__u32 family;
	__u32 type;
	__u32 protocol;
};

#define socket_facts_read(how, sock) \
	{ \
		.family = cw_read(how, sock, __sk_common.skc_family), \
		.type = cw_read(how, sock, sk_type), .protocol = cw_read(how, sock, sk_protocol) \
	}

/* connect, bind, send: a socket and the address that the caller passed, already in kernel memory. */
static __always_inline int settle_address(__u32 operation, const struct socket_facts *facts,
					  const void *address, int length)
{
	struct judgement judgement = { .request.operation = operation,
				       .request.direction = direction_of(operation) };
	struct hook hook = {};

	if (!family_is_inet(facts->family))
		return 0;
	if (!hook_open(&hook, operation, class_of(operation)))
		return 0;
	switch (socket_address(address, length, facts->family, operation == CW_OPERATION_CONNECT,
			       &judgement.request)) {
	case ADDRESS_FOUND:
		break;
	case ADDRESS_BAD:
		fault(CW_FAULT_BAD_ADDRESS);
		turn_note(operation);
		return 0;
	default:
		return 0;
	}
	hook_address(&hook, &judgement.request);
	if (facts->type == SOCK_RAW)
		judgement.request.port = 0; /* it has none, whatever the caller wrote there */
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

		return settle_address(operation, &facts, address, length);
	}
}

/* A global function: the verifier walks it once and not once an address of a list, and its stack is not its
 * caller's. It takes only numbers, and what it answers may be any number to the verifier. facts: family, the
 * socket's type shifted by 8, its protocol by 16. */
__attribute__((noinline)) int settle_named(__u32 facts, __u32 operation, __u64 address, int length)
{
	struct socket_facts socket = { .family = facts & 0xff,
				       .type = facts >> 8 & 0xff,
				       .protocol = facts >> 16 };

	return settle_address(operation, &socket, (const void *)address, length);
}

static __always_inline int settle_send(struct socket *socket, struct msghdr *message)
{
	struct sock *sock = socket->sk;

	if (!sock) {
		return 0;
	} else {
		struct socket_facts facts = socket_facts_read(CW_PLAIN, sock);
		__u32 protocol = socket_protocol(facts.protocol);

		if (protocol == CW_PROTOCOL_TCP && !(message->msg_flags & MSG_FASTOPEN))
			return 0;
		if (protocol == CW_PROTOCOL_SCTP)
			return 0; /* a new peer goes through sctp_bind_connect, an old one was judged */
		return settle_named(facts.family | facts.type << 8 | facts.protocol << 16,
				    CW_OPERATION_SEND, kernel_void_number(message->msg_name),
				    message->msg_namelen)
			       ? -EACCES
			       : 0;
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

static __always_inline int settle_listen_as(struct sock *sock, __u8 backend, __u32 refusal)
{
	struct judgement judgement = { .request.operation = CW_OPERATION_LISTEN,
				       .request.direction = CW_DIRECTION_BIND };
	struct hook hook = {};

	if (!sock || !family_is_inet(sock->__sk_common.skc_family))
		return 0;
	if (!hook_open(&hook, CW_OPERATION_LISTEN, CW_CLASS_BIND))
		return 0;
	request_local(CW_PLAIN, &judgement.request, sock);
	hook_address(&hook, &judgement.request);
	return settle_network(&hook, &judgement, sock->sk_protocol, backend, refusal);
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
	if (judgement.decision.verdict != CW_VERDICT_ALLOW) {
		judgement.socket_protocol = protocol;
		judgement.backend = attached_backend;
		return settle(&hook, &judgement, refusal);
	}
	if (!family_is_inet(family))
		return 0;
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

/* ------------------------------------------------------------------ SCTP */

/* arguments: the hook's own, from which the address is read as a number. */
static __always_inline int settle_sctp(const void *arguments, struct sock *sock, int option,
				       int length)
{
	__u32 operation = option == SCTP_SOCKOPT_BINDX_ADD  ? CW_OPERATION_BIND
			  : option == SCTP_SOCKOPT_CONNECTX ? CW_OPERATION_CONNECT
							    : CW_OPERATION_SEND;
	__u32 facts = sock->__sk_common.skc_family | (__u32)sock->sk_type << 8 | IPPROTO_SCTP << 16;
	__u64 address = 0;

	if (option != SCTP_SOCKOPT_BINDX_ADD && option != SCTP_SOCKOPT_CONNECTX &&
	    option != SCTP_SENDMSG_CONNECT)
		return 0;
	bpf_probe_read_kernel(&address, sizeof(address), arguments + 2 * sizeof(__u64));
#pragma clang loop unroll(disable)
	for (int i = 0; i < SCTP_ADDRESSES_MAX; i++) {
		__u16 family = 0;
		int size;

		if (length <= 0)
			return 0;
		bpf_probe_read_kernel(&family, sizeof(family), (void *)address);
		size = family == AF_INET6 ? 28 : 16;
		if (settle_named(facts, operation, address, size))
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
					 struct bpf_sock_addr *context)
{
	judgement->request.port = bpf_ntohs((__u16)context->user_port);
	if (context->type == SOCK_RAW)
		judgement->request.port = 0;
	return settle_network(hook, judgement, context->protocol, CW_BACKEND_CGROUP,
			      CW_EFFECT_REFUSED);
}

static __always_inline int settle_cgroup_v4(__u32 operation, struct bpf_sock_addr *context)
{
	struct judgement judgement = { .request.operation = operation,
				       .request.direction = direction_of(operation) };
	struct hook hook = {};

	if (!hook_open(&hook, operation, class_of(operation)))
		return 0;
	cw_address_v4(&judgement.request, bpf_ntohl(context->user_ip4));
	return settle_cgroup(&hook, &judgement, context);
}

static __always_inline int settle_cgroup_v6(__u32 operation, struct bpf_sock_addr *context)
{
	struct judgement judgement = { .request.operation = operation,
				       .request.direction = direction_of(operation) };
	struct hook hook = {};

	if (!hook_open(&hook, operation, class_of(operation)))
		return 0;
	cw_address_v6(
		&judgement.request,
		(__u64)bpf_ntohl(context->user_ip6[0]) << 32 | bpf_ntohl(context->user_ip6[1]),
		(__u64)bpf_ntohl(context->user_ip6[2]) << 32 | bpf_ntohl(context->user_ip6[3]));
	return settle_cgroup(&hook, &judgement, context);
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told: one record for each judged operation that somebody wants to know of, and a count of
 * what became of every one.
 *
 * Allowed operations are short and batched: their reader is woken only when the ring is half full, and
 * otherwise comes by itself. More is told of deviations: see deviation.bpf.h.
 */
#ifndef CW_RECORD_BPF_H
#define CW_RECORD_BPF_H

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "object.bpf.h"
#include "subject.bpf.h"

/* In the order of struct cw_counter. */
enum outcome { OUTCOME_RECORDED, OUTCOME_UNWANTED, OUTCOME_SUPPRESSED, OUTCOME_LOST, OUTCOME_MAX };

static __always_inline struct cw_counter *counter_of(__u32 operation, __u32 verdict)
{
	__u32 cell = operation * CW_VERDICT_MAX + verdict;

	return bpf_map_lookup_elem(&counters, &cell);
}

static __always_inline void count(struct cw_counter *counter, enum outcome outcome)
{
	__u64 *outcomes = &counter->recorded;

	__sync_fetch_and_add(&outcomes[cw_index(outcome, OUTCOME_MAX)], 1);
}

static __always_inline void count_verdict(__u32 operation, __u32 verdict, enum outcome outcome)
{
	struct cw_counter *counter = counter_of(operation, verdict);

	if (counter)
		count(counter, outcome);
}

/* What exec and library are about. */
struct judged_file {
	struct cw_identity identity;
	__u64 file; /* struct file *, for its path; of the cgroup backend: how far from the caller's task_struct */
	__u32 number; /* in the images */
	__u32 pad0;
};

/* One judged operation, as the hooks hand it on. */
struct judgement {
	struct cw_request request;
	struct cw_decision decision;
	struct judged_file *file; /* NULL for anonymous memory and sockets */
	__u16 socket_protocol;
	__u8 backend;
};

static __always_inline void record_address(struct cw_record *record,
					   const struct cw_request *request)
{
	__u32 *words = (__u32 *)record->address;

	if (request->family == AF_INET) {
		words[0] = bpf_htonl((__u32)request->high);
		words[1] = 0;
		words[2] = 0;
		words[3] = 0;
		return;
	}
	words[0] = bpf_htonl((__u32)(request->high >> 32));
	words[1] = bpf_htonl((__u32)request->high);
	words[2] = bpf_htonl((__u32)(request->low >> 32));
	words[3] = bpf_htonl((__u32)request->low);
}

static __always_inline void record_target(struct cw_record *record, struct judged_file *file)
{
	record->target = (struct cw_file_key){};
	record->target_file = 0;
	record->target_mode = 0;
	record->target_uid = 0;
	record->pad1 = 0;
	record->pad2 = 0;
	if (!file)
		return;
	record->target = file->identity.key;
	record->target_file = file->number;
	/* Who judged before it is known whether it is recorded has not read this. */
	if (attached_backend != CW_BACKEND_CGROUP &&
	    cw_rarely(!file->identity.mode && file->file)) {
		struct file *opened = (struct file *)file->file;

		inode_owner(CW_PROBE, BPF_CORE_READ(opened, f_inode), &file->identity);
	}
	record->target_mode = file->identity.mode;
	record->target_uid = file->identity.uid;
}

/* Who acts. */
static __always_inline void record_caller(struct cw_record *record)
{
	__u64 pid_tgid, ids;

	if (kernel_casts) {
		__u64 number = bpf_get_current_task();
		struct task_struct *task = kernel_known(task_struct, number);

		record->pid = task->tgid;
		record->tid = task->pid;
		record->start_time = task->group_leader->start_boottime;
		record->ppid = task->real_parent->tgid;
		record->uid = task->cred->euid.val;
		record->gid = task->cred->egid.val;
		kernel_words(number + bpf_core_field_offset(task->comm), (__u64 *)record->comm);
		return;
	}
	pid_tgid = bpf_get_current_pid_tgid();
	ids = current_ids();
	record->pid = pid_tgid >> 32;
	record->tid = (__u32)pid_tgid;
	record->start_time = current_start();
	record->ppid = (__u32)current_parent();
	record->uid = (__u32)ids;
	record->gid = ids >> 32;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
}

/*
 * What is written between two of these is aligned. Where much of a record is known to be 0, the compiler would make
 * one memset() of all of it, from an odd address on: and that, byte by byte.
 */
static __always_inline void together(void)
{
	__asm__ volatile("" : : : "memory");
}

static __always_inline void record_fill(struct cw_record *record, const struct judgement *judgement,
					__u8 effect, __u64 generation)
{
	const struct cw_request *request = &judgement->request;
	const struct cw_decision *decision = &judgement->decision;

	record->version = CW_RECORD_VERSION;
	record->time = bpf_ktime_get_boot_ns();
	record->generation = generation;
	record->executable = request->executable;
	record->script = request->script;
	record->instance = decision->instance;
	record->rule = decision->rule;
	record->operation = request->operation;
	record->verdict = decision->verdict;
	record->effect = effect;
	record->mode = decision->mode;
	record->reason = decision->reason;
	record->backend = judgement->backend;
	record->rule_class = decision->rule_class;
	record->family = request->family;
	together();
	record->protocol = request->protocol;
	record->socket_type = request->socket_type;
	record->port = request->port;
	record->socket_protocol = judgement->socket_protocol;
	record->more = CW_RECORD_MORE;
#ifdef CW_ABI_WIDER
	record->wider = ~0ull;
#endif
	together();
	record_address(record, request);
	together();
	record_target(record, judgement->file);
	record_caller(record);
}

#define EVENTS_WAKE (1 << 20) /* half of the ring */
#define EVENTS_LOOK 16 /* records from one look at how full it is to the next */

static __always_inline enum outcome record_event(const struct judgement *judgement,
						 const struct cw_counter *counter, __u64 generation)
{
	struct cw_record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	__u64 flags = BPF_RB_NO_WAKEUP;

	if (cw_rarely(!record))
		return OUTCOME_LOST;
	record->size = sizeof(*record);
	record->type = CW_RECORD_EVENT;
	record_fill(record, judgement, CW_EFFECT_NONE, generation);
	if (cw_rarely(counter->recorded % EVENTS_LOOK == 0) &&
	    bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > EVENTS_WAKE)
		flags = BPF_RB_FORCE_WAKEUP;
	bpf_ringbuf_submit(record, flags);
	return OUTCOME_RECORDED;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told: one record for each judged operation that somebody wants to know of, and a count of
 * what became of every one.
 *
 * Deviations have a ring of their own and wake the daemon at once; they carry everything that may be
 * gone by the time it looks (paths, arguments, ancestry). Allowed operations are short and batched:
 * their reader is woken only when the ring is half full, and otherwise comes by itself.
 */
#ifndef CW_RECORD_BPF_H
#define CW_RECORD_BPF_H

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "object.bpf.h"

enum outcome { OUTCOME_RECORDED, OUTCOME_UNWANTED, OUTCOME_SUPPRESSED, OUTCOME_LOST };

/* The order of the three additions is what lets a reader see that none is half done: abi.h. */
static __always_inline void count(__u32 operation, __u32 verdict, enum outcome outcome)
{
	__u32 cell = operation * CW_VERDICT_MAX + verdict;
	struct cw_counter *counter = bpf_map_lookup_elem(&counters, &cell);

	if (!counter)
		return;
	__sync_fetch_and_add(&counter->started, 1);
	if (outcome == OUTCOME_RECORDED)
		__sync_fetch_and_add(&counter->recorded, 1);
	else if (outcome == OUTCOME_UNWANTED)
		__sync_fetch_and_add(&counter->unwanted, 1);
	else if (outcome == OUTCOME_SUPPRESSED)
		__sync_fetch_and_add(&counter->suppressed, 1);
	else
		__sync_fetch_and_add(&counter->lost, 1);
	__sync_fetch_and_add(&counter->judged, 1);
}

/* One judged operation, as the hooks hand it on. */
struct judgement {
	struct cw_request request;
	struct cw_decision decision;
	struct cw_identity target; /* exec, library; zero for anonymous memory and sockets */
	__u64 target_file; /* struct file *, for its path; 0 if there is none */
	__u64 generation;
	__u32 target_number;
	__u16 socket_protocol;
	__u8 effect;
	__u8 backend;
};

/*
 * Deviations on their way from a hook to record_deviation(). By thread: a thread is in one hook at a
 * time, and no CPU's scratch memory is safe from a hook that preempts this one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct judgement);
} pending SEC(".maps");

#define record_current(how, record, task) \
	do { \
		struct task_struct *leader_ = cw_read(how, task, group_leader); \
		struct task_struct *parent_ = cw_read(how, task, real_parent); \
		struct cred *cred_ = cw_read(how, task, cred); \
		(record)->start_time = cw_read(how, leader_, start_boottime); \
		(record)->ppid = cw_read(how, parent_, tgid); \
		(record)->uid = cw_read(how, cred_, euid.val); \
		(record)->gid = cw_read(how, cred_, egid.val); \
	} while (0)

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

static __always_inline void record_target(struct cw_record *record,
					  const struct judgement *judgement)
{
	record->target = judgement->target.key;
	record->target_file = judgement->target_number;
	record->target_mode = judgement->target.mode;
	record->target_uid = judgement->target.uid;
	record->pad1 = 0;
	record->pad2 = 0;
}

static __always_inline void record_fill(struct cw_record *record, const struct judgement *judgement)
{
	const struct cw_request *request = &judgement->request;
	const struct cw_decision *decision = &judgement->decision;
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	record->version = CW_ABI_VERSION;
	record->time = bpf_ktime_get_boot_ns();
	record->generation = judgement->generation;
	record->pid = pid_tgid >> 32;
	record->tid = (__u32)pid_tgid;
	record->executable = request->executable;
	record->script = request->script;
	record->instance = decision->instance;
	record->rule = decision->rule;
	record->operation = request->operation;
	record->verdict = decision->verdict;
	record->effect = judgement->effect;
	record->mode = decision->mode;
	record->reason = decision->reason;
	record->backend = judgement->backend;
	record->rule_class = decision->rule_class;
	record->family = request->family;
	record->protocol = request->protocol;
	record->socket_type = request->socket_type;
	record->port = request->port;
	record->socket_protocol = judgement->socket_protocol;
	record->pad0 = 0;
	record_address(record, request);
	record_target(record, judgement);
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		struct task_struct *task = bpf_get_current_task_btf();

		record_current(CW_PLAIN, record, task);
	} else {
		struct task_struct *task = (void *)bpf_get_current_task();

		record_current(CW_PROBE, record, task);
	}
}

/* ------------------------------------------------------------------ deviations */

#define NAME_MAX_READ \
	256 /* a name and its NUL; half of CW_TEXT: the next begins in the first half */

/*
 * Where a walk stands. It lives in the record itself, where the ancestry will be written later: the
 * stack has no room for it, and what the verifier does not track it need not walk twice.
 */
struct walk {
	__u64 at;
	__u64 mount;
	__u64 up;
	__u64 across;
	__u64 above;
	__u64 root;
	__u64 name;
};
_Static_assert(sizeof(struct walk) <= sizeof(((struct cw_deviation *)0)->ancestry), "walk");

/*
 * One name of a path, leaf first, or a step across to the parent mount. False at the root and where
 * the walk must end. Everything by probes: this is for the record, not for the verdict. The two kinds
 * of step are one piece of code, chosen by a mask: as branches, each would double what the verifier
 * walks.
 */
static __always_inline bool walk_step(struct cw_deviation *deviation, enum cw_text which)
{
	struct dentry *dentry;
	struct mount *mount;
	struct walk *walk;
	__u64 at_root, used;
	long length;

	/* Else every address below would be kept on the stack from turn to turn. */
	cw_opaque(deviation);
	walk = (struct walk *)deviation->ancestry;
	dentry = (void *)walk->at;
	mount = (void *)walk->mount;
	used = deviation->length[which];
	bpf_core_read(&walk->up, sizeof(walk->up), &dentry->d_parent);
	bpf_core_read(&walk->name, sizeof(walk->name), &dentry->d_name.name);
	bpf_core_read(&walk->across, sizeof(walk->across), &mount->mnt_mountpoint);
	bpf_core_read(&walk->above, sizeof(walk->above), &mount->mnt_parent);
	bpf_core_read(&walk->root, sizeof(walk->root), &mount->mnt.mnt_root);
	at_root = cw_mask_equal(walk->at, walk->root) | cw_mask_equal(walk->at, walk->up);
	if (at_root & cw_mask_equal(walk->above, walk->mount)) {
		deviation->cut &= ~CW_TEXT_CUT(which);
		/* "/", or a file that is in no tree (a memfd): its own name is all there is. */
		if (!used) {
			length = bpf_probe_read_kernel_str(deviation->text[which], NAME_MAX_READ,
							   (void *)walk->name);
			deviation->length[which] = length > 0 ? length : 0;
		}
		return false;
	}
	if (used >= CW_TEXT - NAME_MAX_READ)
		return false;
	length = bpf_probe_read_kernel_str(
		&deviation->text[which][cw_index(used, CW_TEXT - NAME_MAX_READ)], NAME_MAX_READ,
		(void *)walk->name);
	if (length <= 0)
		return false;
	deviation->length[which] = used + (length & ~at_root);
	walk->at = (walk->across & at_root) | (walk->up & ~at_root);
	walk->mount = (walk->above & at_root) | (walk->mount & ~at_root);
	return true;
}

static __always_inline void record_path_of(struct cw_deviation *deviation, enum cw_text which,
					   struct path *path)
{
	struct walk *walk = (struct walk *)deviation->ancestry;

	deviation->length[which] = 0;
	if (!path)
		return;
	deviation->cut |= CW_TEXT_CUT(which);
	bpf_core_read(&walk->at, sizeof(walk->at), &path->dentry);
	bpf_core_read(&walk->mount, sizeof(walk->mount), &path->mnt);
	walk->mount -= bpf_core_field_offset(struct mount, mnt);
	for (int i = 0; i < CW_COMPONENTS; i++)
		if (!walk_step(deviation, which))
			break;
}

static __always_inline void record_ancestry(struct cw_deviation *deviation,
					    struct task_struct *task)
{
	__builtin_memset(deviation->ancestry, 0, sizeof(deviation->ancestry));
	for (int i = 0; i < CW_ANCESTRY; i++) {
		struct cw_ancestor *ancestor = &deviation->ancestry[i];
		struct cw_subject *label;
		__u32 pid;

		task = BPF_CORE_READ(task, real_parent);
		pid = BPF_CORE_READ(task, tgid);
		ancestor->pid = pid;
		ancestor->executable = CW_FILE_UNKNOWN;
		if (!pid)
			break;
		label = bpf_map_lookup_elem(&subjects, &pid);
		if (label)
			ancestor->executable = label->executable;
		bpf_core_read(&ancestor->comm, sizeof(ancestor->comm), &task->comm);
	}
}

static __always_inline void record_args(struct cw_deviation *deviation, struct mm_struct *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start);
	unsigned long length = BPF_CORE_READ(mm, arg_end) - start;

	deviation->length[CW_TEXT_ARGS] = 0;
	if (length > CW_TEXT) {
		length = CW_TEXT;
		deviation->cut |= CW_TEXT_CUT(CW_TEXT_ARGS);
	}
	if (length && !bpf_probe_read_user(deviation->text[CW_TEXT_ARGS], length, (void *)start))
		deviation->length[CW_TEXT_ARGS] = length;
}

static __always_inline void deviation_fill(struct cw_deviation *deviation,
					   const struct judgement *judgement)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct fs_struct *fs;
	struct file *file;

	deviation->record.size = sizeof(*deviation);
	deviation->record.type = CW_RECORD_DEVIATION;
	record_fill(&deviation->record, judgement);
	deviation->cut = 0;
	deviation->cgroup = bpf_get_current_cgroup_id();
	deviation->loginuid = bpf_core_field_exists(task->loginuid)
				      ? BPF_CORE_READ(task, loginuid.val)
				      : -1;
	file = mm ? BPF_CORE_READ(mm, exe_file) : NULL;
	record_path_of(deviation, CW_TEXT_EXECUTABLE, file ? &file->f_path : NULL);
	fs = BPF_CORE_READ(task, fs);
	record_path_of(deviation, CW_TEXT_CWD, fs ? &fs->pwd : NULL);
	file = (void *)judgement->target_file;
	record_path_of(deviation, CW_TEXT_TARGET, file ? &file->f_path : NULL);
	deviation->length[CW_TEXT_ARGS] = 0;
	if (mm)
		record_args(deviation, mm);
	record_ancestry(deviation, task);
}

/*
 * A global function: the verifier walks it once a program, not once a path that leads here. Such
 * functions take only numbers on 5.10, hence the map between.
 */
__attribute__((noinline)) int record_deviation(__u64 pid_tgid)
{
	struct judgement *judgement = bpf_map_lookup_elem(&pending, &pid_tgid);
	struct cw_deviation *deviation;

	if (!judgement)
		return OUTCOME_LOST;
	deviation = bpf_ringbuf_reserve(&deviations, sizeof(*deviation), 0);
	/* 6.1's verifier wants this test before any other helper call. */
	if (!deviation)
		return OUTCOME_LOST;
	deviation_fill(deviation, judgement);
	bpf_ringbuf_submit(deviation, BPF_RB_FORCE_WAKEUP);
	return OUTCOME_RECORDED;
}

static const struct judgement no_judgement;

/* Filled in the map and not on the stack, which has no room for two. */
static __always_inline enum outcome record_deviating(const struct judgement *judgement, __u8 effect,
						     __u64 generation)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct judgement *slot;
	int outcome;

	if (bpf_map_update_elem(&pending, &key, &no_judgement, BPF_ANY))
		return OUTCOME_LOST;
	slot = bpf_map_lookup_elem(&pending, &key);
	if (!slot)
		return OUTCOME_LOST;
	*slot = *judgement;
	slot->effect = effect;
	slot->generation = generation;
	outcome = record_deviation(key);
	bpf_map_delete_elem(&pending, &key);
	return outcome == OUTCOME_RECORDED ? OUTCOME_RECORDED : OUTCOME_LOST;
}

#define EVENTS_WAKE (1 << 20) /* half of the ring */

static __always_inline enum outcome record_event(const struct judgement *judgement,
						 __u64 generation)
{
	struct cw_record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	__u64 flags;

	if (!record)
		return OUTCOME_LOST;
	record->size = sizeof(*record);
	record->type = CW_RECORD_EVENT;
	record_fill(record, judgement);
	record->generation = generation;
	flags = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > EVENTS_WAKE ? BPF_RB_FORCE_WAKEUP
									    : BPF_RB_NO_WAKEUP;
	bpf_ringbuf_submit(record, flags);
	return OUTCOME_RECORDED;
}

#endif

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

/*
 * Deviations on their way from a hook to the ring, by thread: a thread is in one hook at a time, and no
 * CPU's scratch memory is safe from a hook that preempts this one. What fills them are global
 * functions, which the verifier walks once a program and not once a path that leads there; on 5.10
 * such functions take only numbers, and the stack has no room. More at one time than the map holds
 * are counted as lost.
 */
struct pending {
	struct cw_deviation deviation;
	__u64 target; /* struct file * of exec and library */
	__u64 which; /* text that is being written */
	struct cw_record same; /* the key of `repeats` */
	struct cw_repeat fresh; /* its first value */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, __u64);
	__type(value, struct pending);
} pending SEC(".maps");

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
 * the walk must end. Everything by probes: this is for the record, not for the verdict. There is one
 * way through, and one way out: each branch would double what the verifier walks.
 */
static __always_inline bool walk_step(struct cw_deviation *deviation, __u32 which)
{
	__u64 at_root, top, used, more, full;
	struct dentry *dentry;
	struct mount *mount;
	struct walk *walk;
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
	top = at_root & cw_mask_equal(walk->above, walk->mount);
	length = bpf_probe_read_kernel_str(
		&deviation->text[which][cw_index(used, CW_TEXT - NAME_MAX_READ)], NAME_MAX_READ,
		(void *)walk->name);
	cw_opaque(length);
	length &= ~(length >> 63);
	cw_opaque(length);
	/* A root's name is no part of a path. But "/", or a file that is in no tree (a memfd): its own
	 * name is all there is. */
	more = length & (~at_root | (top & cw_mask_equal(used, 0)));
	deviation->length[which] = used + more;
	deviation->cut &= ~(CW_TEXT_CUT(which) & top);
	walk->at = (walk->across & at_root) | (walk->up & ~at_root);
	walk->mount = (walk->above & at_root) | (walk->mount & ~at_root);
	full = ~cw_mask_less(used + more, CW_TEXT - NAME_MAX_READ);
	top |= full | cw_mask_equal(length, 0);
	cw_opaque(top);
	return !top;
}

/* Which struct path a text is of; 0 if there is none. */
static __always_inline __u64 path_of(const struct pending *slot, __u32 which)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file *file = (struct file *)slot->target;
	struct fs_struct *fs;

	if (which == CW_TEXT_CWD) {
		fs = BPF_CORE_READ(task, fs);
		return fs ? (__u64)&fs->pwd : 0;
	}
	if (which == CW_TEXT_EXECUTABLE)
		file = BPF_CORE_READ(task, mm, exe_file);
	return file ? (__u64)&file->f_path : 0;
}

/* The path of one of a deviation's texts. */
__attribute__((noinline)) int record_path(__u64 pid_tgid, __u32 text)
{
	struct pending *slot = bpf_map_lookup_elem(&pending, &pid_tgid);
	struct cw_deviation *deviation;
	struct path *from;
	struct walk *walk;
	__u32 which;

	if (!slot)
		return 0;
	slot->which = text;
	from = (struct path *)path_of(slot, text);
	if (!from)
		return 0;
	/* Read back, the verifier does not know which it is, and walks the walk once for all. */
	which = cw_index(*(volatile __u64 *)&slot->which, CW_TEXT_MAX);
	deviation = &slot->deviation;
	walk = (struct walk *)deviation->ancestry;
	deviation->cut |= CW_TEXT_CUT(which);
	bpf_core_read(&walk->at, sizeof(walk->at), &from->dentry);
	bpf_core_read(&walk->mount, sizeof(walk->mount), &from->mnt);
	walk->mount -= bpf_core_field_offset(struct mount, mnt);
	for (int i = 0; i < CW_COMPONENTS; i++)
		if (!walk_step(deviation, which))
			break;
	return 0;
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
		label = subject_find(pid);
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

/* Everything but the judged operation itself and the paths. */
__attribute__((noinline)) int record_deviation(__u64 pid_tgid)
{
	struct pending *slot = bpf_map_lookup_elem(&pending, &pid_tgid);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct cw_deviation *deviation;
	struct mm_struct *mm;

	if (!slot)
		return OUTCOME_LOST;
	deviation = &slot->deviation;
	deviation->cgroup = bpf_get_current_cgroup_id();
	deviation->loginuid = bpf_core_field_exists(task->loginuid)
				      ? BPF_CORE_READ(task, loginuid.val)
				      : -1;
	mm = BPF_CORE_READ(task, mm);
	if (mm)
		record_args(deviation, mm);
	record_ancestry(deviation, task);
	return bpf_ringbuf_output(&deviations, deviation, sizeof(*deviation), BPF_RB_FORCE_WAKEUP)
		       ? OUTCOME_LOST
		       : OUTCOME_RECORDED;
}

/* The same within a second of one that was recorded: it is counted. Where two processors come at once, or
 * the map is full, it is recorded. */
__attribute__((noinline)) int record_repeated(__u64 pid_tgid)
{
	struct pending *slot = bpf_map_lookup_elem(&pending, &pid_tgid);
	struct cw_repeat *repeat;
	__u64 now;

	if (!slot)
		return 0;
	now = slot->deviation.record.time;
	slot->same = slot->deviation.record;
	slot->same.time = 0;
	slot->same.tid = 0;
	repeat = bpf_map_lookup_elem(&repeats, &slot->same);
	if (!repeat) {
		slot->fresh.since = now;
		slot->fresh.opened = now;
		bpf_map_update_elem(&repeats, &slot->same, &slot->fresh, BPF_NOEXIST);
		return 0;
	}
	if (now - repeat->opened >= CW_REPEAT_WINDOW) {
		repeat->opened = now;
		return 0;
	}
	repeat->last = now;
	__sync_fetch_and_add(&repeat->count, 1);
	return 1;
}

static const struct pending nothing_pending;

static __always_inline enum outcome record_deviating(const struct judgement *judgement, __u8 effect,
						     __u64 generation)
{
	__u64 key = bpf_get_current_pid_tgid();
	struct pending *slot;
	int outcome;

	if (bpf_map_update_elem(&pending, &key, &nothing_pending, BPF_ANY))
		return OUTCOME_LOST;
	slot = bpf_map_lookup_elem(&pending, &key);
	if (!slot)
		return OUTCOME_LOST;
	slot->deviation.record.size = sizeof(slot->deviation);
	slot->deviation.record.type = CW_RECORD_DEVIATION;
	record_fill(&slot->deviation.record, judgement, effect, generation);
	if (record_repeated(key)) {
		bpf_map_delete_elem(&pending, &key);
		return OUTCOME_SUPPRESSED;
	}
	/* From there it comes back as a number. */
	slot->target = judgement->file ? judgement->file->file : 0;
	if (attached_backend == CW_BACKEND_CGROUP && slot->target)
		slot->target += bpf_get_current_task();
	record_path(key, CW_TEXT_EXECUTABLE);
	record_path(key, CW_TEXT_CWD);
	if (judgement->file)
		record_path(key, CW_TEXT_TARGET);
	outcome = record_deviation(key);
	bpf_map_delete_elem(&pending, &key);
	return outcome == OUTCOME_RECORDED ? OUTCOME_RECORDED : OUTCOME_LOST;
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

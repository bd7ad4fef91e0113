/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told of a deviation. They have a ring of their own and wake the daemon at once; they carry everything
 * that may be gone by the time it looks (paths, arguments, ancestry).
 */
#ifndef CW_DEVIATION_BPF_H
#define CW_DEVIATION_BPF_H

#include "record.bpf.h"

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
	for (__u32 i = loop_first(); i < CW_COMPONENTS; i = loop_next(i, CW_COMPONENTS))
		if (!walk_step(deviation, which))
			break;
	return 0;
}

static __always_inline void record_ancestry(struct cw_deviation *deviation,
					    struct task_struct *task)
{
	__builtin_memset(deviation->ancestry, 0, sizeof(deviation->ancestry));
	for (__u32 i = loop_first(); i < CW_ANCESTRY; i = loop_next(i, CW_ANCESTRY)) {
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

#endif

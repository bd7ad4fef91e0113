/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who acts. A label is inherited at fork, set at exec, removed when the last thread exits; the
 * iterator gives labels to what ran before the hooks were live. A process is its thread group: the key
 * is the tgid, so threads, vfork and exec from a thread need no special case.
 *
 * When `subjects` is full a new process gets a bit in `overflow` instead. It is then known to be
 * governed although its instance is not, and every operation of it is undecided.
 */
#ifndef CW_SUBJECT_BPF_H
#define CW_SUBJECT_BPF_H

#include "kernel.bpf.h"
#include "maps.bpf.h"
#include "object.bpf.h"

/*
 * Facts of the caller. Global functions, so that each pointer is followed once a program: every time
 * it walks such a load, the verifier (from 6.4 on) searches all of the kernel's types by name, which
 * takes a millisecond and more.
 */
__attribute__((noinline)) __u64 current_start(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->group_leader->start_boottime;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), group_leader,
			     start_boottime);
}

__attribute__((noinline)) __u64 current_parent(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->real_parent->tgid;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), real_parent, tgid);
}

/* Effective uid, and gid shifted by 32. */
__attribute__((noinline)) __u64 current_ids(void)
{
	struct cred *cred;

	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		cred = bpf_get_current_task_btf()->cred;
		return cred->euid.val | (__u64)cred->egid.val << 32;
	}
	cred = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), cred);
	return BPF_CORE_READ(cred, euid.val) | (__u64)BPF_CORE_READ(cred, egid.val) << 32;
}

static __always_inline __u64 *overflow_word(__u32 tgid)
{
	__u32 index = (tgid / 64) & (CW_PID_MAX / 64 - 1);

	return bpf_map_lookup_elem(&overflow, &index);
}

static __always_inline bool overflow_holds(__u32 tgid)
{
	__u64 *word = overflow_word(tgid);

	return word && (*word >> (tgid % 64)) & 1;
}

/* Compare-and-swap is newer than 5.10: set and clear by adding, after a look. Only the process itself
 * and its parent before it runs touch a pid's bit, so the look cannot be stale. */
static __always_inline void overflow_set(__u32 tgid)
{
	__u64 *word = overflow_word(tgid);

	fault(CW_FAULT_LABEL_FULL);
	if (!word || overflow_holds(tgid))
		return;
	__sync_fetch_and_add(word, 1ull << (tgid % 64));
	__sync_fetch_and_add(&overflow_count, 1);
}

static __always_inline void overflow_clear(__u32 tgid)
{
	__u64 *word = overflow_word(tgid);

	if (!word || !overflow_holds(tgid))
		return;
	__sync_fetch_and_add(word, -(1ull << (tgid % 64)));
	__sync_fetch_and_add(&overflow_count, -1);
}

static __always_inline struct cw_subject *subject_find(__u32 tgid)
{
	return bpf_map_lookup_elem(&subjects, &tgid);
}

/* The label of whoever calls; NULL if the process is not governed. */
static __always_inline struct cw_subject *subject_current(__u64 pid_tgid)
{
	struct cw_subject *subject = subject_find(pid_tgid >> 32);

	if (!subject && kernel_io_workers_are_kthreads) {
		__u32 owner = kernel_borrowed_tgid();

		if (owner)
			subject = subject_find(owner);
	}
	return subject;
}

static __always_inline bool subject_overflowed(__u64 pid_tgid)
{
	return overflow_count && overflow_holds(pid_tgid >> 32);
}

static __always_inline void subject_fork(__u32 parent, __u32 child)
{
	struct cw_subject *label;
	struct cw_subject copy;

	if (parent == child)
		return; /* a thread */
	label = subject_find(parent);
	if (!label) {
		/* The number may have been somebody's whose label was left behind. */
		bpf_map_delete_elem(&subjects, &child);
		if (overflow_count && overflow_holds(parent))
			overflow_set(child);
		return;
	}
	copy = *label;
	copy.pending_exec = 0;
	copy.pending_script = 0;
	copy.flags = 0;
	if (bpf_map_update_elem(&subjects, &child, &copy, BPF_ANY))
		overflow_set(child);
}

static __always_inline void subject_exit(__u32 tgid)
{
	/* Most are not governed, and to look takes no lock. */
	if (subject_find(tgid))
		bpf_map_delete_elem(&subjects, &tgid);
	if (overflow_count)
		overflow_clear(tgid);
}

/* Instance that a file is an entry of, the lowest if several; CW_INSTANCE_NONE if it is none. */
static __always_inline __u32 subject_entry(const struct cw_file *file)
{
	__u32 entries = file->entry;

	return entries ? cw_bit_position(entries & (0 - entries)) & (CW_INSTANCES_MAX - 1)
		       : CW_INSTANCE_NONE;
}

/* The process now runs this file: it becomes governed, or governed under another executable. exec: the
 * linux_binprm, where what runs is the interpreter of a script; else 0. again: this may have been told
 * before, and then the script is known and what named it forgotten. */
static __always_inline void subject_exec(__u32 tgid, const struct cw_file *file, bool admitted,
					 __u64 exec, bool again)
{
	struct cw_subject *label = subject_find(tgid);
	__u32 number = file && admitted ? file->file : CW_FILE_UNKNOWN;
	struct cw_subject fresh = { .executable = number };
	__u32 instance;

	if (label) {
		if (again && label->executable == number && !label->pending_exec && !label->flags)
			return;
		label->executable = number;
		label->script = exec && label->pending_exec == exec ? label->pending_script
								    : CW_FILE_UNKNOWN;
		label->pending_exec = 0;
		label->flags = 0;
		return;
	}
	/* A tampered entry is governed all the more: only its rights are those of an unknown file. */
	instance = file ? subject_entry(file) : CW_INSTANCE_NONE;
	if (instance == CW_INSTANCE_NONE)
		return;
	fresh.instance = instance;
	if (bpf_map_update_elem(&subjects, &tgid, &fresh, BPF_ANY))
		overflow_set(tgid);
}

#endif

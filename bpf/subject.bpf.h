/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who acts. A label is inherited at fork, set at exec, removed when the last thread exits; the
 * iterator gives labels to what ran before the hooks were live. A process is its thread group: the key
 * is the tgid, so threads, vfork and exec from a thread need no special case.
 *
 * The map has a place for every pid that the kernel gives (the daemon makes sure). A number beyond it
 * would be a fault, and counted.
 */
#ifndef CW_SUBJECT_BPF_H
#define CW_SUBJECT_BPF_H

#include "image.bpf.h"
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
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	/* Most often there is no pointer to be followed. */
	if ((__u32)pid_tgid == pid_tgid >> 32 &&
	    bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->start_boottime;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), group_leader,
			     start_boottime);
}

__attribute__((noinline)) __u64 current_parent(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->real_parent->tgid;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), real_parent, tgid);
}

__attribute__((noinline)) int current_executing(void)
{
	return kernel_executing((struct task_struct *)bpf_get_current_task());
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

/* The label of a process; NULL if it is not governed. */
static __always_inline struct cw_subject *subject_find(__u32 tgid)
{
	struct cw_subject *label = bpf_map_lookup_elem(&subjects, &tgid);

	return label && label->governed ? label : NULL;
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

static __always_inline bool subjects_alike(const struct cw_subject *a, const struct cw_subject *b)
{
	return a && b && a->governed == b->governed && a->executable == b->executable &&
	       a->script == b->script;
}

/* To somebody governed: a process of another instance, or of none. */
static __always_inline bool subject_abroad(const struct cw_subject *to, const struct cw_subject *of)
{
	return to && (!of || of->governed != to->governed);
}

/* Whole, so that nobody ever reads half of it. What is only read stays in every CPU's cache, and most labels say
 * that nobody governs: the same is not written again. */
static __always_inline void subject_write(__u32 tgid, struct cw_subject label)
{
	volatile __u64 *place = bpf_map_lookup_elem(&subjects, &tgid);
	__u64 fresh = *(__u64 *)&label;

	if (place && *place != fresh)
		*place = fresh;
	else if (!place && label.governed)
		fault(CW_FAULT_LABEL_FULL);
}

/*
 * The same at all looks at an exec, as little else is. Of one process there is one exec at a time, so a
 * few bits of the address will do; the verifier makes a number of it only as a difference.
 */
static __always_inline __u8 subject_exec_mark(const struct cw_subject *label,
					      const struct linux_binprm *bprm)
{
	__u64 distance = (__u64)bprm - (__u64)label;

	cw_opaque(distance);
	return (distance >> 9 & 0x3f) + 1;
}

/* Enough to tell that a process says it runs another file than it executed. */
static __always_inline __u16 subject_file_mark(const struct cw_identity *identity)
{
	__u64 mixed = (identity->key.inode ^ (__u64)identity->key.device << 32) *
		      0x9e3779b97f4a7c15ull;

	return (mixed >> 48) | 1;
}

static __always_inline void subject_fork(__u32 parent, __u32 child)
{
	const struct cw_subject *label;
	struct cw_subject copy = {};

	if (parent == child)
		return; /* a thread */
	/* The number may have been somebody's whose label was left behind: so nobody's is written too. */
	label = subject_find(parent);
	if (label) {
		copy.governed = label->governed;
		copy.executable = label->executable;
		copy.script = label->script;
		copy.exec_script = label->exec == CW_EXEC_NONE ? label->exec_script : CW_MARK_LOST;
	}
	subject_write(child, copy);
}

static __always_inline void subject_exit(__u32 tgid)
{
	struct cw_subject nobody = {};

	subject_write(tgid, nobody);
}

/* Instance that a file is an entry of, the lowest if several; CW_INSTANCE_NONE if it is none. */
static __always_inline __u32 subject_entry(const struct cw_file *file)
{
	__u32 entries = file->entry;

	return entries ? cw_bit_position(entries & (0 - entries)) & (CW_INSTANCES_MAX - 1)
		       : CW_INSTANCE_NONE;
}

#define RELEASED_ROW 16
#define RELEASED_ROWS 16 /* of more files that an exec closes nobody can tell */
#define SCRIPTS_MAX 6 /* five, as the kernel has it, and the program's loader */
#define FMODE_EXEC 0x20 /* opened to be executed, which no flag of open() says */

/*
 * Of a row of what a task will do when it returns to user space: the first work that releases a file which
 * was opened to be executed. Where there is none, the work behind the row, plus 1; 0 where that was all. Global
 * functions, this and the next, so that the verifier walks a row once and not once for each of the many.
 */
__attribute__((noinline)) __u64 released_in_row(__u64 first)
{
	struct callback_head *work = (void *)first;

#pragma clang loop unroll(disable)
	for (__u32 i = loop_first(); i < RELEASED_ROW; i = loop_next(i, RELEASED_ROW)) {
		struct file *file = kernel_released_file(work);
		struct inode *inode = NULL, *named = NULL;
		struct dentry *dentry = NULL;
		__u32 flags = 0;

		if (!work)
			return 0;
		bpf_core_read(&flags, sizeof(flags), &file->f_flags);
		bpf_core_read(&inode, sizeof(inode), &file->f_inode);
		bpf_core_read(&dentry, sizeof(dentry), &file->f_path.dentry);
		bpf_core_read(&named, sizeof(named), &dentry->d_inode);
		/* Other work is no file: then these do not point at each other. */
		if (flags & FMODE_EXEC && inode && inode == named)
			return (__u64)work;
		bpf_core_read(&work, sizeof(work), &work->next);
	}
	return (__u64)work + 1;
}

/*
 * A script that current is executing, when all that is left of it elsewhere is its name, which says nothing:
 * the file itself. The kernel has let go of it for its interpreter, and whatever a task lets go of is
 * released when it returns to user space. Of those that were opened to be executed (the program's loader is
 * one as well) this is the next from a work on, the last one first: the work that releases it, or 0.
 */
__attribute__((noinline)) __u64 executed_script(__u64 work)
{
#pragma clang loop unroll(disable)
	for (__u32 row = loop_first(); row < RELEASED_ROWS; row = loop_next(row, RELEASED_ROWS)) {
		work = released_in_row(work);
		if (!(work & 1))
			return work;
		work -= 1;
	}
	return 0;
}

#define RELEASED_SCRIPTS 8 /* those, and what the process ran before with its loader */
#define RELEASED_TURNS (RELEASED_ROWS + RELEASED_SCRIPTS)

/*
 * The one of these that was let go of before all others: what the caller named. 0 as well where there is more
 * than can be looked at.
 */
__attribute__((noinline)) __u64 executed_first(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 work = (__u64)BPF_CORE_READ(task, task_works);
	__u64 first = 0;

#pragma clang loop unroll(disable)
	for (__u32 turn = loop_first(); turn < RELEASED_TURNS;
	     turn = loop_next(turn, RELEASED_TURNS)) {
		__u64 next = released_in_row(work);

		if (!next)
			return first ? (__u64)kernel_released_file((void *)first) : 0;
		work = next - 1;
		if (next & 1)
			continue;
		first = next;
		bpf_core_read(&work, sizeof(work), &((struct callback_head *)next)->next);
	}
	return 0;
}

/* Of the file that this work releases: the instance that it is an entry of, its number as a script shifted by 16, and
 * bit 32; 0 where it is no entry. A global function, as those above. */
__attribute__((noinline)) __u64 released_entry(__u64 work)
{
	struct cw_identity identity = {};
	const struct cw_file *file;
	__u64 script;
	__u8 state;

	file_version(CW_PROBE, kernel_released_file((void *)work), &identity);
	file = file_find(&identity, &state);
	if (!file || !file->entry)
		return 0;
	script = state == CW_FILE_STATE_ADMITTED ? file->file : CW_FILE_UNKNOWN;
	return 1ull << 32 | (script & 0xffff) << 16 | subject_entry(file);
}

/* The instance that a script being executed is an entry of, the first one's if several are. */
static __always_inline __u32 subject_script_entry(struct cw_subject *fresh)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct callback_head *work = BPF_CORE_READ(task, task_works);
	__u32 instance = CW_INSTANCE_NONE;

#pragma clang loop unroll(disable)
	for (int script = 0; script < SCRIPTS_MAX; script++) {
		__u64 entry;

		work = (void *)executed_script((__u64)work);
		if (!work)
			break;
		entry = released_entry((__u64)work);
		bpf_core_read(&work, sizeof(work), &work->next);
		if (!entry)
			continue;
		instance = entry & 0xffff;
		fresh->script = entry >> 16;
	}
	return instance;
}

/* Is a file what the kernel is to run for a script: its interpreter, or the interpreter of that? Whoever executes a
 * script chooses what the name of its interpreter leads to: in a namespace of his own it may be any file. Of a script
 * that no policy knows nothing is known, but then what it leads to must not be somebody's to guard. A global function:
 * so its callers need no stack for it. */
__attribute__((noinline)) int script_leads_to(__u64 script, __u64 file, __u64 state)
{
	int leads = script == CW_FILE_UNKNOWN && !file_guarded(file);

	if (!leads && state != CW_FILE_STATE_ADMITTED)
		return 0;
	for (int i = 0; i < CW_INTERPRETERS_MAX; i++) {
		script = interpreters[script & (CW_FILES_MAX - 1)];
		leads |= script == file;
	}
	return leads;
}

/* The process now runs this file: it becomes governed, or governed under another executable. again: this
 * may have been told before, and then the script is known and what named it forgotten. */
static __always_inline void subject_exec(__u32 tgid, const struct cw_file *file, bool admitted,
					 struct cw_identity *identity,
					 const struct linux_binprm *bprm, bool again)
{
	bool interpreter = bprm->interp != bprm->filename;
	struct cw_subject *label = subject_find(tgid);
	__u16 number = file && admitted ? file->file : CW_FILE_UNKNOWN;
	struct cw_subject fresh = { .executable = number,
				    .exec_script = subject_file_mark(identity) };
	__u32 instance;

	if (label) {
		if (again && label->executable == number &&
		    (label->exec == CW_EXEC_NONE || label->exec == CW_EXEC_FRESH))
			return;
		fresh.governed = label->governed;
		if (interpreter &&
		    (label->exec & ~CW_EXEC_PROGRAM) == subject_exec_mark(label, bprm))
			fresh.script = label->exec_script;
		subject_write(tgid, fresh);
		return;
	}
	/* A tampered entry is governed all the more: only its rights are those of an unknown file. */
	instance = file ? subject_entry(file) : CW_INSTANCE_NONE;
	if (instance == CW_INSTANCE_NONE && interpreter)
		instance = subject_script_entry(&fresh);
	if (instance == CW_INSTANCE_NONE)
		return;
	/* As it is of one whose interpreter is another file than it should be. */
	if (interpreter &&
	    !script_leads_to(fresh.script, number,
			     admitted ? CW_FILE_STATE_ADMITTED : CW_FILE_STATE_UNKNOWN))
		fresh.script = CW_FILE_UNKNOWN;
	fresh.governed = CW_GOVERNED(instance);
	fresh.exec = CW_EXEC_FRESH;
	subject_write(tgid, fresh);
}

#endif

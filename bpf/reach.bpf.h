/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reaching into a process: by ptrace, by process_vm_writev, by /proc/PID/mem. Whoever may do that makes
 * the process do what he wants, with its rights: it is as good as executing what it runs, and is judged
 * as that. By the rules of a governed tracer: else it could act through a process that may do more, or that
 * nobody governs. By the guards of everyone else: else these could use a port that is kept for the instance.
 *
 * Where that gives no other rights (its own memory through /proc/self/mem, another process of the same
 * program), it still writes what is not writable, code above all: it is judged as memory without a file that
 * becomes executable.
 *
 * Whoever traces a process goes on when that executes something: see tracer_decides().
 *
 * Whoever may say what binfmt_misc has run in the place of a program (in a user namespace of his own, from 6.7 on)
 * executes what he wants under the name of one that he may execute: that is judged as executing an unknown file.
 */
#ifndef CW_REACH_BPF_H
#define CW_REACH_BPF_H

#include "library.bpf.h"

#define PTRACE_MODE_ATTACH 2 /* to write; who only looks, as ps does, is nobody's business */
#define FMODE_WRITE 2
#define PROC_SUPER_MAGIC 0x9fa0
#define BINFMTFS_MAGIC 0x42494e4d

/* What the process runs: as it was when it executed that, where it is governed. */
static __always_inline void trace_target(const struct cw_subject *tracer, struct task_struct *task,
					 struct judged_file *target, struct cw_request *request)
{
	const struct cw_subject *label = subject_find(task->tgid);
	struct mm_struct *mm = task->mm;
	struct file *executable;

	if (!mm)
		return;
	executable = mm->exe_file;
	if (!executable)
		return;
	request->target = file_number(CW_PLAIN, executable, &target->identity,
				      &request->target_state);
	target->file = (__u64)executable;
	if (label) {
		request->target = label->executable;
		request->target_state = label->executable ? CW_FILE_STATE_ADMITTED
							  : CW_FILE_STATE_UNKNOWN;
	}
	target->number = request->target;
	/* It may do more than the same program would that the tracer executed. */
	if (subject_abroad(tracer, label))
		request->target_state = CW_FILE_STATE_ABROAD;
}

/* Tell and settle what is as good as an execution. What is allowed is none, and is not counted as one. */
static __always_inline int settle_as_exec(struct hook *hook, struct judgement *judgement,
					  struct judged_file *target)
{
	judgement->decision = cw_decide(&hook->pages, &judgement->request);
	if (judgement->decision.verdict == CW_VERDICT_ALLOW)
		return 0;
	judgement->file = target;
	judgement->backend = attached_backend;
	return settle(hook, judgement, CW_EFFECT_REFUSED);
}

static __always_inline int settle_trace_as_exec(struct task_struct *task)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_EXEC };
	struct judged_file target = {};

	if (!hook_open(&hook, CW_OPERATION_EXEC, CW_CLASS_EXEC))
		return 0;
	hook_request(&hook, &judgement.request);
	trace_target(hook.subject, task, &target, &judgement.request);
	return settle_as_exec(&hook, &judgement, &target);
}

static __always_inline int settle_interpreter(struct file *file)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_EXEC };
	struct judged_file target = {};

	if (!hook_open(&hook, CW_OPERATION_EXEC, CW_CLASS_EXEC))
		return 0;
	hook_request(&hook, &judgement.request);
	file_version(CW_PLAIN, file, &target.identity);
	target.file = (__u64)file;
	return settle_as_exec(&hook, &judgement, &target);
}

static __always_inline int settle_trace(struct task_struct *task, unsigned int mode)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	struct cw_subject *subject = subject_current(pid_tgid);

	if (!(mode & PTRACE_MODE_ATTACH) || task->tgid == pid_tgid >> 32)
		return 0;
	if (!subjects_alike(subject, subject_find(task->tgid)) && settle_trace_as_exec(task))
		return -EACCES;
	return subject ? settle_library(NULL, NULL, false) : 0;
}

/* A process asks to be traced by its parent, who may then write into it. */
static __always_inline int settle_traceme(void)
{
	return subject_current(bpf_get_current_pid_tgid()) ? settle_library(NULL, NULL, false) : 0;
}

static __always_inline int settle_open(struct file *file)
{
	const unsigned char *name;
	unsigned long magic;
	char start[4] = {};

	if (!(file->f_mode & FMODE_WRITE))
		return 0;
	magic = file->f_inode->i_sb->s_magic;
	if (magic == BINFMTFS_MAGIC)
		return settle_interpreter(file);
	if (magic != PROC_SUPER_MAGIC)
		return 0;
	name = file->f_path.dentry->d_name.name;
	bpf_probe_read_kernel(start, sizeof(start), name);
	if (start[0] != 'm' || start[1] != 'e' || start[2] != 'm' || start[3])
		return 0;
	return settle_library(NULL, NULL, false);
}

#endif

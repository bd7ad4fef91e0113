/* SPDX-License-Identifier: GPL-2.0-only */
/* What the label keepers do: at an exec, and to what ran before they were live. */
#ifndef CW_LABEL_BPF_H
#define CW_LABEL_BPF_H

#include "judge.bpf.h"

static __always_inline void label_executed(__u32 tgid, struct linux_binprm *bprm, bool again)
{
	struct cw_identity identity = {};
	const struct cw_file *file;
	__u8 state;

	if (bprm->interp == bprm->filename) {
		struct cw_subject *label = subject_find(tgid);

		/* Most that is executed on a host makes nobody governed. */
		if (!label && !file_may_be_entry(bprm->file))
			return;
		/* Told when it was judged, this very moment: label_judged(). */
		if (label && attached_backend == CW_BACKEND_CGROUP &&
		    label->exec == subject_exec_mark(label, bprm)) {
			label->exec = CW_EXEC_NONE;
			return;
		}
	}
	file_version(CW_PLAIN, kernel_through(linux_binprm, bprm)->file, &identity);
	file = file_find(&identity, &state);
	subject_exec(tgid, file, state == CW_FILE_STATE_ADMITTED, &identity, bprm, again);
}

#define ANCESTORS_MAX 32

/*
 * The instance of the nearest ancestor that is governed. By probes: following a known pointer has the
 * verifier search all of the kernel's types, a millisecond each time, and this loop has many turns.
 */
static __always_inline __u32 label_inherited(struct task_struct *task)
{
	struct task_struct *ancestor = task;

	for (__u32 i = loop_first(); i < ANCESTORS_MAX; i = loop_next(i, ANCESTORS_MAX)) {
		const struct cw_subject *label;
		int tgid = 0;

		if (bpf_core_read(&ancestor, sizeof(ancestor), &ancestor->real_parent) ||
		    bpf_core_read(&tgid, sizeof(tgid), &ancestor->tgid) || tgid <= 1)
			break;
		label = subject_find(tgid);
		if (label)
			return label->governed - CW_GOVERNED(0);
	}
	return CW_INSTANCE_NONE;
}

static __always_inline void label_give(struct task_struct *task, const struct mm_struct *mm,
				       struct cw_subject label)
{
	__u32 tgid = task->tgid;
	struct mm_struct *now = NULL;
	struct cw_subject *given;

	subject_write(tgid, label);
	__sync_fetch_and_add(&labels_given, 1);
	/* An exec may have passed by meanwhile: what runs now the next pass finds out. */
	bpf_core_read(&now, sizeof(now), &task->mm);
	given = subject_find(tgid);
	if (given && now != mm)
		given->executable = CW_FILE_UNKNOWN;
	/* Or its exit, which would not take this label away. */
	if (kernel_exiting(task))
		subject_exit(tgid);
}

#endif

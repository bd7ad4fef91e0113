/* SPDX-License-Identifier: GPL-2.0-only */
/* The judging of an exec: asked before it happens, or seen when it has. */
#ifndef CW_EXEC_BPF_H
#define CW_EXEC_BPF_H

#include "judge.bpf.h"

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
	struct judged_file target; /* nobody who is let go pays for it */
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

#endif

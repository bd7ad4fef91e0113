/* SPDX-License-Identifier: GPL-2.0-only */
/* The judging of an exec: asked before it happens, or seen when it has. */
#ifndef CW_EXEC_BPF_H
#define CW_EXEC_BPF_H

#include "judge.bpf.h"

#define LSM_UNSAFE_PTRACE 2 /* somebody traces who executes */

/*
 * Whoever traces a process goes on when that executes something, and can then write into it: he must be one who might
 * execute it himself. What the rules of that one say, a struct cw_decision as a number. A global function: so its
 * stack is none of its caller's. state: enum cw_file_state of the target.
 */
__attribute__((noinline)) __u64 tracer_decides(__u32 target, __u32 state)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *tracer = BPF_CORE_READ(task, parent);
	const struct cw_subject *label = subject_current(bpf_get_current_pid_tgid());
	struct hook hook = { .subject = subject_find(BPF_CORE_READ(tracer, tgid)) };
	struct cw_request request = { .operation = CW_OPERATION_EXEC,
				      .target = target,
				      .target_state = state };
	struct cw_decision decision = cw_allow();
	__u64 packed;

	if (!subjects_alike(hook.subject, label) && hook_image(&hook)) {
		hook_request(&hook, &request);
		request.user = BPF_CORE_READ(tracer, cred, euid.val);
		if (subject_abroad(hook.subject, label))
			request.target_state = CW_FILE_STATE_ABROAD;
		decision = cw_decide(&hook.pages, &request);
	}
	__builtin_memcpy(&packed, &decision, sizeof(packed));
	return packed;
}

/* The tracer's word counts where the caller's own does not refuse. */
static __always_inline void tracer_objects(struct judgement *judgement)
{
	const struct cw_request *request = &judgement->request;
	__u64 packed = tracer_decides(request->target, request->target_state);
	struct cw_decision decision;

	__builtin_memcpy(&decision, &packed, sizeof(decision));
	if (decision.verdict == CW_VERDICT_DENY &&
	    (judgement->decision.verdict != CW_VERDICT_DENY ||
	     judgement->decision.mode != CW_MODE_ENFORCE)) {
		judgement->decision = decision;
		/* A guard says for itself who it is. */
		if (decision.reason != CW_REASON_GUARD)
			judgement->decision.reason = CW_REASON_TRACER;
	}
}

/* lost: of what the caller named only this interpreter is left. mark: of the exec, for the label.
 * bprm: NULL where it is not known whether somebody traces. */
static __always_inline int settle_exec_target(struct hook *hook, struct judgement *judgement,
					      struct judged_file *target, __u8 mark, bool lost,
					      const struct linux_binprm *bprm, __u32 refusal)
{
	struct cw_request *request = &judgement->request;

	if (!hook_decide(hook, judgement, CW_CLASS_EXEC))
		return 0;
	if (cw_rarely(lost))
		judgement->decision = cw_decide_undecided(&hook->pages, request, CW_CLASS_EXEC);
	if (bprm && bprm->unsafe & LSM_UNSAFE_PTRACE)
		tracer_objects(judgement);
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
 * answer stands for the whole exec, as long as each file names the next, and that is the file it was when the script
 * was admitted; what is noted in the label between the two belongs to this linux_binprm alone. What follows on a file
 * that names none was said by binfmt_misc, that is by somebody else: it is judged as executed.
 */
static __always_inline int settle_exec(struct linux_binprm *bprm)
{
	struct hook hook = {};
	struct judgement judgement = { .request.operation = CW_OPERATION_EXEC };
	struct judged_file target; /* nobody who is let go pays for it */
	struct file *file;
	__u8 mark = 0;

	if (!hook_open(&hook, CW_OPERATION_EXEC, CW_CLASS_EXEC))
		return 0;
	file = bprm->file;
	target.identity.mode = 0;
	target.file = (__u64)file;
	/* First, since less has to be kept over a call. */
	judgement.request.target = file_number(CW_PLAIN, file, &target.identity,
					       &judgement.request.target_state);
	if (hook.subject) {
		__u8 before = subject_exec_mark(hook.subject, bprm);

		mark = before + CW_EXEC_PROGRAM;
		if (cw_rarely(bprm->buf[0] == '#') && bprm->buf[1] == '!')
			mark = before;
		if (cw_rarely(bprm->interp != bprm->filename) && hook.subject->exec == before &&
		    script_leads_to(hook.subject->exec_script, judgement.request.target,
				    judgement.request.target_state)) {
			hook.subject->exec = mark;
			/* Not once more: it would be taken for what follows on this one. */
			turn_note(CW_OPERATION_EXEC);
			return 0;
		}
	}
	hook_request(&hook, &judgement.request);
	return settle_exec_target(&hook, &judgement, &target, mark, false, bprm, CW_EFFECT_REFUSED);
}

/* What an exec that has happened is judged for. */
enum executed {
	EXECUTED_PROGRAM, /* named, and run */
	EXECUTED_NAMED, /* named, and read by an interpreter; or that, of somebody whom nobody governs */
	EXECUTED_INTERPRETER, /* run for what was named, which has been judged */
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

/* what (of an interpreter), tgid: as settle_executed() has them. Global, as that has no room on its stack. */
__attribute__((noinline)) int interpreter_expected(__u64 what, __u64 tgid)
{
	const struct cw_subject *subject = subject_find(tgid);

	return subject && script_leads_to(subject->exec_script, what >> 32 & 0xffff, what >> 48);
}

/*
 * The same when it has happened. A global function, so that the verifier walks it once for what is named and
 * for its interpreter; on 5.10 it can be given only numbers. file: how far the struct file is from the caller's
 * task_struct; whose: the device in the upper half, and i_uid; what: from the lowest bits on an enum executed and the
 * label's mark, 8 bits each, 16 of i_mode, 16 of the file's number and 8 of its state.
 */
__attribute__((noinline)) int settle_executed(__u64 file, __u64 inode, __u64 whose, __u64 what,
					      __u64 tgid)
{
	struct hook hook = {};
	struct judgement judgement = { .request = { .operation = CW_OPERATION_EXEC,
						    .target = what >> 32 & 0xffff,
						    .target_state = what >> 48 } };
	struct judged_file target = {
		.identity = { .key = { .inode = inode, .device = whose >> 32 },
			      .uid = (__u32)whose,
			      .mode = what >> 16 & 0xffff },
		.file = file,
	};
	__u8 mark = what >> 8, of = what;
	int r;

	if (of == EXECUTED_INTERPRETER && interpreter_expected(what, tgid))
		return 0;
	if (!hook_open_of(&hook, subject_find(tgid), CW_OPERATION_EXEC, CW_CLASS_EXEC))
		return 0;
	if (hook.subject && hook.subject->exec == CW_EXEC_UNJUDGED)
		return 0;
	hook_request(&hook, &judgement.request);
	r = settle_exec_target(&hook, &judgement, &target, mark, of == EXECUTED_LOST, NULL,
			       CW_EFFECT_KILLED);
	if (of == EXECUTED_PROGRAM && hook.subject && hook.subject->exec == mark)
		label_judged(&judgement, &target, hook.subject, mark);
	return r;
}

/* distance: of its file from the caller's task_struct, as the verifier lets a number be handed on. */
static __always_inline int settle_executed_inode(int how, struct inode *inode, __u64 distance,
						 __u32 mark, __u32 of, __u32 tgid)
{
	struct cw_identity identity = {};
	__u64 known;
	__u8 state;

	inode_version(how, inode, &identity);
	known = file_known(&identity, &state);
	inode_owner(how, inode, &identity);
	return settle_executed(
		distance, identity.key.inode, (__u64)identity.key.device << 32 | identity.uid,
		(__u64)state << 48 | known << 32 | (identity.mode & 0xffff) << 16 | mark << 8 | of,
		tgid);
}

/*
 * As the kernel's own questions are answered: what the caller named is judged, and the interpreter too, unless it is
 * the one that a governed process may run for it. A script is undecided where it cannot be told: what the kernel
 * keeps open for an interpreter (binfmt_misc can be told so) is not among what it let go of.
 */
static __always_inline bool exec_refused(struct task_struct *task, struct linux_binprm *bprm)
{
	__u32 tgid = task->tgid;
	struct cw_subject *subject = subject_find(tgid);
	__u32 mark = subject ? subject_exec_mark(subject, bprm) : 0;
	__u32 of = EXECUTED_PROGRAM;
	__u64 kept = 0, named, distance;
	struct inode *inode;
	struct file *file;

	if (!subject && !guarded(CW_CLASS_EXEC) && !host_wants(CW_OPERATION_EXEC))
		return false;
	/* Before the ways part: each of them would have the verifier walk these loads. */
	file = bprm->file;
	inode = file->f_inode;
	distance = (__u64)file - (__u64)task;
	cw_opaque(distance);
	if (cw_rarely(bprm->interp != bprm->filename)) {
		bpf_core_read(&kept, sizeof(kept), &bprm->executable);
		named = kept ? 0 : executed_first();
		if (named && settle_executed_inode(
				     CW_PROBE, BPF_CORE_READ((struct file *)named, f_inode),
				     named - bpf_get_current_task(), mark, EXECUTED_NAMED, tgid))
			return true;
		of = !subject ? EXECUTED_NAMED : named ? EXECUTED_INTERPRETER : EXECUTED_LOST;
	}
	return settle_executed_inode(CW_PLAIN, inode, distance, mark, of, tgid);
}

/* task: who executes. */
static __always_inline void settle_exec_by_kill(struct task_struct *task, struct linux_binprm *bprm)
{
	if (exec_refused(task, bprm))
		kill_current();
}

#endif

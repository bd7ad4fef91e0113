/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attach points of all backends (those of lsm and fmod_ret are in hooks.bpf.h). A hook reads its
 * arguments into a request, calls decide() and settles; the backends differ only in how they settle. The loader turns autoload on for one backend's
 * programs and for the label keepers.
 *
 *   label keepers   fork, exec, exit tracepoints (exec: where the hooks below judge what is mapped, the
 *                   moment before that); the iterator, once they are live
 *   lsm, fmod_ret   the same hooks; -EACCES refuses
 *   cgroup          sock_create, connect, sendmsg, bind at the cgroup root: 0 refuses (EPERM);
 *                   exec and listen by tracepoints: SIGKILL before the caller runs on
 *
 * What always holds: an operation of a governed process, or one that a guard names, is counted exactly
 * once under its verdict; nothing returns early without a verdict or a fault counter.
 */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>

#include "exec.bpf.h"
#include "hooks.bpf.h"
#include "inherit.bpf.h"
#include "label.bpf.h"
#include "socket.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* ------------------------------------------------------------------ label keepers */

/*
 * Each twice. A tracing program does not run while it already runs on the same CPU. Up to 6.19 the
 * tracepoints kept their CPU; since then a task may be preempted within the program, and whoever comes
 * by there until it goes on is passed over in silence (seen on 7.2: a few of 10,000). The second copy runs
 * for these, and does nothing new for all others; it is left out where no task is ever preempted there. The
 * kernel's count of it is a fault, see kern_skipped().
 */
SEC("?tp_btf/sched_process_fork")
int BPF_PROG(label_fork, struct task_struct *parent, struct task_struct *child)
{
	subject_fork(parent->tgid, child->tgid);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(label_fork_again, struct task_struct *parent, struct task_struct *child)
{
	subject_fork(parent->tgid, child->tgid);
	return 0;
}

/* Where the kernel preempts, also this: a kprobe is never passed by. The child does not run yet. */
SEC("?kprobe/wake_up_new_task")
int label_fork_last(__u64 *ctx)
{
	struct task_struct *child = (void *)kernel_argument(ctx, 0);

	subject_fork(bpf_get_current_pid_tgid() >> 32, BPF_CORE_READ(child, tgid));
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(label_exit, struct task_struct *task)
{
	if (kernel_exiting(task))
		subject_exit(task->tgid);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(label_exit_again, struct task_struct *task)
{
	if (kernel_exiting(task))
		subject_exit(task->tgid);
	return 0;
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(label_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	label_executed(task->tgid, bprm, false);
	return 0;
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(label_exec_again, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	label_executed(task->tgid, bprm, true);
	return 0;
}

/* When it can no longer fail, and before the program and its loader are mapped: these are then judged
 * as the new program's own, also where nobody governed the old one. The one above is its second copy. */
SEC("?fentry/security_bprm_committing_creds")
int BPF_PROG(label_committing, struct linux_binprm *bprm)
{
	label_executed(bpf_get_current_pid_tgid() >> 32, bprm, false);
	return 0;
}

/* As label_fork_last. */
SEC("?kprobe/security_bprm_committed_creds")
int label_exec_last(__u64 *ctx)
{
	label_executed(bpf_get_current_pid_tgid() >> 32, argument_as(linux_binprm, 0), true);
	return 0;
}

/* Behind all that label: what it was left is judged by what it is now. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(inherit_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct cw_subject *label = subject_find(task->tgid);

	if (label && label->exec == CW_EXEC_FRESH) {
		label->exec = CW_EXEC_NONE;
		settle_inheritance();
	}
	return 0;
}

/* Label what ran before the hooks were live: entries, and what descends from them. */
SEC("?iter/task")
int label_running(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct cw_identity identity = {};
	const struct cw_file *file;
	struct cw_subject *label;
	struct file *executable;
	struct mm_struct *mm;
	__u32 number = CW_FILE_UNKNOWN;
	__u32 instance = CW_INSTANCE_NONE;
	bool executing;
	__u16 mark;
	__u8 state;

	if (!task)
		return 0;
	task = kernel_through(task_struct, task);
	if (kernel_exiting(task) || !kernel_speaks(task))
		return 0;
	mm = task->mm;
	if (!mm)
		return 0; /* a kernel thread, or gone */
	executing = kernel_executing(task);
	executable = mm->exe_file;
	if (!executable)
		return 0;
	file_version(CW_PLAIN, executable, &identity);
	file = file_find(&identity, &state);
	if (file)
		instance = subject_entry(file);
	if (file && state == CW_FILE_STATE_ADMITTED)
		number = file->file;
	mark = subject_file_mark(&identity);
	label = subject_find(task->tgid);
	if (label) {
		/* A number may have been given to its executable since. Never take one away: the file on
		 * disk may have been replaced under a process that runs the old one. Nor believe another
		 * file than it executed: a process may change what it says it runs. */
		if (number && !executing && label->executable != number &&
		    label->exec == CW_EXEC_NONE && label->exec_script == mark)
			label->executable = number;
		/* That exec failed. The next one is judged. */
		if (!executing && label->exec == CW_EXEC_UNJUDGED)
			label->exec = CW_EXEC_NONE;
		return 0;
	}
	if (instance == CW_INSTANCE_NONE)
		instance = label_inherited(task);
	if (instance != CW_INSTANCE_NONE) {
		/* In the midst of an exec the file is the new one already, and the backend that judges
		 * an exec when it has happened must not judge this one as the new program's own. */
		struct cw_subject fresh = { .executable = number,
					    .governed = CW_GOVERNED(instance),
					    .exec = executing ? CW_EXEC_UNJUDGED : CW_EXEC_NONE,
					    .exec_script = mark };

		label_give(task, mm, fresh);
	}
	return 0;
}

/* ------------------------------------------------------------------ questions of the daemon */

/* Identity of the caller's own descriptor, by the very accessor that the hooks use. Run by a test-run,
 * so current is the daemon. Argument 0: the descriptor. */
SEC("?raw_tp")
int identify(__u64 *context)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 descriptor = context[0];
	struct cw_identity *answer;
	struct file **table;
	struct file *file = NULL;
	__u32 zero = 0;

	answer = bpf_map_lookup_elem(&identity, &zero);
	if (!answer)
		return 0;
	answer->status = 9; /* EBADF */
	if (descriptor >= BPF_CORE_READ(task, files, fdt, max_fds))
		return 0;
	table = BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), &table[descriptor]);
	if (file)
		file_identity(CW_PROBE, file, answer);
	return 0;
}

/* A trusted file is another one: told through the ring like all else. Run by a test-run, so current is the
 * daemon, which found it. Arguments: file number, inode, device, instance. */
SEC("?raw_tp")
int tell_changed(__u64 *context)
{
	struct judged_file target = { .identity.key = { .inode = context[1], .device = context[2] },
				      .number = context[0] };
	struct judgement judgement = {
		.request = { .operation = CW_OPERATION_TAMPER, .instance = CW_INSTANCE_NONE },
		.decision = { .verdict = CW_VERDICT_AUDIT,
			      .reason = CW_REASON_TAMPERED,
			      .mode = CW_MODE_AUDIT,
			      .rule = CW_RULE_NONE,
			      .instance = context[3] },
		.file = &target,
		.backend = attached_backend,
	};
	struct hook hook = {};

	hook_image(&hook);
	count_verdict(CW_OPERATION_TAMPER, CW_VERDICT_AUDIT,
		      record_deviating(&judgement, CW_EFFECT_NONE,
				       hook.pages.head ? hook.pages.head->generation : 0));
	return 0;
}

/* ------------------------------------------------------------------ cgroup */

SEC("?cgroup/sock_create")
int cgroup_create(struct bpf_sock *sock)
{
	return settle_socket(sock->family, sock->type, sock->protocol, CW_BACKEND_CGROUP) == 0;
}

#define CGROUP_V4(name, operation) \
	SEC("?cgroup/" #name "4") \
	int cgroup_##name##4(struct bpf_sock_addr * context) \
	{ \
		return settle_cgroup_v4(operation, context) == 0; \
	}
#define CGROUP_V6(name, operation) \
	SEC("?cgroup/" #name "6") \
	int cgroup_##name##6(struct bpf_sock_addr * context) \
	{ \
		return settle_cgroup_v6(operation, context) == 0; \
	}

CGROUP_V4(connect, CW_OPERATION_CONNECT)
CGROUP_V6(connect, CW_OPERATION_CONNECT)
CGROUP_V4(sendmsg, CW_OPERATION_SEND)
CGROUP_V6(sendmsg, CW_OPERATION_SEND)
CGROUP_V4(bind, CW_OPERATION_BIND)
CGROUP_V6(bind, CW_OPERATION_BIND)

/* Attached before label_exec, so that the caller is still who it was. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(cgroup_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	settle_exec_by_kill(task, bprm);
	return 0;
}

/* As the label keepers' second copies: what the first judged is noted in the label until they ran. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(cgroup_exec_again, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct cw_subject *subject = subject_find(task->tgid);

	if (subject && subject->exec != subject_exec_mark(subject, bprm))
		settle_exec_by_kill(task, bprm);
	return 0;
}

SEC("?tp_btf/inet_sock_set_state")
int BPF_PROG(cgroup_listen, struct sock *sock, int old_state, int new_state)
{
	/* MPTCP says it twice, and a third time for the subflow that it makes for itself. */
	if (new_state == TCP_LISTEN && old_state != TCP_LISTEN &&
	    !BPF_CORE_READ_BITFIELD_PROBED(sock, sk_kern_sock))
		settle_listen_by_kill(sock);
	return 0;
}

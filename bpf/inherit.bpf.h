/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program inherits. A process that nobody governed executes an entry, and leaves it sockets: to the
 * new program they are what another process hands over, and are judged as received. Nothing can take
 * a descriptor away, so where one may not be had the process ends before its first instruction.
 *
 * Unix sockets may always be inherited: the standard output of a service is one, whatever its policy says.
 * What a governed process leaves to its own descendants was judged when it was made.
 */
#ifndef CW_INHERIT_BPF_H
#define CW_INHERIT_BPF_H

#include "judge.bpf.h"

/* Descriptors that are looked at, and sockets that are judged: of more nobody can tell. */
#define INHERITED_MAX 1024
#define INHERITED_SOCKETS 4

static __always_inline struct file *inherited_file(__u32 number)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **files = BPF_CORE_READ(task, files, fdt, fd);
	struct file *file = NULL;

	bpf_probe_read_kernel(&file, sizeof(file), &files[number]);
	return file;
}

/*
 * The first socket to be judged among the descriptors from this one on: its number, INHERITED_MAX where
 * there may be more beyond that, or -1. A global function, so that the verifier walks its loop once.
 */
__attribute__((noinline)) int inherited_next(__u32 from)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 count = BPF_CORE_READ(task, files, fdt, max_fds);
	struct file **files = BPF_CORE_READ(task, files, fdt, fd);

	/* One way through: each branch would multiply what the verifier walks. What cannot be read is 0. */
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < INHERITED_MAX; i++) {
		struct socket *socket = NULL;
		struct inode *inode = NULL;
		struct sock *sock = NULL;
		struct file *file = NULL;
		__u16 mode = 0, family = 0;
		__u64 wanted;

		if (i >= count)
			return -1;
		bpf_probe_read_kernel(&file, sizeof(file), &files[i]);
		bpf_core_read(&inode, sizeof(inode), &file->f_inode);
		bpf_core_read(&mode, sizeof(mode), &inode->i_mode);
		bpf_core_read(&socket, sizeof(socket), &file->private_data);
		bpf_core_read(&sock, sizeof(sock), &socket->sk);
		bpf_core_read(&family, sizeof(family), &sock->__sk_common.skc_family);
		wanted = cw_mask_equal(mode & S_IFMT, S_IFSOCK) & ~cw_mask_equal(family, AF_UNIX) &
			 ~cw_mask_less(i, from);
		if (wanted)
			return (int)i;
	}
	return count > INHERITED_MAX ? INHERITED_MAX : -1;
}

static __always_inline int settle_unseen_descriptors(void)
{
	struct judgement judgement = { .request.operation = CW_OPERATION_RECEIVE };
	struct hook hook = {};

	if (!hook_open(&hook, CW_OPERATION_RECEIVE, CW_CLASS_SOCKETS))
		return 0;
	hook_request(&hook, &judgement.request);
	judgement.decision = cw_decide_undecided(&hook.pages, &judgement.request, CW_CLASS_SOCKETS);
	judgement.backend = attached_backend;
	return settle(&hook, &judgement, CW_EFFECT_KILLED);
}

/* Descriptors that close at exec are closed by now. */
static __always_inline void settle_inheritance(void)
{
	__u32 next = 0;

#pragma clang loop unroll(disable)
	for (int turn = 0; turn < INHERITED_SOCKETS; turn++) {
		int found = inherited_next(next);

		if (found < 0)
			return;
		if (found >= INHERITED_MAX)
			break;
		if (settle_received(inherited_file(found), CW_EFFECT_KILLED)) {
			kill_current();
			return;
		}
		next = found + 1;
	}
	if (settle_unseen_descriptors())
		kill_current();
}

#endif

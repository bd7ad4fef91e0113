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

#include "received.bpf.h"

/* Descriptors that are looked at, and sockets that are judged: of more nobody can tell. */
#define INHERITED_MAX 1024
#define INHERITED_ROW 32
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
 * The first socket to be judged in a row of descriptors, from this one on: its number, INHERITED_MAX where
 * there is none, or -1 where there are no more descriptors. Global functions, this and the next, so that the
 * verifier walks a row once and not once for each of the many.
 */
__attribute__((noinline)) int inherited_in_row(__u32 row, __u32 from)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 count = BPF_CORE_READ(task, files, fdt, max_fds);
	struct file **files = BPF_CORE_READ(task, files, fdt, fd);

	/* One way through: each branch would multiply what the verifier walks. What cannot be read is 0. */
#pragma clang loop unroll(disable)
	for (__u32 i = loop_first(); i < INHERITED_ROW; i = loop_next(i, INHERITED_ROW)) {
		__u32 number = row * INHERITED_ROW + i;
		struct socket *socket = NULL;
		struct inode *inode = NULL;
		struct sock *sock = NULL;
		struct file *file = NULL;
		__u16 mode = 0, family = 0;
		__u64 wanted;

		if (number >= count)
			return -1;
		bpf_probe_read_kernel(&file, sizeof(file), &files[number]);
		bpf_core_read(&inode, sizeof(inode), &file->f_inode);
		bpf_core_read(&mode, sizeof(mode), &inode->i_mode);
		bpf_core_read(&socket, sizeof(socket), &file->private_data);
		bpf_core_read(&sock, sizeof(sock), &socket->sk);
		bpf_core_read(&family, sizeof(family), &sock->__sk_common.skc_family);
		wanted = cw_mask_equal(mode & S_IFMT, S_IFSOCK) & ~cw_mask_equal(family, AF_UNIX) &
			 ~cw_mask_less(number, from);
		if (wanted)
			return (int)number;
	}
	return INHERITED_MAX;
}

/* The same of all rows: INHERITED_MAX where there are more descriptors beyond them, which the row behind the
 * last one tells. */
__attribute__((noinline)) int inherited_next(__u32 from)
{
#pragma clang loop unroll(disable)
	for (__u32 row = 0; row <= INHERITED_MAX / INHERITED_ROW; row++) {
		int found = inherited_in_row(row, from);

		if (found < INHERITED_MAX)
			return found;
	}
	return INHERITED_MAX;
}

static __always_inline int settle_unseen_descriptors(void)
{
	struct judgement judgement = { .request.operation = CW_OPERATION_RECEIVE };
	struct hook hook = {};

	if (!hook_open(&hook, CW_OPERATION_RECEIVE, CW_CLASS_SOCKETS))
		return 0;
	hook_request(&hook, &judgement.request);
	if (judgement.request.instance >= CW_INSTANCES_MAX)
		return 0;
	judgement.decision = cw_decide_unseen(&hook.pages, &judgement.request, cw_allow());
	judgement.backend = attached_backend;
	return settle(&hook, &judgement, CW_EFFECT_KILLED);
}

/* What inherited_next() found. A global function, so that the verifier walks it once and not once a turn. */
__attribute__((noinline)) int settle_inherited(__u32 number)
{
	return number < INHERITED_MAX ? settle_received(inherited_file(number), CW_EFFECT_KILLED)
				      : settle_unseen_descriptors();
}

/* Descriptors that close at exec are closed by now. */
static __always_inline void settle_inheritance(void)
{
	int found = -1;

#pragma clang loop unroll(disable)
	for (int turn = 0; turn < INHERITED_SOCKETS && found < INHERITED_MAX; turn++) {
		found = inherited_next(found + 1);
		if (found < 0)
			return;
		if (settle_inherited(found)) {
			kill_current();
			return;
		}
	}
	if (found < INHERITED_MAX && settle_inherited(INHERITED_MAX))
		kill_current();
}

#endif

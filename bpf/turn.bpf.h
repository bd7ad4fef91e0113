/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose turn it is. Where a task may be preempted within a tracing program, the kernel passes that program by
 * for everybody else on the CPU until the task goes on (see the label keepers in warden.bpf.c). So there each
 * fmod_ret hook has three turns at a call, one after the other in one thread:
 *
 *   first    the hook itself; notes what it judged and let pass
 *   again    its second copy: judges what has no such note
 *   last     a kprobe in the body of the hooked function, which is reached by what nobody refused. It
 *            cannot be preempted and is not passed by: judges what has no note, and takes the note away.
 *            It cannot refuse the call any more: the process ends before it returns to its program.
 *
 * So every call is judged once. Notes are found by thread; where two threads meet in one place one of them
 * is judged again.
 */
#ifndef CW_TURN_BPF_H
#define CW_TURN_BPF_H

#include "kernel.bpf.h"

#define TURN_PLACES (1 << 14)
#define TURN_LAST (1u << 31) /* beside a bit for each enum cw_operation that was judged */

/* Set by the loader before the programs are loaded. */
const volatile bool kernel_preempts = false;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TURN_PLACES);
	__type(key, __u32);
	__type(value, __u64); /* thread, shifted by 32, and what it was judged for */
} turns SEC(".maps");

/* Neighbours are not in one cache line. */
static __always_inline __u64 *turn_place(__u32 thread)
{
	__u32 place = (thread << 3 | (thread >> 11 & 7)) & (TURN_PLACES - 1);

	return bpf_map_lookup_elem(&turns, &place);
}

/* What this call of this thread was judged for; 0: nobody did. */
static __always_inline __u32 turn_judged(void)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid();
	__u64 *place = turn_place(thread);

	return place && *place >> 32 == thread ? (__u32)*place : 0;
}

static __always_inline void turn_write(__u32 what)
{
	__u32 thread = (__u32)bpf_get_current_pid_tgid();
	__u64 *place = turn_place(thread);

	if (place)
		*place = what ? (__u64)thread << 32 | what : 0;
}

/* Judged, and let pass. */
static __always_inline void turn_note(__u32 operation)
{
	if (kernel_preempts)
		turn_write((turn_judged() & TURN_LAST) | 1u << (operation & 31));
}

/* Judged, and refused: no further turn comes. True in the last one, where a refusal comes too late. */
static __always_inline bool turn_refused(void)
{
	bool last;

	if (!kernel_preempts)
		return false;
	last = turn_judged() & TURN_LAST;
	turn_write(last ? TURN_LAST : 0);
	return last;
}

/* Of a hook that judges these operations: is the last turn needed? Then it ends with turn_over(). */
static __always_inline bool turn_last(__u32 operations)
{
	bool needed = !(turn_judged() & operations);

	turn_write(needed ? TURN_LAST : 0);
	return needed;
}

static __always_inline void turn_over(void)
{
	turn_write(0);
}

#endif

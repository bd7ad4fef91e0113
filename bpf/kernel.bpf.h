/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, one accessor a fact, with the versions and when it may go. Nothing
 * else in this folder knows a kernel version.
 */
#ifndef CW_KERNEL_BPF_H
#define CW_KERNEL_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"
#include "decide.h"

/*
 * Hooks of the tracing kind get pointers that the verifier knows and may follow by plain loads, at a
 * fortieth of the cost of a probe. Elsewhere only probes are allowed.
 */
#define CW_PLAIN 0
#define CW_PROBE 1
#define cw_read(how, source, field) \
	({ \
		__typeof__((source)->field) value_; \
		if (how) \
			bpf_core_read(&value_, sizeof(value_), &(source)->field); \
		else \
			value_ = (source)->field; \
		value_; \
	})

struct timespec64 {
	long long tv_sec;
	long tv_nsec;
} __attribute__((preserve_access_index));

/*
 * From 6.2 on: a pointer that the verifier knows nothing of, for plain loads. bpf_rdonly_cast(), which the
 * loader puts in the place of this call, and says whether it can.
 */
const volatile bool kernel_casts = false;

#define kernel_known(name, pointer) \
	({ \
		struct name *known_; \
		asm volatile("r1 = %[from]\n" \
			     "r2 = %[type]\n" \
			     "call %[number]\n" \
			     "%[known] = r0\n" \
			     : [known] "=r"(known_) \
			     : [from] "r"((__u64)(pointer)), [type] "i"(CW_CAST_##name), \
			       [number] "i"(CW_CALL_CAST) \
			     : "r0", "r1", "r2", "r3", "r4", "r5", "memory"); \
		known_; \
	})

/*
 * The same pointer, for others to be read through it. From 6.4 on each pointer that is read through one which the
 * verifier trusts has it go through all of the kernel's types by name, for a list of exceptions: a millisecond and
 * more, whenever it walks the load. What it does not trust costs a little more each time it is read.
 */
#define kernel_through(type, pointer) \
	(kernel_casts ? kernel_known(type, pointer) : (struct type *)(pointer))

/*
 * A loop's counter: `for (__u32 i = loop_first(); i < most; i = loop_next(i, most))`. The verifier walks such a loop turn by
 * turn, and from 6.9 on until nothing is new, which is one turn or two, if it knows neither where the counter begins nor
 * whether there is a next turn: may_goto, which the loader puts in. The kernel ends no loop by it within what is
 * counted here.
 */
const volatile bool kernel_loops = false;
volatile __u32 loop_zero; /* never written */

static __always_inline __u32 loop_first(void)
{
	return kernel_loops ? loop_zero : 0;
}

static __always_inline bool loop_goes_on(void)
{
	__u64 spent;

	asm volatile("%[spent] = 1\n"
		     "call %[number]\n"
		     "%[spent] = 0\n"
		     : [spent] "=r"(spent)
		     : [number] "i"(CW_CALL_MAY_GOTO)
		     : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	return !spent;
}

static __always_inline __u32 loop_next(__u32 i, __u32 most)
{
	i = !kernel_loops || loop_goes_on() ? i + 1 : most;
	/* Else the compiler may count in addresses, which the test of the counter then says nothing about. */
	asm volatile("" : "+r"(i));
	return i;
}

/* 16 bytes in two loads; of an array of char the verifier lets one element be read at a time. Where kernel_casts. */
static __always_inline void kernel_words(__u64 from, __u64 to[2])
{
	struct timespec64 *words = kernel_known(timespec64, from);

	to[0] = words->tv_sec;
	to[1] = words->tv_nsec;
}

/* inode's ctime, where each kernel has one of these. In one type: the loader looks for each in all of the kernel's. */
struct inode___ctimes {
	struct timespec64 i_ctime; /* to 6.5 */
	struct timespec64 __i_ctime; /* 6.6 to 6.10 */
	long long i_ctime_sec; /* from 6.11 on, two */
	__u32 i_ctime_nsec;
} __attribute__((preserve_access_index));

/* From 6.13 on bit 31 says "somebody has looked": no part of the time. */
#define CW_CTIME_NSEC_MASK 0x7fffffffu

/* False where this kernel keeps ctime in a fourth way; never reads it as 0. */
static __always_inline bool kernel_ctime(int how, struct inode *inode, __s64 *seconds,
					 __u32 *nanoseconds)
{
	struct inode___ctimes *times = (void *)inode;

	if (bpf_core_field_exists(times->i_ctime_sec)) {
		*seconds = cw_read(how, times, i_ctime_sec);
		*nanoseconds = cw_read(how, times, i_ctime_nsec) & CW_CTIME_NSEC_MASK;
		return true;
	}
	if (bpf_core_field_exists(times->__i_ctime)) {
		*seconds = cw_read(how, times, __i_ctime.tv_sec);
		*nanoseconds = cw_read(how, times, __i_ctime.tv_nsec) & CW_CTIME_NSEC_MASK;
		return true;
	}
	if (bpf_core_field_exists(times->i_ctime)) {
		*seconds = cw_read(how, times, i_ctime.tv_sec);
		*nanoseconds = cw_read(how, times, i_ctime.tv_nsec) & CW_CTIME_NSEC_MASK;
		return true;
	}
	return false;
}

#define PF_KTHREAD 0x00200000

/*
 * To 5.11, io_uring's workers are kernel threads that borrow the submitter's mm; from 5.12 on they are
 * threads of the submitter, and this set of loads is dead code. The loader looks for the function that
 * creates the new kind in the kernel's BTF.
 */
const volatile bool kernel_io_workers_are_kthreads = false;

static __always_inline __u32 kernel_borrowed_tgid(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *owner;

	if (!(BPF_CORE_READ(task, flags) & PF_KTHREAD))
		return 0;
	owner = BPF_CORE_READ(task, mm, owner);
	return owner ? BPF_CORE_READ(owner, tgid) : 0;
}

/* No thread of the process is left. */
static __always_inline bool kernel_exiting(struct task_struct *task)
{
	return kernel_through(task_struct, task)->signal->live.counter == 0;
}

/* One thread speaks for its process: the leader, unless it has ended before the others. It then has no
 * mm any more, and each of the others may speak. */
static __always_inline bool kernel_speaks(struct task_struct *task)
{
	return task->pid == task->tgid || !task->group_leader->mm;
}

/* Between the beginning of an exec and its end. */
static __always_inline bool kernel_executing(struct task_struct *task)
{
	return BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
}

#define READ_IMPLIES_EXEC 0x0400000 /* a personality */

/*
 * Whether what the caller maps readable becomes executable. The LSM hook is told the outcome; the
 * function that calls it works it out itself, after fmod_ret has looked.
 */
static __always_inline bool kernel_read_implies_exec(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, personality) & READ_IMPLIES_EXEC;
}

/* An argument of a function that a kprobe stopped at its entry, or right behind it; 0: not known here. */
static __always_inline __u64 kernel_argument(const __u64 *registers, __u32 number)
{
#if defined(__TARGET_ARCH_x86)
	return registers[14 - number]; /* di, si, dx, cx */
#elif defined(__TARGET_ARCH_arm64)
	return registers[number];
#else
	return 0;
#endif
}

/*
 * What a pointer that the verifier knows is as a number, which may be tested, and handed to a global function: it
 * lets two pointers be subtracted, and of one there is the number as well. From 5.11 on.
 */
#define kernel_numbers_pointers \
	bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)

static __always_inline __u64 kernel_number(const void *pointer)
{
	__u64 distance = (__u64)pointer - (__u64)bpf_get_current_task_btf();

	cw_opaque(distance);
	return distance + bpf_get_current_task();
}

/* A pointer as a number, from where it stands; 0 where that cannot be read. */
static __always_inline __u64 kernel_pointer_number(const void *pointer, const void *place)
{
	__u64 number = 0;

	if (kernel_numbers_pointers)
		return kernel_number(pointer);
	bpf_probe_read_kernel(&number, sizeof(number), place);
	return number;
}

/* A `void *` member of what a hook's argument points to: a number to 6.16, from 6.17 on such a pointer. Streams of
 * programs came with the same release. */
struct bpf_prog_aux {
	struct {
	} stream[2];
} __attribute__((preserve_access_index));

static __always_inline bool kernel_types_void(void)
{
	const struct bpf_prog_aux *program = NULL;

	return bpf_core_field_exists(program->stream);
}

#define kernel_void_number(member) (kernel_types_void() ? kernel_number(member) : (__u64)(member))

#define argument_as(type, number) kernel_known(type, kernel_argument(ctx, number))

/* What stands in a file while it waits to be released, where each kernel has one of these. */
struct file___works {
	union {
		struct callback_head fu_rcuhead;
	} f_u; /* to 5.19 */
	struct callback_head f_rcuhead; /* 6.0 to 6.11 */
	struct callback_head f_task_work; /* from 6.12 on */
} __attribute__((preserve_access_index));

/* The file that this work would release; something else where it is other work, NULL where a kernel keeps it
 * in a fourth way. */
static __always_inline struct file *kernel_released_file(struct callback_head *work)
{
	struct file___works *works = NULL;

	if (bpf_core_field_exists(works->f_task_work))
		return (void *)work - bpf_core_field_offset(works->f_task_work);
	if (bpf_core_field_exists(works->f_rcuhead))
		return (void *)work - bpf_core_field_offset(works->f_rcuhead);
	if (bpf_core_field_exists(works->f_u.fu_rcuhead))
		return (void *)work - bpf_core_field_offset(works->f_u.fu_rcuhead);
	return NULL;
}

struct mptcp_sock {
	struct sock *first;
} __attribute__((preserve_access_index));

#define IPPROTO_MPTCP 262

/*
 * The socket that knows how it was bound: of an MPTCP socket that is its first subflow. Kernels
 * without MPTCP have no such type, and no such socket.
 */
static __always_inline struct sock *kernel_bound_sock(struct sock *sock)
{
	struct mptcp_sock *mptcp = (void *)sock;
	struct sock *first;

	if (!bpf_core_field_exists(mptcp->first) ||
	    BPF_CORE_READ(sock, sk_protocol) != IPPROTO_MPTCP)
		return sock;
	first = BPF_CORE_READ(mptcp, first);
	return first ? first : sock;
}

/* What stands so far behind the beginning of a socket, where that is another socket's: it points back. */
static __always_inline struct sock *kernel_sock_behind(struct sock *sock, __u64 distance)
{
	struct socket *socket = NULL, *back = NULL;
	struct sock *behind = NULL;

	bpf_probe_read_kernel(&socket, sizeof(socket), (void *)sock + distance);
	bpf_core_read(&behind, sizeof(behind), &socket->sk);
	bpf_core_read(&back, sizeof(back), &behind->sk_socket);
	return socket && back == socket ? behind : NULL;
}

/*
 * The TCP socket that one of SMC's speaks through; NULL where it is not found. Its types are a module's, so this
 * goes by where it is: behind the sock to 6.10, behind the inet_sock from 6.11 on.
 */
static __always_inline struct sock *kernel_smc_spoken(struct sock *sock)
{
	struct sock *spoken = kernel_sock_behind(sock, bpf_core_type_size(struct inet_sock));

	return spoken ? spoken : kernel_sock_behind(sock, bpf_core_type_size(struct sock));
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks of lsm and fmod_ret. Of the LSM kind each is one program, of the other three, which take turns
 * where the kernel preempts: see turn.bpf.h.
 */
#ifndef CW_HOOKS_BPF_H
#define CW_HOOKS_BPF_H

#include "beside.bpf.h"
#include "exec.bpf.h"
#include "library.bpf.h"
#include "reach.bpf.h"
#include "received.bpf.h"
#include "socket.bpf.h"

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_TYPE 15
#define MAP_PRIVATE 2
#define VM_WRITE 2
#define VM_EXEC 4
#define VM_SHARED 8

/*
 * All kinds of program get the hook's arguments; the LSM's also get what earlier modules answered,
 * which must be passed on. HOOK() declares them around one body. operations: what that may judge, as
 * JUDGES_…; registers: the arguments again, as a kprobe finds them.
 */
#define HOOK(name, lsm_hook, function, operations, parameters, arguments, registers) \
	static __always_inline int name parameters; \
	SEC("?lsm/" #lsm_hook) \
	int BPF_PROG(lsm_##name, HOOK_PARAMETERS parameters, int earlier) \
	{ \
		return earlier ? earlier : name arguments; \
	} \
	SEC("?fmod_ret/" #function) \
	int BPF_PROG(fmod_##name, HOOK_PARAMETERS parameters, int earlier) \
	{ \
		return earlier ? earlier : name arguments; \
	} \
	SEC("?fmod_ret/" #function) \
	int BPF_PROG(fmod_##name##_again, HOOK_PARAMETERS parameters, int earlier) \
	{ \
		return earlier || turn_judged() & (operations) ? earlier : name arguments; \
	} \
	HOOK_LAST(name, function, operations, name registers) \
	static __always_inline int name parameters
#define HOOK_PARAMETERS(...) __VA_ARGS__

/* The loader attaches it behind the function's entry. */
#define HOOK_LAST(name, function, operations, judge) \
	SEC("?kprobe/" #function) \
	int fmod_##name##_last(__u64 *ctx) \
	{ \
		if (turn_last(operations)) { \
			if (judge) \
				kill_current(); \
			turn_over(); \
		} \
		return 0; \
	}

#define JUDGES(operation) (1u << CW_OPERATION_##operation)

HOOK(exec, bprm_check_security, security_bprm_check, JUDGES(EXEC), (struct linux_binprm * bprm),
     (bprm), (argument_as(linux_binprm, 0)))
{
	return settle_exec(bprm);
}

HOOK(create, socket_create, security_socket_create, JUDGES(SOCKET),
     (int family, int type, int protocol, int kern), (family, type, protocol, kern),
     (kernel_argument(ctx, 0), kernel_argument(ctx, 1), kernel_argument(ctx, 2),
      kernel_argument(ctx, 3)))
{
	return kern ? 0 : settle_socket(family, type & 0xf, protocol, attached_backend);
}

HOOK(connect, socket_connect, security_socket_connect, JUDGES(CONNECT),
     (struct socket * socket, struct sockaddr *address, int length), (socket, address, length),
     (argument_as(socket, 0), (void *)kernel_argument(ctx, 1), kernel_argument(ctx, 2)))
{
	return settle_socket_address(CW_OPERATION_CONNECT, socket, address, length);
}

HOOK(bind, socket_bind, security_socket_bind, JUDGES(BIND),
     (struct socket * socket, struct sockaddr *address, int length), (socket, address, length),
     (argument_as(socket, 0), (void *)kernel_argument(ctx, 1), kernel_argument(ctx, 2)))
{
	return settle_socket_address(CW_OPERATION_BIND, socket, address, length);
}

HOOK(listen, socket_listen, security_socket_listen, JUDGES(LISTEN),
     (struct socket * socket, int backlog), (socket, backlog),
     (argument_as(socket, 0), kernel_argument(ctx, 1)))
{
	return settle_listen(socket->sk);
}

/* Most sends name no peer, and have no control data. TCP heeds a peer only for fast open. */
HOOK(send, socket_sendmsg, security_socket_sendmsg, JUDGES(SEND) | JUDGES(SOCKET),
     (struct socket * socket, struct msghdr *message, int size), (socket, message, size),
     (argument_as(socket, 0), argument_as(msghdr, 1), kernel_argument(ctx, 2)))
{
	if (settle_controls(socket, message))
		return -EACCES;
	return message->msg_name ? settle_send(socket, message) : 0;
}

HOOK(option, socket_setsockopt, security_socket_setsockopt, JUDGES(SOCKET),
     (struct socket * socket, int level, int name), (socket, level, name),
     (argument_as(socket, 0), kernel_argument(ctx, 1), kernel_argument(ctx, 2)))
{
	return settle_option(socket, level, name);
}

HOOK(receive, file_receive, security_file_receive, JUDGES(RECEIVE), (struct file * file), (file),
     (argument_as(file, 0)))
{
	return settle_receive(file);
}

/* SCTP's lists of addresses: bindx, connectx, and the new peer of a send. */
SEC("?lsm/sctp_bind_connect")
int BPF_PROG(lsm_sctp, struct sock *sock, int option, struct sockaddr *address, int length,
	     int earlier)
{
	return earlier ? earlier : settle_sctp(ctx, sock, option, length);
}

SEC("?fmod_ret/security_sctp_bind_connect")
int BPF_PROG(fmod_sctp, struct sock *sock, int option, struct sockaddr *address, int length,
	     int earlier)
{
	return earlier ? earlier : settle_sctp(ctx, sock, option, length);
}

#define JUDGES_SCTP (JUDGES(BIND) | JUDGES(CONNECT) | JUDGES(SEND))

SEC("?fmod_ret/security_sctp_bind_connect")
int BPF_PROG(fmod_sctp_again, struct sock *sock, int option, struct sockaddr *address, int length,
	     int earlier)
{
	return earlier || turn_judged() & JUDGES_SCTP ? earlier
						      : settle_sctp(ctx, sock, option, length);
}

static __always_inline int sctp_last(const __u64 *ctx)
{
	__u64 arguments[] = { kernel_argument(ctx, 0), 0, kernel_argument(ctx, 2) };

	return settle_sctp(arguments, argument_as(sock, 0), kernel_argument(ctx, 1),
			   kernel_argument(ctx, 3));
}
HOOK_LAST(sctp, security_sctp_bind_connect, JUDGES_SCTP, sctp_last(ctx))

static __always_inline int settle_mmap(const void *arguments, struct file *file,
				       unsigned long protection, unsigned long flags)
{
	bool apart = protection & PROT_WRITE && (flags & MAP_TYPE) == MAP_PRIVATE;

	return protection & PROT_EXEC ? settle_library(file, arguments, apart) : 0;
}

/* These two differ in their arguments: the LSM hooks also tell what was requested. */
SEC("?lsm/mmap_file")
int BPF_PROG(lsm_mmap, struct file *file, unsigned long requested, unsigned long protection,
	     unsigned long flags, int earlier)
{
	return earlier ? earlier : settle_mmap(ctx, file, protection, flags);
}

static __always_inline int settle_mmap_fmod(const void *arguments, struct file *file,
					    unsigned long protection, unsigned long flags)
{
	if ((protection & (PROT_READ | PROT_EXEC)) == PROT_READ && kernel_read_implies_exec())
		protection |= PROT_EXEC;
	return settle_mmap(arguments, file, protection, flags);
}

SEC("?fmod_ret/security_mmap_file")
int BPF_PROG(fmod_mmap, struct file *file, unsigned long protection, unsigned long flags,
	     int earlier)
{
	return earlier ? earlier : settle_mmap_fmod(ctx, file, protection, flags);
}

SEC("?fmod_ret/security_mmap_file")
int BPF_PROG(fmod_mmap_again, struct file *file, unsigned long protection, unsigned long flags,
	     int earlier)
{
	return earlier || turn_judged() & JUDGES(LIBRARY)
		       ? earlier
		       : settle_mmap_fmod(ctx, file, protection, flags);
}

static __always_inline int mmap_last(const __u64 *ctx)
{
	__u64 arguments[] = { kernel_argument(ctx, 0) };

	return settle_mmap_fmod(arguments, argument_as(file, 0), kernel_argument(ctx, 1),
				kernel_argument(ctx, 2));
}
HOOK_LAST(mmap, security_mmap_file, JUDGES(LIBRARY), mmap_last(ctx))

/* What was mapped as data, perhaps written to, becomes code; or code becomes writable. */
HOOK(protect, file_mprotect, security_file_mprotect, JUDGES(LIBRARY),
     (struct vm_area_struct * area, unsigned long requested, unsigned long protection),
     (area, requested, protection),
     (argument_as(vm_area_struct, 0), kernel_argument(ctx, 1), kernel_argument(ctx, 2)))
{
	unsigned long flags = area->vm_flags;
	bool writable = protection & PROT_WRITE && !(flags & VM_SHARED);

	if (!(protection & PROT_EXEC) || (flags & VM_EXEC && (!writable || flags & VM_WRITE)))
		return 0;
	return settle_library(area->vm_file, NULL, writable || area->anon_vma);
}

HOOK(trace, ptrace_access_check, security_ptrace_access_check, JUDGES(EXEC) | JUDGES(LIBRARY),
     (struct task_struct * task, unsigned int mode), (task, mode),
     (argument_as(task_struct, 0), kernel_argument(ctx, 1)))
{
	return settle_trace(task, mode);
}

HOOK(traceme, ptrace_traceme, security_ptrace_traceme, JUDGES(LIBRARY),
     (struct task_struct * parent), (parent), (argument_as(task_struct, 0)))
{
	return settle_traceme();
}

HOOK(open, file_open, security_file_open, JUDGES(EXEC) | JUDGES(LIBRARY), (struct file * file),
     (file), (argument_as(file, 0)))
{
	return settle_open(file);
}

#endif

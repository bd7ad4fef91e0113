/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attach points of bpf/warden.bpf.c with empty programs: what attaching costs whatever is done
 * there. A program's name begins with its backend, or with label_ for what every backend attaches.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define EMPTY(section, name, answer) \
	SEC("?" section) \
	int name(void *context) \
	{ \
		return answer; \
	}
/* The argument of these is typed, and read by nobody here. */
#define EMPTY_HOOK(name, lsm_hook, function) \
	EMPTY("lsm/" #lsm_hook, lsm_##name, 0) \
	EMPTY("fmod_ret/" #function, fmod_##name, 0)

EMPTY("tp_btf/sched_process_fork", label_fork, 0)
EMPTY("tp_btf/sched_process_exit", label_exit, 0)
EMPTY("tp_btf/sched_process_exec", label_exec, 0)
EMPTY("tp_btf/sched_process_fork", label_fork_again, 0)
EMPTY("tp_btf/sched_process_exit", label_exit_again, 0)
EMPTY("tp_btf/sched_process_exec", label_exec_again, 0)
EMPTY("tp_btf/sched_process_exec", label_inherit, 0) /* inherit_exec */

EMPTY_HOOK(exec, bprm_check_security, security_bprm_check)
EMPTY_HOOK(create, socket_create, security_socket_create)
EMPTY_HOOK(connect, socket_connect, security_socket_connect)
EMPTY_HOOK(bind, socket_bind, security_socket_bind)
EMPTY_HOOK(listen, socket_listen, security_socket_listen)
EMPTY_HOOK(send, socket_sendmsg, security_socket_sendmsg)
EMPTY_HOOK(option, socket_setsockopt, security_socket_setsockopt)
EMPTY_HOOK(receive, file_receive, security_file_receive)
EMPTY_HOOK(sctp, sctp_bind_connect, security_sctp_bind_connect)
EMPTY_HOOK(mmap, mmap_file, security_mmap_file)
EMPTY_HOOK(protect, file_mprotect, security_file_mprotect)
EMPTY_HOOK(trace, ptrace_access_check, security_ptrace_access_check)
EMPTY_HOOK(open, file_open, security_file_open)

EMPTY("cgroup/sock_create", cgroup_create, 1)
EMPTY("cgroup/connect4", cgroup_connect4, 1)
EMPTY("cgroup/connect6", cgroup_connect6, 1)
EMPTY("cgroup/sendmsg4", cgroup_sendmsg4, 1)
EMPTY("cgroup/sendmsg6", cgroup_sendmsg6, 1)
EMPTY("cgroup/bind4", cgroup_bind4, 1)
EMPTY("cgroup/bind6", cgroup_bind6, 1)
EMPTY("tp_btf/sched_process_exec", cgroup_exec, 0)
EMPTY("tp_btf/sched_process_exec", cgroup_exec_again, 0)
EMPTY("tp_btf/inet_sock_set_state", cgroup_listen, 0)

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program must do at least: the practical limit that the real ones are held against.
 *
 *	lsm_*, fmod_*   read what is acted on, look it up in one hash, refuse what is not there:
 *	                no subject, no rules, no counters
 *	cgroup_*        the same
 *	record_*        the same, and record what is there, in a record of the real size, without waking
 *	                the reader
 *
 * The addresses and files of the benchmark stand in the hash.
 */
#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "abi.h"
#include "minimal.h"

char LICENSE[] SEC("license") = "GPL";

#define PROT_EXEC 4
#define EACCES 13

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct minimal_file);
	__type(value, __u32);
} files SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct minimal_address);
	__type(value, __u32);
} addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

struct address {
	__u16 family;
	__u16 port;
	__u32 v4;
};

static __always_inline int look_up(__u32 v4, __u32 port)
{
	struct minimal_address key = { .v4 = v4, .port = port };

	return bpf_map_lookup_elem(&addresses, &key) ? 0 : -EACCES;
}

static __always_inline int minimal_address(const void *name)
{
	struct address address;

	bpf_probe_read_kernel(&address, sizeof(address), name);
	return look_up(address.v4, address.port);
}

static __always_inline int minimal_file(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct minimal_file key = { .inode = inode->i_ino, .device = inode->i_sb->s_dev };

	return bpf_map_lookup_elem(&files, &key) ? 0 : -EACCES;
}

#define HOOK(name, lsm_hook, function, parameters, body) \
	SEC("?lsm/" #lsm_hook) \
	int BPF_PROG(lsm_##name, HOOK_PARAMETERS parameters) \
	{ \
		return body; \
	} \
	SEC("?fmod_ret/" #function) \
	int BPF_PROG(fmod_##name, HOOK_PARAMETERS parameters) \
	{ \
		return body; \
	}
#define HOOK_PARAMETERS(...) __VA_ARGS__

HOOK(exec, bprm_check_security, security_bprm_check, (struct linux_binprm * bprm),
     minimal_file(bprm->file))
HOOK(open, file_open, security_file_open, (struct file * file), minimal_file(file))
HOOK(connect, socket_connect, security_socket_connect,
     (struct socket * socket, struct sockaddr *address), minimal_address(address))
HOOK(bind, socket_bind, security_socket_bind, (struct socket * socket, struct sockaddr *address),
     minimal_address(address))
HOOK(send, socket_sendmsg, security_socket_sendmsg,
     (struct socket * socket, struct msghdr *message),
     message->msg_name ? minimal_address(message->msg_name) : 0)

SEC("?lsm/mmap_file")
int BPF_PROG(lsm_mmap, struct file *file, unsigned long requested, unsigned long protection)
{
	return protection & PROT_EXEC && file ? minimal_file(file) : 0;
}

SEC("?fmod_ret/security_mmap_file")
int BPF_PROG(fmod_mmap, struct file *file, unsigned long protection)
{
	return protection & PROT_EXEC && file ? minimal_file(file) : 0;
}

/* ------------------------------------------------------------------ cgroup */

static __always_inline void record(__u64 object, __u32 port)
{
	struct cw_record *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 uid_gid = bpf_get_current_uid_gid();

	if (!record)
		return;
	record->time = bpf_ktime_get_boot_ns();
	record->pid = pid_tgid >> 32;
	record->tid = (__u32)pid_tgid;
	record->uid = (__u32)uid_gid;
	record->gid = uid_gid >> 32;
	record->port = port;
	record->target.inode = object;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

#define MINIMAL_CGROUP(name) \
	SEC("?cgroup/" #name) \
	int cgroup_##name(struct bpf_sock_addr *context) \
	{ \
		return look_up(context->user_ip4, (__u16)context->user_port) == 0; \
	} \
	SEC("?cgroup/" #name) \
	int record_##name(struct bpf_sock_addr *context) \
	{ \
		if (look_up(context->user_ip4, (__u16)context->user_port)) \
			return 0; \
		record(context->user_ip4, (__u16)context->user_port); \
		return 1; \
	}

MINIMAL_CGROUP(connect4)
MINIMAL_CGROUP(sendmsg4)
MINIMAL_CGROUP(bind4)

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(cgroup_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	minimal_file(bprm->file);
	return 0;
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(record_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;

	if (minimal_file(bprm->file) == 0)
		record(inode->i_ino, inode->i_sb->s_dev);
	return 0;
}

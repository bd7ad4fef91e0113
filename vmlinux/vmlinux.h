/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own types, as far as we read them: only fields that are read, with relocations, so
 * that one object serves every kernel and architecture. Offsets and sizes come from the running
 * kernel's BTF at load time. What differs between versions is in bpf/kernel.bpf.h.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#include <linux/bpf.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	unsigned int val;
} kuid_t;

typedef struct {
	unsigned int val;
} kgid_t;

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct dentry;

struct file_system_type {
	const char *name;
};

struct user_namespace {
	int level;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct file_system_type *s_type;
	struct user_namespace *s_user_ns;
};

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	long long i_size;
};

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
	const void *f_op;
	unsigned int f_mode;
	unsigned int f_flags;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

struct task_struct;

struct callback_head {
	struct callback_head *next;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start;
	unsigned long arg_end;
	struct task_struct *owner;
};

struct cred {
	kuid_t uid;
	kgid_t gid;
	kuid_t euid;
	kgid_t egid;
};

struct signal_struct {
	atomic_t live;
};

struct task_struct {
	unsigned int personality;
	unsigned int in_execve : 1;
	unsigned int flags;
	int pid;
	int tgid;
	char comm[16];
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct task_struct *group_leader;
	__u64 start_boottime;
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	struct cred *cred;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct callback_head *task_works;
};

struct linux_binprm {
	struct file *file;
	struct file *executable;
	unsigned int unsafe;
	const char *filename;
	const char *interp;
	char buf[2]; /* its first bytes: there are more */
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	union {
		struct {
			__u32 skc_daddr;
			__u32 skc_rcv_saddr;
		};
	};
	union {
		struct {
			__u16 skc_dport;
			__u16 skc_num;
		};
	};
	unsigned short skc_family;
	volatile unsigned char skc_state;
	int skc_bound_dev_if;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	__u16 sk_type;
	__u8 sk_userlocks : 4;
	__u8 sk_kern_sock : 1;
	struct socket *sk_socket;
};

struct inet_sock {
	struct sock sk;
	__u32 inet_saddr;
	int uc_index;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr {
	unsigned short sa_family;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	void *msg_control;
	unsigned long msg_controllen;
	unsigned int msg_flags;
};

struct vm_area_struct {
	struct file *vm_file;
	unsigned long vm_flags;
	struct anon_vma *anon_vma;
};

struct bpf_map {
	__u32 id;
};

struct bpf_link {
	__u32 id;
};

struct bpf_iter_meta {
	__u64 seq_num;
};

struct bpf_iter__task {
	union {
		struct bpf_iter_meta *meta;
	};
	union {
		struct task_struct *task;
	};
};

#pragma clang attribute pop

#endif

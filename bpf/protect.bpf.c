/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ourselves: what would take enforcement out from under the daemon. While it lives, and wants it, others
 * cannot open its maps to write, remove or move its pins, unmount the file system they are in, signal it or
 * trace it. Whoever runs the daemon's own program may (`disarm`), and process 1 may signal and unmount:
 * a service must be stoppable, a host must go down.
 *
 * An object of its own, which shares the maps of warden.bpf.c and is pinned nowhere: its links are the
 * daemon's, so that all this ends with it, and the next daemon finds nothing in its way.
 *
 * Only root could do any of it in the first place, so this is against scripts, mistakes and
 * intruders in a hurry. It is not against whoever may load a kernel module or a program like these.
 */
#include "vmlinux.h"

#include <bpf/bpf_endian.h>

#include "judge.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define FMODE_WRITE 2
#define PTRACE_MODE_ATTACH 2

/* The daemon, 0: nothing is protected yet. Written by it. */
__u32 protected_daemon;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cw_protection);
} protection SEC(".maps");

/* Kernel numbers of our maps and links: CW_PROTECTED_ID. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * CW_PINS_MAX);
	__type(key, __u64);
	__type(value, __u32);
} protected_ids SEC(".maps");

static __always_inline bool protect_key_equal(const struct cw_file_key *a,
					      const struct cw_file_key *b)
{
	return a->inode && a->inode == b->inode && a->device == b->device;
}

/* The daemon, or somebody who runs its program; but nobody governed, be he root. */
__attribute__((noinline)) int protect_trusted(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct cw_identity identity = {};
	const struct cw_protection *ours;
	struct file *executable;
	__u32 zero = 0;

	if (bpf_get_current_pid_tgid() >> 32 == protected_daemon)
		return 1;
	if (subject_current(bpf_get_current_pid_tgid()))
		return 0;
	executable = BPF_CORE_READ(task, mm, exe_file);
	ours = bpf_map_lookup_elem(&protection, &zero);
	if (!executable || !ours)
		return 0;
	file_version(CW_PROBE, executable, &identity);
	return protect_key_equal(&ours->executables[0], &identity.key) ||
	       protect_key_equal(&ours->executables[1], &identity.key);
}

/* what: enum cw_protected; effect: enum cw_effect. */
__attribute__((noinline)) int protect_tell(__u32 effect, __u32 what, __u64 number)
{
	struct hook hook = {};
	struct judgement judgement = {
		.request = { .operation = CW_OPERATION_TAMPER,
			     .instance = CW_INSTANCE_NONE,
			     .socket_type = what,
			     .high = number },
		.decision = { .verdict = CW_VERDICT_DENY,
			      .reason = CW_REASON_PROTECTED,
			      .mode = CW_MODE_ENFORCE,
			      .rule = CW_RULE_NONE,
			      .instance = CW_INSTANCE_NONE },
	};

	hook_image(&hook);
	judgement.backend = attached_backend;
	count_verdict(CW_OPERATION_TAMPER, CW_VERDICT_DENY,
		      record_deviating(&judgement, effect,
				       hook.pages.head ? hook.pages.head->generation : 0));
	return 0;
}

/* The answer is given here: what a global function returns is any number to the verifier, which from 6.12
 * on wants to see an errno. */
static __always_inline int protect_refuse(__u32 effect, __u32 what, __u64 number)
{
	protect_tell(effect, what, number);
	return -EACCES;
}

static __always_inline bool protect_names(__u32 kind, __u32 id)
{
	__u64 key = CW_PROTECTED_ID(kind, id);

	return bpf_map_lookup_elem(&protected_ids, &key);
}

static __always_inline bool protect_device(struct super_block *super)
{
	__u32 zero = 0;
	const struct cw_protection *ours = bpf_map_lookup_elem(&protection, &zero);

	return ours && ours->device && super->s_dev == ours->device;
}

/* Is it a directory that holds our pins, or the directory of these? */
static __always_inline bool protect_directory(struct inode *directory)
{
	const struct cw_protection *ours;
	__u64 inode = directory->i_ino;
	__u32 zero = 0;

	if (!protect_device(directory->i_sb))
		return false;
	ours = bpf_map_lookup_elem(&protection, &zero);
	return ours && (inode == ours->directories[0] || inode == ours->directories[1]);
}

static __always_inline int protect_pins(__u32 effect, struct inode *directory)
{
	if (!protect_directory(directory))
		return 0;
	if (protect_trusted()) {
		/* Another of our programs takes the pins out: root has said `disarm`. From now on a
		 * daemon that hangs can be killed. */
		if (bpf_get_current_pid_tgid() >> 32 != protected_daemon)
			protected_daemon = 0;
		return 0;
	}
	return protect_refuse(effect, CW_PROTECTED_PIN, directory->i_ino);
}

/* Number of the link behind a descriptor of the caller's, 0 if there is none. What is no link may give any
 * number: it cannot be detached either way. */
static __always_inline __u32 protect_link_id(__u32 descriptor)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct file **table, *file = NULL;
	struct bpf_link *link;

	if (descriptor >= BPF_CORE_READ(task, files, fdt, max_fds))
		return 0;
	table = BPF_CORE_READ(task, files, fdt, fd);
	bpf_probe_read_kernel(&file, sizeof(file), &table[descriptor]);
	if (!file)
		return 0;
	link = BPF_CORE_READ(file, private_data);
	return BPF_CORE_READ(link, id);
}

static __always_inline int protect_bpf(__u32 effect, int command, const void *attributes)
{
	__u32 descriptor = 0, id;

	if (command != BPF_LINK_DETACH && command != BPF_LINK_UPDATE)
		return 0;
	/* The kernel's copy; of both commands the first field is the link's descriptor. */
	bpf_probe_read_kernel(&descriptor, sizeof(descriptor), attributes);
	id = protect_link_id(descriptor);
	if (!id || !protect_names(CW_PROTECTED_LINK, id) || protect_trusted())
		return 0;
	return protect_refuse(effect, CW_PROTECTED_LINK, id);
}

static __always_inline int protect_map(__u32 effect, struct bpf_map *map, __u32 mode)
{
	if (!(mode & FMODE_WRITE) || !protect_names(CW_PROTECTED_MAP, map->id) || protect_trusted())
		return 0;
	return protect_refuse(effect, CW_PROTECTED_MAP, map->id);
}

static __always_inline int protect_mount(__u32 effect, struct vfsmount *mount)
{
	if (!protect_device(mount->mnt_sb) || bpf_get_current_pid_tgid() >> 32 == 1 ||
	    protect_trusted())
		return 0;
	return protect_refuse(effect, CW_PROTECTED_MOUNT, 0);
}

/* Signal 0 asks whether there is somebody. */
static __always_inline int protect_signal(__u32 effect, struct task_struct *task, int number)
{
	if ((__u32)task->tgid != protected_daemon || !number ||
	    bpf_get_current_pid_tgid() >> 32 == 1 || protect_trusted())
		return 0;
	return protect_refuse(effect, CW_PROTECTED_SIGNAL, number);
}

/* To look (ps, lsof) is not to take hold of. */
static __always_inline int protect_trace(__u32 effect, struct task_struct *task, __u32 mode)
{
	if ((__u32)task->tgid != protected_daemon || !(mode & PTRACE_MODE_ATTACH) ||
	    protect_trusted())
		return 0;
	return protect_refuse(effect, CW_PROTECTED_TRACE, 0);
}

/* ------------------------------------------------------------------ the hooks */

/*
 * Like HOOK() in hooks.bpf.h, for hooks of which only the first arguments are looked at: more were added
 * in time (security_bpf, security_inode_rename), so where the answer of earlier programs stands is not
 * known. Nobody comes here after another program has refused.
 *
 * The turns are those of turn.bpf.h, without notes: what passes here is not counted. late: what the last
 * one can still do.
 *
 *   CW_EFFECT_KILLED  the caller ends before it can use what it was given
 *   CW_EFFECT_NONE    too late to keep it from happening: it is told
 */
#define PROTECT(name, lsm_hook, function, parameters, body, arguments, late, registers) \
	SEC("?lsm/" #lsm_hook) \
	int BPF_PROG(lsm_protect_##name, PROTECT_LIST parameters) \
	{ \
		return PROTECT_BY(body, CW_EFFECT_REFUSED, arguments); \
	} \
	SEC("?fmod_ret/" #function) \
	int BPF_PROG(fmod_protect_##name, PROTECT_LIST parameters) \
	{ \
		return PROTECT_BY(body, CW_EFFECT_REFUSED, arguments); \
	} \
	SEC("?fmod_ret/" #function) \
	int BPF_PROG(fmod_protect_##name##_again, PROTECT_LIST parameters) \
	{ \
		return PROTECT_BY(body, CW_EFFECT_REFUSED, arguments); \
	} \
	SEC("?kprobe/" #function) \
	int fmod_protect_##name##_last(__u64 *ctx) \
	{ \
		if (PROTECT_BY(body, late, registers) && (late) == CW_EFFECT_KILLED) \
			kill_current(); \
		return 0; \
	}

#define PROTECT_LIST(...) __VA_ARGS__
#define PROTECT_BY(body, effect, arguments) \
	(protected_daemon ? protect_##body(effect, PROTECT_LIST arguments) : 0)

PROTECT(bpf, bpf, security_bpf, (int command, union bpf_attr *attributes), bpf,
	(command, attributes), CW_EFFECT_NONE,
	(kernel_argument(ctx, 0), (void *)kernel_argument(ctx, 1)))
PROTECT(map, bpf_map, security_bpf_map, (struct bpf_map * map, unsigned int mode), map, (map, mode),
	CW_EFFECT_KILLED, (argument_as(bpf_map, 0), kernel_argument(ctx, 1)))
PROTECT(unlink, inode_unlink, security_inode_unlink, (struct inode * directory), pins, (directory),
	CW_EFFECT_NONE, (argument_as(inode, 0)))
PROTECT(rmdir, inode_rmdir, security_inode_rmdir, (struct inode * directory), pins, (directory),
	CW_EFFECT_NONE, (argument_as(inode, 0)))
PROTECT(rename, inode_rename, security_inode_rename, (struct inode * directory), pins, (directory),
	CW_EFFECT_NONE, (argument_as(inode, 0)))
PROTECT(mount, sb_umount, security_sb_umount, (struct vfsmount * mount), mount, (mount),
	CW_EFFECT_NONE, (argument_as(vfsmount, 0)))
PROTECT(signal, task_kill, security_task_kill, (struct task_struct * task, void *info, int number),
	signal, (task, number), CW_EFFECT_NONE,
	(argument_as(task_struct, 0), kernel_argument(ctx, 2)))
PROTECT(trace, ptrace_access_check, security_ptrace_access_check,
	(struct task_struct * task, unsigned int mode), trace, (task, mode), CW_EFFECT_KILLED,
	(argument_as(task_struct, 0), kernel_argument(ctx, 1)))

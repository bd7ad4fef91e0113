/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel offers, found by looking and trying, never by its version. */
#include <bpf/btf.h>
#include <mntent.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kern/internal.h"
#include "util/number.h"
#include "util/vocabulary.h"

static const char *const guard_words[] = {
	[KERN_GUARD_ABSENT] = "absent",
	[KERN_GUARD_SEEN] = "seen",
	[KERN_GUARD_KILLED] = "killed",
	[KERN_GUARD_REFUSED] = "refused",
};
const struct vocabulary words_kern_guard = { guard_words, KERN_GUARD_MAX };
_Static_assert(ARRAY_SIZE(guard_words) == KERN_GUARD_MAX, "guard words");

enum kern_guard kern_backend_guard(enum cw_backend backend, enum cw_operation operation)
{
	static const enum kern_guard cgroup[CW_OPERATION_MAX] = {
		[CW_OPERATION_EXEC] = KERN_GUARD_KILLED,
		[CW_OPERATION_LIBRARY] = KERN_GUARD_ABSENT,
		[CW_OPERATION_SOCKET] = KERN_GUARD_REFUSED,
		[CW_OPERATION_CONNECT] = KERN_GUARD_REFUSED,
		[CW_OPERATION_SEND] = KERN_GUARD_REFUSED,
		[CW_OPERATION_BIND] = KERN_GUARD_REFUSED,
		[CW_OPERATION_LISTEN] = KERN_GUARD_KILLED,
		[CW_OPERATION_RECEIVE] = KERN_GUARD_ABSENT,
	};

	return backend == CW_BACKEND_CGROUP ? cgroup[operation] : KERN_GUARD_REFUSED;
}

/* Control groups have programs for the addresses of TCP and UDP alone. */
bool kern_guards_protocol(enum cw_backend backend, enum cw_protocol protocol)
{
	return backend != CW_BACKEND_CGROUP || protocol != CW_PROTOCOL_SCTP;
}

/* Securityfs may not be mounted: then the list is unknown, which is not the same as empty. */
static void probe_lsm(struct kern_probe *probe)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/security/lsm", "re");
	char copy[sizeof(probe->lsm)];
	char *save = NULL;

	if (!file || !fgets(probe->lsm, sizeof(probe->lsm), file))
		return;
	probe->lsm[strcspn(probe->lsm, "\n")] = '\0';
	probe->lsm_known = true;
	memcpy(copy, probe->lsm, sizeof(copy));
	for (char *name = strtok_r(copy, ",", &save); name; name = strtok_r(NULL, ",", &save))
		probe->lsm_bpf |= strcmp(name, "bpf") == 0;
}

static void probe_cgroup(struct kern_probe *probe)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;

	if (!mounts)
		return;
	while ((mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "cgroup2") != 0)
			continue;
		snprintf(probe->cgroup, sizeof(probe->cgroup), "%s", mount->mnt_dir);
		break;
	}
	endmntent(mounts);
}

static void probe_capable(struct kern_probe *probe)
{
	cap_t caps = cap_get_proc();
	cap_flag_value_t admin = CAP_CLEAR, bpf = CAP_CLEAR, perfmon = CAP_CLEAR, net = CAP_CLEAR;

	if (!caps)
		return;
	cap_get_flag(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE, &admin);
	cap_get_flag(caps, CAP_BPF, CAP_EFFECTIVE, &bpf);
	cap_get_flag(caps, CAP_PERFMON, CAP_EFFECTIVE, &perfmon);
	cap_get_flag(caps, CAP_NET_ADMIN, CAP_EFFECTIVE, &net);
	cap_free(caps);
	probe->admin = admin == CAP_SET;
	probe->root = probe->admin || (bpf == CAP_SET && perfmon == CAP_SET && net == CAP_SET);
}

/*
 * Will this kernel take a program of this kind at all? One that does nothing is loaded and let go: some
 * kernels refuse whatever needs a trampoline, and it is cheaper to learn that from two instructions.
 */
static int probe_program(const struct btf *btf, enum bpf_prog_type type,
			 enum bpf_attach_type attach, const char *function)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach);
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC);
	int fd;

	if (id < 0)
		return -ENOENT;
	options.attach_btf_id = (__u32)id;
	fd = bpf_prog_load(type, "cw_probe", "GPL", nothing, ARRAY_SIZE(nothing), &options);
	if (fd < 0)
		return fd;
	close_fd(fd);
	return 0;
}

static void probe_btf(struct kern_probe *probe)
{
	struct btf *btf = btf__load_vmlinux_btf();

	probe->btf_there = access(KERN_BTF_PATH, R_OK) == 0;
	if (libbpf_get_error(btf))
		return;
	probe->btf = true;
	probe->types = btf;
	code_probe(btf, &probe->code);
	/* From 5.12 on io_uring's workers are made by this function, as threads of the submitter. */
	probe->io_kthreads = btf__find_by_name_kind(btf, "create_io_thread", BTF_KIND_FUNC) < 0;
	if (probe->preempts && probe->code.cast) {
		int r = attach_body_probe("security_socket_connect");

		probe->kprobes = !r;
		probe->kprobes_denied = r == -EACCES;
	}
	probe->program_error[CW_BACKEND_LSM] = probe_program(btf, BPF_PROG_TYPE_LSM, BPF_LSM_MAC,
							     "bpf_lsm_bprm_check_security");
	probe->program_error[CW_BACKEND_FMOD_RET] =
		probe_program(btf, BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN, "security_bprm_check");
}

/* Up to now no kernel can be told to give numbers beyond. */
static void probe_pids(struct kern_probe *probe)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
	char line[32];
	uint64_t pids;

	probe->pids_fit = true;
	if (!file || !fgets(line, sizeof(line), file))
		return;
	line[strcspn(line, "\n")] = '\0';
	probe->pids_fit = !number_parse(line, 0, CW_PID_MAX, &pids);
}

static int probe_silence(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

void kern_probe(struct kern_probe *ret_probe)
{
	struct utsname name;

	*ret_probe = (struct kern_probe){ 0 };
	libbpf_set_print(probe_silence);
	if (!uname(&name)) {
		snprintf(ret_probe->release, sizeof(ret_probe->release), "%s", name.release);
		ret_probe->preempts = kernel_preempts(&name);
	}
	probe_capable(ret_probe);
	probe_btf(ret_probe);
	probe_lsm(ret_probe);
	probe_cgroup(ret_probe);
	probe_pids(ret_probe);
}

void kern_probe_release(struct kern_probe *probe)
{
	btf__free(probe->types);
	probe->types = NULL;
}

enum kern_turns kern_probe_turns(const struct kern_probe *probe)
{
	if (!probe->preempts)
		return KERN_TURNS_FIRST;
	return probe->kprobes ? KERN_TURNS_LAST : KERN_TURNS_AGAIN;
}

/* Debian's kernels know a level above 2 (and have 3), with which perf_event_open() asks for CAP_SYS_ADMIN and not
 * for CAP_PERFMON. */
const char *kern_probe_kprobes_hint(const struct kern_probe *probe)
{
	return probe->kprobes_denied
		       ? "`sysctl kernel.perf_event_paranoid=2` lets a kprobe judge what is passed "
			 "by: above 2 the kernel keeps kprobes from whoever lacks CAP_SYS_ADMIN, "
			 "as the unit does"
		       : NULL;
}

const char *kern_probe_obstacle(const struct kern_probe *probe, enum cw_backend backend)
{
	if (!probe->btf && probe->btf_there)
		return "this kernel's BTF (" KERN_BTF_PATH
		       ") cannot be read by this libbpf: a newer "
		       "one may know its types";
	if (!probe->btf)
		return "this kernel has no BTF (" KERN_BTF_PATH "); it must be built with "
		       "CONFIG_DEBUG_INFO_BTF";
	if (!probe->root)
		return "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN are needed: run as root";
	if (!probe->pids_fit)
		return "process numbers beyond 4,194,304 (/proc/sys/kernel/pid_max) have no label";
	if (backend == CW_BACKEND_LSM && probe->lsm_known && !probe->lsm_bpf)
		return "bpf is not in the kernel's list of active security modules: programs would "
		       "be "
		       "attached and never run";
	if (probe->program_error[backend] == -EPERM)
		return "this kernel does not allow programs that need a trampoline";
	if (probe->program_error[backend] == -ENOENT)
		return "this kernel has no such hooks (CONFIG_BPF_LSM, CONFIG_SECURITY_NETWORK)";
	if (probe->program_error[backend])
		return "this kernel does not take programs of this kind";
	if (backend == CW_BACKEND_CGROUP && !probe->cgroup[0])
		return "cgroup v2 is not mounted";
	return NULL;
}

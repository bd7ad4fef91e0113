/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attaching, by the kernel's own interface: a descriptor is all that there is to keep, and to let go. libbpf's link
 * of a kprobe holds the probe's event beside itself, which a daemon whose links are pinned would have to keep open
 * for ever.
 */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kern/internal.h"
#include "util/number.h"

#define KPROBE_TYPE "/sys/bus/event_source/devices/kprobe/type"

static int kprobe_type(__u32 *ret)
{
	_cleanup_fclose_ FILE *file = fopen(KPROBE_TYPE, "re");
	char line[32];
	uint64_t type;

	if (!file)
		return -errno;
	if (!fgets(line, sizeof(line), file))
		return -EIO;
	line[strcspn(line, "\n")] = '\0';
	if (number_parse(line, 0, UINT32_MAX, &type))
		return -EIO;
	*ret = (__u32)type;
	return 0;
}

/* One event, of one CPU's: its program runs on every CPU. */
static int kprobe_open(const char *function, size_t offset)
{
	struct perf_event_attr attributes = { .size = sizeof(attributes),
					      .config1 = (uintptr_t)function,
					      .config2 = offset };
	int r = kprobe_type(&attributes.type), fd;

	if (r)
		return r;
	fd = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * A function begins with what a trampoline is called from; behind that it is entered when no fmod_ret
 * program refused. How long it is depends on how the kernel was built (x86: with a landing pad or
 * without; arm64 as well). The kernel takes no offset amid an instruction, so the shorter is tried first.
 */
static const size_t body_offsets[] = {
#if defined(__x86_64__)
	5, 9
#elif defined(__aarch64__)
	8, 12
#else
	SIZE_MAX
#endif
};

static int body_open(const char *function)
{
	int fd = -EOPNOTSUPP;

	for (size_t i = 0; i < ARRAY_SIZE(body_offsets) && fd < 0 && fd != -EACCES; i++)
		if (body_offsets[i] != SIZE_MAX)
			fd = kprobe_open(function, body_offsets[i]);
	return fd;
}

int attach_body_probe(const char *function)
{
	_cleanup_close_ int event = body_open(function);

	return event < 0 ? event : 0;
}

int attach_kprobe(const struct bpf_program *program, int fd, enum attach_kind kind)
{
	const char *function = strchr(bpf_program__section_name(program), '/') + 1;
	_cleanup_close_ int event = kind == ATTACH_BODY ? body_open(function)
							: kprobe_open(function, 0);
	_cleanup_close_ int link = -1;

	if (event < 0)
		return event;
	link = bpf_link_create(fd, event, BPF_PERF_EVENT, NULL);
	if (link < 0)
		return link;
	return ioctl(event, PERF_EVENT_IOC_ENABLE, 0) ? -errno : take_fd(link);
}

int attach_program(const struct bpf_program *program, int fd, enum attach_kind kind, int cgroup)
{
	if (bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
		return attach_kprobe(program, fd, kind);
	return bpf_link_create(fd, kind == ATTACH_CGROUP ? cgroup : 0,
			       bpf_program__expected_attach_type(program), NULL);
}

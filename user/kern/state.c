/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels, counters and wishes: what the maps hold besides policy. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kern/internal.h"

int kern_subject_add(struct kern *kern, pid_t tgid, const struct cw_subject *subject)
{
	__u32 key = (__u32)tgid;

	return bpf_map_update_elem(bpf_map__fd(kern->skeleton->maps.subjects), &key, subject,
				   BPF_ANY);
}

int kern_subject_remove(struct kern *kern, pid_t tgid)
{
	static const struct cw_subject nobody;

	return kern_subject_add(kern, tgid, &nobody);
}

/* Bytes mapped at a time: what is mapped counts as our memory. */
#define SUBJECTS_WINDOW ((size_t)1 << 20)

static bool each_label(const struct cw_subject *labels, __u32 first, kern_subject_handler each,
		       void *context)
{
	for (__u32 i = 0; i < SUBJECTS_WINDOW / sizeof(*labels); i++)
		if (labels[i].governed && labels[i].governed <= CW_INSTANCES_MAX &&
		    !each(context, (pid_t)(first + i), labels[i].governed - CW_GOVERNED(0),
			  &labels[i]))
			return false;
	return true;
}

int kern_subjects_each(struct kern *kern, kern_subject_handler each, void *context)
{
	int map = bpf_map__fd(kern->skeleton->maps.subjects);
	bool more = true;

	_Static_assert(CW_PID_MAX * sizeof(struct cw_subject) % SUBJECTS_WINDOW == 0, "window");
	for (size_t at = 0; more && at < CW_PID_MAX * sizeof(struct cw_subject);
	     at += SUBJECTS_WINDOW) {
		const struct cw_subject *labels = mmap(NULL, SUBJECTS_WINDOW, PROT_READ, MAP_SHARED,
						       map, (off_t)at);

		if (labels == MAP_FAILED)
			return -errno;
		more = each_label(labels, (__u32)(at / sizeof(*labels)), each, context);
		munmap((void *)labels, SUBJECTS_WINDOW);
	}
	return 0;
}

static bool count_subject(void *context, pid_t pid, uint16_t instance,
			  const struct cw_subject *subject)
{
	unsigned int *counts = context;

	(void)pid;
	(void)subject;
	counts[instance]++;
	return true;
}

int kern_subjects_count(struct kern *kern, unsigned int counts[CW_INSTANCES_MAX])
{
	memset(counts, 0, CW_INSTANCES_MAX * sizeof(*counts));
	return kern_subjects_each(kern, count_subject, counts);
}

int kern_counters(struct kern *kern, struct cw_counter counters[CW_COUNTERS])
{
	_cleanup_free_ struct cw_counter *percpu = calloc((size_t)kern->possible_cpus,
							  sizeof(*percpu));

	if (!percpu)
		return -ENOMEM;
	for (__u32 cell = 0; cell < CW_COUNTERS; cell++) {
		struct cw_counter *sum = &counters[cell];
		int r = bpf_map_lookup_elem(bpf_map__fd(kern->skeleton->maps.counters), &cell,
					    percpu);

		if (r)
			return r;
		*sum = (struct cw_counter){ 0 };
		for (int cpu = 0; cpu < kern->possible_cpus; cpu++) {
			sum->recorded += percpu[cpu].recorded;
			sum->unwanted += percpu[cpu].unwanted;
			sum->suppressed += percpu[cpu].suppressed;
			sum->lost += percpu[cpu].lost;
		}
		sum->judged = sum->recorded + sum->unwanted + sum->suppressed + sum->lost;
	}
	return 0;
}

/* How often the kernel passed a program by; kernels count it from 5.12 on. */
static uint64_t program_skipped(int program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	return program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &size)
		       ? info.recursion_misses
		       : 0;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t length = strlen(name), end = strlen(suffix);

	return length > end && strcmp(name + length - end, suffix) == 0;
}

static const char *const turns[] = { "_again", "_last" };

/*
 * A tracing program does not run while it already runs on the same CPU, and where the kernel may preempt
 * it that is not only itself: the hook then passes by without it. What takes turns (bpf/turn.bpf.h) was
 * passed by as a whole at most as often as the least of them.
 */
static uint64_t turns_skipped(const struct kern *kern, const char *first)
{
	const char *stem = strcmp(first, "label_committing") == 0 ? "label_exec" : first;
	uint64_t least = program_skipped(kern_program(kern, first));

	for (size_t i = 0; least && i < ARRAY_SIZE(turns); i++) {
		char name[64];
		int program;

		snprintf(name, sizeof(name), "%s%s", stem, turns[i]);
		program = kern_program(kern, name);
		if (program >= 0 && program_skipped(program) < least)
			least = program_skipped(program);
	}
	return least;
}

static uint64_t kern_skipped(const struct kern *kern)
{
	uint64_t skipped = 0;

	for (size_t i = 0; i < program_row_count; i++) {
		const char *name = program_rows[i].name;

		if (!ends_with(name, turns[0]) && !ends_with(name, turns[1]))
			skipped += turns_skipped(kern, name);
	}
	return skipped;
}

int kern_faults(struct kern *kern, uint64_t faults[CW_FAULT_MAX])
{
	_cleanup_free_ __u64 *percpu = calloc((size_t)kern->possible_cpus, sizeof(*percpu));

	if (!percpu)
		return -ENOMEM;
	for (__u32 i = 0; i < CW_FAULT_MAX; i++) {
		int r = bpf_map_lookup_elem(bpf_map__fd(kern->skeleton->maps.faults), &i, percpu);

		if (r)
			return r;
		faults[i] = 0;
		for (int cpu = 0; cpu < kern->possible_cpus; cpu++)
			faults[i] += percpu[cpu];
	}
	faults[CW_FAULT_SKIPPED] = kern_skipped(kern);
	return 0;
}

void kern_wanted(struct kern *kern, uint32_t governed, uint32_t host)
{
	struct cw_control control = { .wanted = governed,
				      .wanted_host = host,
				      .backend = kern->backend };
	__u32 zero = 0;

	/* An array's element is always there: this cannot fail. */
	bpf_map_update_elem(bpf_map__fd(kern->skeleton->maps.control), &zero, &control, BPF_ANY);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Labels and wishes: what the maps hold besides policy. */
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

bool kern_subject_governed(const struct kern *kern, pid_t tgid)
{
	__u32 key = (__u32)tgid;
	struct cw_subject label = { 0 };

	return !bpf_map_lookup_elem(bpf_map__fd(kern->skeleton->maps.subjects), &key, &label) &&
	       label.governed;
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

void kern_wanted(struct kern *kern, uint32_t governed, uint32_t host)
{
	__atomic_store_n(&kern->bss->control.wanted, governed, __ATOMIC_RELAXED);
	__atomic_store_n(&kern->bss->control.wanted_host, host, __ATOMIC_RELAXED);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a set that has been replaced to the one that replaced it: who is governed, and what has not been
 * read yet. Only what every version of the contract keeps is relied upon (abi.h): the beginning of a
 * label, the ledger's members, and how a ring is laid out, which is the kernel's.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kern/internal.h"

struct kern_old {
	char set[KERN_PATH];
	struct cw_ledger *ledger; /* mapped, of the size that the set's own version gave it */
	size_t ledger_size;
	struct cw_ledger known; /* as far as we know it */
	int subjects, names, ring_maps[CW_RINGS];
	struct rings rings;
};

static int old_get(const struct kern_old *old, const char *name)
{
	char path[KERN_PATH];

	set_path(path, sizeof(path), old->set, name);
	return bpf_obj_get(path);
}

static int old_map_ledger(struct kern_old *old)
{
	_cleanup_close_ int fd = old_get(old, "map_ledger");
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	void *memory;
	int r;

	if (fd < 0)
		return fd;
	r = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (r)
		return r;
	memory = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	old->ledger = memory;
	old->ledger_size = info.value_size;
	memcpy(&old->known, memory,
	       info.value_size < sizeof(old->known) ? info.value_size : sizeof(old->known));
	return old->known.magic == CW_LEDGER_MAGIC &&
			       info.value_size >= offsetof(struct cw_ledger, catalogue)
		       ? 0
		       : -EUCLEAN;
}

int kern_old_open(const char *set, struct kern_old **ret_old)
{
	struct kern_old *old = calloc(1, sizeof(*old));
	int r;

	if (!old)
		return -ENOMEM;
	snprintf(old->set, sizeof(old->set), "%s", set);
	old->subjects = old_get(old, "map_subjects");
	old->names = old_get(old, "map_file_names");
	old->ring_maps[0] = old_get(old, "map_deviations");
	old->ring_maps[1] = old_get(old, "map_events");
	r = old_map_ledger(old);
	if (!r && (old->ring_maps[0] < 0 || old->ring_maps[1] < 0))
		r = -EUCLEAN;
	if (!r)
		r = rings_open(&old->rings, old->ring_maps, old->ledger);
	if (r) {
		kern_old_free(old);
		return r;
	}
	*ret_old = old;
	return 0;
}

struct kern_old *kern_old_free(struct kern_old *old)
{
	if (!old)
		return NULL;
	rings_close(&old->rings);
	close_fd(old->subjects);
	close_fd(old->names);
	close_fd(old->ring_maps[0]);
	close_fd(old->ring_maps[1]);
	if (old->ledger)
		munmap(old->ledger, old->ledger_size);
	free(old);
	return NULL;
}

const struct cw_ledger *kern_old_ledger(const struct kern_old *old)
{
	return &old->known;
}

uint64_t kern_old_sequence(const struct kern_old *old)
{
	return old->rings.batch.sequence;
}

int kern_old_file_names(struct kern_old *old,
			int (*each)(void *context, uint32_t file, const char *path), void *context)
{
	return old->names < 0 ? 0 : file_names_read(old->names, each, context);
}

/* ------------------------------------------------------------------ labels */

/*
 * One process, unless the new programs have labelled it by themselves. Those of both sets run, and the old
 * ones keep its old label true: so it is done when the old label still is what was carried.
 */
static int label_carry(int to, __u32 tgid, const volatile struct cw_subject *from,
		       unsigned int *carried)
{
	struct cw_subject label;
	int r = bpf_map_lookup_elem(to, &tgid, &label);

	if (r || label.governed)
		return r;
	do {
		label = (struct cw_subject){ .governed = from->governed,
					     .executable = from->executable,
					     .script = from->script };
		if (!label.governed)
			label = (struct cw_subject){ 0 };
		r = bpf_map_update_elem(to, &tgid, &label, BPF_ANY);
	} while (!r && (label.governed != from->governed ||
			(label.governed &&
			 (label.executable != from->executable || label.script != from->script))));
	*carried += label.governed != 0;
	return r;
}

int kern_old_labels(struct kern_old *old, struct kern *kern, unsigned int *ret_carried)
{
	int r = 0, to = bpf_map__fd(kern->skeleton->maps.subjects);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	size_t stride;
	char *labels;

	*ret_carried = 0;
	if (old->subjects < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(old->subjects, &info, &length))
		return -errno;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size < sizeof(struct cw_subject) ||
	    info.max_entries > CW_PID_MAX)
		return -EUCLEAN;
	stride = (info.value_size + 7) & ~7ul;
	labels = mmap(NULL, info.max_entries * stride, PROT_READ, MAP_SHARED, old->subjects, 0);
	if (labels == MAP_FAILED)
		return -errno;
	for (__u32 tgid = 0; !r && tgid < info.max_entries; tgid++) {
		const struct cw_subject *label = (void *)(labels + tgid * stride);

		if (label->governed)
			r = label_carry(to, tgid, label, ret_carried);
	}
	munmap(labels, info.max_entries * stride);
	return r;
}

/* ------------------------------------------------------------------ the end of it */

void kern_old_moved(struct kern_old *old, const char *set)
{
	snprintf(old->set, sizeof(old->set), "%s", set);
}

int kern_old_discard(const char *set)
{
	return set_remove(set, NULL);
}

int kern_old_detach(struct kern_old *old)
{
	return set_remove_links(old->set);
}

int kern_old_consume(struct kern_old *old, kern_record_handler handler, void *context)
{
	return rings_deliver(&old->rings, handler, context);
}

void kern_old_delivered(struct kern_old *old)
{
	rings_delivered(&old->rings);
}

int kern_old_remove(struct kern_old *old)
{
	return set_remove(old->set, NULL);
}

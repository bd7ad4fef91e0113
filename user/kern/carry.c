/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a set that has been replaced to the one that replaced it: who is governed, and what has not been
 * read yet. Only what every version of the contract keeps is relied upon (abi.h): the beginning of a
 * label, the ledger's members, and how a ring is laid out, which is the kernel's.
 */
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

int kern_old_labels(struct kern_old *old, struct kern *kern, unsigned int *ret_carried)
{
	int to = bpf_map__fd(kern->skeleton->maps.subjects);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), key, next;
	_cleanup_free_ char *value = NULL;
	bool more;

	*ret_carried = 0;
	if (old->subjects < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(old->subjects, &info, &length))
		return -errno;
	if (info.key_size != sizeof(key) || info.value_size < sizeof(struct cw_subject_carried))
		return -EUCLEAN;
	value = calloc(1, info.value_size + 8);
	if (!value)
		return -ENOMEM;
	more = bpf_map_get_next_key(old->subjects, NULL, &next) == 0;
	while (more) {
		struct cw_subject_carried carried;
		struct cw_subject label = { 0 };

		key = next;
		more = bpf_map_get_next_key(old->subjects, &key, &next) == 0;
		if (bpf_map_lookup_elem(old->subjects, &key, value))
			continue; /* it has ended */
		memcpy(&carried, value, sizeof(carried));
		label.executable = carried.executable;
		label.script = carried.script;
		label.instance = carried.instance;
		if (!bpf_map_update_elem(to, &key, &label, BPF_NOEXIST))
			(*ret_carried)++;
		/* It may have ended between the two, and its exit passed by before the label was there. */
		if (bpf_map_lookup_elem(old->subjects, &key, value))
			bpf_map_delete_elem(to, &key);
	}
	return 0;
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

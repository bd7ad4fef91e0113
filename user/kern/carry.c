/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a set that has been replaced to the one that replaced it: who is governed, what has been counted, and
 * what has not been read yet. Only what every version of the contract keeps is relied upon (abi.h): the
 * beginning of each thing, the ledger's members, and how a ring is laid out, which is the kernel's.
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

/* One that not every version has. -1: this one has not. */
static int old_get_perhaps(const struct kern_old *old, const char *name, int *ret)
{
	*ret = old_get(old, name);
	return *ret < 0 && *ret != -ENOENT ? *ret : 0;
}

/* Numbers of files mean nothing without their names, which have one shape in every version. */
static int old_check_names(const struct kern_old *old)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (old->names < 0)
		return 0;
	return bpf_obj_get_info_by_fd(old->names, &info, &length) ||
			       info.key_size != sizeof(struct cw_name_key) ||
			       info.value_size != sizeof(struct cw_name_part)
		       ? -EUCLEAN
		       : 0;
}

/* As it stands now. */
static void old_know(struct kern_old *old)
{
	size_t size = old->ledger_size < sizeof(old->known) ? old->ledger_size : sizeof(old->known);

	memcpy(&old->known, old->ledger, size);
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
	old_know(old);
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
	old->subjects = old->names = -1;
	old->ring_maps[0] = old_get(old, "map_deviations");
	old->ring_maps[1] = old_get(old, "map_events");
	r = old_map_ledger(old);
	if (!r)
		r = old_get_perhaps(old, "map_subjects", &old->subjects);
	if (!r)
		r = old_get_perhaps(old, "map_file_names", &old->names);
	if (!r)
		r = old_check_names(old);
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

/* Its own daemon was of another version, perhaps one that did not count. */
void kern_old_repeats_tell(struct kern_old *old, const struct kern_repeat_handler *handler)
{
	_cleanup_close_ int counts = old_get(old, "map_repeats");
	_cleanup_close_ int told = old_get(old, "map_repeats_told");
	struct repeats repeats;

	if (old->ledger_size < offsetof(struct cw_ledger, tellings) + sizeof(struct cw_tellings) ||
	    repeats_open(&repeats, counts, told, &old->rings, handler))
		return;
	repeats_resume(&repeats);
	repeats_tell(&repeats, true);
}

int kern_old_counters(struct kern_old *old, struct kern *kern)
{
	_cleanup_close_ int counters = -1, faults = -1;
	struct counted from = { .set = old->set, .ledger = &old->known };
	int r = old_get_perhaps(old, "map_counters", &counters);

	if (!r)
		r = old_get_perhaps(old, "map_faults", &faults);
	if (r)
		return r;
	from.counters = counters;
	from.faults = faults;
	old_know(old);
	r = counters_carry(kern->ledger, &from);
	if (!r)
		ledger_number(kern->ledger, old->rings.batch.sequence);
	return r;
}

bool kern_old_is_carried(const struct kern_old *old, const struct kern_old *by)
{
	_cleanup_close_ int counters = old_get(old, "map_counters");

	return counters_carried(&by->known, counters);
}

const struct cw_ledger *kern_old_ledger(const struct kern_old *old)
{
	return &old->known;
}

int kern_old_file_names(struct kern_old *old,
			int (*each)(void *context, uint32_t file, const char *path), void *context)
{
	return old->names < 0 ? 0 : file_names_read(old->names, each, context);
}

/* ------------------------------------------------------------------ labels */

/*
 * One process, unless the new programs have labelled it by themselves. Those of both sets run, and the old
 * ones keep its old label true: so it is done when the old label still is what was carried. marked: the old label has
 * marks of executed files as ours have.
 */
static int label_carry(int to, __u32 tgid, const volatile struct cw_subject *from, bool marked,
		       unsigned int *carried)
{
	struct cw_subject label;
	int r = bpf_map_lookup_elem(to, &tgid, &label);

	if (r || label.governed)
		return r;
	do {
		label = (struct cw_subject){ .governed = from->governed,
					     .executable = from->executable,
					     .script = from->script,
					     .exec_script = CW_MARK_LOST };
		if (marked && from->exec == CW_EXEC_NONE)
			label.exec_script = from->exec_script;
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
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size < CW_SUBJECT_LEAST ||
	    info.max_entries > CW_PID_MAX)
		return -EUCLEAN;
	stride = (info.value_size + 7) & ~7ul;
	labels = mmap(NULL, info.max_entries * stride, PROT_READ, MAP_SHARED, old->subjects, 0);
	if (labels == MAP_FAILED)
		return -errno;
	for (__u32 tgid = 0; !r && tgid < info.max_entries; tgid++) {
		const struct cw_subject *label = (void *)(labels + tgid * stride);

		if (label->governed)
			r = label_carry(to, tgid, label, old->known.abi == CW_ABI_VERSION,
					ret_carried);
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

/*
 * Who runs in a program that was detached may still count and record. The kernel waits for all that run now when a
 * map of maps is changed (maybe_wait_bpf_programs()), hence one is made for that; membarrier(2) would not do on one
 * processor, nor with nohz_full.
 */
int kern_old_await(void)
{
	const __u32 first = 0;
	_cleanup_close_ int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "cw_await", 4, 4, 1, NULL);
	LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = (__u32)inner);
	_cleanup_close_ int outer = inner < 0 ? inner
					      : bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS,
							       "cw_await", 4, 4, 1, &options);

	return outer < 0 ? outer : bpf_map_update_elem(outer, &first, &inner, BPF_ANY);
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ourselves: the hooks of bpf/protect.bpf.c, and what they are to keep from whom. They are loaded only when
 * asked for, and held by our descriptors alone.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kern/internal.h"
#include "protect.skel.h"

bool kern_can_protect(const struct kern *kern)
{
	return kern->backend != CW_BACKEND_CGROUP;
}

/* A path's number in the kernel; 0 where there is nothing. */
static struct cw_file_key key_of(struct kern *kern, const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct cw_identity identity = { 0 };

	if (fd < 0 || kern_identify(kern, fd, &identity))
		return (struct cw_file_key){ 0 };
	return identity.key;
}

static int id_add(struct kern *kern, enum cw_protected kind, __u32 id)
{
	__u64 key = CW_PROTECTED_ID(kind, id);
	__u32 one = 1;

	return bpf_map_update_elem(bpf_map__fd(kern->protect->maps.protected_ids), &key, &one,
				   BPF_ANY);
}

static int ids_of_maps(struct bpf_object *object, struct kern *kern)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, object)
	{
		struct bpf_map_info info = { 0 };
		__u32 size = sizeof(info);

		if (!r)
			r = bpf_obj_get_info_by_fd(bpf_map__fd(map), &info, &size);
		if (!r)
			r = id_add(kern, CW_PROTECTED_MAP, info.id);
	}
	return r;
}

/* Of links the pins alone are held: they are looked up there. */
static int ids_of_links(struct kern *kern)
{
	char **names;
	size_t count;
	int r = kern->set ? names_read(kern->set, &names, &count) : 0;

	if (r || !kern->set)
		return r;
	for (size_t i = 0; !r && i < count; i++) {
		struct bpf_link_info info = { 0 }; /* what it was filled with are pointers */
		__u32 size = sizeof(info);
		_cleanup_close_ int link = -1;
		char path[KERN_PATH];

		if (strncmp(names[i], pin_kinds[PIN_LINK], strlen(pin_kinds[PIN_LINK])) != 0)
			continue;
		set_path(path, sizeof(path), kern->set, names[i]);
		link = bpf_obj_get(path);
		r = link < 0 ? link : bpf_obj_get_info_by_fd(link, &info, &size);
		if (!r)
			r = id_add(kern, CW_PROTECTED_LINK, info.id);
	}
	names_free(names, count);
	return r;
}

static int protection_write(struct kern *kern, int installed)
{
	struct cw_identity identity = { 0 };
	struct cw_protection protection = { 0 };
	__u32 zero = 0;

	protection.executables[0] = key_of(kern, "/proc/self/exe");
	if (installed >= 0 && !kern_identify(kern, installed, &identity))
		protection.executables[1] = identity.key;
	if (!protection.executables[0].inode)
		return -ENOENT;
	if (kern->set) {
		struct cw_file_key pins = key_of(kern, kern->set), above;
		char path[KERN_PATH];

		set_path(path, sizeof(path), kern->set, "..");
		above = key_of(kern, path);
		protection.device = pins.device;
		protection.directories[0] = pins.inode;
		protection.directories[1] = above.device == pins.device ? above.inode : 0;
	}
	return bpf_map_update_elem(bpf_map__fd(kern->protect->maps.protection), &zero, &protection,
				   BPF_ANY);
}

/* The maps that both objects name are those that are in force. */
static int share_maps(struct kern *kern)
{
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map(map, kern->protect->obj)
	{
		struct bpf_map *ours = bpf_object__find_map_by_name(kern->skeleton->obj,
								    bpf_map__name(map));

		if (!r && ours && !bpf_map__is_internal(map))
			r = bpf_map__reuse_fd(map, bpf_map__fd(ours));
	}
	return r;
}

static bool takes_turns(const struct kern *kern)
{
	return kern->backend == CW_BACKEND_FMOD_RET && kern->turns == KERN_TURNS_LAST;
}

static void select_programs(struct kern *kern)
{
	const char *prefix = kern->backend == CW_BACKEND_LSM ? "lsm_" : "fmod_";
	struct bpf_program *program;

	bpf_object__for_each_program (program, kern->protect->obj) {
		const char *name = bpf_program__name(program);
		bool last = program_ends_in(name, "_last");

		bpf_program__set_autoload(
			program, strncmp(name, prefix, strlen(prefix)) == 0 &&
					 (takes_turns(kern) || !program_takes_turns(name)));
		bpf_program__set_autoattach(program, !last);
	}
}

static int attach_last(struct kern *kern)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, kern->protect->obj) {
		int fd;

		if (bpf_program__autoattach(program) || !bpf_program__autoload(program))
			continue;
		if (kern->protect_link_count == ARRAY_SIZE(kern->protect_links))
			return -E2BIG;
		fd = attach_kprobe(program, bpf_program__fd(program), ATTACH_BODY);
		if (fd < 0)
			return fd;
		kern->protect_links[kern->protect_link_count++] = fd;
	}
	return 0;
}

static int protect_open(struct kern *kern)
{
	int r;

	kern->protect = calloc(1, sizeof(*kern->protect));
	r = kern->protect ? protect_bpf__create_skeleton(kern->protect) : -ENOMEM;
	if (!r)
		r = object_open(kern->protect->skeleton, &kern->code);
	if (r)
		return r;
	kern->protect->rodata->attached_backend = (unsigned char)kern->backend;
	kern->protect->rodata->kernel_casts = kern->code.cast;
	kern->protect->rodata->kernel_loops = kern->code.may_goto;
	kern->protect->rodata->kernel_io_workers_are_kthreads =
		kern->skeleton->rodata->kernel_io_workers_are_kthreads;
	select_programs(kern);
	return share_maps(kern);
}

static int protect_load(struct kern *kern)
{
	int r = protect_open(kern);

	if (!r)
		r = protect_bpf__load(kern->protect);
	if (!r)
		r = protect_bpf__attach(kern->protect);
	if (!r)
		r = attach_last(kern);
	if (r) {
		load_last_words();
		kern_unprotect(kern);
	}
	return r;
}

int kern_protect(struct kern *kern, int installed)
{
	int r = 0;

	if (!kern_can_protect(kern))
		return -EOPNOTSUPP;
	if (!kern->protect)
		r = protect_load(kern);
	if (!r)
		r = protection_write(kern, installed);
	if (!r)
		r = ids_of_maps(kern->skeleton->obj, kern);
	if (!r)
		r = ids_of_maps(kern->protect->obj, kern);
	if (!r)
		r = ids_of_links(kern);
	if (!r)
		__atomic_store_n(&kern->protect->bss->protected_daemon, (__u32)getpid(),
				 __ATOMIC_RELEASE);
	return r;
}

void kern_unprotect(struct kern *kern)
{
	/* The last turns first: they must not meet what the others would have refused. */
	while (kern->protect_link_count)
		close_fd(kern->protect_links[--kern->protect_link_count]);
	protect_bpf__destroy(kern->protect);
	kern->protect = NULL;
}

int kern_tell_changed(struct kern *kern, uint32_t file, const struct cw_file_key *key,
		      uint32_t instance)
{
	__u64 arguments[4] = { file, key->inode, key->device, instance };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments,
		    .ctx_size_in = sizeof(arguments));

	return bpf_prog_test_run_opts(kern_program(kern, "tell_changed"), &options);
}

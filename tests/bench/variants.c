/* SPDX-License-Identifier: GPL-2.0-only */
/* Variants that are small objects beside this program, and the way back from each to nothing. */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bench.h"
#include "kern/internal.h"
#include "minimal.h"
#include "policy/words.h"

#define LINKS_MAX 32

static struct bpf_object *empty, *minimal;
static struct ring_buffer *recorded;
static struct bpf_link *links[LINKS_MAX];
static size_t link_count;
static enum cw_backend backend;
static enum kern_turns turns;

static const char *const prefixes[CW_BACKEND_MAX] = { "lsm_", "fmod_", "cgroup_" };

static bool starts(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* What the daemon would not load here is no attach point. */
static bool loaded_here(const char *name)
{
	for (size_t i = 0; i < program_row_count; i++)
		if (strcmp(program_rows[i].name, name) == 0)
			return row_wanted(&program_rows[i], backend, turns);
	return true;
}

static bool wanted(const struct bpf_program *program, const char *prefix)
{
	const char *name = bpf_program__name(program);

	return (starts(name, prefix) || starts(name, "label_")) && loaded_here(name);
}

/* Has the minimal object a program of this prefix for the attach point of this empty one? */
static bool replaced(const struct bpf_program *program, const char *prefix)
{
	const char *name = bpf_program__name(program);
	char other[64];

	if (!starts(name, prefixes[backend]))
		return false;
	snprintf(other, sizeof(other), "%s%s", prefix, name + strlen(prefixes[backend]));
	return bpf_object__find_program_by_name(minimal, other);
}

bool variants_exec(const char *program)
{
	return starts(program, prefixes[backend]) &&
	       strcmp(program + strlen(prefixes[backend]), "exec") == 0;
}

static int variant_open(const char *name, struct bpf_object **ret)
{
	char path[4200], self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct bpf_program *program;
	struct bpf_object *object;

	if (n < 0)
		return -errno;
	self[n] = '\0';
	*strrchr(self, '/') = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, name);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return -errno;
	*ret = object;
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, wanted(program, prefixes[backend]) ||
							   wanted(program, "record_"));
	return bpf_object__load(object);
}

static int allow(const char *map, const void *key, size_t size)
{
	__u32 yes = 1;

	return bpf_map__update_elem(bpf_object__find_map_by_name(minimal, map), key, size, &yes,
				    sizeof(yes), BPF_ANY);
}

static int allow_address(uint32_t address)
{
	struct minimal_address key = { htonl(address), htons(BENCH_PORT) };

	return allow("addresses", &key, sizeof(key));
}

static int allow_file(const char *path)
{
	struct minimal_file key;
	struct stat info;

	if (stat(path, &info))
		return -errno;
	key.inode = info.st_ino;
	key.device = (__u64)major(info.st_dev) << 20 | minor(info.st_dev);
	return allow("files", &key, sizeof(key));
}

static int record_ignored(void *context, void *bytes, size_t size)
{
	(void)context;
	(void)bytes;
	(void)size;
	return 0;
}

int variants_open(enum cw_backend measured)
{
	struct kern_probe probe;
	int r;

	kern_probe(&probe);
	kern_probe_release(&probe);
	backend = measured;
	turns = kern_probe_turns(&probe);
	r = variant_open("empty.bpf.o", &empty);
	if (!r)
		r = variant_open("minimal.bpf.o", &minimal);
	if (!r)
		r = allow_address(BENCH_ADDRESS);
	if (!r)
		r = allow_file(act_file());
	if (r)
		return r;
	recorded = ring_buffer__new(bpf_map__fd(bpf_object__find_map_by_name(minimal, "events")),
				    record_ignored, NULL, NULL);
	return recorded ? 0 : -errno;
}

void variants_close(void)
{
	ring_buffer__free(recorded);
	bpf_object__close(minimal);
	bpf_object__close(empty);
}

static void nothing_leave(void)
{
	while (link_count)
		bpf_link__destroy(links[--link_count]);
}

/* instead: the prefix of what is attached in the place of some of these; NULL: of none. */
static int attach(struct bpf_object *object, const char *prefix, const char *instead)
{
	struct bpf_program *program;
	struct kern_probe probe;
	int cgroup = -1, r = -EIO;

	kern_probe(&probe);
	kern_probe_release(&probe);
	if (probe.cgroup[0])
		cgroup = open(probe.cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bpf_object__for_each_program (program, object) {
		struct bpf_link *link;

		if (!wanted(program, prefix) || (instead && replaced(program, instead)))
			continue;
		link = starts(bpf_program__section_name(program), "cgroup/") ||
				       starts(bpf_program__section_name(program), "?cgroup/")
			       ? bpf_program__attach_cgroup(program, cgroup)
			       : bpf_program__attach(program);
		r = link ? 0 : -errno;
		if (r) {
			nothing_leave();
			break;
		}
		links[link_count++] = link;
	}
	close(cgroup);
	return r;
}

static int nothing_enter(enum variant_id variant)
{
	(void)variant;
	return 0;
}

/* All have the same attach points: what else is attached costs whoever does not come by there as well. */
static int object_attach(enum variant_id variant)
{
	const char *prefix = variant == VARIANT_RECORDING ? "record_" : prefixes[backend];

	if (variant == VARIANT_EMPTY)
		return attach(empty, prefixes[backend], NULL);
	return allow_address(act_other_peer) ?: attach(empty, prefixes[backend], prefix)
		?: attach(minimal, prefix, NULL);
}

/* To 5.12 a tracing program can be attached only once: then all are loaded anew. */
static int object_enter(enum variant_id variant)
{
	int r = object_attach(variant);

	if (r != -ENOENT)
		return r;
	variants_close();
	r = variants_open(backend);
	return r ? r : object_attach(variant);
}

static void object_between(void)
{
	ring_buffer__consume(recorded);
}

const struct variant variants[VARIANT_MAX] = {
	[VARIANT_NONE] = { "without", nothing_enter, nothing_leave, NULL },
	[VARIANT_EMPTY] = { "empty", object_enter, nothing_leave, NULL },
	[VARIANT_MINIMAL] = { "minimal look-up", object_enter, nothing_leave, NULL },
	[VARIANT_RECORDING] = { "minimal record", object_enter, nothing_leave, object_between },
	[VARIANT_UNGOVERNED] = { "ungoverned", governed_enter, governed_leave, NULL },
	[VARIANT_RULES_1] = { "governed, 1 rule", governed_enter, governed_leave, NULL },
	[VARIANT_RULES_512] = { "governed, 512 rules", governed_enter, governed_leave, NULL },
	[VARIANT_PREFIXES] = { "governed, 100,000 prefixes", governed_enter, governed_leave, NULL },
	[VARIANT_RECORDED] = { "governed, recorded", governed_enter, governed_leave,
			       governed_between },
};

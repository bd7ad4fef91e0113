/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is what is pinned what was pinned? A set's ledger names each object with the kernel's own number,
 * which is never given twice: so every pin must be there, lead to that very object, and be all there
 * is. Of our own build the shapes are compared as well, as the kernel tells them.
 */
#include <linux/bpf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/internal.h"

static enum pin_kind kind_of_name(const char *name)
{
	for (int kind = 0; kind < PIN_KIND_MAX; kind++)
		if (strncmp(name, pin_kinds[kind], strlen(pin_kinds[kind])) == 0)
			return (enum pin_kind)kind;
	return PIN_KIND_MAX;
}

/* What a descriptor is, by what the kernel calls it. */
static enum pin_kind kind_of_fd(int fd)
{
	static const char *const words[PIN_KIND_MAX] = { "bpf-map", "bpf-prog", "link" };
	char link[32], target[64];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	for (int kind = 0; kind < PIN_KIND_MAX; kind++)
		if (strstr(target, words[kind]))
			return (enum pin_kind)kind;
	return PIN_KIND_MAX;
}

static int pin_open(const char *directory, const char *name, struct buffer *problems)
{
	char path[KERN_PATH];
	int fd;

	set_path(path, sizeof(path), directory, name);
	fd = bpf_obj_get(path);
	if (fd < 0) {
		buffer_printf(problems, "%s: %s\n", name,
			      fd == -ENOENT ? "missing" : strerror(-fd));
		return fd;
	}
	if (kind_of_fd(fd) != kind_of_name(name)) {
		buffer_printf(problems, "%s: is something else\n", name);
		close(fd);
		return -EUCLEAN;
	}
	return fd;
}

/* ------------------------------------------------------------------ the ledger */

/* As much of it as both versions know; the rest is zero. */
static int ledger_read(const char *directory, struct buffer *problems, struct cw_ledger *ret)
{
	_cleanup_close_ int fd = pin_open(directory, "map_ledger", problems);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), zero = 0;
	_cleanup_free_ void *value = NULL;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length))
		return -EUCLEAN;
	if (info.type != BPF_MAP_TYPE_ARRAY || info.value_size < sizeof(uint64_t)) {
		buffer_add_string(problems, "map_ledger: is something else\n");
		return -EUCLEAN;
	}
	value = calloc(1, info.value_size + 8);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value))
		return -EUCLEAN;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, value, info.value_size < sizeof(*ret) ? info.value_size : sizeof(*ret));
	if (ret->magic == CW_LEDGER_MAGIC && ret->pin_count <= CW_PINS_MAX)
		return 0;
	buffer_add_string(problems, "map_ledger: was never finished\n");
	return -EUCLEAN;
}

static int check_pin(const char *directory, const struct cw_pin *pin, struct buffer *problems)
{
	_cleanup_close_ int fd = pin_open(directory, pin->name, problems);
	struct cw_pin found = { 0 };
	int r;

	if (fd < 0)
		return -EUCLEAN;
	r = object_identity(kind_of_name(pin->name), fd, &found);
	if (r)
		return r;
	if (found.id == pin->id && memcmp(found.tag, pin->tag, sizeof(pin->tag)) == 0)
		return 0;
	buffer_printf(problems, "%s: another object than the one that was pinned\n", pin->name);
	return -EUCLEAN;
}

static bool ledger_has(const struct cw_ledger *ledger, const char *name)
{
	for (uint32_t i = 0; i < ledger->pin_count; i++)
		if (strncmp(ledger->pins[i].name, name, sizeof(ledger->pins[i].name)) == 0)
			return true;
	return false;
}

enum kern_turns set_turns(const struct cw_ledger *ledger)
{
	if (ledger_has(ledger, "link_label_fork_last"))
		return KERN_TURNS_LAST;
	return ledger_has(ledger, "link_label_fork_again") ? KERN_TURNS_AGAIN : KERN_TURNS_FIRST;
}

static int check_strangers(const char *directory, const struct cw_ledger *ledger,
			   struct buffer *problems)
{
	char **names = NULL;
	size_t count = 0;
	int r = names_read(directory, &names, &count);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (ledger_has(ledger, names[i]))
			continue;
		buffer_printf(problems, "%s: does not belong there\n", names[i]);
		r = -EUCLEAN;
	}
	names_free(names, count);
	return r;
}

int set_check(const char *directory, struct buffer *problems, struct cw_ledger *ret_ledger)
{
	int r = ledger_read(directory, problems, ret_ledger), failed;

	if (r)
		return -EUCLEAN;
	for (uint32_t i = 0; i < ret_ledger->pin_count; i++) {
		struct cw_pin *pin = &ret_ledger->pins[i];

		pin->name[sizeof(pin->name) - 1] = '\0';
		failed = check_pin(directory, pin, problems);
		r = r ? r : failed;
	}
	failed = check_strangers(directory, ret_ledger, problems);
	return r || failed ? -EUCLEAN : 0;
}

/* ------------------------------------------------------------------ shapes */

struct shape {
	const char *what;
	uint64_t found, expected;
};

static int check_shapes(const char *name, const struct shape *shapes, size_t count,
			struct buffer *problems)
{
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		if (shapes[i].found == shapes[i].expected)
			continue;
		buffer_printf(problems, "%s: %s %llu, not %llu\n", name, shapes[i].what,
			      (unsigned long long)shapes[i].found,
			      (unsigned long long)shapes[i].expected);
		r = -EUCLEAN;
	}
	return r;
}

/* Read-only data is part of the programs. */
static int check_constants(const struct pin *pin, int fd, const struct bpf_map_info *info,
			   struct buffer *problems)
{
	size_t size;
	const void *ours = bpf_map__initial_value((struct bpf_map *)pin->map, &size);
	_cleanup_free_ char *theirs = malloc(info->value_size + 8);
	__u32 zero = 0;

	if (!(info->map_flags & BPF_F_RDONLY_PROG) || !ours)
		return 0;
	if (!theirs)
		return -ENOMEM;
	if (size == info->value_size && !bpf_map_lookup_elem(fd, &zero, theirs) &&
	    memcmp(ours, theirs, size) == 0)
		return 0;
	buffer_printf(problems, "%s: other constants\n", pin->name);
	return -EUCLEAN;
}

static int check_map(const struct pin *pin, int fd, struct buffer *problems)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	int r = bpf_obj_get_info_by_fd(fd, &info, &length);
	const struct shape shapes[] = {
		{ "kind", info.type, bpf_map__type(pin->map) },
		{ "size of a key", info.key_size, bpf_map__key_size(pin->map) },
		{ "size of a value", info.value_size, bpf_map__value_size(pin->map) },
		{ "entries", info.max_entries, bpf_map__max_entries(pin->map) },
		{ "flags", info.map_flags, bpf_map__map_flags(pin->map) },
	};

	if (!r)
		r = check_shapes(pin->name, shapes, ARRAY_SIZE(shapes), problems);
	return r ? r : check_constants(pin, fd, &info, problems);
}

static int check_program(const struct pin *pin, int fd, struct buffer *problems)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int r = bpf_obj_get_info_by_fd(fd, &info, &length);
	const struct shape shapes[] = {
		{ "kind", info.type, bpf_program__type(pin->program) },
	};

	if (!r)
		r = check_shapes(pin->name, shapes, ARRAY_SIZE(shapes), problems);
	if (!r && strncmp(info.name, pin->row->name, sizeof(info.name) - 1) != 0) {
		buffer_printf(problems, "%s: is the program %s\n", pin->name, info.name);
		r = -EUCLEAN;
	}
	return r;
}

static enum bpf_link_type link_type(const struct pin *pin)
{
	if (pin->row->kind == ATTACH_CGROUP)
		return BPF_LINK_TYPE_CGROUP;
	if (bpf_program__type(pin->program) == BPF_PROG_TYPE_KPROBE)
		return BPF_LINK_TYPE_PERF_EVENT;
	return bpf_program__expected_attach_type(pin->program) == BPF_TRACE_RAW_TP
		       ? BPF_LINK_TYPE_RAW_TRACEPOINT
		       : BPF_LINK_TYPE_TRACING;
}

/* Of all our links only a control group's can be taken from its place while somebody holds it. */
static bool is_detached(const struct bpf_link_info *info)
{
	return info->type == BPF_LINK_TYPE_CGROUP && !info->cgroup.cgroup_id;
}

/* A control group's id is its inode. */
static int check_link(const struct pin *pin, int fd, uint32_t program, const char *cgroup,
		      struct buffer *problems)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);
	int r = bpf_obj_get_info_by_fd(fd, &info, &length);
	enum bpf_attach_type attach = bpf_program__expected_attach_type(pin->program);
	struct shape shapes[] = {
		{ "kind", info.type, link_type(pin) },
		{ "program", info.prog_id, program },
		{ "attach point", attach, attach },
		{ "control group", 0, 0 },
	};
	struct stat st;

	if (r)
		return r;
	if (is_detached(&info)) {
		buffer_printf(problems, "%s: was detached\n", pin->name);
		return -EUCLEAN;
	}
	if (info.type == BPF_LINK_TYPE_TRACING)
		shapes[2].found = info.tracing.attach_type;
	if (info.type == BPF_LINK_TYPE_CGROUP) {
		shapes[2].found = info.cgroup.attach_type;
		shapes[3].found = info.cgroup.cgroup_id;
		shapes[3].expected = stat(cgroup, &st) ? 0 : st.st_ino;
	}
	return check_shapes(pin->name, shapes, ARRAY_SIZE(shapes), problems);
}

/* In the table's order a program comes right before its link. */
int set_check_shapes(const char *directory, const struct kern *kern, const char *cgroup,
		     struct buffer *problems)
{
	struct pin pins[CW_PINS_MAX];
	size_t count = pin_table(kern->skeleton, kern->backend, kern->turns, pins);
	struct cw_pin program = { 0 };
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_close_ int fd = pin_open(directory, pins[i].name, problems);
		int failed = fd < 0 ? fd : 0;

		if (!failed && pins[i].kind == PIN_MAP)
			failed = check_map(&pins[i], fd, problems);
		if (!failed && pins[i].kind == PIN_PROGRAM) {
			failed = check_program(&pins[i], fd, problems);
			object_identity(PIN_PROGRAM, fd, &program);
		}
		if (!failed && pins[i].kind == PIN_LINK)
			failed = check_link(&pins[i], fd, program.id, cgroup, problems);
		r = r ? r : failed;
	}
	return r;
}

/* … where no pins hold them. */
static int check_links(const struct kern *kern, struct buffer *problems)
{
	int r = 0;

	for (size_t i = 0; i < kern->link_count; i++) {
		struct bpf_link_info info = { 0 };
		__u32 length = sizeof(info);

		if (bpf_obj_get_info_by_fd(kern->links[i], &info, &length) || !is_detached(&info))
			continue;
		buffer_printf(problems, "link %u: was detached\n", info.id);
		r = -EUCLEAN;
	}
	return r;
}

int kern_check(const struct kern *kern, const struct kern_probe *probe, struct buffer *problems)
{
	struct cw_ledger ledger;

	if (!kern->set)
		return check_links(kern, problems);
	return set_check(kern->set, problems, &ledger)
		       ? -EUCLEAN
		       : set_check_shapes(kern->set, kern, probe->cgroup, problems);
}

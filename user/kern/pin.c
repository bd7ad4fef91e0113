/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinning, and taking out. A set of pins lives in a directory named by the version of the contract:
 *
 *	v1            in force
 *	v1-making     being pinned: becomes v1 by one rename, when it is whole
 *	v1-leaving    was v1; its links go first
 *
 * so that whoever is killed on the way leaves nothing that could be mistaken for a set. While pins stand
 * they alone hold the links: the daemon keeps no descriptor of one, and whoever removes the pins takes
 * all verdicts out, whatever has become of the daemon.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kern/internal.h"
#include "util/fault.h"
#include "util/log.h"

void set_path(char *to, size_t size, const char *directory, const char *name)
{
	int length = snprintf(to, size, "%s/%s", directory, name);

	if (length < 0 || (size_t)length >= size)
		*to = '\0'; /* no path: whatever is tried with it fails */
}

/* v1, v1-making, v1-leaving-1: what begins so below the pin directory is ours. */
bool is_set(const char *name)
{
	return name[0] == 'v' && name[1] >= '0' && name[1] <= '9';
}

void names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

int names_read(const char *directory, char ***ret_names, size_t *ret_count)
{
	DIR *stream = opendir(directory);
	char **names = NULL;
	struct dirent *entry;
	size_t count = 0;

	if (!stream)
		return -errno;
	while ((entry = readdir(stream))) {
		char **more;

		if (*entry->d_name == '.')
			continue;
		more = realloc(names, (count + 1) * sizeof(*names));
		if (more) {
			names = more;
			names[count] = strdup(entry->d_name);
		}
		if (!more || !names[count]) {
			names_free(names, count);
			closedir(stream);
			return -ENOMEM;
		}
		count++;
	}
	closedir(stream);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

/* ------------------------------------------------------------------ taking out */

/* In this order: label keepers after what judges by labels, then what no link needs any more. */
static int removal_turn(const char *name)
{
	if (strncmp(name, "link_label_", strlen("link_label_")) == 0)
		return 1;
	if (strncmp(name, pin_kinds[PIN_LINK], strlen(pin_kinds[PIN_LINK])) == 0)
		return 0;
	return 2;
}
#define REMOVAL_LINKS 2
#define REMOVAL_TURNS 3

static void removal_count(const char *name, struct kern_pin_counts *counts)
{
	unsigned int *kinds[PIN_KIND_MAX] = { &counts->maps, &counts->programs, &counts->links };

	for (size_t kind = 0; kind < PIN_KIND_MAX; kind++)
		*kinds[kind] += strncmp(name, pin_kinds[kind], strlen(pin_kinds[kind])) == 0;
}

/* The last reference to a link that goes by close() takes it out at once; by unlink() the kernel takes
 * its time. */
static int pin_remove(const char *directory, const char *name)
{
	_cleanup_close_ int fd = -1;
	char path[KERN_PATH];

	set_path(path, sizeof(path), directory, name);
	fd = bpf_obj_get(path);
	return unlink(path) ? -errno : 0;
}

static int set_remove_turns(const char *directory, int turns, struct kern_pin_counts *counts)
{
	char **names = NULL;
	size_t count = 0;
	int r = names_read(directory, &names, &count);

	if (r)
		return r == -ENOENT ? 0 : r;
	for (int turn = 0; turn < turns; turn++) {
		for (size_t i = 0; i < count; i++) {
			int failed;

			if (removal_turn(names[i]) != turn)
				continue;
			failed = pin_remove(directory, names[i]);
			fault_point("pin-removed");
			if (!failed && counts)
				removal_count(names[i], counts);
			r = r ? r : failed;
		}
	}
	names_free(names, count);
	return r;
}

int set_remove_links(const char *directory)
{
	return set_remove_turns(directory, REMOVAL_LINKS, NULL);
}

int set_remove(const char *directory, struct kern_pin_counts *counts)
{
	int r = set_remove_turns(directory, REMOVAL_TURNS, counts);

	if (rmdir(directory) && errno != ENOENT && !r)
		r = -errno;
	return r;
}

int kern_disarm(const char *directory, struct kern_pin_counts *ret_counts)
{
	char **names = NULL;
	size_t count = 0;
	int r = names_read(directory, &names, &count);

	*ret_counts = (struct kern_pin_counts){ 0 };
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		char path[KERN_PATH];
		int failed;

		if (!is_set(names[i]))
			continue;
		set_path(path, sizeof(path), directory, names[i]);
		failed = set_remove(path, ret_counts);
		r = r ? r : failed;
	}
	names_free(names, count);
	rmdir(directory);
	return r;
}

/* ------------------------------------------------------------------ pinning */

int object_identity(enum pin_kind kind, int fd, struct cw_pin *ret)
{
	union {
		struct bpf_map_info map;
		struct bpf_prog_info program;
		struct bpf_link_info link;
	} info = { 0 };
	__u32 length = sizeof(info);
	int r;

	/* The kernel wants no more than it knows to be zero, which it is. */
	length = kind == PIN_MAP       ? sizeof(info.map)
		 : kind == PIN_PROGRAM ? sizeof(info.program)
				       : sizeof(info.link);
	r = bpf_obj_get_info_by_fd(fd, &info, &length);
	if (r)
		return r;
	ret->id = kind == PIN_MAP	? info.map.id
		  : kind == PIN_PROGRAM ? info.program.id
					: info.link.id;
	if (kind == PIN_PROGRAM)
		memcpy(ret->tag, info.program.tag, sizeof(ret->tag));
	return 0;
}

/* Links are in the order of their programs' rows. */
static int pin_fd(const struct kern *kern, const struct pin *pin, size_t *link)
{
	if (pin->kind == PIN_MAP)
		return bpf_map__fd(pin->map);
	if (pin->kind == PIN_PROGRAM)
		return kern->programs[pin->row - program_rows];
	return kern->links[(*link)++];
}

/* The pins that make the table's, and their identities in the ledger. */
static int set_make(struct kern *kern, const char *directory)
{
	struct pin pins[CW_PINS_MAX];
	size_t count = pin_table(kern->skeleton, kern->backend, kern->turns, pins), link = 0;
	struct cw_ledger *ledger = kern->ledger;

	if (mkdir(directory, 0700))
		return -errno;
	for (size_t i = 0; i < count; i++) {
		int fd = pin_fd(kern, &pins[i], &link), r;
		char path[KERN_PATH];

		fault_point("pinning");
		set_path(path, sizeof(path), directory, pins[i].name);
		memset(&ledger->pins[i], 0, sizeof(ledger->pins[i]));
		memcpy(ledger->pins[i].name, pins[i].name, sizeof(ledger->pins[i].name));
		r = object_identity(pins[i].kind, fd, &ledger->pins[i]);
		if (!r && bpf_obj_pin(fd, path))
			r = -errno;
		if (r)
			return log_err(r, "pin %s", path);
	}
	ledger->abi = CW_ABI_VERSION;
	ledger->build = kern_build();
	ledger->backend = kern->backend;
	ledger->pin_count = (uint32_t)count;
	__atomic_store_n(&ledger->magic, CW_LEDGER_MAGIC, __ATOMIC_RELEASE);
	return 0;
}

/* From here on only the pins hold them. */
static void links_let_go(struct kern *kern)
{
	while (kern->link_count)
		close(kern->links[--kern->link_count]);
}

/* A free name for what is replaced or taken out. */
static int leaving_path(const char *current, char *to, size_t size)
{
	for (int i = 1; i < 100; i++) {
		snprintf(to, size, "%s" SET_LEAVING "-%d", current, i);
		if (access(to, F_OK) && errno == ENOENT)
			return 0;
	}
	return -EEXIST;
}

static int set_leave(const char *current, char *leaving, size_t size)
{
	int r = leaving_path(current, leaving, size);

	if (!r && rename(current, leaving))
		r = -errno;
	return r ? log_err(r, "rename %s", current) : 0;
}

int kern_pin(struct kern *kern, struct kern_pins *pins)
{
	char making[KERN_PATH], current[KERN_PATH];
	int r;

	set_path(current, sizeof(current), pins->directory, SET_CURRENT);
	set_path(making, sizeof(making), pins->directory, SET_CURRENT SET_MAKING);
	r = set_remove(making, NULL);
	if (!r)
		r = set_make(kern, making);
	if (r) {
		set_remove(making, NULL);
		return r;
	}
	fault_point("pinned");
	/* What is replaced is no set from here on; the new one is whole, and is found by whoever comes. */
	if (*pins->current) {
		r = set_leave(pins->current, pins->replaced, sizeof(pins->replaced));
		if (r)
			return r;
	}
	fault_point("pins-between");
	if (rename(making, current))
		return log_err(-errno, "rename %s", making);
	fault_point("pins-renamed");
	kern->set = strdup(current);
	if (!kern->set)
		return -ENOMEM;
	links_let_go(kern);
	return 0;
}

int kern_release(struct kern *kern)
{
	char leaving[KERN_PATH], *slash;
	int r;

	if (!kern->set)
		return 0;
	r = set_leave(kern->set, leaving, sizeof(leaving));
	if (r)
		return r;
	fault_point("leaving");
	r = set_remove(leaving, NULL);
	if (r)
		log_err(r, "remove %s", leaving);
	/* The directory goes too, unless something else is in it. */
	slash = strrchr(kern->set, '/');
	*slash = '\0';
	rmdir(kern->set);
	free(kern->set);
	kern->set = NULL;
	return r;
}

bool kern_pinned(const struct kern *kern)
{
	/* Somebody may have taken them out. */
	return kern->set && (access(kern->set, F_OK) == 0 || errno != ENOENT);
}

const char *kern_set(const struct kern *kern)
{
	return kern->set;
}

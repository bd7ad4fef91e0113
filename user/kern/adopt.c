/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is found at start: nothing, a whole set, or something wrong; and taking over a whole one, which
 * is no more than getting descriptors for it. All or nothing: a set is adopted when every object is
 * the one that was pinned, or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "kern/internal.h"
#include "util/log.h"

/* ------------------------------------------------------------------ the directory */

/* Is it, or would it be made, in a bpf file system? */
static int directory_suits(const char *directory)
{
	char parent[KERN_PATH], *slash;
	struct statfs fs;

	snprintf(parent, sizeof(parent), "%s", directory);
	if (statfs(parent, &fs)) {
		slash = strrchr(parent, '/');
		if (errno != ENOENT || !slash)
			return -errno;
		slash[slash == parent] = '\0';
		if (statfs(parent, &fs))
			return errno == ENOENT ? -ENODEV : -errno;
	}
	return fs.f_type == BPF_FS_MAGIC ? 0 : -ENODEV;
}

#define LOCK_TRIES 100 /* of 20 ms: a child of a daemon that was killed holds it a little longer */

static int directory_lock(const char *directory, int *ret)
{
	_cleanup_close_ int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat locked, there;

	if (fd < 0)
		return errno == ENOENT ? -ESTALE : -errno;
	for (int try = 0; flock(fd, LOCK_EX | LOCK_NB); try++) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (try == LOCK_TRIES)
			return -EBUSY;
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	/* Whoever had it may have taken the directory away, and another may be there. */
	if (fstat(fd, &locked) || stat(directory, &there))
		return errno == ENOENT ? -ESTALE : -errno;
	if (locked.st_dev != there.st_dev || locked.st_ino != there.st_ino)
		return -ESTALE;
	*ret = take_fd(fd);
	return 0;
}

/* Made where it is not there. */
static int directory_open(const char *directory, int *ret)
{
	int r = -ESTALE;

	for (int try = 0; r == -ESTALE && try < LOCK_TRIES; try++) {
		if (mkdir(directory, 0700) && errno != EEXIST)
			return -errno;
		r = directory_lock(directory, ret);
	}
	return r;
}

static bool is_current(const char *name)
{
	return is_set(name) && name[1 + strspn(name + 1, "0123456789")] == '\0';
}

/* A set that was whole and had only to be renamed is finished; what was not whole never was in force. */
static int finish_making(const struct kern_pins *pins)
{
	char making[KERN_PATH], current[KERN_PATH];
	_cleanup_buffer_ struct buffer ignored = { 0 };
	struct cw_ledger ledger;

	set_path(making, sizeof(making), pins->directory, SET_CURRENT SET_MAKING);
	set_path(current, sizeof(current), pins->directory, SET_CURRENT);
	if (access(making, F_OK))
		return 0;
	if (access(current, F_OK) && !set_check(making, &ignored, &ledger))
		return rename(making, current) ? -errno : 0;
	return set_remove(making, NULL);
}

/* Our own version before another's: where both stand, a replacement was interrupted, and the other is
 * left over. */
static void find_current(struct kern_pins *pins, char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_current(names[i]))
			continue;
		if (!*pins->current || strcmp(names[i], SET_CURRENT) == 0)
			set_path(pins->current, sizeof(pins->current), pins->directory, names[i]);
	}
}

static void judge_current(struct kern_pins *pins, const struct kern_probe *probe)
{
	struct cw_ledger ledger;
	struct kern *kern;

	if (!*pins->current)
		return;
	if (set_check(pins->current, &pins->problems, &ledger)) {
		pins->state = KERN_PINS_WRONG;
		return;
	}
	pins->backend = ledger.backend < CW_BACKEND_MAX ? (enum cw_backend)ledger.backend : 0;
	if (ledger.abi != CW_ABI_VERSION || ledger.build != kern_build()) {
		pins->state = KERN_PINS_OTHER;
		return;
	}
	pins->turns = set_turns(&ledger);
	kern = kern_new(probe, pins->backend, pins->turns);
	if (!kern)
		buffer_printf(&pins->problems, "cannot be compared with what ours would be: %s\n",
			      strerror(errno));
	pins->state = kern && !set_check_shapes(pins->current, kern, probe->cgroup, &pins->problems)
			      ? KERN_PINS_OURS
			      : KERN_PINS_WRONG;
	kern_free(kern);
}

int kern_pins_look(const char *directory, const struct kern_probe *probe,
		   struct kern_pins *ret_pins)
{
	struct kern_pins pins = { .lock = -1 };
	char **names = NULL;
	size_t count = 0;
	int r = directory_suits(directory);

	snprintf(pins.directory, sizeof(pins.directory), "%s", directory);
	if (!r)
		r = names_read(directory, &names, &count);
	if (r && r != -ENOENT)
		return r;
	if (!r) {
		find_current(&pins, names, count);
		names_free(names, count);
		judge_current(&pins, probe);
	}
	*ret_pins = pins;
	return 0;
}

int kern_pins_open(const char *directory, const struct kern_probe *probe,
		   struct kern_pins *ret_pins)
{
	struct kern_pins pins = { .lock = -1 };
	char **names = NULL;
	size_t count = 0;
	int r;

	if (strlen(directory) + 64 > sizeof(pins.directory))
		return -ENAMETOOLONG;
	snprintf(pins.directory, sizeof(pins.directory), "%s", directory);
	r = directory_suits(directory);
	if (!r)
		r = directory_open(directory, &pins.lock);
	if (!r)
		r = finish_making(&pins);
	if (!r)
		r = names_read(directory, &names, &count);
	if (r) {
		close_fd(pins.lock);
		return r;
	}
	find_current(&pins, names, count);
	judge_current(&pins, probe);
	names_free(names, count);
	*ret_pins = pins;
	return 0;
}

void kern_pins_close(struct kern_pins *pins)
{
	buffer_release(&pins->problems);
	pins->lock = close_fd(pins->lock);
}

int kern_pins_left_over(const struct kern_pins *pins, char ***ret_names, size_t *ret_count)
{
	size_t kept = 0, count;
	char **names = NULL;
	int r = names_read(pins->directory, &names, &count);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		char path[KERN_PATH];

		bool set = is_set(names[i]);

		set_path(path, sizeof(path), pins->directory, names[i]);
		free(names[i]);
		names[i] = NULL;
		if (!set || !*path || strcmp(path, pins->current) == 0)
			continue;
		names[kept] = strdup(path);
		if (!names[kept++])
			r = -ENOMEM;
	}
	*ret_names = names;
	*ret_count = kept;
	return r;
}

/* ------------------------------------------------------------------ adopting */

static int adopt_pin(struct kern *kern, const struct kern_pins *pins, const struct pin *pin)
{
	char path[KERN_PATH];
	int fd, r = 0;

	if (pin->kind == PIN_LINK)
		return 0; /* the pins alone hold it */
	set_path(path, sizeof(path), pins->current, pin->name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return fd;
	if (pin->kind == PIN_MAP) {
		r = bpf_map__reuse_fd(pin->map, fd);
		close(fd);
	} else {
		kern->programs[pin->row - program_rows] = fd;
	}
	return r;
}

int kern_adopt(const struct kern_probe *probe, const struct kern_pins *pins, struct kern **ret_kern)
{
	struct kern *kern = kern_new(probe, pins->backend, pins->turns);
	struct pin table[CW_PINS_MAX];
	size_t count = 0;
	int r = 0;

	if (!kern)
		return log_err(-errno, "adopt %s", pins->current);
	count = pin_table(kern->skeleton, pins->backend, pins->turns, table);
	for (size_t i = 0; i < count && !r; i++)
		r = adopt_pin(kern, pins, &table[i]);
	if (!r)
		r = kern_map_memory(kern);
	kern->before_is_set = true;
	kern->set = strdup(pins->current);
	if (!r && !kern->set)
		r = -ENOMEM;
	if (r) {
		kern_free(kern);
		return log_err(r, "adopt %s", pins->current);
	}
	*ret_kern = kern;
	return 0;
}

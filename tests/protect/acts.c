/* SPDX-License-Identifier: GPL-2.0-only */
/* What a root in a hurry would try. Each act undoes what it did, so that it can be made without harm. */
#include "acts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

static int bpf(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int object_get(const char *path, unsigned int flags)
{
	union bpf_attr attributes = { .pathname = (unsigned long)path, .file_flags = flags };

	return bpf(BPF_OBJ_GET, &attributes);
}

static int closed(int fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

int act_map_write(void)
{
	return closed(object_get(SET "/map_ledger", 0));
}

static int act_map_read(void)
{
	return closed(object_get(SET "/map_ledger", BPF_F_RDONLY));
}

static int act_map_by_number(void)
{
	int fd = object_get(SET "/map_ledger", BPF_F_RDONLY);
	struct bpf_map_info info = { 0 };
	union bpf_attr query = { .info = { .bpf_fd = (unsigned int)fd,
					   .info_len = sizeof(info),
					   .info = (unsigned long)&info } };
	union bpf_attr get = { 0 };

	if (fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &query))
		return errno;
	close(fd);
	get.map_id = info.id;
	return closed(bpf(BPF_MAP_GET_FD_BY_ID, &get));
}

/* The kernel cannot do it to a link of this kind, and says so; refused is something else. */
static int act_detach(void)
{
	int fd = object_get(SET "/link_label_fork", 0);
	union bpf_attr attributes = { .link_detach = { .link_fd = (unsigned int)fd } };
	int error;

	if (fd < 0)
		return errno;
	error = bpf(BPF_LINK_DETACH, &attributes) ? errno : 0;
	close(fd);
	return error == EOPNOTSUPP ? 0 : error;
}

/* A pin of our own among theirs, so that the first round breaks nothing. */
static int pin_at(const char *path)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};
	int fd = bpf(BPF_MAP_CREATE, &create);
	union bpf_attr pin = { .pathname = (unsigned long)path, .bpf_fd = (unsigned int)fd };
	int error = fd < 0 || bpf(BPF_OBJ_PIN, &pin) ? errno : 0;

	close(fd);
	return error == EEXIST ? 0 : error;
}

static int own_pin(void)
{
	return pin_at(SET "/own");
}

int act_unlink(void)
{
	int error = own_pin();

	return error ? error : unlink(SET "/own") ? errno : 0;
}

static int act_rename(void)
{
	int error = own_pin();

	if (!error && rename(SET "/own", SET "/other"))
		return errno;
	return error ? error : rename(SET "/other", SET "/own") ? errno : 0;
}

static int act_move_out(void)
{
	int error = own_pin();

	if (!error && rename(SET "/own", "/sys/fs/bpf/cw-protect-own"))
		return errno;
	unlink("/sys/fs/bpf/cw-protect-own");
	return error;
}

static int act_move_set(void)
{
	if (rename(SET, PINS "/v0"))
		return errno;
	return rename(PINS "/v0", SET) ? errno : 0;
}

static int act_remove_directory(void)
{
	mkdir(SET "/empty", 0700);
	return rmdir(SET "/empty") ? errno : 0;
}

/* A second mount of it: that can be taken away without harm. */
static int act_unmount(void)
{
	mkdir(in_work("mount"), 0755);
	if (mount("/sys/fs/bpf", in_work("mount"), NULL, MS_BIND, NULL))
		return errno;
	return umount2(in_work("mount"), 0) ? errno : 0;
}

int act_signal(void)
{
	return kill(daemon_pid, SIGCONT) ? errno : 0;
}

static int act_ask(void)
{
	return kill(daemon_pid, 0) ? errno : 0;
}

static int act_trace(void)
{
	if (ptrace(PTRACE_SEIZE, daemon_pid, NULL, NULL))
		return errno;
	/* It has to be stopped to be left. */
	ptrace(PTRACE_INTERRUPT, daemon_pid, NULL, NULL);
	waitpid(daemon_pid, NULL, __WALL);
	return ptrace(PTRACE_DETACH, daemon_pid, NULL, NULL) ? errno : 0;
}

static int act_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)daemon_pid);
	return closed(open(path, O_RDWR | O_CLOEXEC));
}

/* Each of a crowd has its own. It stays as long as it cannot be removed. */
static int act_unlink_mine(void)
{
	static char path[64];
	int error;

	if (!*path) {
		snprintf(path, sizeof(path), SET "/own%d", (int)getpid());
		error = pin_at(path);
		if (error)
			return error;
	}
	if (unlink(path))
		return errno;
	*path = '\0';
	return 0;
}

void unlink_theirs(void)
{
	DIR *directory = opendir(SET);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, "own", 3) == 0)
			unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
}

const struct crowd_act crowd_acts[] = {
	{ { "open a map to write it", act_map_write, false }, false },
	{ { "open the daemon's memory", act_memory, false }, false },
	{ { "unlink a pin", act_unlink_mine, false }, true },
	{ { "signal the daemon", act_signal, false }, true },
};
const size_t crowd_act_count = sizeof(crowd_acts) / sizeof(crowd_acts[0]);

const struct act acts[] = {
	{ "read a map", act_map_read, true },
	{ "open a map to write it, by its pin", act_map_write, false },
	{ "open a map to write it, by its number", act_map_by_number, false },
	{ "detach a link", act_detach, false },
	{ "unlink a pin", act_unlink, false },
	{ "rename a pin", act_rename, false },
	{ "move a pin elsewhere", act_move_out, false },
	{ "rename the set of pins", act_move_set, false },
	{ "remove a directory in it", act_remove_directory, false },
	{ "unmount their file system", act_unmount, false },
	{ "ask whether the daemon is there", act_ask, true },
	{ "signal the daemon", act_signal, false },
	{ "trace the daemon", act_trace, false },
	{ "open its memory", act_memory, false },
};
const size_t act_count = sizeof(acts) / sizeof(acts[0]);

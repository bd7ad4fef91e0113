/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"

void process_release(struct process *process)
{
	free(process->executable);
	free(process->arguments);
	*process = (struct process){ 0 };
}

/* At most size - 1 bytes of a file of a process, a NUL behind them; their number or a negative errno. */
static ssize_t read_file(const char *proc, uint32_t pid, const char *name, char *to, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	size_t used = 0;

	if (snprintf(path, sizeof(path), "%s/%u/%s", proc, pid, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	while (used < size - 1) {
		ssize_t got = read(fd, to + used, size - 1 - used);

		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += (size_t)got;
	}
	to[used] = '\0';
	return (ssize_t)used;
}

#define STAT_MAX 1024

/* pid (comm) state ppid pgrp session tty …, start time in the 22nd place. Where comm begins and ends in `text`,
 * which may hold anything, a parenthesis too. */
static int read_stat_text(const char *proc, uint32_t pid, char text[STAT_MAX],
			  const char **ret_open, const char **ret_close)
{
	ssize_t length = read_file(proc, pid, "stat", text, STAT_MAX);

	if (length < 0)
		return (int)length;
	*ret_open = strchr(text, '(');
	*ret_close = strrchr(text, ')');
	return *ret_open && *ret_close && *ret_open <= *ret_close ? 0 : -ESRCH;
}

static int read_stat(const char *proc, uint32_t pid, struct process *ret)
{
	char text[STAT_MAX];
	const char *open_, *close_;
	unsigned long long start;
	size_t comm;
	int r = read_stat_text(proc, pid, text, &open_, &close_);

	if (r)
		return r;
	comm = (size_t)(close_ - open_ - 1);
	comm = comm < sizeof(ret->comm) ? comm : sizeof(ret->comm) - 1;
	memcpy(ret->comm, open_ + 1, comm);
	ret->comm[comm] = '\0';
	if (sscanf(close_ + 1,
		   " %*c %" SCNu32 " %*d %*d %" SCNu32
		   " %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &ret->parent, &ret->terminal, &start) != 3)
		return -ESRCH;
	ret->start = start * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK));
	return 0;
}

#define PF_EXITING 0x4 /* of the flags in the 9th place */

bool process_ends(const char *proc, uint32_t pid)
{
	char text[STAT_MAX];
	const char *open_, *close_;
	uint32_t flags;

	return read_stat_text(proc, pid, text, &open_, &close_) ||
	       sscanf(close_ + 1, " %*c %*d %*d %*d %*d %*d %" SCNu32, &flags) != 1 ||
	       flags & PF_EXITING;
}

static int read_users(const char *proc, uint32_t pid, struct process *ret)
{
	char text[4096];
	ssize_t length = read_file(proc, pid, "status", text, sizeof(text));
	/* Name is the first line, and its line ends are escaped by the kernel. */
	const char *line = length < 0 ? NULL : strstr(text, "\nUid:");

	if (length < 0)
		return (int)length;
	return line && sscanf(line, "\nUid: %" SCNu32 " %" SCNu32, &ret->real_uid,
			      &ret->effective_uid) == 2
		       ? 0
		       : -ESRCH;
}

static char *read_executable(const char *proc, uint32_t pid)
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX], target[PATH_MAX];
	size_t suffix = sizeof(deleted) - 1;
	ssize_t length;

	if (snprintf(path, sizeof(path), "%s/%u/exe", proc, pid) >= (int)sizeof(path))
		return NULL;
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return NULL;
	target[length] = '\0';
	/* An upgrade replaces the file under those who run the old one: it is that file all the same. */
	if ((size_t)length > suffix && strcmp(target + length - suffix, deleted) == 0)
		target[(size_t)length - suffix] = '\0';
	return strdup(target);
}

int process_read(const char *proc, uint32_t pid, struct process *ret)
{
	struct process process = { .pid = pid };
	char arguments[PROCESS_ARGUMENTS_MAX + 1];
	ssize_t length;
	int r = read_stat(proc, pid, &process);

	if (!r)
		r = read_users(proc, pid, &process);
	if (r)
		return r;
	length = read_file(proc, pid, "cmdline", arguments, sizeof(arguments));
	process.arguments_length = length > 0 ? (size_t)length : 0;
	process.arguments = malloc(process.arguments_length + 1);
	if (!process.arguments)
		return -ENOMEM;
	memcpy(process.arguments, arguments, process.arguments_length);
	process.arguments[process.arguments_length] = '\0';
	process.executable = read_executable(proc, pid);
	*ret = process;
	return 0;
}

int64_t process_boot_time(void)
{
	struct timespec wall, boot;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	return (wall.tv_sec - boot.tv_sec) * 1000000000ll + (wall.tv_nsec - boot.tv_nsec);
}

/* ------------------------------------------------------------------ locks */

void lock_table_release(struct lock_table *table)
{
	free(table->locks);
	*table = (struct lock_table){ 0 };
}

int lock_table_read(const char *proc, struct lock_table *ret)
{
	_cleanup_fclose_ FILE *file = NULL;
	struct lock_table table = { 0 };
	char path[PATH_MAX], line[256];
	size_t capacity = 0;

	snprintf(path, sizeof(path), "%s/locks", proc);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	/* 1: POSIX  ADVISORY  WRITE 1234 fe:00:5678 0 0; those that wait have `->` behind the number. */
	while (fgets(line, sizeof(line), file)) {
		struct file_lock lock;
		struct file_lock *locks;

		if (sscanf(line, "%*u: POSIX %*s %*s %" SCNu32 " %" SCNx32 ":%" SCNx32 ":%" SCNu64,
			   &lock.pid, &lock.major, &lock.minor, &lock.inode) != 4)
			continue;
		if (table.count == capacity) {
			capacity = capacity ? 2 * capacity : 64;
			locks = reallocarray(table.locks, capacity, sizeof(*locks));
			if (!locks) {
				lock_table_release(&table);
				return -ENOMEM;
			}
			table.locks = locks;
		}
		table.locks[table.count++] = lock;
	}
	*ret = table;
	return 0;
}

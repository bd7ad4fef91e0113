/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/running.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/buffer.h"
#include "util/number.h"

#define ARGUMENTS_MAX 65536
#define LISTENERS_MAX 4096 /* of one process */
#define TCP_LISTEN 10 /* state in /proc/net/tcp, as in <linux/tcp_states.h> */
#define UDP_UNCONNECTED 7

void running_release(struct running *running)
{
	for (size_t i = 0; i < running->count; i++) {
		free(running->items[i].executable);
		free(running->items[i].arguments);
		free(running->items[i].listeners);
	}
	free(running->items);
	*running = (struct running){ 0 };
}

/* ------------------------------------------------------------------ sockets */

static int listener_compare(const void *a, const void *b)
{
	const struct running_listener *x = a, *y = b;

	if (x->udp != y->udp)
		return x->udp ? 1 : -1;
	return (x->port > y->port) - (x->port < y->port);
}

static int listener_add(struct running_process *process, bool udp, unsigned int port)
{
	struct running_listener *listeners;

	for (size_t i = 0; i < process->listener_count; i++)
		if (process->listeners[i].udp == udp && process->listeners[i].port == port)
			return 0;
	if (process->listener_count == LISTENERS_MAX)
		return 0;
	listeners = realloc(process->listeners, (process->listener_count + 1) * sizeof(*listeners));
	if (!listeners)
		return -ENOMEM;
	process->listeners = listeners;
	listeners[process->listener_count++] = (struct running_listener){ udp, (uint16_t)port };
	return 0;
}

/* The inodes of a process's sockets. */
struct inodes {
	unsigned long *items;
	size_t count;
};

static int inodes_read(const char *proc, pid_t pid, struct inodes *inodes)
{
	char path[PATH_MAX], target[64];
	struct dirent *entry;
	DIR *directory;
	int r = 0;

	snprintf(path, sizeof(path), "%s/%d/fd", proc, (int)pid);
	directory = opendir(path);
	while (!r && directory && (entry = readdir(directory))) {
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, target,
					    sizeof(target) - 1);
		unsigned long inode, *items;

		target[length < 0 ? 0 : length] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		items = realloc(inodes->items, (inodes->count + 1) * sizeof(*items));
		if (!items) {
			r = -ENOMEM;
			break;
		}
		inodes->items = items;
		items[inodes->count++] = inode;
	}
	if (directory)
		closedir(directory);
	return r;
}

static bool inodes_have(const struct inodes *inodes, unsigned long inode)
{
	for (size_t i = 0; i < inodes->count; i++)
		if (inodes->items[i] == inode)
			return true;
	return false;
}

static int listeners_read(const char *proc, pid_t pid, const char *table,
			  const struct inodes *inodes, struct running_process *process)
{
	bool udp = table[0] == 'u';
	char path[PATH_MAX], line[512];
	_cleanup_fclose_ FILE *file = NULL;
	int r = 0;

	snprintf(path, sizeof(path), "%s/%d/net/%s", proc, (int)pid, table);
	file = fopen(path, "re");
	while (!r && file && fgets(line, sizeof(line), file)) {
		unsigned int port, state;
		unsigned long inode;

		/* sl local:port remote:port state queues timer retransmits uid timeout inode */
		if (sscanf(line, "%*u: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*u %*u %lu",
			   &port, &state, &inode) == 3 &&
		    state == (udp ? UDP_UNCONNECTED : TCP_LISTEN) && port &&
		    inodes_have(inodes, inode))
			r = listener_add(process, udp, port);
	}
	return r;
}

/* ------------------------------------------------------------------ processes */

static int arguments_read(const char *proc, pid_t pid, struct running_process *process)
{
	char path[PATH_MAX];
	_cleanup_fclose_ FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%d/cmdline", proc, (int)pid);
	process->arguments = malloc(ARGUMENTS_MAX);
	if (!process->arguments)
		return -ENOMEM;
	file = fopen(path, "re");
	if (file)
		process->arguments_length = fread(process->arguments, 1, ARGUMENTS_MAX, file);
	return 0;
}

static int executable_read(const char *proc, pid_t pid, char ret[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	char path[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/%d/exe", proc, (int)pid);
	length = readlink(path, ret, PATH_MAX - 1);
	if (length < 0)
		return -errno;
	ret[length] = '\0';
	if ((size_t)length > strlen(deleted) &&
	    strcmp(ret + (size_t)length - strlen(deleted), deleted) == 0)
		ret[(size_t)length - strlen(deleted)] = '\0';
	return 0;
}

int running_add(struct running *running, const char *proc, pid_t pid)
{
	static const char *const tables[] = { "tcp", "tcp6", "udp", "udp6" };
	struct running_process *items, *process;
	struct inodes inodes = { 0 };
	char executable[PATH_MAX];
	int r = executable_read(proc, pid, executable);

	if (r)
		return r;
	items = realloc(running->items, (running->count + 1) * sizeof(*items));
	if (!items)
		return -ENOMEM;
	running->items = items;
	process = &items[running->count++];
	*process = (struct running_process){ .executable = strdup(executable) };
	r = process->executable ? arguments_read(proc, pid, process) : -ENOMEM;
	if (!r)
		r = inodes_read(proc, pid, &inodes);
	for (size_t i = 0; !r && i < ARRAY_SIZE(tables); i++)
		r = listeners_read(proc, pid, tables[i], &inodes, process);
	free(inodes.items);
	if (process->listener_count)
		qsort(process->listeners, process->listener_count, sizeof(*process->listeners),
		      listener_compare);
	return r;
}

int running_add_below(struct running *running, const char *proc, const char *directory)
{
	size_t length = strlen(directory);
	struct dirent *entry;
	DIR *processes = opendir(proc);
	int r = 0;

	while (r != -ENOMEM && processes && (entry = readdir(processes))) {
		char executable[PATH_MAX];
		uint64_t pid;

		if (number_parse(entry->d_name, 1, INT_MAX, &pid) ||
		    executable_read(proc, (pid_t)pid, executable) ||
		    strncmp(executable, directory, length) != 0 || executable[length] != '/')
			continue;
		r = running_add(running, proc, (pid_t)pid); /* one that ended is none */
	}
	if (processes)
		closedir(processes);
	return r == -ENOMEM ? r : 0;
}

static int process_compare(const void *a, const void *b)
{
	const struct running_process *x = a, *y = b;
	size_t length = x->arguments_length < y->arguments_length ? x->arguments_length
								  : y->arguments_length;
	int order = strcmp(x->executable, y->executable);

	if (!order && length)
		order = memcmp(x->arguments, y->arguments, length);
	return order;
}

void running_sort(struct running *running)
{
	if (running->count)
		qsort(running->items, running->count, sizeof(*running->items), process_compare);
}

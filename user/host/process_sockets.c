/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose socket is whose: the tables of a network namespace, and the descriptors of a process. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/process.h"
#include "util/cleanup.h"

#define TCP_STATE_LISTEN 0x0a /* TCP_LISTEN of net/tcp_states.h */

void socket_table_release(struct socket_table *table)
{
	free(table->sockets);
	*table = (struct socket_table){ 0 };
}

/* The kernel prints each 32-bit word of an address as a number of the host's byte order. */
static bool parse_address(const char *digits, uint8_t family, uint8_t to[16])
{
	size_t words = family == AF_INET ? 1 : 4;

	memset(to, 0, 16);
	for (size_t i = 0; i < words; i++) {
		char word[9] = "";
		uint32_t number;
		char *end;

		memcpy(word, digits + 8 * i, 8);
		number = (uint32_t)strtoul(word, &end, 16);
		if (*end)
			return false;
		memcpy(to + 4 * i, &number, 4);
	}
	return true;
}

/* ::ffff:a.b.c.d is IPv4, whichever table it stands in. */
static void unmap(struct process_socket *socket)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (socket->family != AF_INET6)
		return;
	if (memcmp(socket->local, mapped, 12) != 0 || memcmp(socket->remote, mapped, 12) != 0)
		return;
	socket->family = AF_INET;
	memmove(socket->local, socket->local + 12, 4);
	memmove(socket->remote, socket->remote + 12, 4);
	memset(socket->local + 4, 0, 12);
	memset(socket->remote + 4, 0, 12);
}

/* `0: 0100007F:0FA1 00000000:0000 0A … inode`, the inode in the tenth place. */
static bool parse_line(const char *line, uint8_t protocol, uint8_t family,
		       struct process_socket *ret)
{
	char local[33], remote[33];
	unsigned int local_port, remote_port, state;
	size_t digits = family == AF_INET ? 8 : 32;

	*ret = (struct process_socket){ .protocol = protocol, .family = family };
	if (sscanf(line,
		   " %*u: %32[0-9A-Fa-f]:%4x %32[0-9A-Fa-f]:%4x %2x %*x:%*x %*x:%*x %*x %*u %*u "
		   "%" SCNu64,
		   local, &local_port, remote, &remote_port, &state, &ret->inode) != 6)
		return false;
	if (strlen(local) != digits || strlen(remote) != digits ||
	    !parse_address(local, family, ret->local) ||
	    !parse_address(remote, family, ret->remote))
		return false;
	ret->local_port = (uint16_t)local_port;
	ret->remote_port = (uint16_t)remote_port;
	ret->listening = protocol == IPPROTO_TCP ? state == TCP_STATE_LISTEN : !remote_port;
	unmap(ret);
	return true;
}

static int table_add(struct socket_table *table, const struct process_socket *socket)
{
	if (table->count == table->capacity) {
		size_t capacity = table->capacity ? 2 * table->capacity : 64;
		struct process_socket *sockets = reallocarray(table->sockets, capacity,
							      sizeof(*sockets));

		if (!sockets)
			return -ENOMEM;
		table->sockets = sockets;
		table->capacity = capacity;
	}
	table->sockets[table->count++] = *socket;
	return 0;
}

static int table_read(const char *proc, uint32_t pid, const char *name, uint8_t protocol,
		      uint8_t family, struct socket_table *table)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX], line[512];
	struct process_socket socket;
	int r = 0;

	snprintf(path, sizeof(path), "%s/%u/net/%s", proc, pid, name);
	file = fopen(path, "re");
	if (!file)
		return 0;
	while (!r && fgets(line, sizeof(line), file))
		if (parse_line(line, protocol, family, &socket) && socket.inode)
			r = table_add(table, &socket);
	return r;
}

static int compare_inodes(const void *a, const void *b)
{
	const struct process_socket *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

int socket_table_read(const char *proc, uint32_t pid, struct socket_table *ret)
{
	static const struct {
		const char *name;
		uint8_t protocol, family;
	} tables[] = {
		{ "tcp", IPPROTO_TCP, AF_INET },
		{ "tcp6", IPPROTO_TCP, AF_INET6 },
		{ "udp", IPPROTO_UDP, AF_INET },
		{ "udp6", IPPROTO_UDP, AF_INET6 },
	};
	struct socket_table table = { 0 };
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(tables); i++)
		r = table_read(proc, pid, tables[i].name, tables[i].protocol, tables[i].family,
			       &table);
	if (r) {
		socket_table_release(&table);
		return r;
	}
	if (table.count)
		qsort(table.sockets, table.count, sizeof(*table.sockets), compare_inodes);
	*ret = table;
	return 0;
}

const struct process_socket *socket_table_find(const struct socket_table *table, uint64_t inode)
{
	struct process_socket key = { .inode = inode };

	return table->count
		       ? bsearch(&key, table->sockets, table->count, sizeof(key), compare_inodes)
		       : NULL;
}

/* ------------------------------------------------------------------ open files */

/* `flags:` of fdinfo, in octal. */
static bool opened_for_writing(const char *proc, uint32_t pid, const char *number)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX], line[128];
	unsigned int flags;

	if (snprintf(path, sizeof(path), "%s/%u/fdinfo/%s", proc, pid, number) >= (int)sizeof(path))
		return false;
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "flags: %o", &flags) == 1)
			return (flags & O_ACCMODE) != O_RDONLY;
	return false;
}

int process_files(const char *proc, uint32_t pid,
		  bool (*each)(void *context, const struct process_file *file), void *context)
{
	char path[PATH_MAX], target[PATH_MAX];
	size_t count = 0;
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "%s/%u/fd", proc, pid);
	directory = opendir(path);
	if (!directory)
		return -errno;
	while ((entry = readdir(directory)) && count++ < PROCESS_FILES_MAX) {
		struct process_file file = { .path = target };
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, target,
					    sizeof(target) - 1);

		if (length <= 0)
			continue;
		target[length] = '\0';
		file.socket = sscanf(target, "socket:[%" SCNu64 "]", &file.inode) == 1;
		if (!file.socket && target[0] != '/')
			continue;
		file.writing = !file.socket && opened_for_writing(proc, pid, entry->d_name);
		if (!each(context, &file))
			break;
	}
	closedir(directory);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What processes may have a hand in below /proc, and a resolver's configuration: the first byte says which
 * file has the rest of the input, the others are as they should be.
 */
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/process.h"
#include "instance/generate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char proc[] = "/tmp/cw-fuzz-proc-XXXXXX";

#define STAT "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 4711 1 1\n"
#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"

static const struct {
	const char *name, *good;
} files[] = {
	{ "7/stat", STAT },
	{ "7/status", "Name:\ta\nUid:\t1\t2\t3\t4\n" },
	{ "7/cmdline", "a" },
	{ "7/net/tcp", HEAD },
	{ "7/net/udp6", HEAD },
	{ "locks", "1: POSIX  ADVISORY  WRITE 7 08:01:42 0 EOF\n" },
	{ "resolv.conf", "nameserver 127.0.0.1\n" },
};
#define FILES (sizeof(files) / sizeof(files[0]))

static const char *path_of(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return path;
}

static void file_write(const char *name, const void *data, size_t size)
{
	int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void proc_remove(void)
{
	for (size_t i = 0; i < FILES; i++)
		unlink(path_of(files[i].name));
	rmdir(path_of("7/net"));
	rmdir(path_of("7"));
	rmdir(proc);
}

__attribute__((constructor)) static void proc_make(void)
{
	assert(mkdtemp(proc) && !mkdir(path_of("7"), 0700) && !mkdir(path_of("7/net"), 0700));
	for (size_t i = 0; i < FILES; i++)
		file_write(files[i].name, files[i].good, strlen(files[i].good));
	atexit(proc_remove);
}

static void check_process(void)
{
	struct process process;

	if (process_read(proc, 7, &process))
		return;
	assert(process.pid == 7 && strlen(process.comm) < sizeof(process.comm));
	assert(process.arguments_length <= PROCESS_ARGUMENTS_MAX);
	assert(process.arguments[process.arguments_length] == '\0');
	process_release(&process);
}

static void check_tables(void)
{
	struct socket_table sockets = { 0 };
	struct lock_table locks = { 0 };

	assert(socket_table_read(proc, 7, &sockets) == 0);
	for (size_t i = 0; i < sockets.count; i++) {
		const struct process_socket *socket = &sockets.sockets[i];

		assert(socket->inode && socket_table_find(&sockets, socket->inode));
		assert(socket->family == AF_INET || socket->family == AF_INET6);
		assert(!i || socket[-1].inode <= socket->inode);
	}
	socket_table_release(&sockets);
	if (lock_table_read(proc, &locks) == 0)
		lock_table_release(&locks);
}

static void check_resolver(void)
{
	struct name_servers servers;

	if (name_servers_read(path_of("resolv.conf"), &servers))
		return;
	for (size_t i = 0; i < servers.count; i++)
		assert(servers.items[i].line && *servers.items[i].address);
	name_servers_release(&servers);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t which = size ? data[0] % FILES : 0;

	if (!size)
		return 0;
	file_write(files[which].name, data + 1, size - 1);
	check_process();
	check_tables();
	check_resolver();
	file_write(files[which].name, files[which].good, strlen(files[which].good));
	return 0;
}

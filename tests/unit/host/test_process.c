/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes of a /proc that a test wrote, hostile names and all; and this test's own in the real one. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/process.h"
#include "temporary.h"
#include "util/cleanup.h"

static void put(const char *directory, const char *name, const char *text, size_t length)
{
	char path[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

#define STAT(comm) \
	"7 (" comm \
	") S 3 7 7 34816 7 4194304 1 1 1 1 1 1 1 1 20 0 1 0 12345 1 1 18446744073709551615\n"
#define STATUS "Name:\tx\nUmask:\t0022\nUid:\t0\t51\t51\t51\nGid:\t0\t0\t0\t0\n"
#define TCP_HEAD \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  " \
	"timeout inode\n"
#define TCP_LISTEN \
	"   0: 0100007F:07B4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0       " \
	" 0 11 1 0\n"
#define TCP_PEER \
	"   1: 0100007F:07B4 0200007F:C000 01 00000000:00000000 00:00000000 00000000     0       " \
	" 0 12 1 0\n"
#define TCP6_MAPPED \
	"   0: 0000000000000000FFFF00000100007F:07B4 0000000000000000FFFF00000300007F:C001 01 " \
	"00000000:00000000 00:00000000 00000000     0        0 13 1 0\n"
#define UDP6 \
	"  42: 00000000000000000000000001000000:0FA1 00000000000000000000000000000000:0000 07 " \
	"00000000:00000000 00:00000000 00000000     0        0 14 2 0 0\n"

static void make_proc(const char *proc, const char *stat, size_t length)
{
	make_directory(proc, "7", 0755);
	make_directory(proc, "7/net", 0755);
	make_directory(proc, "7/fd", 0755);
	make_directory(proc, "7/fdinfo", 0755);
	put(proc, "7/stat", stat, length);
	put(proc, "7/status", STATUS, strlen(STATUS));
	put(proc, "7/cmdline", "a\0b c\0", 6);
	make_link(proc, "7/exe", "/opt/x/bin/cache (deleted)");
	put(proc, "7/net/tcp", TCP_HEAD TCP_LISTEN TCP_PEER "nonsense\n",
	    strlen(TCP_HEAD TCP_LISTEN TCP_PEER "nonsense\n"));
	put(proc, "7/net/tcp6", TCP_HEAD TCP6_MAPPED, strlen(TCP_HEAD TCP6_MAPPED));
	put(proc, "7/net/udp6", TCP_HEAD UDP6, strlen(TCP_HEAD UDP6));
	make_link(proc, "7/fd/0", "/dev/null");
	make_link(proc, "7/fd/3", "socket:[12]");
	make_link(proc, "7/fd/4", "/opt/x/mgr/CACHE.WIJ");
	make_link(proc, "7/fd/5", "anon_inode:[eventpoll]");
	make_file(proc, "7/fdinfo/0", "pos:\t0\nflags:\t0100000\n", 0644);
	make_file(proc, "7/fdinfo/4", "pos:\t0\nflags:\t0100002\n", 0644);
}

static void test_read(void **state)
{
	const char *proc = *state;
	struct process process;

	make_proc(proc, STAT("a) R 1 (b\\n"), strlen(STAT("a) R 1 (b\\n")));
	assert_int_equal(process_read(proc, 7, &process), 0);
	assert_int_equal(process.pid, 7);
	assert_int_equal(process.parent, 3);
	assert_int_equal(process.terminal, 34816);
	assert_int_equal(process.real_uid, 0);
	assert_int_equal(process.effective_uid, 51);
	assert_string_equal(process.comm, "a) R 1 (b\\n");
	assert_string_equal(process.executable, "/opt/x/bin/cache");
	assert_int_equal(process.arguments_length, 6);
	assert_memory_equal(process.arguments, "a\0b c\0", 7);
	assert_int_equal(process.start, 12345 * (1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK)));
	process_release(&process);
	assert_int_equal(process_read(proc, 8, &process), -ESRCH);
}

static void test_ends(void **state)
{
	static const char leaving[] = "7 (x) ) Z 3 7 7 34816 7 4194316 1 1\n";
	const char *proc = *state;

	make_proc(proc, STAT("x) Z 1 1 1 1 1 4 ("), strlen(STAT("x) Z 1 1 1 1 1 4 (")));
	assert_false(process_ends(proc, 7));
	put(proc, "7/stat", leaving, strlen(leaving));
	assert_true(process_ends(proc, 7));
	put(proc, "7/stat", "7 (x) S", 7);
	assert_true(process_ends(proc, 7));
	assert_true(process_ends(proc, 8));
	assert_false(process_ends("/proc", (uint32_t)getpid()));
}

/* What a kernel never writes must not be believed, or read beyond its end. */
static void test_broken(void **state)
{
	static const char *const texts[] = { "",	"7",  "7 (x",	     "7 x) S 1",
					     "7 (x) S", ")(", "7 () S 1 2 3" };
	const char *proc = *state;
	struct process process;
	char path[512];

	make_proc(proc, "", 0);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		put(proc, "7/stat", texts[i], strlen(texts[i]));
		assert_int_equal(process_read(proc, 7, &process), -ESRCH);
	}
	put(proc, "7/stat", STAT("x"), strlen(STAT("x")));
	put(proc, "7/status", "Name:\tUid: 1\n", 13);
	assert_int_equal(process_read(proc, 7, &process), -ESRCH);
	put(proc, "7/status", STATUS, strlen(STATUS));
	/* A long vector is cut, and ends in a NUL of ours. */
	{
		char *text = calloc(1, 3 * PROCESS_ARGUMENTS_MAX);

		memset(text, 'x', 3 * PROCESS_ARGUMENTS_MAX);
		put(proc, "7/cmdline", text, 3 * PROCESS_ARGUMENTS_MAX);
		free(text);
	}
	assert_int_equal(process_read(proc, 7, &process), 0);
	assert_int_equal(process.arguments_length, PROCESS_ARGUMENTS_MAX);
	assert_int_equal(process.arguments[PROCESS_ARGUMENTS_MAX], '\0');
	process_release(&process);
	snprintf(path, sizeof(path), "%s/7/exe", proc);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(process_read(proc, 7, &process), 0);
	assert_null(process.executable);
	process_release(&process);
}

static void test_sockets(void **state)
{
	static const uint8_t three[4] = { 127, 0, 0, 3 };
	const char *proc = *state;
	const struct process_socket *socket;
	struct socket_table table;

	make_proc(proc, STAT("x"), strlen(STAT("x")));
	assert_int_equal(socket_table_read(proc, 7, &table), 0);
	assert_int_equal(table.count, 4);
	socket = socket_table_find(&table, 11);
	assert_true(socket && socket->listening && socket->local_port == 1972 &&
		    !socket->remote_port && socket->family == AF_INET);
	socket = socket_table_find(&table, 12);
	assert_true(socket && !socket->listening && socket->remote_port == 49152);
	socket = socket_table_find(&table, 13);
	assert_true(socket && socket->family == AF_INET && socket->remote_port == 49153);
	assert_memory_equal(socket->remote, three, 4);
	socket = socket_table_find(&table, 14);
	assert_true(socket && socket->family == AF_INET6 && socket->protocol == IPPROTO_UDP &&
		    socket->listening && socket->local_port == 4001);
	assert_null(socket_table_find(&table, 15));
	socket_table_release(&table);
	assert_int_equal(socket_table_read(proc, 8, &table), 0);
	assert_int_equal(table.count, 0);
}

struct found {
	size_t files, sockets, writing;
};

static bool look(void *context, const struct process_file *file)
{
	struct found *found = context;

	found->files++;
	found->sockets += file->socket && file->inode == 12;
	found->writing += file->writing && strcmp(file->path, "/opt/x/mgr/CACHE.WIJ") == 0;
	return true;
}

static void test_files(void **state)
{
	const char *proc = *state;
	struct found found = { 0 };

	make_proc(proc, STAT("x"), strlen(STAT("x")));
	assert_int_equal(process_files(proc, 7, look, &found), 0);
	assert_int_equal(found.files, 3);
	assert_int_equal(found.sockets, 1);
	assert_int_equal(found.writing, 1);
	assert_int_equal(process_files(proc, 8, look, &found), -ENOENT);
}

static void test_locks(void **state)
{
	static const char text[] = "1: POSIX  ADVISORY  WRITE 7318 fe:00:10748034 0 0\n"
				   "2: FLOCK  ADVISORY  WRITE 5639 fe:00:10953265 0 EOF\n"
				   "3: -> POSIX  ADVISORY  WRITE 99 fe:00:10748034 0 0\n"
				   "nonsense\n"
				   "4: POSIX  ADVISORY  READ  12 103:05:9 0 EOF\n";
	const char *proc = *state;
	struct lock_table table;

	put(proc, "locks", text, strlen(text));
	assert_int_equal(lock_table_read(proc, &table), 0);
	assert_int_equal(table.count, 2);
	assert_int_equal(table.locks[0].pid, 7318);
	assert_int_equal(table.locks[0].major, 0xfe);
	assert_int_equal(table.locks[0].inode, 10748034);
	assert_int_equal(table.locks[1].major, 0x103);
	assert_int_equal(table.locks[1].minor, 5);
	lock_table_release(&table);
	assert_int_equal(lock_table_read("/nonexistent", &table), -ENOENT);
}

/* The kernel's own: this process, a socket of it and a lock. */
static void test_self(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct flock range = { .l_type = F_WRLCK, .l_len = 1 };
	const char *proc = *state;
	struct socket_table table;
	struct lock_table locks;
	struct process process;
	size_t listening = 0, held = 0;
	struct stat st;
	char path[512];
	int fd = socket(AF_INET, SOCK_STREAM, 0), file;

	assert_true(fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
		    !listen(fd, 1));
	assert_int_equal(process_read("/proc", (uint32_t)getpid(), &process), 0);
	assert_int_equal(process.parent, getppid());
	assert_int_equal(process.effective_uid, geteuid());
	assert_non_null(process.executable);
	process_release(&process);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(socket_table_read("/proc", (uint32_t)getpid(), &table), 0);
	for (size_t i = 0; i < table.count; i++)
		listening += table.sockets[i].inode == st.st_ino && table.sockets[i].listening;
	assert_int_equal(listening, 1);
	socket_table_release(&table);
	close(fd);
	snprintf(path, sizeof(path), "%s/lock", proc);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(file >= 0 && !fcntl(file, F_SETLK, &range) && !fstat(file, &st));
	assert_int_equal(lock_table_read("/proc", &locks), 0);
	for (size_t i = 0; i < locks.count; i++)
		held += locks.locks[i].pid == (uint32_t)getpid() &&
			locks.locks[i].inode == st.st_ino &&
			locks.locks[i].major == major(st.st_dev) &&
			locks.locks[i].minor == minor(st.st_dev);
	assert_int_equal(held, 1);
	lock_table_release(&locks);
	close(file);
}

static int setup(void **state)
{
	*state = temporary_new("process");
	return 0;
}

static int teardown(void **state)
{
	temporary_free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),  TEST(test_ends),  TEST(test_broken), TEST(test_sockets),
		TEST(test_files), TEST(test_locks), TEST(test_self),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

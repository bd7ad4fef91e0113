/* SPDX-License-Identifier: GPL-2.0-only */
/* What running processes show, from a /proc of our own; and resolv.conf. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "instance/generate.h"
#include "instance/running.h"

#define HEADING \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  " \
	"timeout inode\n"

static char directory[] = "/tmp/cachewarden-running-XXXXXX";

static const char *path_of(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void put(const char *name, const char *text, size_t length)
{
	FILE *file = fopen(path_of(name), "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	fclose(file);
}

static void put_link(const char *name, const char *target)
{
	assert_int_equal(symlink(target, path_of(name)), 0);
}

static void put_process(const char *pid, const char *executable)
{
	char name[64];

	assert_int_equal(mkdir(path_of(pid), 0755), 0);
	snprintf(name, sizeof(name), "%s/fd", pid);
	assert_int_equal(mkdir(path_of(name), 0755), 0);
	snprintf(name, sizeof(name), "%s/net", pid);
	assert_int_equal(mkdir(path_of(name), 0755), 0);
	snprintf(name, sizeof(name), "%s/exe", pid);
	put_link(name, executable);
}

static int make(void **state)
{
	static const char tcp[] = HEADING
		"   0: 0100007F:07B4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 "
		"       0 501 1 0 100 0 0 10 0\n"
		"   1: 0100007F:07B5 0100007F:1234 01 00000000:00000000 00:00000000 00000000     0 "
		"       0 502 1 0 100 0 0 10 0\n"
		"   2: 00000000:07B6 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 "
		"       0 999 1 0 100 0 0 10 0\n"
		"nonsense\n";
	static const char tcp6[] = HEADING
		"   0: 00000000000000000000000000000000:07B4 00000000000000000000000000000000:0000 "
		"0A 00000000:00000000 00:00000000 00000000     0        0 503 1 0 100 0 0 10 0\n";
	static const char udp[] = HEADING "   0: 0100007F:0FA1 00000000:0000 07 00000000:00000000 "
					  "00:00000000 00000000     0        0 504 2 0 0\n";
	static const char arguments[] = "/i/bin/cache\0-s/i/mgr";

	(void)state;
	assert_non_null(mkdtemp(directory));
	put_process("100", "/i/bin/cache");
	put("100/cmdline", arguments, sizeof(arguments));
	put_link("100/fd/3", "socket:[501]");
	put_link("100/fd/4", "socket:[502]");
	put_link("100/fd/5", "socket:[503]");
	put_link("100/fd/6", "socket:[504]");
	put_link("100/fd/7", "/dev/null");
	put("100/net/tcp", tcp, sizeof(tcp) - 1);
	put("100/net/tcp6", tcp6, sizeof(tcp6) - 1);
	put("100/net/udp", udp, sizeof(udp) - 1);
	put_process("101", "/i/bin/clmanager (deleted)");
	put_process("102", "/instead/bin/cache");
	put("self", "", 0);
	return 0;
}

static int clear(void **state)
{
	char command[PATH_MAX];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command); /* NOLINT(cert-env33-c): a path of our own */
}

static void test_process(void **state)
{
	_cleanup_(running_release) struct running running = { 0 };
	const struct running_process *process;

	(void)state;
	assert_int_equal(running_add(&running, directory, 100), 0);
	assert_int_equal(running.count, 1);
	process = &running.items[0];
	assert_string_equal(process->executable, "/i/bin/cache");
	assert_int_equal(process->arguments_length, sizeof("/i/bin/cache\0-s/i/mgr"));
	/* One of two families, one of UDP; not the connected one, nor another process's. */
	assert_int_equal(process->listener_count, 2);
	assert_int_equal(process->listeners[0].port, 1972);
	assert_false(process->listeners[0].udp);
	assert_int_equal(process->listeners[1].port, 4001);
	assert_true(process->listeners[1].udp);
}

static void test_none(void **state)
{
	_cleanup_(running_release) struct running running = { 0 };

	(void)state;
	assert_int_equal(running_add(&running, directory, 7), -ENOENT);
	assert_int_equal(running.count, 0);
}

/* Below /i, and not below /instead; one whose file is gone is known by its former path. */
static void test_below(void **state)
{
	_cleanup_(running_release) struct running running = { 0 };

	(void)state;
	assert_int_equal(running_add_below(&running, directory, "/i"), 0);
	running_sort(&running);
	assert_int_equal(running.count, 2);
	assert_string_equal(running.items[0].executable, "/i/bin/cache");
	assert_string_equal(running.items[1].executable, "/i/bin/clmanager");
	assert_int_equal(running_add_below(&running, "/nonexistent", "/i"), 0);
	assert_int_equal(running.count, 2);
}

static void test_name_servers(void **state)
{
	static const char text[] = "# nameserver 10.0.0.9\n"
				   "nameserver 10.0.0.1\n"
				   "nameserverx 10.0.0.8\n"
				   "nameserver\t fe80::1%eth0 \r\n"
				   "nameserver\n"
				   " nameserver 10.0.0.7\n"
				   "nameserver 10.0.0.2";
	struct name_servers servers;

	(void)state;
	put("resolv.conf", text, sizeof(text) - 1);
	assert_int_equal(name_servers_read(path_of("resolv.conf"), &servers), 0);
	assert_int_equal(servers.count, 3);
	assert_string_equal(servers.items[0].address, "10.0.0.1");
	assert_int_equal(servers.items[0].line, 2);
	assert_string_equal(servers.items[1].address, "fe80::1%eth0");
	assert_string_equal(servers.items[2].address, "10.0.0.2");
	assert_int_equal(servers.items[2].line, 7);
	name_servers_release(&servers);
	assert_int_equal(name_servers_read("/nonexistent", &servers), -ENOENT);
	assert_int_equal(name_servers_read("/", &servers), -EISDIR);
}

static void test_many_name_servers(void **state)
{
	struct name_servers servers;
	char text[2048] = "";

	(void)state;
	for (size_t i = 0; i < 50; i++)
		strcat(text, "nameserver 10.0.0.1\n");
	put("resolv.conf", text, strlen(text));
	assert_int_equal(name_servers_read(path_of("resolv.conf"), &servers), 0);
	assert_int_equal(servers.count, ARRAY_SIZE(servers.items));
	name_servers_release(&servers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_name_servers),
		cmocka_unit_test(test_many_name_servers),
	};

	return cmocka_run_group_tests(tests, make, clear);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Each role by its signs, and no role without them; what a process writes itself makes nothing certain. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <cmocka.h>

#include "instance/role_list.h"
#include "instance/role_log.h"
#include "util/cleanup.h"

#define ROOT "/opt/site/cache"

/* Mirrors and shadows are written after the documented syntax: no real file with them is public. */
static const char cpf[] =
	"[ConfigFile]\nVersion=2017.1\n"
	"[Databases]\nCACHESYS=/opt/site/cache/mgr/\nFAR=/data/,EAST\n"
	"[Startup]\nDefaultPort=1972\n"
	"[ECPServers]\nEAST=10.3.0.1,1972,0\n"
	"[Monitor]\nSNMPEnabled=1\n"
	"[MirrorMember]\nJoinMirror=1\nSystemName=A\n"
	"[Mirrors]\nM=0A1B,2,1,A,5000,0,0,,0,10.4.0.1|2188\n"
	"[MapMirrors.M]\n"
	"A=hosta,2188,,hosta,G1,/opt/site/cache/,0,10.5.0.1,1972,,0,\n"
	"B=10.5.0.2,2188,,10.5.0.2,G2,/opt/site/cache/,0,10.5.0.2,1973,,0,\n"
	"[Shadows]\nS=10.6.0.1|1980,1,/j/,1,,,10\nOFF=10.6.0.2|1980,0,/j/,1,,,10\n";

static struct config *config;

static int setup(void **state)
{
	struct diagnostics diagnostics = { 0 };

	(void)state;
	if (config_read("cache.cpf", cpf, strlen(cpf), &diagnostics, &config))
		return -1;
	diagnostics_release(&diagnostics);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	config = config_free(config);
	return 0;
}

static struct process_socket listener(uint16_t port)
{
	return (struct process_socket){
		.protocol = IPPROTO_TCP, .family = AF_INET, .listening = true, .local_port = port
	};
}

static struct process_socket connection(uint16_t local_port, const char *remote,
					uint16_t remote_port)
{
	struct process_socket socket = { .protocol = IPPROTO_TCP,
					 .family = AF_INET,
					 .local = { 127, 0, 0, 1 },
					 .local_port = local_port,
					 .remote_port = remote_port };

	assert_int_equal(inet_pton(AF_INET, remote, socket.remote), 1);
	return socket;
}

/* A database process that began at this moment. */
static struct role_process database(uint32_t pid, uint64_t start)
{
	return (struct role_process){ .process = { .pid = pid,
						   .start = start,
						   .executable = (char *)ROOT "/bin/cache",
						   .arguments = (char *)"" },
				      .sockets_known = true };
}

static struct role_instance instance(uint32_t owner)
{
	return (struct role_instance){ .root = ROOT, .config = config, .owner = owner };
}

static void check(const struct role_process *process, const char *text, enum role_strength strength)
{
	assert_string_equal(process->role.text, text);
	assert_int_equal(process->role.strength, strength);
	assert_non_null(process->role.evidence);
}

/* ------------------------------------------------------------------ by the executable */

static void test_executables(void **state)
{
	static const struct {
		const char *path, *text;
		enum role_strength strength;
	} rows[] = {
		{ ROOT "/bin/cache", "database process", ROLE_CLASS },
		{ ROOT "/bin/irisdb", "database process", ROLE_CLASS },
		{ ROOT "/bin/iriscp", "database process", ROLE_CLASS },
		{ ROOT "/bin/clmanager", "license server", ROLE_CERTAIN },
		{ ROOT "/bin/licmanager", "license server", ROLE_CERTAIN },
		{ ROOT "/bin/cwdimj", "write image journal", ROLE_CERTAIN },
		{ ROOT "/bin/irisirdimj", "write image journal", ROLE_CERTAIN },
		{ ROOT "/bin/cuxagent", "ISCAgent's helper", ROLE_CERTAIN },
		{ ROOT "/bin/irisuxagent", "ISCAgent's helper", ROLE_CERTAIN },
		{ ROOT "/bin/cstat", "tool cstat", ROLE_CERTAIN },
		{ ROOT "/httpd/bin/httpd", "private web server", ROLE_CERTAIN },
		{ "/usr/local/etc/cachesys/ISCAgent", "ISCAgent", ROLE_CERTAIN },
		{ "/usr/local/etc/cachesys/ISCAgentUser", "ISCAgent", ROLE_CERTAIN },
		{ "/bin/dash", "program dash", ROLE_CLASS },
		/* The same names elsewhere are others. */
		{ "/tmp/bin/cache", "program cache", ROLE_CLASS },
		{ ROOT "x/bin/cache", "program cache", ROLE_CLASS },
		{ ROOT "/mgr/clmanager", "program clmanager", ROLE_CLASS },
	};
	struct role_instance of = instance(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct role_process process = database(9, 9);

		process.process.executable = (char *)rows[i].path;
		role_tell(&of, &process);
		check(&process, rows[i].text, rows[i].strength);
	}
}

static void test_unreadable(void **state)
{
	struct role_instance of = instance(0);
	struct role_process process = database(9, 9);

	(void)state;
	process.process.executable = NULL;
	role_tell(&of, &process);
	check(&process, "program", ROLE_CLASS);
}

/* ------------------------------------------------------------------ by users */

static void test_users(void **state)
{
	struct role_process processes[] = { database(10, 1), database(11, 2), database(12, 3) };
	struct role_instance of = instance(51);

	(void)state;
	processes[0].process.effective_uid = 51; /* real root, effective owner, the first */
	processes[2].process.real_uid = processes[2].process.effective_uid = 52;
	roles_tell(&of, processes, 3);
	check(&processes[0], "CONTROL", ROLE_CERTAIN);
	check(&processes[1], "virtual IP", ROLE_CERTAIN); /* root in both, in a mirror member */
	check(&processes[2], "database process", ROLE_CLASS);
	/* With root as the owner all are alike, and none of this tells. */
	of.owner = 0;
	processes[0].process.effective_uid = 0;
	roles_tell(&of, processes, 3);
	check(&processes[0], "database process", ROLE_CLASS);
	check(&processes[1], "database process", ROLE_CLASS);
}

/* ------------------------------------------------------------------ by sockets */

static void test_server(void **state)
{
	struct process_socket listening = listener(1972), other = listener(1973);
	struct process_socket accepted = connection(1972, "10.9.9.9", 40000);
	struct process_socket mirror = connection(1972, "10.5.0.2", 40000);
	struct role_process processes[] = { database(10, 1), database(11, 2), database(12, 3),
					    database(13, 4), database(14, 5) };
	struct role_instance of = instance(0);

	(void)state;
	processes[0].sockets = &other;
	processes[1].sockets = processes[2].sockets =
		&listening; /* inherited: the older one is it */
	processes[3].sockets = &accepted;
	processes[4].sockets = &mirror;
	for (int i = 0; i < 5; i++)
		processes[i].socket_count = 1;
	roles_tell(&of, processes, 5);
	check(&processes[0], "database process", ROLE_CLASS);
	check(&processes[1], "%SYS.SERVER", ROLE_CERTAIN);
	check(&processes[2], "database process", ROLE_CLASS);
	check(&processes[3], "SuperServer worker", ROLE_CLASS);
	check(&processes[4], "SuperServer worker of a mirror", ROLE_LIKELY);
}

static void test_peers(void **state)
{
	static const struct {
		const char *address;
		uint16_t port;
		const char *text;
		enum role_strength strength;
	} rows[] = {
		{ "10.3.0.1", 1972, "ECPCliR or ECPCliW", ROLE_LIKELY },
		{ "10.3.0.1", 1973, "database process", ROLE_CLASS },
		{ "10.3.0.2", 1972, "database process", ROLE_CLASS },
		{ "10.6.0.1", 1980, "SHDWCBLK", ROLE_CERTAIN },
		{ "10.6.0.2", 1980, "database process", ROLE_CLASS }, /* not enabled */
		{ "10.4.0.1", 2188, "mirroring", ROLE_LIKELY }, /* arbiter */
		{ "10.5.0.2", 2188, "mirroring", ROLE_LIKELY }, /* agent */
		{ "10.5.0.2", 1973, "mirroring", ROLE_LIKELY }, /* member */
		{ "10.5.0.1", 1972, "database process", ROLE_CLASS }, /* itself */
		{ "127.0.0.1", 705, "^SNMP", ROLE_CERTAIN },
		{ "10.9.0.1", 705, "database process", ROLE_CLASS },
	};
	struct role_instance of = instance(0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct process_socket socket = connection(40000, rows[i].address, rows[i].port);
		struct role_process process = database(10, 1);

		process.sockets = &socket;
		process.socket_count = 1;
		role_tell(&of, &process);
		check(&process, rows[i].text, rows[i].strength);
		/* Without a cpf nothing is compared. */
		of.config = NULL;
		role_tell(&of, &process);
		check(&process, "database process", ROLE_CLASS);
		of.config = config;
	}
}

/* ------------------------------------------------------------------ by locks and the log */

static void test_locks(void **state)
{
	struct role_process processes[] = { database(10, 1), database(11, 2), database(12, 3),
					    database(13, 4) };
	struct role_instance of = instance(0);

	(void)state;
	for (int i = 0; i < 3; i++)
		processes[i].lock_holder = true;
	processes[1].logged = ROLE_LOGGED_WRITE_DAEMON;
	roles_tell(&of, processes, 4);
	check(&processes[0], "CONTROL", ROLE_LIKELY);
	check(&processes[1], "WRTDMN", ROLE_LIKELY);
	check(&processes[2], "JRNDMN", ROLE_LIKELY);
	check(&processes[3], "database process", ROLE_CLASS);
	/* A fourth holder: then the third is none of a set of three. */
	processes[3].lock_holder = true;
	roles_tell(&of, processes, 4);
	check(&processes[2], "database process", ROLE_CLASS);
	/* The log alone is no sign, whoever wrote it; with the journal open it is. */
	processes[1].lock_holder = processes[3].lock_holder = false;
	roles_tell(&of, processes, 4);
	check(&processes[1], "database process", ROLE_CLASS);
	processes[1].image_journal_open = true;
	roles_tell(&of, processes, 4);
	check(&processes[1], "WRTDMN", ROLE_LIKELY);
}

static int64_t local(int year, int month, int day, int hour, int minute, int second)
{
	struct tm parts = { .tm_year = year - 1900,
			    .tm_mon = month - 1,
			    .tm_mday = day,
			    .tm_hour = hour,
			    .tm_min = minute,
			    .tm_sec = second,
			    .tm_isdst = -1 };

	return mktime(&parts);
}

static void test_log(void **state)
{
	static const char text[] =
		"\n*** a banner ***\n"
		"02/28/26-06:30:01:828 (812) 0 [Generic.Event] Allocated 12MB shared memory\n"
		"02/28/26-06:30:02:136 (813) 0 [WriteDaemon.Started] Write daemon started.\n"
		"02/28/26-06:30:03:110 (812) 0 [Generic.Event]\r\n"
		"Startup of a database\n  System Initialized.\n"
		"02/28/26-06:31:00:000 (814) 0 [Utility.Event] Enabling logons\n"
		"99/99/99-99:99:99:999 (815) 0 [WriteDaemon.Started] Write daemon started.\n"
		"02/28/26-06:30:02:136 (816 0 [WriteDaemon.Started]\n"
		"02/28/26-06:30:02:136 (999) 0 [WriteDaemon.Started] cut off";
	int64_t then = local(2026, 2, 28, 6, 30, 0) * 1000000000;
	struct process process = { .pid = 813 };
	struct role_marks marks;

	(void)state;
	assert_int_equal(role_log_read(text, sizeof(text) - 1, &marks), 0);
	assert_int_equal(role_log_of(&marks, &process, then), ROLE_LOGGED_WRITE_DAEMON);
	/* The line is of a process before it, which had the same pid. */
	assert_int_equal(role_log_of(&marks, &process, then + 3600 * 1000000000ll), 0);
	process.pid = 812;
	assert_int_equal(role_log_of(&marks, &process, then), ROLE_LOGGED_START);
	process.pid = 814;
	assert_int_equal(role_log_of(&marks, &process, then), 0);
	process.pid = 815;
	assert_int_equal(role_log_of(&marks, &process, then), 0);
	process.pid = 816;
	assert_int_equal(role_log_of(&marks, &process, then), 0);
	process.pid = 999;
	assert_int_equal(role_log_of(&marks, &process, then), ROLE_LOGGED_WRITE_DAEMON);
	role_marks_release(&marks);
	assert_int_equal(role_log_read("", 0, &marks), 0);
	assert_int_equal(marks.count, 0);
	role_marks_release(&marks);
}

/* ------------------------------------------------------------------ by arguments */

static void set_arguments(struct role_process *process, const char *arguments, size_t length)
{
	process->process.arguments = (char *)arguments;
	process->process.arguments_length = length;
}
#define ARGUMENTS(process, text) set_arguments(process, text, sizeof(text))

static void test_arguments(void **state)
{
	struct role_instance of = instance(0);
	struct role_process process = database(10, 1);
	char *hostile;

	(void)state;
	ARGUMENTS(&process, ROOT "/bin/cache\0-s" ROOT "/mgr\0-cj\0-p12\0Start^%SYS.TaskSuper");
	role_tell(&of, &process);
	check(&process, "job Start^%SYS.TaskSuper", ROLE_LIKELY);
	ARGUMENTS(&process, ROOT "/bin/cache\0-s\0" ROOT "/mgr\0-U\0USER");
	role_tell(&of, &process);
	check(&process, "database process", ROLE_CLASS); /* no terminal */
	process.process.terminal = 34816;
	role_tell(&of, &process);
	check(&process, "terminal", ROLE_LIKELY);
	/* A name as long as it likes is cut. */
	hostile = malloc(4000);
	memcpy(hostile, ROOT "/bin/cache\0-cj\0", sizeof(ROOT "/bin/cache\0-cj"));
	memset(hostile + sizeof(ROOT "/bin/cache\0-cj"), '^',
	       4000 - sizeof(ROOT "/bin/cache\0-cj"));
	hostile[3999] = '\0';
	set_arguments(&process, hostile, 4000);
	role_tell(&of, &process);
	assert_true(strlen(process.role.text) < ROLE_TEXT_MAX);
	assert_int_not_equal(process.role.strength, ROLE_CERTAIN);
	free(hostile);
	process.process.executable = (char *)"/usr/lib/jvm/x/bin/java";
	ARGUMENTS(&process, "java\0-Xrs\0com.intersystems.gateway.JavaGateway\0"
			    "53272\0\0h:SITE:%Java Server\0"
			    "127.0.0.1");
	role_tell(&of, &process);
	check(&process, "language gateway %Java Server", ROLE_LIKELY);
	ARGUMENTS(&process, "java\0Other");
	role_tell(&of, &process);
	check(&process, "program java", ROLE_CLASS);
	role_told(&process.role, "TASKMGR");
	check(&process, "TASKMGR", ROLE_TOLD);
}

/* Sockets are the kernel's word: they go before what the process was started with. */
static void test_order(void **state)
{
	struct process_socket listening = listener(1972);
	struct role_process process = database(10, 1);
	struct role_instance of = instance(0);

	(void)state;
	process.sockets = &listening;
	process.socket_count = 1;
	ARGUMENTS(&process, ROOT "/bin/cache\0-cj\0-p12\0Start^LMFMON");
	roles_tell(&of, &process, 1);
	check(&process, "%SYS.SERVER", ROLE_CERTAIN);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_executables), TEST(test_unreadable), TEST(test_users),
		TEST(test_server),	TEST(test_peers),      TEST(test_locks),
		TEST(test_log),		TEST(test_arguments),  TEST(test_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

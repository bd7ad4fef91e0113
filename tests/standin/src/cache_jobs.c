/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemons of an instance and the processes made by JOB.
 *
 * The core daemons are forks of the control process; the rest are executed anew, with the entry
 * reference in argv. Both are held in one table, in the order in which a real instance lists them.
 */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "table.h"

/* Byte ranges of mgr/ilock: one each for the control process, write daemon and journal daemon. */
enum section { SECTION_NONE = -1, SECTION_CONTROL, SECTION_WRITE, SECTION_JOURNAL };

struct daemon {
	const char *entry;
	bool job; /* executed anew, not forked */
	enum section section;
	const char *file; /* kept open for writing */
	int (*run)(const struct instance *instance); /* NULL: waits to be ended */
};

static int license_monitor(const struct instance *instance)
{
	int r = license_report(instance);

	if (r)
		return r;
	for (;;)
		pause();
}

static int ecp_client(const struct instance *instance)
{
	int r, descriptor = ecp_connect(instance);
	char path[PATH_MAX];

	if (descriptor < 0)
		return descriptor;
	root_path(path, instance->root, "mgr/ecp.pid");
	r = pidfile_write(path, getpid());
	if (r)
		return r;
	/* The pair shares one connection; the reader is a process of its own. */
	if (!fork()) {
		die_with_parent();
		table_enter("ECPCliR");
	}
	for (;;)
		pause();
}

/* What JOB is given on an ordinary day: a piece of work that ends. */
static int export_run(const struct instance *instance)
{
	char path[PATH_MAX];

	root_path(path, instance->root, "mgr/Temp/export.txt");
	return pidfile_write(path, getpid());
}

static const struct daemon daemons[] = {
	{ "WRTDMN", false, SECTION_WRITE, "mgr/CACHE.WIJ", NULL },
	{ "GARCOL", false, SECTION_NONE, NULL, NULL },
	{ "JRNDMN", false, SECTION_JOURNAL, "mgr/journal/20240101.001", NULL },
	{ "EXPDMN", false, SECTION_NONE, NULL, NULL },
	{ "Start^%SYS.Monitor.Control", true, SECTION_NONE, NULL, NULL },
	{ "START^MONITOR", true, SECTION_NONE, NULL, NULL },
	{ "CLNDMN^STU", true, SECTION_NONE, NULL, NULL },
	{ "RECEIVE^STU", true, SECTION_NONE, NULL, NULL },
	{ "ECPWork^ECP", true, SECTION_NONE, NULL, NULL },
	{ "Start^%SYS.SERVER", true, SECTION_NONE, NULL, superserver_run },
	{ "Start^%CSP.Daemon", true, SECTION_NONE, NULL, NULL },
	{ "Start^%SYS.TaskSuper", true, SECTION_NONE, NULL, NULL },
};

/* Jobs that other parts of the instance start. */
static const struct daemon later_jobs[] = {
	{ "Start^LMFMON", true, SECTION_NONE, NULL, license_monitor },
	{ "ECPCliW^ECP", true, SECTION_NONE, NULL, ecp_client },
	{ "Export^NIGHTLY", true, SECTION_NONE, NULL, export_run },
};

static void section_lock(const struct instance *instance, enum section section)
{
	struct flock range = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = section, .l_len = 1
	};
	char path[PATH_MAX];
	int file;

	root_path(path, instance->root, "mgr/ilock");
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	/* Never closed: the lock is held as long as the process lives. */
	if (file < 0 || fcntl(file, F_SETLK, &range))
		console(instance->root, 2, "Generic.Event", "mgr/ilock: %s", strerror(errno));
}

__attribute__((noreturn)) static void daemon_run(const struct instance *instance,
						 const struct daemon *daemon)
{
	char path[PATH_MAX];
	int r;

	table_enter(daemon->entry);
	if (daemon->section != SECTION_NONE)
		section_lock(instance, daemon->section);
	if (daemon->file) {
		root_path(path, instance->root, daemon->file);
		if (open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0660) < 0)
			console(instance->root, 2, "Generic.Event", "%s: %s", path,
				strerror(errno));
	}
	if (daemon->section == SECTION_WRITE)
		console(instance->root, 0, "WriteDaemon.Started", "Write daemon started.");
	r = daemon->run ? daemon->run(instance) : pause();
	if (r < 0)
		console(instance->root, 2, "Generic.Event", "%s: %s", daemon->entry, strerror(-r));
	table_leave(getpid());
	_exit(r < 0);
}

static pid_t daemon_fork(const struct instance *instance, const struct daemon *daemon)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	signals_reset();
	die_with_parent();
	daemon_run(instance, daemon);
}

pid_t job_start(const struct instance *instance, const char *entry)
{
	static unsigned int job_number = 9; /* low numbers are the core daemons' */
	char program[PATH_MAX], manager[PATH_MAX + 8], parent[16];
	pid_t pid;

	root_path(program, instance->root, "bin/cache");
	snprintf(manager, sizeof(manager), "-s%s/mgr", instance->root);
	snprintf(parent, sizeof(parent), "-p%u", ++job_number);
	pid = fork();
	if (pid)
		return pid < 0 ? -errno : pid;
	signals_reset();
	die_with_parent();
	execl(program, program, manager, "-cj", parent, entry, NULL);
	console(instance->root, 2, "Generic.Event", "JOB %s: %s", entry, strerror(errno));
	_exit(1);
}

int job_run(const struct instance *instance, const char *entry)
{
	int r = table_attach(instance->root);

	if (r)
		die("instance is not running (%s)", strerror(-r));
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++)
		if (daemons[i].job && !strcmp(daemons[i].entry, entry))
			daemon_run(instance, &daemons[i]);
	for (size_t i = 0; i < ARRAY_SIZE(later_jobs); i++)
		if (!strcmp(later_jobs[i].entry, entry))
			daemon_run(instance, &later_jobs[i]);
	die("no such entry: %s", entry);
}

int daemons_start(const struct instance *instance)
{
	char path[PATH_MAX];
	pid_t server = 0;

	section_lock(instance, SECTION_CONTROL);
	root_path(path, instance->root, "mgr/superserver.pid");
	unlink(path);
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		pid_t pid = daemons[i].job ? job_start(instance, daemons[i].entry)
					   : daemon_fork(instance, &daemons[i]);

		if (pid < 0)
			return pid;
		if (daemons[i].run == superserver_run)
			server = pid;
	}
	return file_await(path, server, WAIT_MS);
}

int license_monitor_start(const struct instance *instance)
{
	pid_t pid = job_start(instance, "Start^LMFMON");

	return pid < 0 ? pid : 0;
}

int ecp_client_start(const struct instance *instance)
{
	char path[PATH_MAX];
	pid_t pid;

	if (!instance->ecp_port)
		return 0;
	root_path(path, instance->root, "mgr/ecp.pid");
	unlink(path);
	pid = job_start(instance, "ECPCliW^ECP");
	return pid < 0 ? pid : file_await(path, pid, WAIT_MS);
}

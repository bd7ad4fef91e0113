/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The start-up program and the control process.
 *
 * Start-up processes the write image journal (cwdimj), forks the control process, repeats what that
 * reports on a pipe, and ends when it says "ready": whoever started the instance then knows that
 * every part of it runs. The control process starts the parts in the order of a real instance, and
 * serves commands until SIGTERM, whereupon it ends the parts in the opposite order.
 *
 * A failed start ends all that it has started, by the same way as an orderly end.
 */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "table.h"

#define READY "ready"

static int report_to = -1;

__attribute__((format(printf, 1, 2))) static void report(const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	line_write(report_to, "%s", text);
}

static int image_journal_run(const struct instance *instance)
{
	char program[PATH_MAX], manager[PATH_MAX];
	char *const arguments[] = { program, manager, NULL };

	root_path(program, instance->root, "bin/cwdimj");
	root_path(manager, instance->root, "mgr");
	return program_run(arguments);
}

static void end_by_pidfile(const struct instance *instance, const char *relative)
{
	char path[PATH_MAX];
	pid_t pid;

	root_path(path, instance->root, relative);
	pid = pidfile_read(path);
	if (pid > 0 && process_runs_from(pid, instance->root))
		process_end(pid);
	unlink(path);
}

/* Every process in the table but this one: jobs, daemons, workers, terminals. */
static void table_end(const struct instance *instance)
{
	struct table *table = table_get();

	for (int row = 0; table && row < TABLE_ROWS; row++) {
		pid_t pid = table->rows[row].pid;

		if (pid > 0 && pid != getpid() && process_runs_from(pid, instance->root))
			process_end(pid);
	}
}

static void end_all(const struct instance *instance)
{
	char path[PATH_MAX];
	int r;

	console(instance->root, 0, "Generic.Event", "Shutting down");
	unlink(COMMAND_SOCKET);
	end_by_pidfile(instance, "mgr/java.pid");
	end_by_pidfile(instance, "httpd/logs/httpd.pid");
	table_end(instance);
	end_by_pidfile(instance, "mgr/clmanager.pid");
	root_path(path, instance->root, "mgr/superserver.pid");
	unlink(path);
	root_path(path, instance->root, "mgr/ecp.pid");
	unlink(path);
	r = image_journal_run(instance);
	if (r)
		console(instance->root, 2, "WriteDaemon.Event", "cwdimj: %s", strerror(-r));
	table_remove(instance->root);
	console(instance->root, 0, "Generic.Event", "Shutdown complete");
	root_path(path, instance->root, "mgr/cache.pid");
	unlink(path);
}

/* A part of the instance: what it is called in a failure, and what starts it. */
struct part {
	const char *name;
	int (*start)(const struct instance *instance);
};

static const struct part parts[] = {
	{ "daemons and SuperServer", daemons_start }, { "license server", license_server_start },
	{ "license request", license_report },	      { "license monitor", license_monitor_start },
	{ "private web server", web_server_start },   { "JDBC gateway", gateway_start },
	{ "ECP client", ecp_client_start },
};

static int control_begin(const struct instance *instance)
{
	char path[PATH_MAX];
	int r = table_create(instance->root);

	if (r) {
		report("error: shared memory: %s", strerror(-r));
		return r;
	}
	table_enter("CONTROL");
	report("Allocated %zuKB shared memory", sizeof(struct table) / 1024);
	console(instance->root, 0, "Generic.Event", "Allocated %zuKB shared memory",
		sizeof(struct table) / 1024);
	root_path(path, instance->root, "mgr/cache.pid");
	r = pidfile_write(path, getpid());
	for (size_t i = 0; !r && i < ARRAY_SIZE(parts); i++) {
		r = parts[i].start(instance);
		if (r)
			report("error: %s: %s (see mgr/cconsole.log)", parts[i].name, strerror(-r));
	}
	return r;
}

static void children_reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		table_leave(pid);
}

/* Until SIGTERM. */
static void control_serve(const struct instance *instance, int signals, int commands)
{
	struct pollfd ready[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = commands, .events = POLLIN },
	};

	for (;;) {
		struct signalfd_siginfo signal;

		if (poll(ready, ARRAY_SIZE(ready), -1) < 0 && errno != EINTR)
			return;
		if (ready[1].revents)
			command_accept(commands, instance);
		if (!ready[0].revents || read(signals, &signal, sizeof(signal)) != sizeof(signal))
			continue;
		if (signal.ssi_signo == SIGTERM)
			return;
		children_reap();
	}
}

__attribute__((noreturn)) static void control_run(const struct instance *instance)
{
	int signals, commands, r;
	sigset_t set;

	detach_streams();
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	r = signals < 0 ? -errno : control_begin(instance);
	commands = r ? r : command_listen();
	if (commands < 0) {
		if (!r)
			report("error: command socket: %s", strerror(-commands));
		end_all(instance);
		_exit(1);
	}
	console(instance->root, 0, "Generic.Event", "System Initialized.");
	console(instance->root, 0, "Utility.Event", "Enabling logons");
	report(READY);
	close(report_to);
	control_serve(instance, signals, commands);
	end_all(instance);
	_exit(0);
}

int start_up(const struct instance *instance)
{
	char path[PATH_MAX], line[LINE_SIZE];
	int report_pipe[2], r;
	pid_t control;

	root_path(path, instance->root, "mgr");
	if (chdir(path))
		die("%s: %s", path, strerror(errno));
	r = image_journal_run(instance);
	if (r)
		die("cwdimj: %s", strerror(-r));
	if (pipe2(report_pipe, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	puts("Starting Control Process");
	fflush(stdout);
	control = fork();
	if (control < 0)
		die("fork: %s", strerror(errno));
	if (!control) {
		close(report_pipe[0]);
		report_to = report_pipe[1];
		control_run(instance);
	}
	close(report_pipe[1]);
	/* No limit of its own: every part that the control process waits for has one. */
	while (!line_read(report_pipe[0], line, -1)) {
		if (!strcmp(line, READY)) {
			printf("Cache startup successful, control process %d.\n", (int)control);
			return 0;
		}
		puts(line);
	}
	/* Its report ended without "ready": it is ending what it had started; leave nothing behind it. */
	waitpid(control, NULL, 0);
	die("start-up failed");
}

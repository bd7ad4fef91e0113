/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Other programs that an instance starts, each awaited by an event: the license server and callouts
 * through the shell, the private web server, the JDBC gateway; and the ECP client's connection.
 */
#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

static int child_await(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status;
}

pid_t callout_async(const char *command)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	signals_reset();
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

int callout(const char *command)
{
	pid_t pid = callout_async(command);

	return pid < 0 ? pid : child_await(pid);
}

int program_run(char *const arguments[])
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (!pid) {
		signals_reset();
		execv(arguments[0], arguments);
		_exit(127);
	}
	status = child_await(pid);
	return status < 0 ? status : status ? -ECHILD : 0;
}

int license_server_start(const struct instance *instance)
{
	char path[PATH_MAX], command[PATH_MAX];
	pid_t pid;
	int r;

	root_path(path, instance->root, "mgr/clmanager.pid");
	unlink(path);
	snprintf(command, sizeof(command), "%s/bin/clmanager %u", instance->root,
		 instance->license_port);
	pid = callout_async(command);
	if (pid < 0)
		return pid;
	r = file_await(path, pid, WAIT_MS);
	if (!r)
		console(instance->root, 0, "Utility.Event", "License server started on %u",
			instance->license_port);
	return r;
}

int web_server_start(const struct instance *instance)
{
	char program[PATH_MAX], configuration[PATH_MAX], directory[PATH_MAX], path[PATH_MAX];
	char listen_line[32];
	char *const arguments[] = { program,   "-f", configuration, "-d",
				    directory, "-c", listen_line,   NULL };
	int r;

	if (!instance->web)
		return 0;
	root_path(program, instance->root, "httpd/bin/httpd");
	root_path(configuration, instance->root, "httpd/conf/httpd.conf");
	root_path(directory, instance->root, "httpd");
	root_path(path, instance->root, "httpd/logs/httpd.pid");
	snprintf(listen_line, sizeof(listen_line), "Listen %u", instance->web_port);
	unlink(path);
	/* It ends at once, with a daemon left behind that writes the pid file when it listens. */
	r = program_run(arguments);
	if (!r)
		r = file_await(path, 0, WAIT_MS);
	if (!r)
		console(instance->root, 0, "Utility.Event", "Private webserver started on %u",
			instance->web_port);
	return r;
}

__attribute__((noreturn)) static void gateway_child(const struct instance *instance, int output)
{
	char program[PATH_MAX], classes[PATH_MAX], port[16], name[128];

	if (snprintf(program, sizeof(program), "%s/bin/java", instance->java_home) >=
	    (int)sizeof(program))
		_exit(127);
	root_path(classes, instance->root, "dev/java/lib/cache-gateway.jar");
	snprintf(port, sizeof(port), "%u", instance->gateway_port);
	snprintf(name, sizeof(name), "localhost:%s:%%JDBC Server", instance->name);
	signals_reset();
	die_with_parent();
	dup2(output, STDOUT_FILENO);
	execl(program, "java", "-Xrs",
	      "-Djava.system.class.loader=com.intersystems.gateway.ClassLoader", "-classpath",
	      classes, "com.intersystems.gateway.JavaGateway", port, "", name, "127.0.0.1", "",
	      NULL);
	_exit(127);
}

int gateway_start(const struct instance *instance)
{
	char path[PATH_MAX], line[LINE_SIZE];
	int r, output[2];
	pid_t pid;

	if (pipe2(output, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		gateway_child(instance, output[1]);
	close(output[1]);
	/* Its first line says that it listens; end of file, that it did not get so far. */
	r = line_read(output[0], line, WAIT_MS);
	close(output[0]);
	if (r)
		return r;
	root_path(path, instance->root, "mgr/java.pid");
	console(instance->root, 0, "Utility.Event", "%s", line);
	return pidfile_write(path, pid);
}

int gateway_ask(const struct instance *instance, const char *request, char *reply)
{
	return line_exchange("127.0.0.1", instance->gateway_port, request, reply);
}

int ecp_connect(const struct instance *instance)
{
	char line[LINE_SIZE];
	int r, descriptor = tcp_connect(instance->ecp_address, instance->ecp_port);

	if (descriptor < 0)
		return descriptor;
	r = line_write(descriptor, "ECP %s", instance->name);
	if (!r)
		r = line_read(descriptor, line, WAIT_MS);
	if (!r && strncmp(line, "ECP ", 4) != 0)
		r = -EPROTO;
	if (!r)
		return descriptor;
	close(descriptor);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ISCAgent: one a host, for all instances. Reads iscagent.conf beside itself:
 *
 *   application_server.port=2188
 *   application_server.interface_address=127.0.0.1
 *   instance.CACHE=/usr/cachesys          (the real one has a registry of its own for this)
 *
 * Two processes, as the real one: the agent, and the application server that listens. A connection
 * says `INSTANCE NAME`, and the application server executes that instance's bin/cuxagent on it. The
 * program that was started ends when the application server listens.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"
#include "net.h"

static char directory[PATH_MAX - 64];

static void directory_find(void)
{
	ssize_t length = readlink("/proc/self/exe", directory, sizeof(directory) - 1);

	if (length < 0)
		die("cannot tell where this program is: %s", strerror(errno));
	directory[length] = '\0';
	*strrchr(directory, '/') = '\0';
}

/* The value of a key of iscagent.conf. */
static bool setting(const char *key, char value[static PATH_MAX])
{
	char path[PATH_MAX], line[PATH_MAX];
	bool found = false;
	FILE *file;

	root_path(path, directory, "iscagent.conf");
	file = fopen(path, "re");
	if (!file)
		die("cannot read %s", path);
	while (!found && fgets(line, sizeof(line), file)) {
		char *equals = strchr(line, '=');

		line[strcspn(line, "\r\n")] = '\0';
		if (!equals)
			continue;
		*equals = '\0';
		found = !strcmp(line, key);
		if (found)
			strcpy(value, equals + 1);
	}
	fclose(file);
	return found;
}

__attribute__((noreturn)) static void helper_run(int client)
{
	char request[LINE_SIZE], key[LINE_SIZE + 16], root[PATH_MAX], program[PATH_MAX + 16];

	signals_reset();
	if (line_read(client, request, WAIT_MS) || strncmp(request, "INSTANCE ", 9) != 0)
		_exit(1);
	snprintf(key, sizeof(key), "instance.%s", request + 9);
	if (!setting(key, root)) {
		line_write(client, "AGENT unknown instance");
		_exit(1);
	}
	snprintf(program, sizeof(program), "%s/bin/cuxagent", root);
	dup2(client, STDIN_FILENO);
	dup2(client, STDOUT_FILENO);
	execl(program, program, NULL);
	line_write(client, "AGENT %s", strerror(errno));
	_exit(1);
}

__attribute__((noreturn)) static void application_server_run(int listener, int report)
{
	signals_reset();
	die_with_parent();
	signal(SIGCHLD, SIG_IGN); /* reaps the helpers */
	line_write(report, "Starting ApplicationServer");
	close(report);
	detach_streams();
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		if (!fork())
			helper_run(client);
		close(client);
	}
}

__attribute__((noreturn)) static void agent_run(int listener, int report)
{
	char path[PATH_MAX];
	sigset_t signals;
	pid_t server;

	setsid();
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	root_path(path, directory, "run/agent.pid");
	if (pidfile_write(path, getpid()))
		die("cannot write %s", path);
	server = fork();
	if (!server)
		application_server_run(listener, report);
	close(report);
	close(listener);
	detach_streams();
	/* Whoever ends the agent finds all of it ended: the application server goes first. */
	sigwaitinfo(&signals, NULL);
	process_end(server);
	unlink(path);
	_exit(0);
}

int main(void)
{
	char address[PATH_MAX] = "0.0.0.0", port[PATH_MAX] = "2188", line[LINE_SIZE];
	int listener, report[2];
	pid_t agent;

	directory_find();
	setting("application_server.interface_address", address);
	setting("application_server.port", port);
	listener = tcp_listen(strcmp(address, "*") ? address : "0.0.0.0", (unsigned int)atoi(port));
	if (listener < 0)
		die("port %s: %s", port, strerror(-listener));
	if (pipe2(report, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	agent = fork();
	if (agent < 0)
		die("fork: %s", strerror(errno));
	if (!agent) {
		close(report[0]);
		agent_run(listener, report[1]);
	}
	close(report[1]);
	if (line_read(report[0], line, WAIT_MS))
		die("the application server did not start");
	printf("%s on %s:%s\n", line, address, port);
	return 0;
}

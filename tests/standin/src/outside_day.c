/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who visits the instance on an ordinary day: a client, a browser at the private web server, a
 * mirror member at ISCAgent, an operator at a terminal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "outside.h"

static int visit_client(const struct instance *instance, unsigned int agent_port)
{
	char reply[LINE_SIZE];
	int r = line_exchange("127.0.0.1", instance->superserver, "HELLO", reply);

	(void)agent_port;
	return r ? r : strstr(reply, " worker ") ? 0 : -EPROTO;
}

static int visit_web(const struct instance *instance, unsigned int agent_port)
{
	char line[LINE_SIZE];
	int r, descriptor, answered = 0;

	(void)agent_port;
	if (!instance->web)
		return 0;
	descriptor = tcp_connect("127.0.0.1", instance->web_port);
	if (descriptor < 0)
		return descriptor;
	r = line_write(descriptor, "GET /csp/sys/hello HTTP/1.0\r\nHost: localhost\r\n\r");
	while (!r && !line_read(descriptor, line, WAIT_MS))
		answered |= strstr(line, " worker ") != NULL;
	close(descriptor);
	return r ? r : answered ? 0 : -EPROTO;
}

static int visit_agent(const struct instance *instance, unsigned int agent_port)
{
	char request[64], reply[LINE_SIZE];
	int r;

	snprintf(request, sizeof(request), "INSTANCE %s", instance->name);
	r = line_exchange("127.0.0.1", agent_port, request, reply);
	return r ? r : strcmp(reply, "AGENT running") ? -EPROTO : 0;
}

static int visit_terminal(const struct instance *instance, unsigned int agent_port)
{
	char program[PATH_MAX], manager[PATH_MAX + 8];
	pid_t pid;
	int status;

	(void)agent_port;
	root_path(program, instance->root, "bin/cache");
	snprintf(manager, sizeof(manager), "-s%s/mgr", instance->root);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null >= 0)
			dup2(null, STDOUT_FILENO);
		execl(program, program, manager, "-U", "%SYS", "^RTN", NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -ECHILD : 0;
}

static const struct {
	const char *name;
	int (*run)(const struct instance *instance, unsigned int agent_port);
} visits[] = {
	{ "client", visit_client },
	{ "web", visit_web },
	{ "agent", visit_agent },
	{ "terminal", visit_terminal },
};

int visits_run(const struct instance *instance, unsigned int agent_port)
{
	int failed = 0;

	for (size_t i = 0; i < ARRAY_SIZE(visits); i++) {
		int r = visits[i].run(instance, agent_port);

		printf("day %s: %s\n", visits[i].name, r ? strerrorname_np(-r) : "ok");
		failed += r != 0;
	}
	return failed;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * httpd/bin/httpd where Debian's apache2 is not at hand (a guest with nothing but busybox). Takes the
 * real argument vector, `-f CONF -d DIR -c "Listen PORT"`, goes to the background, writes
 * DIR/logs/httpd.pid, and passes each request on to SuperServer, as the real one's CSP module does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cpf.h"
#include "net.h"

static void request_pass(int client, const struct instance *instance)
{
	char line[LINE_SIZE], bytes[4096];
	int server;
	ssize_t count;

	if (line_read(client, line, WAIT_MS))
		return;
	server = tcp_connect("127.0.0.1", instance->superserver);
	if (server < 0) {
		line_write(client, "HTTP/1.0 503 Service Unavailable\r\n\r");
		return;
	}
	line_write(server, "%.*s\n", LINE_SIZE - 8, line);
	/* SuperServer closes after its answer. */
	while ((count = read(server, bytes, sizeof(bytes))) > 0)
		if (write(client, bytes, (size_t)count) != count)
			break;
	close(server);
}

__attribute__((noreturn)) static void serve(int listener, const struct instance *instance)
{
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		request_pass(client, instance);
		close(client);
	}
}

int main(int argc, char **argv)
{
	unsigned int port = 0;
	struct instance instance;
	char root[ROOT_MAX], path[PATH_MAX];
	int listener;
	pid_t pid;

	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "-c"))
			sscanf(argv[i + 1], "Listen %u", &port);
	if (!port)
		die("usage: httpd -f CONF -d DIR -c \"Listen PORT\"");
	root_find(root);
	instance_read(&instance, root);
	listener = tcp_listen("127.0.0.1", port);
	if (listener < 0)
		die("port %u: %s", port, strerror(-listener));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid)
		return 0;
	detach_streams();
	root_path(path, root, "httpd/logs/httpd.pid");
	if (pidfile_write(path, getpid()))
		die("cannot write %s", path);
	serve(listener, &instance);
}

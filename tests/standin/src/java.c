/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * java: stands in for the virtual machine that runs the JDBC gateway. Takes the real argument vector:
 *
 *   java -Xrs -D… -classpath … com.intersystems.gateway.JavaGateway PORT LOG NAME ADDRESS ""
 *
 * Listens, says so on its standard output, and answers one line a connection: PING, or ACT NAME for
 * the deviation that java commits.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acts.h"
#include "net.h"

static int listen_unbound(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	int r = 0, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)instance;
	(void)descriptor;
	snprintf(what, WHAT_SIZE, "listen tcp without bind");
	if (listener < 0 || listen(listener, 1))
		r = -errno;
	if (listener >= 0)
		close(listener);
	return r;
}

static void answer(int client)
{
	char request[LINE_SIZE], line[LINE_SIZE - 1];
	enum act_id id;

	if (line_read(client, request, WAIT_MS))
		return;
	id = strncmp(request, "ACT ", 4) ? ACT_MAX : act_find(request + 4);
	if (id == ACT_LISTEN_UNBOUND) {
		act_run(id, listen_unbound, NULL, -1, line, sizeof(line));
		line_write(client, "%s", line);
	} else {
		line_write(client, "%s", strcmp(request, "PING") ? "ERROR" : "PONG");
	}
}

int main(int argc, char **argv)
{
	const char *address;
	int listener, i = 1;

	while (i < argc && strcmp(argv[i], "com.intersystems.gateway.JavaGateway") != 0)
		i++;
	if (i + 1 >= argc)
		die("usage: java … com.intersystems.gateway.JavaGateway PORT [LOG NAME ADDRESS …]");
	address = i + 4 < argc ? argv[i + 4] : "127.0.0.1";
	listener = tcp_listen(address, (unsigned int)atoi(argv[i + 1]));
	if (listener < 0)
		die("port %s: %s", argv[i + 1], strerror(-listener));
	printf("JavaGateway listens on %s:%s\n", address, argv[i + 1]);
	fflush(stdout);
	detach_streams();
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (client < 0)
			continue;
		answer(client);
		close(client);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command socket, mgr/cache.sock: how a test asks a governed process for something.
 *
 * SOCK_SEQPACKET, one message a request, one message a line of the answer, closed at the end. Every
 * connection is answered in a child of the control process, which so goes on serving whatever a
 * backend does to the child. The address is relative to the current directory (mgr/), because a
 * socket's path has 108 bytes only.
 *
 *   act NAME    one deviation; `receive` takes its socket from the next message of the connection
 *   day         the ordinary day
 */
#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"
#include "table.h"

int command_listen(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = COMMAND_SOCKET };
	int descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -errno;
	unlink(COMMAND_SOCKET);
	/* Whoever may ask may have the instance execute things: its owner only. */
	umask(077);
	if (bind(descriptor, (struct sockaddr *)&name, sizeof(name)) || listen(descriptor, 16)) {
		int r = -errno;

		close(descriptor);
		return r;
	}
	umask(022);
	return descriptor;
}

static void act_answer(int client, const struct instance *instance, const char *name)
{
	char line[COMMAND_SIZE], request[LINE_SIZE];
	enum act_id id = act_find(name);
	act_function *function = id == ACT_MAX ? NULL : act_inside(id);

	if (function) {
		act_run(id, function, instance, client, line, sizeof(line));
	} else if (id != ACT_MAX && acts[id].place == PLACE_JAVA) {
		int r;

		snprintf(request, sizeof(request), "ACT %s", name);
		r = gateway_ask(instance, request, line);
		if (r)
			snprintf(line, sizeof(line), "act %.32s: untried: ask the gateway (%s)",
				 name, strerrorname_np(-r));
	} else {
		snprintf(line, sizeof(line), "act %.32s: untried: no such act in here (EINVAL)",
			 name);
	}
	send(client, line, strlen(line), MSG_NOSIGNAL);
}

__attribute__((noreturn)) static void command_answer(int client, const struct instance *instance)
{
	char request[COMMAND_SIZE];
	ssize_t count;

	signals_reset();
	die_with_parent();
	table_enter("command");
	count = recv(client, request, sizeof(request) - 1, 0);
	request[count > 0 ? count : 0] = '\0';
	if (!strncmp(request, "act ", 4))
		act_answer(client, instance, request + 4);
	else if (!strcmp(request, "day"))
		day_run(instance, client);
	table_leave(getpid());
	_exit(0);
}

void command_accept(int listener, const struct instance *instance)
{
	int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (client < 0)
		return;
	if (!fork())
		command_answer(client, instance);
	close(client);
}

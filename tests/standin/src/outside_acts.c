/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deviations seen from outside: asked of a governed process over the command socket, handed in as a
 * descriptor, or committed here, by a process that is nobody's.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net.h"
#include "outside.h"

/* Debian's nobody, who is in no policy; by number, because a guest may have no /etc/passwd. */
#define NOBODY 65534

#define ELSEWHERE "127.0.0.2"

int command_ask(const char *root, const char *request)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX, .sun_path = "cache.sock" };
	char manager[PATH_MAX];
	int r, descriptor;

	root_path(manager, root, "mgr");
	if (chdir(manager))
		return -errno;
	descriptor = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -errno;
	if (!connect(descriptor, (struct sockaddr *)&name, sizeof(name)) &&
	    send(descriptor, request, strlen(request), MSG_NOSIGNAL) > 0)
		return descriptor;
	r = -errno;
	close(descriptor);
	return r;
}

static int hand_over(int connection, int descriptor)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	return sendmsg(connection, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static int act_asked(enum act_id id, const struct instance *instance, char *line, size_t size)
{
	char request[64];
	int r = 0, connection, handed = -1;
	ssize_t count;

	snprintf(request, sizeof(request), "act %s", acts[id].name);
	connection = command_ask(instance->root, request);
	if (connection < 0)
		return connection;
	if (acts[id].place == PLACE_HANDED) {
		handed = tcp_connect(ELSEWHERE, instance->unlisted);
		r = handed < 0 ? handed : hand_over(connection, handed);
	}
	if (!r)
		r = await_readable(connection, WAIT_MS);
	count = r ? 0 : recv(connection, line, size - 1, 0);
	if (!r && count <= 0)
		r = count ? -errno : -EPIPE;
	line[count > 0 ? count : 0] = '\0';
	if (handed >= 0)
		close(handed);
	close(connection);
	return r;
}

static int guard_bind(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	(void)descriptor;
	/* Beside SuperServer, on an address of its own: without a guard it must succeed. */
	return act_try_bind(SOCK_STREAM, "127.0.0.4", instance->superserver, what);
}

static int become_nobody(void)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY))
		return -EOPNOTSUPP; /* not EPERM: nothing was refused, the test needs root */
	return 0;
}

static int guard_connect(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	int r = become_nobody();

	(void)descriptor;
	snprintf(what, WHAT_SIZE, "become nobody");
	return r ? r : act_try_connect(SOCK_STREAM, "127.0.0.1", instance->superserver, what);
}

static int guard_exec(const struct instance *instance, int descriptor, char what[WHAT_SIZE])
{
	char path[PATH_MAX];
	char *const arguments[] = { path, "-cV", NULL };
	struct stat file;
	int r = become_nobody();

	(void)descriptor;
	root_path(path, instance->root, "bin/cache");
	snprintf(what, WHAT_SIZE, "exec %.*s -cV as nobody", WHAT_SIZE - 32, path);
	if (!r && stat(path, &file))
		r = -EOPNOTSUPP; /* a directory above the root is closed to nobody */
	return r ? r : act_try_exec(path, -1, arguments);
}

int act_anywhere(enum act_id id, const struct instance *instance, char *line, size_t size)
{
	static act_function *const functions[ACT_MAX] = {
		[ACT_GUARD_BIND] = guard_bind,
		[ACT_GUARD_CONNECT] = guard_connect,
		[ACT_GUARD_EXEC] = guard_exec,
	};

	if (acts[id].place != PLACE_OUTSIDE)
		return act_asked(id, instance, line, size);
	act_run(id, functions[id], instance, -1, line, size);
	return 0;
}

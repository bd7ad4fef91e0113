/* SPDX-License-Identifier: GPL-2.0-only */
#include "stranger.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "tap.h"
#include "world.h"

#define FORMAT_JSON 2 /* EVENT_FORMAT_JSON */

int stranger_connect(struct stranger *stranger)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), r;

	*stranger = (struct stranger){ .fd = -1, .ordered = true };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
		 world_path("run/" IPC_SOCKET_NAME));
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		r = errno;
		close(fd);
		return r;
	}
	stranger->fd = fd;
	return 0;
}

void stranger_release(struct stranger *stranger)
{
	if (stranger->fd >= 0)
		close(stranger->fd);
	stranger->fd = -1;
}

size_t request_make(char *bytes, enum ipc_command command, const char *const *options)
{
	struct ipc_header header = { .magic = IPC_MAGIC,
				     .version = IPC_VERSION,
				     .type = IPC_REQUEST };
	struct ipc_request_payload payload = { .command = (uint8_t)command, .format = FORMAT_JSON };
	size_t length = sizeof(header) + sizeof(payload);

	for (size_t i = 0; options && options[i]; i++) {
		strcpy(bytes + length, options[i]);
		length += strlen(options[i]) + 1;
		payload.options = (uint16_t)((i + 1) / 2);
	}
	header.length = (uint32_t)(length - sizeof(header));
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &payload, sizeof(payload));
	return length;
}

bool stranger_ask(struct stranger *stranger, enum ipc_command command, const char *const *options)
{
	static char bytes[IPC_MESSAGE_MAX];
	size_t length = request_make(bytes, command, options);

	return send(stranger->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static void take_events(struct stranger *stranger, const char *text, size_t length)
{
	static const char key[] = "\"seq\":";

	for (size_t i = 0; i < length; i++)
		stranger->hash = (stranger->hash ^ (unsigned char)text[i]) * 0x100000001b3ull;
	/* Whole lines, and a message of them is no string. */
	for (const char *end; length && (end = memchr(text, '\n', length)); stranger->events++) {
		const char *found = memmem(text, (size_t)(end - text), key, sizeof(key) - 1);
		unsigned long long sequence = found ? strtoull(found + sizeof(key) - 1, NULL, 10)
						    : 0;

		stranger->ordered &= sequence > stranger->sequence;
		stranger->sequence = sequence;
		length -= (size_t)(end + 1 - text);
		text = end + 1;
	}
}

static void take_text(struct stranger *stranger, const char *text, size_t length)
{
	snprintf(stranger->said, sizeof(stranger->said), "%.*s", (int)length, text);
}

static void take_message(struct stranger *stranger, const char *bytes, size_t length)
{
	const char *payload = bytes + sizeof(struct ipc_header);
	struct ipc_header header;

	if (length < sizeof(header))
		return;
	memcpy(&header, bytes, sizeof(header));
	length -= sizeof(header);
	if (header.magic != IPC_MAGIC || header.length != length)
		return;
	if (header.type == IPC_EVENTS) {
		take_events(stranger, payload, length);
	} else if (header.type == IPC_ERRORS) {
		take_text(stranger, payload, length);
	} else if (header.type == IPC_LOST && length == sizeof(stranger->lost)) {
		memcpy(&stranger->lost, payload, length);
	} else if (header.type == IPC_END && length >= sizeof(stranger->end)) {
		stranger->ended = true;
		memcpy(&stranger->end, payload, sizeof(stranger->end));
		if (length > sizeof(stranger->end))
			take_text(stranger, payload + sizeof(stranger->end),
				  length - sizeof(stranger->end));
	}
}

void stranger_read(struct stranger *stranger)
{
	static char bytes[IPC_MESSAGE_MAX];
	ssize_t length;

	while (!stranger->ended) {
		length = recv(stranger->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		/* A last message may have come between the kernel's look at its queue and its look whether the
		 * other side has closed: only a second end is one. */
		if (!length)
			length = recv(stranger->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (length < 0 && errno == EAGAIN)
			return;
		if (length < 0 && errno == ECONNRESET)
			continue; /* it closed without reading all; what it had said comes */
		if (length <= 0) {
			stranger->ended = true;
			stranger->end.reason = IPC_END_REASON_MAX;
			return;
		}
		take_message(stranger, bytes, (size_t)length);
	}
}

bool stranger_await(struct stranger *stranger, unsigned long long events)
{
	struct pollfd readable = { .fd = stranger->fd, .events = POLLIN };

	for (;;) {
		stranger_read(stranger);
		if (stranger->ended || stranger->events >= events)
			return true;
		if (poll(&readable, 1, WAIT_SECONDS * 1000) <= 0)
			return false;
	}
}

bool stranger_await_end(struct stranger *stranger)
{
	return stranger_await(stranger, ~0ull);
}

/* ------------------------------------------------------------------ as somebody else */

#define SOMEBODY 4711 /* a user and a group without a name */

pid_t somebody_start(bool member, int (*act)(void *context), void *context)
{
	const struct group *group = getgrnam(GROUP);
	gid_t groups[] = { group ? group->gr_gid : 0 };
	pid_t child;

	if (!group)
		tap_bail("there is no group " GROUP);
	/* Where the program was built, nobody else may be able to look. */
	world_copy(world.program, "bin/cachewarden");
	fflush(stdout);
	child = fork();
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setgroups(member, groups) || setgid(SOMEBODY) || setuid(SOMEBODY))
		_exit(125);
	world.program = strdup(world_path("bin/cachewarden"));
	_exit(act(context));
}

int somebody_wait(pid_t somebody)
{
	int status;

	if (somebody < 0 || waitpid(somebody, &status, 0) != somebody || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

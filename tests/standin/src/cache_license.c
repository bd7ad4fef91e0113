/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * License traffic of the instance.
 *
 * A request is a datagram sent from a socket that is neither bound nor connected; its answer comes
 * back to whatever port the kernel chose. A query's answer is too long for a datagram: the process
 * listens on a TCP port of the kernel's choice, names it in the datagram, and clmanager connects
 * back to it.
 */
#include "cache.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"

static int datagram_send(int descriptor, const struct instance *instance, const char *text)
{
	struct sockaddr_in server = net_address(instance->license_address, instance->license_port);

	if (sendto(descriptor, text, strlen(text), 0, (struct sockaddr *)&server, sizeof(server)) <
	    0)
		return -errno;
	return 0;
}

static int exchange(int descriptor, const struct instance *instance, const char *text)
{
	char answer[LINE_SIZE];
	ssize_t count;
	int r = datagram_send(descriptor, instance, text);

	if (!r)
		r = await_readable(descriptor, WAIT_MS);
	if (r)
		return r;
	count = recvfrom(descriptor, answer, sizeof(answer) - 1, 0, NULL, NULL);
	if (count < 0)
		return -errno;
	answer[count] = '\0';
	return strncmp(answer, "GRANTED", 7) ? -EPROTO : 0;
}

int license_report(const struct instance *instance)
{
	int r, descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[64];

	if (descriptor < 0)
		return -errno;
	snprintf(text, sizeof(text), "REQUEST %d", (int)getpid());
	r = exchange(descriptor, instance, text);
	close(descriptor);
	return r;
}

static int answer_take(int listener)
{
	char line[LINE_SIZE];
	int r = await_readable(listener, WAIT_MS), peer;

	if (r)
		return r;
	peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (peer < 0)
		return -errno;
	r = line_read(peer, line, WAIT_MS);
	close(peer);
	if (!r && strncmp(line, "LICENSES ", 9) != 0)
		r = -EPROTO;
	return r;
}

int license_query(const struct instance *instance)
{
	int r, descriptor, listener = tcp_listen("127.0.0.1", 0);
	char text[64];

	if (listener < 0)
		return listener;
	descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = descriptor < 0 ? -errno : 0;
	snprintf(text, sizeof(text), "QUERY %d", socket_port(listener));
	if (!r)
		r = datagram_send(descriptor, instance, text);
	if (!r)
		r = answer_take(listener);
	if (descriptor >= 0)
		close(descriptor);
	close(listener);
	return r;
}

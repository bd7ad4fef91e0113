/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets of the stand-in's traffic; see net.h.
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"

struct sockaddr_in net_address(const char *address, unsigned int port)
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons((in_port_t)port) };

	if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
		die("not an IPv4 address: %s", address);
	return name;
}

static int bound_socket(int type, const char *address, unsigned int port)
{
	struct sockaddr_in name = net_address(address, port);
	int one = 1, r, descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -errno;
	/*
	 * A restart must not wait for connections in TIME_WAIT. Datagrams have no such state, and there
	 * the option would let two processes share the license port without an error.
	 */
	if (type == SOCK_STREAM)
		setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (!bind(descriptor, (struct sockaddr *)&name, sizeof(name)))
		return descriptor;
	r = -errno;
	close(descriptor);
	return r;
}

int tcp_listen(const char *address, unsigned int port)
{
	int r, descriptor = bound_socket(SOCK_STREAM, address, port);

	if (descriptor < 0 || !listen(descriptor, 64))
		return descriptor;
	r = -errno;
	close(descriptor);
	return r;
}

int udp_bind(const char *address, unsigned int port)
{
	return bound_socket(SOCK_DGRAM, address, port);
}

int tcp_connect(const char *address, unsigned int port)
{
	struct sockaddr_in name = net_address(address, port);
	int r, descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -errno;
	if (!connect(descriptor, (struct sockaddr *)&name, sizeof(name)))
		return descriptor;
	r = -errno;
	close(descriptor);
	return r;
}

int socket_port(int socket)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof(name);

	if (getsockname(socket, (struct sockaddr *)&name, &size))
		return -errno;
	return ntohs(name.sin_port);
}

int await_readable(int descriptor, int timeout_ms)
{
	struct pollfd ready = { .fd = descriptor, .events = POLLIN };
	int count;

	do {
		count = poll(&ready, 1, timeout_ms);
	} while (count < 0 && errno == EINTR);
	return count > 0 ? 0 : count < 0 ? -errno : -ETIMEDOUT;
}

int line_read(int descriptor, char line[static LINE_SIZE], int timeout_ms)
{
	size_t length = 0;

	while (length < LINE_SIZE - 1) {
		int r = await_readable(descriptor, timeout_ms);
		ssize_t count;

		if (r)
			return r;
		count = read(descriptor, line + length, 1);
		if (count < 0)
			return -errno;
		if (!count && !length)
			return -EPIPE;
		if (!count || line[length] == '\n')
			break;
		length++;
	}
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return 0;
}

int line_write(int descriptor, const char *format, ...)
{
	char line[LINE_SIZE];
	va_list arguments;
	size_t length, sent = 0;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	length = strlen(line);
	line[length++] = '\n';
	while (sent < length) {
		ssize_t count = write(descriptor, line + sent, length - sent);

		if (count < 0)
			return -errno;
		sent += (size_t)count;
	}
	return 0;
}

int line_exchange(const char *address, unsigned int port, const char *request,
		  char reply[static LINE_SIZE])
{
	int r, descriptor = tcp_connect(address, port);

	if (descriptor < 0)
		return descriptor;
	r = line_write(descriptor, "%s", request);
	if (!r)
		r = line_read(descriptor, reply, WAIT_MS);
	close(descriptor);
	return r;
}

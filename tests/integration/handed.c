/* SPDX-License-Identifier: GPL-2.0-only */
#include "handed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

#ifndef AF_SMC
#define AF_SMC 43
#endif

static int bound_with(int family, const char *port, int option, bool listening)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(port)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, option, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) || (listening && listen(fd, 1)))
		return -errno;
	return fd;
}

int handed_bound(const char *port, bool listening)
{
	return bound_with(AF_INET, port, SO_REUSEADDR, listening);
}

int handed_reusable(const char *port)
{
	return bound_with(AF_INET, port, SO_REUSEPORT, true);
}

int handed_smc(const char *port)
{
	return bound_with(AF_SMC, port, SO_REUSEADDR, true);
}

int handed_connected(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)atoi(port)),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (struct sockaddr *)&to, sizeof(to)) ? -errno : fd;
}

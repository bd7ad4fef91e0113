/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * elsewhere PIDFILE ECP-PORT UNLISTED-PORT: the other hosts, at 127.0.0.2.
 *
 * An ECP data server that answers and keeps each connection, and behind the unlisted port a TCP
 * listener and a UDP socket that take whatever comes: a deviation that nothing refuses must succeed,
 * or a test could not tell a refusal from an absent peer. Never governed: no policy names it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base.h"
#include "net.h"

#define ADDRESS "127.0.0.2"

enum { ECP, SINK_TCP, SINK_UDP, FIXED };

/* More clients than a run ever has at once; a further one is turned away. */
#define CLIENTS_MAX 64

static struct pollfd watched[FIXED + CLIENTS_MAX];

static void client_add(int client)
{
	for (int i = FIXED; i < FIXED + CLIENTS_MAX; i++) {
		if (watched[i].fd >= 0)
			continue;
		watched[i].fd = client;
		return;
	}
	close(client);
}

static void client_serve(struct pollfd *client)
{
	char line[LINE_SIZE];

	if (!line_read(client->fd, line, WAIT_MS) && !line_write(client->fd, "ECP server"))
		return;
	close(client->fd);
	client->fd = -1;
}

__attribute__((noreturn)) static void serve(void)
{
	char byte;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		if (poll(watched, ARRAY_SIZE(watched), -1) < 0)
			continue;
		for (size_t i = FIXED; i < ARRAY_SIZE(watched); i++)
			if (watched[i].fd >= 0 && watched[i].revents)
				client_serve(&watched[i]);
		if (watched[SINK_UDP].revents)
			recv(watched[SINK_UDP].fd, &byte, 1, MSG_DONTWAIT);
		for (int i = ECP; i <= SINK_TCP; i++) {
			int client = watched[i].revents
					     ? accept4(watched[i].fd, NULL, NULL, SOCK_CLOEXEC)
					     : -1;

			if (client >= 0 && i == ECP)
				client_add(client);
			else if (client >= 0)
				close(client);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int ecp, unlisted;
	pid_t pid;

	if (argc != 4)
		die("usage: elsewhere PIDFILE ECP-PORT UNLISTED-PORT");
	ecp = (unsigned int)atoi(argv[2]);
	unlisted = (unsigned int)atoi(argv[3]);
	for (size_t i = 0; i < ARRAY_SIZE(watched); i++)
		watched[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	watched[ECP].fd = tcp_listen(ADDRESS, ecp);
	watched[SINK_TCP].fd = tcp_listen(ADDRESS, unlisted);
	watched[SINK_UDP].fd = udp_bind(ADDRESS, unlisted);
	for (int i = 0; i < FIXED; i++)
		if (watched[i].fd < 0)
			die(ADDRESS " port %u: %s", i == ECP ? ecp : unlisted,
			    strerror(-watched[i].fd));
	/* It listens already: whoever waits for this program to end may connect. */
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid)
		return pidfile_write(argv[1], pid) ? 1 : 0;
	detach_streams();
	serve();
}

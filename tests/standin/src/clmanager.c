/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bin/clmanager PORT: the license server.
 *
 * Answers a REQUEST with a datagram to wherever it came from, and a QUERY by connecting to the TCP
 * port that the datagram names, at the sender's address. It listens on the loopback address of
 * [LicenseServers] only: nothing of the stand-in may be reached from outside the host.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cpf.h"
#include "net.h"

static void query_answer(const struct sockaddr_in *sender, unsigned int port)
{
	char address[INET_ADDRSTRLEN];
	int peer;

	inet_ntop(AF_INET, &sender->sin_addr, address, sizeof(address));
	peer = tcp_connect(address, port);
	if (peer < 0)
		return; /* the asker sees its own wait end */
	line_write(peer, "LICENSES 1 of 8 in use");
	close(peer);
}

static void serve(int descriptor)
{
	for (;;) {
		struct sockaddr_in sender;
		socklen_t size = sizeof(sender);
		char text[LINE_SIZE];
		unsigned int port;
		ssize_t count = recvfrom(descriptor, text, sizeof(text) - 1, 0,
					 (struct sockaddr *)&sender, &size);

		if (count < 0)
			continue;
		text[count] = '\0';
		if (sscanf(text, "QUERY %u", &port) == 1)
			query_answer(&sender, port);
		else if (!strncmp(text, "REQUEST", 7))
			sendto(descriptor, "GRANTED", 7, 0, (struct sockaddr *)&sender, size);
	}
}

int main(int argc, char **argv)
{
	struct instance instance;
	char root[ROOT_MAX], path[PATH_MAX];
	int descriptor;

	if (argc != 2)
		die("usage: clmanager PORT");
	root_find(root);
	instance_read(&instance, root);
	descriptor = udp_bind(instance.license_address, (unsigned int)atoi(argv[1]));
	if (descriptor < 0) {
		console(root, 2, "Generic.Event", "license port %s: %s", argv[1],
			strerror(-descriptor));
		die("port %s: %s", argv[1], strerror(-descriptor));
	}
	detach_streams();
	root_path(path, root, "mgr/clmanager.pid");
	if (pidfile_write(path, getpid()))
		die("cannot write %s", path);
	serve(descriptor);
}

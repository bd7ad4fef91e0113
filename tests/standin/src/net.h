/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sockets of the stand-in's traffic: IPv4, given as text address and port in host byte order.
 *
 * Functions that make a socket return a descriptor or a negative errno. Lines end with a newline on
 * the wire and are handed over without it.
 */
#ifndef STANDIN_NET_H
#define STANDIN_NET_H

#include <netinet/in.h>
#include <stddef.h>

#define LINE_SIZE 512

struct sockaddr_in net_address(const char *address, unsigned int port);

int tcp_listen(const char *address, unsigned int port);
int tcp_connect(const char *address, unsigned int port);
int udp_bind(const char *address, unsigned int port);

/* The port a socket is bound to, or a negative errno. */
int socket_port(int socket);

/* Waits until the descriptor is readable: 0, -ETIMEDOUT or another negative errno. */
int await_readable(int descriptor, int timeout_ms);

/* Reads up to the newline, one byte at a time: what follows it belongs to somebody else. */
int line_read(int descriptor, char line[static LINE_SIZE], int timeout_ms);

__attribute__((format(printf, 2, 3))) int line_write(int descriptor, const char *format, ...);

/* Connects, writes one line, reads one line, closes. */
int line_exchange(const char *address, unsigned int port, const char *request,
		  char reply[static LINE_SIZE]);

#endif

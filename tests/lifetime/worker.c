/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A governed process that tries what is refused, again and again, and counts how it went:
 *
 *	worker COUNTS REST TIMES
 *
 * COUNTS is a file shared with the test (struct counts); REST are microseconds between two tries. A port
 * is tried so many times, then the next, so that what is done to one can be told from what is done to others.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lifetime.h"

#define FIRST_PORT 10000
#define PORTS 19000

int main(int argc, char **argv)
{
	int fd = argc == 4 ? open(argv[1], O_RDWR) : -1, udp = socket(AF_INET, SOCK_DGRAM, 0);
	struct counts *counts;
	unsigned int times;
	long rest;

	if (fd < 0 || udp < 0)
		return 2;
	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counts == MAP_FAILED)
		return 2;
	rest = strtol(argv[2], NULL, 10) * 1000;
	times = (unsigned int)strtoul(argv[3], NULL, 10);
	for (unsigned int n = 0; !__atomic_load_n(&counts->stop, __ATOMIC_ACQUIRE); n++) {
		struct sockaddr_in to = { .sin_family = AF_INET,
					  .sin_port =
						  htons((uint16_t)(FIRST_PORT + n / times % PORTS)),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		int failed = connect(udp, (struct sockaddr *)&to, sizeof(to));

		if (failed && (errno == EPERM || errno == EACCES))
			__atomic_fetch_add(&counts->refused, 1, __ATOMIC_RELEASE);
		else
			__atomic_fetch_add(&counts->passed, 1, __ATOMIC_RELEASE);
		if (rest)
			nanosleep(&(struct timespec){ .tv_nsec = rest }, NULL);
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel does in one's place: share memory, give pages, ports and interpreters, exchange a socket. */
#include "actor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define TCP_ULP_OPTION 31 /* of <linux/tcp.h>, which cannot be had beside <netinet/in.h> */
#define IP_LOCAL_PORT_RANGE_OPTION 51 /* since 6.3 */

/* ------------------------------------------------------------------ memory */

/* A ring's entries, which one may write, as code. */
static int step_map_ring(struct actor *actor, char **arguments)
{
	struct io_uring_params parameters = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 4, &parameters);

	(void)actor;
	(void)arguments;
	if (fd < 0)
		return errno;
	return mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, IORING_OFF_SQES) ==
			       MAP_FAILED
		       ? errno
		       : 0;
}

static int page_give(void *to)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .range = { (uintptr_t)to, PAGE },
					 .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_copy copy = { .dst = (uintptr_t)to, .src = (uintptr_t)page, .len = PAGE };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	return fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range) ||
			       ioctl(fd, UFFDIO_COPY, &copy)
		       ? errno
		       : 0;
}

/* DIRECTORY: a tmpfs is mounted there, whose file is code and then filled. */
static int step_map_filled(struct actor *actor, char **arguments)
{
	void *code;
	int fd;

	(void)actor;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", arguments[0], "tmpfs", 0, NULL) || chdir(arguments[0]))
		return errno;
	fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	if (fd < 0 || ftruncate(fd, PAGE))
		return errno;
	code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return code == MAP_FAILED ? errno : page_give(code);
}

/* ------------------------------------------------------------------ programs */

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 || write(fd, text, strlen(text)) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

/* DIRECTORY SUFFIX PROGRAM: in a user namespace of one's own, files of this name are run by that program. */
static int step_interpreted(struct actor *actor, char **arguments)
{
	char path[256], line[256];

	(void)actor;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || write_to("/proc/self/setgroups", "deny") ||
	    write_to("/proc/self/uid_map", "0 0 1") || write_to("/proc/self/gid_map", "0 0 1") ||
	    mount("binfmt_misc", arguments[0], "binfmt_misc", 0, NULL))
		return errno;
	snprintf(path, sizeof(path), "%s/register", arguments[0]);
	snprintf(line, sizeof(line), ":actor:E::%s::%s:", arguments[1], arguments[2]);
	return write_to(path, line);
}

/* ------------------------------------------------------------------ sockets */

/* PROTOCOL on top of TCP: for some of them the descriptor is another socket then. */
static int step_become(struct actor *actor, char **arguments)
{
	return setsockopt(actor->socket, IPPROTO_TCP, TCP_ULP_OPTION, arguments[0],
			  (socklen_t)strlen(arguments[0]))
		       ? errno
		       : 0;
}

/* An IPv6 socket that is connected to a mapped address is one of IPv4 from now on. */
static int become_ipv4(int fd)
{
	int family = AF_INET;

	return setsockopt(fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family, sizeof(family));
}

static int step_become_ipv4(struct actor *actor, char **arguments)
{
	(void)arguments;
	return become_ipv4(actor->socket) ? errno : 0;
}

struct becoming {
	int fd;
	atomic_bool ready, now;
};

static void *become_beside(void *argument)
{
	struct becoming *becoming = argument;

	becoming->ready = true;
	while (!becoming->now)
		;
	return (void *)(intptr_t)become_ipv4(becoming->fd);
}

#define DELAY_FOREVER UINT32_MAX

/* One thread sends, while another makes it another socket. Returns how many were sent, or a negative error. */
static int send_while_becoming(char **arguments, unsigned int delay)
{
	struct becoming becoming = { .fd = actor_socket("udp6") };
	struct sockaddr_storage peer, address;
	socklen_t peer_length = actor_address(arguments[0], &peer);
	socklen_t length = actor_address(arguments[1], &address);
	pthread_t thread;
	int sent;

	if (becoming.fd < 0)
		return becoming.fd;
	if (connect(becoming.fd, (struct sockaddr *)&peer, peer_length) ||
	    pthread_create(&thread, NULL, become_beside, &becoming)) {
		close(becoming.fd);
		return -errno;
	}
	while (!becoming.ready)
		;
	becoming.now = true;
	if (delay == DELAY_FOREVER)
		pthread_join(thread, NULL);
	for (volatile unsigned int i = 0; delay != DELAY_FOREVER && i < delay; i++)
		;
	sent = (int)sendto(becoming.fd, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&address, length);
	if (sent < 0)
		sent = -errno;
	if (delay != DELAY_FOREVER)
		pthread_join(thread, NULL);
	close(becoming.fd);
	return sent;
}

/* PEER ADDRESS, many times, and once when it is done. Done if one was sent to where only IPv4 sends. */
static int step_send_while_becoming(struct actor *actor, char **arguments)
{
	int refused = ENETUNREACH;

	(void)actor;
	for (unsigned int i = 0; i <= 400; i++) {
		int sent = send_while_becoming(arguments, i < 400 ? i * 50 : DELAY_FOREVER);

		if (sent > 0)
			return 0;
		if (sent != -ENETUNREACH)
			refused = -sent;
	}
	return refused;
}

/* PORT: the only one that the kernel may choose. */
static int step_ports(struct actor *actor, char **arguments)
{
	uint32_t port = (uint32_t)atoi(arguments[0]);
	uint32_t range = port | port << 16;

	return setsockopt(actor->socket, IPPROTO_IP, IP_LOCAL_PORT_RANGE_OPTION, &range,
			  sizeof(range))
		       ? errno
		       : 0;
}

/* PORT: whether it was given. */
static int step_at(struct actor *actor, char **arguments)
{
	struct sockaddr_in name = { 0 };
	socklen_t size = sizeof(name);

	if (getsockname(actor->socket, (struct sockaddr *)&name, &size))
		return errno;
	return ntohs(name.sin_port) == atoi(arguments[0]) ? 0 : EADDRNOTAVAIL;
}

const struct actor_step kernel_steps[] = {
	{ "map-ring", 0, false, step_map_ring },
	{ "map-filled", 1, false, step_map_filled },
	{ "interpreted", 3, false, step_interpreted },
	{ "become", 1, false, step_become },
	{ "become-ipv4", 0, false, step_become_ipv4 },
	{ "send-while-becoming", 2, false, step_send_while_becoming },
	{ "ports", 1, false, step_ports },
	{ "at", 1, false, step_at },
	{ NULL },
};

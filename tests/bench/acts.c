/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The acts. Each is the cheapest call that takes the whole way through its hook, so that the hook is
 * not lost in the noise of the rest:
 *
 *	connect   a UDP socket, again and again
 *	turns     the same to two peers in turn: each has to be decided anew
 *	bind      of a socket that is bound already: the hook is asked before the kernel sees that
 *	sendto    a probe of the route (MSG_PROBE): all of a send but the packet
 *	exec      natively vfork, exec, exit, since the programs of the cgroup backend stand there; in the
 *	          guest a file of no known format, whose exec ends with ENOEXEC right after the hook
 *	mmap      of a file, executable, where something is already and may not be replaced: the hook is asked before
 *	          the kernel sees that. What it does to put a mapping in its place depends on all others
 *	open      of a file, to be read and written: the hook looks at others less
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#ifndef MSG_PROBE
#define MSG_PROBE 0x10 /* linux/socket.h; the C library has no name for it */
#endif

bool act_exec_whole;
uint32_t act_other_peer = BENCH_ADDRESS;

static int descriptor = -1;
static struct sockaddr_in peer;

static int udp_open(void)
{
	peer.sin_family = AF_INET;
	peer.sin_port = htons(BENCH_PORT);
	peer.sin_addr.s_addr = htonl(BENCH_ADDRESS);
	descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	return descriptor < 0 ? -errno : 0;
}

static void udp_close(void)
{
	close(descriptor);
}

static int connect_once(void)
{
	return connect(descriptor, (struct sockaddr *)&peer, sizeof(peer)) ? -errno : 0;
}

static int turns_once(void)
{
	peer.sin_addr.s_addr ^= htonl(BENCH_ADDRESS) ^ htonl(act_other_peer);
	return connect_once();
}

static int bind_open(void)
{
	int r = udp_open();

	if (r)
		return r;
	return bind(descriptor, (struct sockaddr *)&peer, sizeof(peer)) ? -errno : 0;
}

static int bind_once(void)
{
	if (!bind(descriptor, (struct sockaddr *)&peer, sizeof(peer)))
		return -EPROTO;
	return errno == EINVAL ? 0 : -errno;
}

static int send_once(void)
{
	return sendto(descriptor, NULL, 0, MSG_CONFIRM | MSG_PROBE, (struct sockaddr *)&peer,
		      sizeof(peer)) < 0
		       ? -errno
		       : 0;
}

/* ------------------------------------------------------------------ exec, mmap */

static char file_path[4096];

const char *act_file(void)
{
	char *slash;
	ssize_t n;

	if (file_path[0])
		return file_path;
	n = readlink("/proc/self/exe", file_path, sizeof(file_path) - 16);
	if (n < 0)
		return "";
	file_path[n] = '\0';
	slash = strrchr(file_path, '/');
	strcpy(slash + 1, act_exec_whole ? "nothing" : "noformat");
	return file_path;
}

static int exec_open(void)
{
	FILE *file;

	/* Only once: it is known by its ctime. */
	if (act_exec_whole || access(act_file(), X_OK) == 0)
		return 0;
	file = fopen(act_file(), "we");
	if (!file)
		return -errno;
	fputs("nothing that any format knows\n", file);
	fclose(file);
	return chmod(act_file(), 0755) ? -errno : 0;
}

static char *const no_arguments[] = { (char *)"nothing", NULL };
static char *const no_environment[] = { NULL };

static int exec_once(void)
{
	pid_t child;
	int status;

	if (!act_exec_whole) {
		execve(act_file(), no_arguments, no_environment);
		return errno == ENOEXEC ? 0 : -errno;
	}
	child = vfork();
	if (child == 0) {
		execve(file_path, no_arguments, no_environment);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -errno;
	return status ? -EACCES : 0;
}

#define PLACE 65536 /* a page on every architecture */
static char *place;

static int mmap_open(void)
{
	int r = exec_open();

	if (r)
		return r;
	place = mmap(NULL, PLACE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (place == MAP_FAILED)
		return -errno;
	descriptor = open(act_file(), O_RDONLY | O_CLOEXEC);
	return descriptor < 0 ? -errno : 0;
}

static int mmap_once(void)
{
	if (mmap(place, PLACE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED_NOREPLACE, descriptor,
		 0) != MAP_FAILED)
		return -EPROTO;
	return errno == EEXIST ? 0 : -errno;
}

static void mmap_close(void)
{
	munmap(place, PLACE);
	close(descriptor);
}

static int open_once(void)
{
	int fd = open(act_file(), O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : close(fd);
}

static void nothing_close(void)
{
}

const struct act acts[ACT_MAX] = {
	[ACT_CONNECT] = { "connect", udp_open, connect_once, udp_close },
	[ACT_TURNS] = { "connect in turn", udp_open, turns_once, udp_close },
	[ACT_BIND] = { "bind", bind_open, bind_once, udp_close },
	[ACT_SEND] = { "sendto", udp_open, send_once, udp_close },
	[ACT_EXEC] = { "exec", exec_open, exec_once, nothing_close },
	[ACT_MMAP] = { "mmap", mmap_open, mmap_once, mmap_close },
	[ACT_OPEN] = { "open", exec_open, open_once, nothing_close },
};

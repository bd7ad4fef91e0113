/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * refuse - a command in whose processes the kernel refuses some system calls
 *
 *	refuse WORD... -- COMMAND [ARGUMENT...]
 *
 * Hosts that have run out of something, or forbid it, are made by seccomp: nobody else on this host notices.
 * Exit status: the command's; 2: bad usage; 3: it cannot be done.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SOCKET_TYPE 0xf /* what is no flag of socket()'s second argument */
#define INSTRUCTIONS_MAX 64

static const struct {
	const char *word;
	int call;
	int error;
	/* The calls that have `value` in these bits of an argument; no bits: all calls. */
	unsigned int argument, bits, value;
} refusals[] = {
	{ "timers", __NR_timerfd_create, EMFILE, 0, 0, 0 },
	/* The C library then takes clone(), whose flags can be seen: fork() has others. */
	{ "threads", __NR_clone3, ENOSYS, 0, 0, 0 },
	{ "threads", __NR_clone, EAGAIN, 0, CLONE_THREAD, CLONE_THREAD },
	{ "inotify", __NR_inotify_init1, EMFILE, 0, 0, 0 },
	{ "capset", __NR_capset, EPERM, 0, 0, 0 },
	{ "netlink", __NR_socket, EAFNOSUPPORT, 0, ~0u, AF_NETLINK },
	/* SOCK_RAW alone would be netlink as well; other sockets for UDP need not say so. */
	{ "raw-udp", __NR_socket, EPERM, 2, ~0u, IPPROTO_UDP },
	{ "streams", __NR_socket, EPERM, 1, SOCKET_TYPE, SOCK_STREAM },
	{ "connect", __NR_connect, EPERM, 0, 0, 0 },
	{ "send-nothing", __NR_sendto, EPERM, 2, ~0u, 0 },
	{ "execve", __NR_execve, EPERM, 0, 0, 0 },
};

/* Add the instructions of a word's rows; false: there are none, or no room. */
static bool refusal_add(const char *word, struct sock_filter *filter, unsigned short *length)
{
	bool known = false;

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		/* All that this is built for is little-endian: the low half of an argument comes first. */
		unsigned int at = (unsigned int)offsetof(struct seccomp_data, args) +
				  8 * refusals[i].argument;
		const struct sock_filter instructions[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)refusals[i].call, 0, 4),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at),
			BPF_STMT(BPF_ALU | BPF_AND | BPF_K, refusals[i].bits),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refusals[i].value, 0, 1),
			BPF_STMT(BPF_RET | BPF_K,
				 SECCOMP_RET_ERRNO | (unsigned int)refusals[i].error),
		};
		size_t count = sizeof(instructions) / sizeof(instructions[0]);

		if (strcmp(word, refusals[i].word) != 0)
			continue;
		if (*length + count >= INSTRUCTIONS_MAX)
			return false;
		memcpy(filter + *length, instructions, sizeof(instructions));
		*length = (unsigned short)(*length + count);
		known = true;
	}
	return known;
}

/* By the one call that is never refused: the command's own first exec is not to be. */
static void run(char **command)
{
	int fd = open(command[0], O_PATH | O_CLOEXEC);

	if (fd >= 0)
		execveat(fd, "", command, environ, AT_EMPTY_PATH);
	perror(command[0]);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[INSTRUCTIONS_MAX];
	struct sock_fprog program = { 0, filter };
	int i = 1;

	for (; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!refusal_add(argv[i], filter, &program.len)) {
			fprintf(stderr, "refuse: no such word, or too many: %s\n", argv[i]);
			return 2;
		}
	if (i + 1 >= argc) {
		fprintf(stderr, "usage: refuse WORD... -- COMMAND [ARGUMENT...]\n");
		return 2;
	}
	filter[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("refuse: seccomp");
		return 3;
	}
	run(argv + i + 1);
	return 3;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same calls through io_uring, with the bare system calls: at submission, by a worker
 * (IOSQE_ASYNC), and by the kernel's polling thread. Each step makes a ring, one entry, and waits.
 */
#include "actor.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since 6.11; the headers of Debian 12 do not have them. */
#define OPERATION_BIND 56
#define OPERATION_LISTEN 57
#define OPERATION_SOCKET 45

struct ring {
	int fd;
	char *rings; /* submission and completion in one mapping, since 5.4 */
	struct io_uring_sqe *entries;
	struct io_uring_params parameters;
};

static int ring_map(struct ring *ring)
{
	size_t size = ring->parameters.cq_off.cqes +
		      ring->parameters.cq_entries * sizeof(struct io_uring_cqe);

	ring->rings = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, ring->parameters.sq_entries * sizeof(*ring->entries),
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	return ring->rings == MAP_FAILED || ring->entries == MAP_FAILED ? errno : 0;
}

static int ring_open(struct ring *ring, unsigned int flags)
{
	ring->parameters = (struct io_uring_params){ .flags = flags, .sq_thread_idle = 1000 };
	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->parameters);
	return ring->fd < 0 ? errno : ring_map(ring);
}

/* Submit the first entry, wait for its completion: 0 or its errno. */
static int ring_do(struct ring *ring)
{
	const struct io_sqring_offsets *submission = &ring->parameters.sq_off;
	const struct io_cqring_offsets *completion = &ring->parameters.cq_off;
	uint32_t *tail = (uint32_t *)(ring->rings + submission->tail);
	uint32_t *array = (uint32_t *)(ring->rings + submission->array);
	bool polled = ring->parameters.flags & IORING_SETUP_SQPOLL;
	const struct io_uring_cqe *done =
		(const struct io_uring_cqe *)(ring->rings + completion->cqes);

	array[0] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1,
		    IORING_ENTER_GETEVENTS | (polled ? IORING_ENTER_SQ_WAKEUP : 0), NULL, 0) < 0)
		return errno;
	return done->res < 0 ? -done->res : 0;
}

static int uring_act(int fd, unsigned int flags, struct io_uring_sqe entry)
{
	struct ring ring;
	int error = ring_open(&ring, flags);

	if (error)
		return error;
	entry.fd = fd;
	ring.entries[0] = entry;
	return ring_do(&ring);
}

static int uring_connect(struct actor *actor, const char *text, unsigned int setup,
			 unsigned char flags)
{
	struct sockaddr_storage address;
	unsigned int length = actor_address(text, &address);

	return uring_act(actor->socket, setup,
			 (struct io_uring_sqe){ .opcode = IORING_OP_CONNECT,
						.flags = flags,
						.addr = (uintptr_t)&address,
						.off = length });
}

static int step_connect(struct actor *actor, char **arguments)
{
	return uring_connect(actor, arguments[0], 0, 0);
}

static int step_connect_async(struct actor *actor, char **arguments)
{
	return uring_connect(actor, arguments[0], 0, IOSQE_ASYNC);
}

static int step_connect_polled(struct actor *actor, char **arguments)
{
	return uring_connect(actor, arguments[0], IORING_SETUP_SQPOLL, 0);
}

static int uring_sendmsg(struct actor *actor, const char *text, unsigned char flags)
{
	struct sockaddr_storage address;
	struct iovec part = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr message = { .msg_name = &address,
				  .msg_namelen = actor_address(text, &address),
				  .msg_iov = &part,
				  .msg_iovlen = 1 };

	return uring_act(actor->socket, 0,
			 (struct io_uring_sqe){ .opcode = IORING_OP_SENDMSG,
						.flags = flags,
						.addr = (uintptr_t)&message,
						.len = 1 });
}

static int step_sendmsg(struct actor *actor, char **arguments)
{
	return uring_sendmsg(actor, arguments[0], 0);
}

static int step_sendmsg_async(struct actor *actor, char **arguments)
{
	return uring_sendmsg(actor, arguments[0], IOSQE_ASYNC);
}

static int step_bind(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	unsigned int length = actor_address(arguments[0], &address);

	return uring_act(actor->socket, 0,
			 (struct io_uring_sqe){ .opcode = OPERATION_BIND,
						.addr = (uintptr_t)&address,
						.off = length });
}

static int step_listen(struct actor *actor, char **arguments)
{
	(void)arguments;
	return uring_act(actor->socket, 0,
			 (struct io_uring_sqe){ .opcode = OPERATION_LISTEN, .len = 4 });
}

/* Made by the kernel for the ring: family and type. */
static int step_socket(struct actor *actor, char **arguments)
{
	(void)actor;
	return uring_act(atoi(arguments[0]), 0,
			 (struct io_uring_sqe){ .opcode = OPERATION_SOCKET,
						.off = (unsigned int)atoi(arguments[1]) });
}

/* A datagram with the address in the entry, without a message header. */
static int step_send(struct actor *actor, char **arguments)
{
	struct sockaddr_storage address;
	unsigned int length = actor_address(arguments[0], &address);
	struct io_uring_sqe entry = { .opcode = IORING_OP_SEND,
				      .addr = (uintptr_t) "x",
				      .len = 1,
				      .off = (uintptr_t)&address };

	/* addr_len, a field that the headers of Debian 12 do not name so. */
	entry.file_index = length;
	return uring_act(actor->socket, 0, entry);
}

/* DESCRIPTOR: a ring that holds the socket, and behind it what is to be known of the ring: for another program. */
static int step_keep(struct actor *actor, char **arguments)
{
	int at = atoi(arguments[0]), known = memfd_create("actor", MFD_CLOEXEC);
	struct ring ring;
	int error = ring_open(&ring, 0);

	if (error)
		return error;
	return syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, &actor->socket, 1) ||
			       write(known, &ring.parameters, sizeof(ring.parameters)) < 0 ||
			       dup2(ring.fd, at) < 0 || dup2(known, at + 1) < 0
		       ? errno
		       : 0;
}

/* DESCRIPTOR: write to the socket in such a ring. */
static int step_write(struct actor *actor, char **arguments)
{
	struct ring ring = { .fd = atoi(arguments[0]) };
	int error;

	(void)actor;
	if (pread(ring.fd + 1, &ring.parameters, sizeof(ring.parameters), 0) < 0)
		return errno;
	error = ring_map(&ring);
	if (error)
		return error;
	ring.entries[0] = (struct io_uring_sqe){ .opcode = IORING_OP_SEND,
						 .flags = IOSQE_FIXED_FILE,
						 .addr = (uintptr_t) "x",
						 .len = 1 };
	return ring_do(&ring);
}

const struct actor_step uring_steps[] = {
	{ "uring-connect", 1, false, step_connect },
	{ "uring-connect-async", 1, false, step_connect_async },
	{ "uring-connect-polled", 1, false, step_connect_polled },
	{ "uring-sendmsg", 1, false, step_sendmsg },
	{ "uring-sendmsg-async", 1, false, step_sendmsg_async },
	{ "uring-bind", 1, false, step_bind },
	{ "uring-listen", 0, false, step_listen },
	{ "uring-socket", 2, false, step_socket },
	{ "uring-send", 1, false, step_send },
	{ "uring-keep", 1, false, step_keep },
	{ "uring-write", 1, false, step_write },
	{ NULL },
};

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes as /proc shows them: who they are, what they execute, their sockets, the locks they hold.
 * What a process chose itself (comm, arguments) is cut to a bound and otherwise as it is: whoever prints
 * it escapes it. `proc` is "/proc", or a test's.
 *
 * Nothing here is at one moment: a process may end, or execute, between two looks. Its start time tells
 * whether a pid is still the same.
 */
#ifndef CW_HOST_PROCESS_H
#define CW_HOST_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_ARGUMENTS_MAX 4096 /* bytes of an argument vector that are looked at */
#define PROCESS_FILES_MAX 65536 /* descriptors of one process */
#define PROCESS_SOCKETS_MAX 4096 /* sockets of one process that are kept */

struct process {
	uint32_t pid, parent;
	uint32_t real_uid, effective_uid;
	uint64_t start; /* nanoseconds since boot, suspend counted; to a hundredth of a second */
	uint32_t terminal; /* device of its controlling terminal; 0: none */
	char comm[17];
	char *executable; /* NULL: not readable, or a kernel thread */
	char *arguments; /* NUL behind each; never NULL */
	size_t arguments_length;
};

/* 0; -ESRCH: no such process; -EACCES where not even its status may be read; -ENOMEM. */
int process_read(const char *proc, uint32_t pid, struct process *ret);
void process_release(struct process *process);

/* True from before its exit is told to anybody until its pid is another's; also where there is none. */
bool process_ends(const char *proc, uint32_t pid);

/* Nanoseconds from boot to 1970: to be added to process.start for UTC. */
int64_t process_boot_time(void);

/* ---- sockets ---- */

struct process_socket {
	uint64_t inode;
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP */
	uint8_t family; /* AF_INET, AF_INET6; mapped addresses are AF_INET */
	bool listening; /* tcp: LISTEN; udp: bound, without a peer */
	uint8_t local[16], remote[16]; /* network byte order */
	uint16_t local_port, remote_port; /* remote_port 0: no peer */
};

/* All of one network namespace, by inode. */
struct socket_table {
	struct process_socket *sockets;
	size_t count, capacity;
};
void socket_table_release(struct socket_table *table);
/* The namespace of this process. 0 or -ENOMEM; what is not readable is left out. */
int socket_table_read(const char *proc, uint32_t pid, struct socket_table *ret);
const struct process_socket *socket_table_find(const struct socket_table *table, uint64_t inode);

/* ---- open files ---- */

struct process_file {
	bool socket;
	uint64_t inode; /* of a socket */
	bool writing; /* opened for writing */
	const char *path; /* of what is no socket */
};
/* Each descriptor, PROCESS_FILES_MAX at most, until the callback answers false. -EACCES: not ours to see. */
int process_files(const char *proc, uint32_t pid,
		  bool (*each)(void *context, const struct process_file *file), void *context);

/* ---- locks ---- */

struct file_lock {
	uint32_t pid;
	uint32_t major, minor;
	uint64_t inode;
};
struct lock_table {
	struct file_lock *locks;
	size_t count;
};
void lock_table_release(struct lock_table *table);
/* Held POSIX locks of the whole host; those that wait are none. 0 or a negative errno. */
int lock_table_read(const char *proc, struct lock_table *ret);

#endif

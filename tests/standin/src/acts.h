/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The deviations: one table that names every act, the operation it must be reported as, who does it,
 * and where it runs. The driver's list, the programs' dispatch and the tests all read this table.
 *
 * Each act runs in a child of its own, because a backend may answer with SIGKILL, and tells its
 * outcome through shared memory, which survives that.
 */
#ifndef STANDIN_ACTS_H
#define STANDIN_ACTS_H

#include "cpf.h"

/* Where an act runs: a child of the control process, a child of java, or a process of nobody's. */
enum place { PLACE_CACHE, PLACE_JAVA, PLACE_OUTSIDE, PLACE_HANDED };

/* X(symbol, name, operation, acting executable, place, what it does) */
#define ACTS(X) \
	X(EXEC_CALLOUT, "exec-callout", "exec", "sh", PLACE_CACHE, \
	  "a callout through the shell executes a program that is not listed") \
	X(EXEC_PROGRAM, "exec-program", "exec", "cache", PLACE_CACHE, \
	  "cache executes a program that is not listed") \
	X(EXEC_SCRIPT, "exec-script", "exec", "cache", PLACE_CACHE, \
	  "cache executes a script that is not listed") \
	X(EXEC_COPY, "exec-copy", "exec", "cache", PLACE_CACHE, \
	  "cache executes a copy of bin/clmanager") \
	X(EXEC_MEMORY, "exec-memory", "exec", "cache", PLACE_CACHE, \
	  "cache executes bin/clmanager's bytes from a memfd") \
	X(LIBRARY_FILE, "library-file", "library", "cache", PLACE_CACHE, \
	  "cache maps a file executable that everybody may write") \
	X(LIBRARY_MEMORY, "library-memory", "library", "cache", PLACE_CACHE, \
	  "cache maps anonymous memory executable") \
	X(SOCKET_RAW, "socket-raw", "socket", "cache", PLACE_CACHE, "cache makes a raw socket") \
	X(SOCKET_PACKET, "socket-packet", "socket", "cache", PLACE_CACHE, \
	  "cache makes a packet socket") \
	X(CONNECT_TCP, "connect-tcp", "connect", "cache", PLACE_CACHE, \
	  "cache connects to a TCP port that is not listed") \
	X(CONNECT_UDP, "connect-udp", "connect", "cache", PLACE_CACHE, \
	  "cache connects a UDP socket to a peer that is not listed") \
	X(CONNECT_MAPPED, "connect-mapped", "connect", "cache", PLACE_CACHE, \
	  "cache connects to the TCP port through an IPv4-mapped IPv6 address") \
	X(SEND_UDP, "send-udp", "send", "cache", PLACE_CACHE, \
	  "cache sends a datagram to a peer that is not listed, without connect") \
	X(BIND_TCP, "bind-tcp", "bind", "cache", PLACE_CACHE, \
	  "cache binds a TCP port that is not listed") \
	X(BIND_LICENSE, "bind-license", "bind", "cache", PLACE_CACHE, \
	  "cache binds the license port, which is clmanager's") \
	X(BIND_ADDRESS, "bind-address", "bind", "cache", PLACE_CACHE, \
	  "cache binds SuperServer's port on an address that is not listed") \
	X(LISTEN_UNBOUND, "listen-unbound", "listen", "java", PLACE_JAVA, \
	  "java listens on a socket that it never bound") \
	X(RECEIVE, "receive", "receive", "cache", PLACE_HANDED, \
	  "cache receives a connected socket from outside through SCM_RIGHTS") \
	X(GUARD_BIND, "guard-bind", "bind", "outside", PLACE_OUTSIDE, \
	  "a process outside binds SuperServer's port") \
	X(GUARD_CONNECT, "guard-connect", "connect", "outside", PLACE_OUTSIDE, \
	  "a process of an unlisted user connects to SuperServer") \
	X(GUARD_EXEC, "guard-exec", "exec", "outside", PLACE_OUTSIDE, \
	  "a process of an unlisted user executes bin/cache")

enum act_id {
#define ACT_SYMBOL(symbol, ...) ACT_##symbol,
	ACTS(ACT_SYMBOL)
#undef ACT_SYMBOL
		ACT_MAX
};

struct act {
	const char *name;
	const char *operation;
	const char *executable;
	enum place place;
	const char *says;
};

extern const struct act acts[ACT_MAX];

/* Not an errno: the act's process was ended by SIGKILL. */
#define ACT_KILLED (-4096)
/* Not an errno: recvmsg said MSG_CTRUNC, which is all a receiver is told of a withheld socket. */
#define ACT_WITHHELD (-4097)

#define WHAT_SIZE 256

/*
 * One act: 0, a negative errno, ACT_KILLED or ACT_WITHHELD. It writes what it is about to do before
 * it does it. The descriptor is of PLACE_HANDED: where the socket comes from.
 */
typedef int act_function(const struct instance *instance, int descriptor, char what[WHAT_SIZE]);

/* Returns ACT_MAX when there is none of that name. */
enum act_id act_find(const char *name);

/* Runs the function in a child of this process and writes the act's line into line. */
void act_run(enum act_id id, act_function *function, const struct instance *instance,
	     int descriptor, char *line, size_t size);

/* Parts of acts that inside and outside share; `what` is filled by them. */
int act_try_bind(int type, const char *address, unsigned int port, char what[WHAT_SIZE]);
int act_try_connect(int type, const char *address, unsigned int port, char what[WHAT_SIZE]);
/* Executes in a child of its own, with the streams on /dev/null; descriptor >= 0 executes that. */
int act_try_exec(const char *path, int descriptor, char *const arguments[]);

#endif

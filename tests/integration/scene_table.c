/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network, in every way to reach it: each family and protocol, each call that names an address,
 * each address that means another, whoever the caller is. The ports of the policy are neighbours of
 * those that it does not have.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acts.h"
#include "events.h"
#include "handed.h"
#include "daemon.h"
#include "rows.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char policy[] =
	"version: 1\n"
	"instance: table\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables:\n"
	"  entry:   { path: \"${root}/bin/entry\", entry: true }\n"
	"  second:  { path: \"${root}/bin/second\", entry: true }\n"
	"  entry32: { path: \"${root}/bin/entry32\", entry: true }\n"
	"  helper:  { path: \"${root}/bin/helper\" }\n"
	"exec:\n"
	"  - { id: helper, allow: helper, by: entry, why: \"the one program\" }\n"
	"bind:\n"
	"  - { id: served, allow: tcp/29310, by: entry, why: \"its port\" }\n"
	"  - { id: local, allow: [tcp/29311, udp/29311], at: 127.0.0.1, by: entry }\n"
	"  - { id: row, allow: tcp/29320-29324, by: [entry, second] }\n"
	"  - { id: chosen, allow: [tcp/ephemeral, udp/ephemeral], at: localhost, by: entry }\n"
	"  - { id: somebody, allow: tcp/29340, user: nobody, by: entry }\n"
	"  - { id: streams, allow: sctp/29345, by: entry }\n"
	"  - { id: one-end, allow: sctp/29346, at: 127.0.0.1, by: entry }\n"
	"  - { id: looked-at, audit: tcp/29350, by: entry }\n"
	"  - { id: whatever, allow: any/29360, by: second }\n"
	"connect:\n"
	"  - { id: listed, allow: tcp/29400, to: localhost, by: entry, why: \"its peer\" }\n"
	"  - { id: datagrams, allow: udp/29400, to: 127.0.0.1, by: [entry, helper] }\n"
	"  - { id: datagrams6, allow: udp/29501, to: \"::1\", by: entry }\n"
	"  - { id: associations, allow: sctp/29400, to: localhost, by: entry }\n"
	"  - { id: one-path, allow: sctp/29500, to: 127.2.3.4, by: entry }\n"
	"  - { id: prefix, allow: tcp/29500, to: [127.64.0.0/10, 127.2.3.4], by: entry }\n"
	"  - { id: as-nobody, allow: udp/29500, to: 127.9.9.9, user: nobody }\n"
	"  - { id: noted, allow: udp/29500, to: 127.8.8.8, action: audit }\n"
	"library: { trust: owners, anonymous: allow }\n"
	"sockets: { allow: [unix, inet, inet6, netlink, inet/seqpacket] }\n";

#define DENIED(name, act, operation, target) \
	{ \
		name, act, operation, target, NULL \
	}
#define ALLOWED(name, act, operation, target, rule) \
	{ \
		name, act, operation, target, rule \
	}

#define HERE "127.0.0.1:" UNLISTED
#define HERE6 "[::1]:" UNLISTED
#define MAPPED "[::ffff:127.0.0.1]:" UNLISTED
#define PEER "127.0.0.1:" LISTED

static const struct row connects[] = {
	DENIED("tcp", "socket tcp, connect " HERE, "connect", HERE),
	DENIED("tcp, IPv6", "socket tcp6, connect " HERE6, "connect", HERE6),
	DENIED("tcp, mapped address", "socket tcp6, connect " MAPPED, "connect", HERE),
	DENIED("tcp to 0.0.0.0", "socket tcp, connect 0.0.0.0:" UNLISTED, "connect", NULL),
	DENIED("tcp to ::", "socket tcp6, connect [::]:" UNLISTED, "connect", NULL),
	DENIED("udp", "socket udp, connect " HERE, "connect", HERE),
	DENIED("udp, IPv6", "socket udp6, connect " HERE6, "connect", HERE6),
	DENIED("udp, mapped address", "socket udp6, connect " MAPPED, "connect", HERE),
	DENIED("udp, IPv6 socket with an IPv4 address", "socket udp6, connect " HERE, "connect",
	       HERE),
	{ "udp-lite", "socket udplite, connect " HERE, "connect", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	DENIED("mptcp counts as tcp", "socket mptcp, connect " HERE, "connect", HERE),
	DENIED("mptcp, IPv6", "socket mptcp6, connect " HERE6, "connect", HERE6),
	{ "sctp", "socket sctp, connect " HERE, "connect", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	{ "sctp, connectx", "socket sctp, connectx " HERE, "connect", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	/* SCTP wants one port in all addresses of a list. */
	{ "sctp, connectx, second address", "socket sctp, connectx 127.2.3.4:" UNLISTED "+" HERE,
	  "connect", HERE, .cgroup = REFUSED, .cgroup_operation = "socket",
	  .cgroup_reason = "unresolved" },
	DENIED("a port beside the listed one", "socket udp, connect 127.0.0.1:29401", "connect",
	       "127.0.0.1:29401"),
	DENIED("a listed port's other protocol", "socket udp6, connect [::1]:" LISTED, "connect",
	       "[::1]:" LISTED),
	DENIED("below a prefix", "socket tcp, connect 127.63.255.255:" UNLISTED, "connect",
	       "127.63.255.255:" UNLISTED),
	DENIED("above a prefix", "socket tcp, connect 127.128.0.0:" UNLISTED, "connect",
	       "127.128.0.0:" UNLISTED),
	{ "another executable's peer", "socket tcp, connect " PEER, "connect", PEER,
	  .who = "second" },
	DENIED("another user's peer", "socket udp, connect 127.9.9.9:" UNLISTED, "connect",
	       "127.9.9.9:" UNLISTED),
	DENIED("after a listed one", "socket udp, connect " PEER ", connect " HERE, "connect",
	       HERE),
	DENIED("from a thread", "thread socket tcp, connect " HERE, "connect", HERE),
	DENIED("from a child", "fork socket tcp, connect " HERE, "connect", HERE),
	DENIED("from an orphan", "daemonize socket tcp, connect " HERE, "connect", HERE),
	DENIED("from another network namespace", "network socket udp, connect " HERE, "connect",
	       HERE),
	{ "from an executed program", "exec bin/helper socket tcp, connect " HERE, "connect", HERE,
	  .by = "helper" },
	{ "from a program executed after vfork", "exec-vfork bin/helper socket tcp, connect " HERE,
	  "connect", HERE, .by = "helper" },
	DENIED("io_uring", "socket tcp, uring-connect " HERE, "connect", HERE),
	DENIED("io_uring, by a worker", "socket tcp, uring-connect-async " HERE, "connect", HERE),
	DENIED("io_uring, by the polling thread", "socket tcp, uring-connect-polled " HERE,
	       "connect", HERE),
	{ "32-bit", "connect " UNLISTED, "connect", HERE, .who = "entry32" },
	{ "32-bit, socketcall", "call-connect " UNLISTED, "connect", HERE, .who = "entry32" },
	ALLOWED("a listed peer", "socket tcp, connect " PEER, "connect", PEER, "listed"),
	ALLOWED("localhost, IPv6", "socket tcp6, connect [::1]:" LISTED, "connect", "[::1]:" LISTED,
		"listed"),
	ALLOWED("localhost, mapped", "socket tcp6, connect [::ffff:127.0.0.1]:" LISTED, "connect",
		PEER, "listed"),
	ALLOWED("localhost, another number", "socket tcp, connect 127.77.0.1:" LISTED, "connect",
		"127.77.0.1:" LISTED, "listed"),
	ALLOWED("localhost as 0.0.0.0", "socket tcp, connect 0.0.0.0:" LISTED, "connect", NULL,
		"listed"),
	ALLOWED("localhost as ::", "socket tcp6, connect [::]:" LISTED, "connect", NULL, "listed"),
	ALLOWED("0.0.0.0 is the address that the socket has",
		"socket tcp, bind 127.0.0.9:0, connect 0.0.0.0:" LISTED, "connect",
		"127.0.0.9:" LISTED, "listed"),
	ALLOWED(":: is IPv4 to a socket with a mapped address",
		"socket tcp6, bind [::ffff:127.0.0.9]:0, connect [::]:" LISTED, "connect", PEER,
		"listed"),
	ALLOWED("mptcp by a rule for tcp", "socket mptcp, connect " PEER, "connect", PEER,
		"listed"),
	{ "udp-lite by a rule for udp", "socket udplite, connect " PEER, "connect", PEER,
	  "datagrams", .cgroup = REFUSED, .cgroup_operation = "socket",
	  .cgroup_reason = "unresolved" },
	{ "sctp", "socket sctp, connect " PEER, "connect", PEER, "associations", .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	ALLOWED("in a prefix, its first", "socket tcp, connect 127.64.0.0:" UNLISTED, "connect",
		"127.64.0.0:" UNLISTED, "prefix"),
	ALLOWED("in a prefix, its last", "socket tcp, connect 127.127.255.255:" UNLISTED, "connect",
		"127.127.255.255:" UNLISTED, "prefix"),
	ALLOWED("one address", "socket tcp, connect 127.2.3.4:" UNLISTED, "connect",
		"127.2.3.4:" UNLISTED, "prefix"),
	ALLOWED("by user", "socket udp, user 65534, connect 127.9.9.9:" UNLISTED, "connect",
		"127.9.9.9:" UNLISTED, "as-nobody"),
	ALLOWED("by effective user", "socket udp, effective 65534, connect 127.9.9.9:" UNLISTED,
		"connect", "127.9.9.9:" UNLISTED, "as-nobody"),
	{ "by what an executed program may", "exec bin/helper socket udp, connect " PEER, "connect",
	  PEER, "datagrams", .by = "helper" },
	{ "action: audit", "socket udp, connect 127.8.8.8:" UNLISTED, "connect",
	  "127.8.8.8:" UNLISTED, "noted", .watched = true },
	{ "disconnecting", "socket udp, connect " PEER ", connect unspec:0.0.0.0:0", "connect",
	  NULL, .unjudged = true },
};

static const struct row sends[] = {
	DENIED("sendto", "socket udp, send " HERE, "send", HERE),
	DENIED("sendto, IPv6", "socket udp6, send " HERE6, "send", HERE6),
	DENIED("sendto, mapped address", "socket udp6, send " MAPPED, "send", HERE),
	DENIED("sendto, IPv6 socket with an IPv4 address", "socket udp6, send " HERE, "send", HERE),
	DENIED("sendto, address without a family", "socket udp, send unspec:" HERE, "send", HERE),
	DENIED("sendto, address without a family, from what was an IPv6 socket",
	       "socket udp6, connect [::ffff:127.0.0.1]:" LISTED ", become-ipv4, send unspec:" HERE,
	       "send", HERE),
	ALLOWED("no address, from an IPv6 socket, to whom it is connected",
		"socket udp6, connect [::1]:29501, send unspec:" HERE, "connect", "[::1]:29501",
		"datagrams6"),
	DENIED("sendto past a connected peer", "socket udp, connect " PEER ", send " HERE, "send",
	       HERE),
	DENIED("sendmsg", "socket udp, sendmsg " HERE, "send", HERE),
	DENIED("sendmmsg", "socket udp, sendmmsg " HERE " " HERE, "send", HERE),
	DENIED("io_uring, sendmsg", "socket udp, uring-sendmsg " HERE, "send", HERE),
	DENIED("io_uring, sendmsg by a worker", "socket udp, uring-sendmsg-async " HERE, "send",
	       HERE),
	{ "udp-lite", "socket udplite, send " HERE, "send", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	{ "fast open", "socket tcp, fast-open " HERE, "send", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "connect" },
	{ "fast open, IPv6", "socket tcp6, fast-open " HERE6, "send", HERE6, .cgroup = REFUSED,
	  .cgroup_operation = "connect" },
	{ "fast open, mptcp", "socket mptcp, fast-open " HERE, "send", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "connect" },
	{ "sctp, to a new peer", "socket sctp-many, sendmsg " HERE, "send", HERE, .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	{ "32-bit", "send " UNLISTED, "send", HERE, .who = "entry32" },
	ALLOWED("to a listed peer", "socket udp, send " PEER, "send", PEER, "datagrams"),
	ALLOWED("with control data, to whom it is connected",
		"socket udp, connect " PEER ", send-from 127.0.0.1 -", "connect", PEER,
		"datagrams"),
	ALLOWED("to a listed peer, mapped", "socket udp6, sendmsg [::ffff:127.0.0.1]:" LISTED,
		"send", PEER, "datagrams"),
	{ "on a connected socket", "socket udp, connect " PEER ", write", "connect", PEER,
	  "datagrams" },
};

static const struct row binds[] = {
	DENIED("tcp", "socket tcp, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510"),
	DENIED("tcp, IPv6", "socket tcp6, bind [::1]:29510", "bind", "[::1]:29510"),
	DENIED("tcp, mapped address", "socket tcp6, bind [::ffff:127.0.0.1]:29510", "bind",
	       "127.0.0.1:29510"),
	DENIED("tcp, everywhere", "socket tcp, bind 0.0.0.0:29510", "bind", "0.0.0.0:29510"),
	DENIED("tcp, address without a family", "socket tcp, bind unspec:0.0.0.0:29510", "bind",
	       "0.0.0.0:29510"),
	DENIED("udp", "socket udp, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510"),
	DENIED("udp, a port that the kernel chooses, everywhere", "socket udp, bind 0.0.0.0:0",
	       "bind", "0.0.0.0:0"),
	{ "udp-lite", "socket udplite, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510",
	  .cgroup = REFUSED, .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	DENIED("mptcp", "socket mptcp, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510"),
	{ "sctp", "socket sctp, bind 127.0.0.1:29510", "bind", "127.0.0.1:29510", .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	{ "sctp, bindx", "socket sctp, bindx 127.0.0.1:29510", "bind", "127.0.0.1:29510",
	  .cgroup = REFUSED, .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	{ "sctp, bindx, second address", "socket sctp, bindx 127.0.0.1:29346+127.0.0.9:29346",
	  "bind", "127.0.0.9:29346", .cgroup = REFUSED, .cgroup_operation = "socket",
	  .cgroup_reason = "unresolved" },
	DENIED("the other address of a port", "socket tcp, bind 127.0.0.2:29311", "bind",
	       "127.0.0.2:29311"),
	DENIED("every address of a port", "socket tcp, bind 0.0.0.0:29311", "bind",
	       "0.0.0.0:29311"),
	DENIED("a port's other protocol", "socket udp, bind 127.0.0.1:29310", "bind",
	       "127.0.0.1:29310"),
	DENIED("below a range", "socket tcp, bind 127.0.0.1:29319", "bind", "127.0.0.1:29319"),
	DENIED("above a range", "socket tcp, bind 127.0.0.1:29325", "bind", "127.0.0.1:29325"),
	{ "another executable's port", "socket tcp, bind 127.0.0.1:29310", "bind",
	  "127.0.0.1:29310", .who = "second" },
	DENIED("another user's port", "socket tcp, bind 127.0.0.1:29340", "bind",
	       "127.0.0.1:29340"),
	DENIED("io_uring", "socket tcp, uring-bind 127.0.0.1:29510", "bind", "127.0.0.1:29510"),
	{ "32-bit", "bind 29510", "bind", "127.0.0.1:29510", .who = "entry32" },
	ALLOWED("a listed port", "socket tcp, bind 0.0.0.0:29310", "bind", "0.0.0.0:29310",
		"served"),
	ALLOWED("a listed port, IPv6", "socket tcp6, bind [::]:29310", "bind", "[::]:29310",
		"served"),
	ALLOWED("mptcp by a rule for tcp", "socket mptcp, bind 127.0.0.1:29310", "bind",
		"127.0.0.1:29310", "served"),
	ALLOWED("at the listed address", "socket udp, bind 127.0.0.1:29311", "bind",
		"127.0.0.1:29311", "local"),
	ALLOWED("at the listed address, mapped", "socket tcp6, bind [::ffff:127.0.0.1]:29311",
		"bind", "127.0.0.1:29311", "local"),
	ALLOWED("the first of a range", "socket tcp, bind 127.0.0.1:29320", "bind",
		"127.0.0.1:29320", "row"),
	{ "the last of a range", "socket tcp, bind 127.0.0.1:29324", "bind", "127.0.0.1:29324",
	  "row", .who = "second" },
	ALLOWED("a port that the kernel chooses", "socket tcp, bind 127.0.0.1:0", "bind",
		"127.0.0.1:0", "chosen"),
	ALLOWED("by user", "socket tcp, user 65534, bind 127.0.0.1:29340", "bind",
		"127.0.0.1:29340", "somebody"),
	{ "sctp", "socket sctp, bind 127.0.0.1:29345", "bind", "127.0.0.1:29345", "streams",
	  .cgroup = REFUSED, .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	{ "audit", "socket tcp, bind 127.0.0.1:29350", "bind", "127.0.0.1:29350", "looked-at",
	  .watched = true },
	{ "any protocol", "socket udp, bind 127.0.0.1:29360", "bind", "127.0.0.1:29360", "whatever",
	  .who = "second" },
};

static const struct row listens[] = {
	DENIED("without bind", "socket tcp, listen", "listen", "0.0.0.0:0"),
	DENIED("without bind, IPv6", "socket tcp6, listen", "listen", "[::]:0"),
	DENIED("without bind, mptcp", "socket mptcp, listen", "listen", "0.0.0.0:0"),
	{ "without bind, sctp", "socket sctp, listen", "listen", "0.0.0.0:0", .cgroup = REFUSED,
	  .cgroup_operation = "socket", .cgroup_reason = "unresolved" },
	DENIED("without bind, io_uring", "socket tcp, uring-listen", "listen", "0.0.0.0:0"),
	DENIED("without bind, from a child", "fork socket tcp, listen", "listen", "0.0.0.0:0"),
	ALLOWED("on a listed port", "socket tcp, bind 127.0.0.1:29310, listen", "listen",
		"127.0.0.1:29310", "served"),
	ALLOWED("on a port that the kernel chose", "socket tcp, bind 127.0.0.1:0, listen", "listen",
		"127.0.0.1:0", "chosen"),
	ALLOWED("on a listed port, mptcp", "socket mptcp, bind 127.0.0.1:29310, listen", "listen",
		"127.0.0.1:29310", "served"),
	{ "on a listed port, sctp", "socket sctp, bind 127.0.0.1:29345, listen", "listen",
	  "127.0.0.1:29345", "streams", .cgroup = REFUSED, .cgroup_operation = "socket",
	  .cgroup_reason = "unresolved" },
};

static const struct row sockets[] = {
	DENIED("raw", "socket raw", "socket", NULL),
	DENIED("raw, IPv6", "socket raw6", "socket", NULL),
	DENIED("ping, which is raw in all but name", "socket ping", "socket", NULL),
	{ "packet", "socket packet", "socket", NULL, .cgroup = ABSENT },
	{ "vsock", "socket vsock", "socket", NULL, .cgroup = ABSENT },
	{ "key", "socket key", "socket", NULL, .cgroup = ABSENT },
	{ "alg", "socket alg", "socket", NULL, .cgroup = ABSENT },
	{ "tipc", "socket tipc", "socket", NULL, .cgroup = ABSENT },
	{ "unix", "socket unix", "socket", NULL, .unjudged = true },
	{ "a pair", "pair", "socket", NULL, .unjudged = true },
	{ "netlink", "socket netlink", "socket", NULL, .unjudged = true },
};

/* ------------------------------------------------------------------ received sockets */

static int bound_unlisted(void)
{
	return handed_bound("29510", false);
}

static int listening_unlisted(void)
{
	return handed_bound("29510", true);
}

static int bound_listed(void)
{
	return handed_bound("29310", false);
}

static int connected_unlisted(void)
{
	return handed_connected(UNLISTED);
}

static int connected_listed(void)
{
	return handed_connected(LISTED);
}

static int fresh(void)
{
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static char take_act[64]; /* take PID DESCRIPTOR of a bound socket of another process */

static const struct row receives[] = {
	{ "bound", "receive", "receive", "127.0.0.1:29510", .hand = bound_unlisted },
	{ "listening", "receive", "receive", "127.0.0.1:29510", .hand = listening_unlisted },
	{ "connected", "receive", "receive", HERE, .hand = connected_unlisted },
	{ "taken out of another process", take_act, "receive", "127.0.0.1:29511" },
	{ "bound to a listed port", "receive", "receive", "127.0.0.1:29310", "served",
	  .hand = bound_listed, .cgroup = ABSENT },
	{ "connected to a listed peer", "receive", "receive", PEER, "listed",
	  .hand = connected_listed, .cgroup = ABSENT },
	{ "neither bound nor connected", "receive", "receive", NULL, .hand = fresh,
	  .unjudged = true },
	{ "a fresh one, then connected", "receive, connect " HERE, "connect", HERE, .hand = fresh },
};

/* ------------------------------------------------------------------ the scene */

#define TABLE(rows) \
	{ \
		"table", false, rows, sizeof(rows) / sizeof((rows)[0]) \
	}

static bool holder_told(void *context)
{
	(void)context;
	return act_teller("told.holder") > 0;
}

void scene_table(void)
{
	static const struct table tables[] = {
		TABLE(connects), TABLE(sends),	 TABLE(binds),
		TABLE(listens),	 TABLE(sockets), TABLE(receives),
	};
	struct running holder;

	policy_write("table", "");
	if (!tap_ok(daemon_reload(), "table: not in force"))
		return;
	/* It is governed as its taker is, and runs what that may execute: else reaching into it would be
	 * refused already. */
	act_start(&holder, "entry",
		  "fork exec bin/helper socket tcp, bind 127.0.0.1:29511, place 9, tell "
		  "told.holder, await gate");
	if (!wait_until(holder_told, NULL))
		tap_bail("nobody holds a socket");
	policy_write("table", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "table: in force"))
		return;
	snprintf(take_act, sizeof(take_act), "take %d 9", (int)act_teller("told.holder"));
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		rows_run(&tables[i]);
	gate_open();
	act_wait(&holder);
	policy_write("table", "");
}

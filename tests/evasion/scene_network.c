/* SPDX-License-Identifier: GPL-2.0-only */
/* Other calls, other protocols, other addresses, other places: the same peer, or the same port. */
#include <unistd.h>

#include "evasion.h"
#include "../integration/handed.h"
#include "../integration/world.h"

static const char policy[] =
	"version: 1\n"
	"instance: network\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables:\n"
	"  entry:   { path: \"${root}/bin/entry\", entry: true }\n"
	"  entry32: { path: \"${root}/bin/entry32\", entry: true }\n"
	"exec: off\n"
	"bind:\n"
	"  - { id: one-end, allow: sctp/29346, at: 127.0.0.1, by: entry }\n"
	"  - { id: source, allow: [tcp/ephemeral, udp/ephemeral], at: 127.0.0.9, by: entry }\n"
	"connect:\n"
	"  - { id: listed, allow: [tcp/29400, udp/29400], to: 127.0.0.1, by: entry }\n"
	"  - { id: listed-any, allow: any/29401, to: 127.0.0.1, by: entry }\n"
	"  - { id: listed6, allow: udp/29501, to: \"::1\", by: entry }\n"
	"  - { id: one-path, allow: sctp/29500, to: 127.2.3.4, by: entry }\n"
	"library: off\n"
	"sockets: { allow: [unix, inet, inet6, netlink, inet/seqpacket] }\n";

#define HERE "127.0.0.1:" UNLISTED
#define HERE6 "[::1]:" UNLISTED
#define MAPPED "[::ffff:127.0.0.1]:" UNLISTED
#define PEER "127.0.0.1:" LISTED
#define LISTED6 "[::1]:29501"
#define AT "127.0.0.1:29510"

/* At a protocol whose addresses the cgroup backend does not see, it refuses the socket. */
#define AS_SOCKET .otherwise = "socket"
#define AS_CONNECT .otherwise = "connect"

static const struct evasion rows[] = {
	{ "io_uring", "connect", "socket tcp, uring-connect " HERE, "connect" },
	{ "io_uring", "connect, by a worker", "socket tcp, uring-connect-async " HERE, "connect" },
	{ "io_uring", "connect, by the polling thread", "socket tcp, uring-connect-polled " HERE,
	  "connect" },
	{ "io_uring", "datagram", "socket udp, uring-sendmsg " HERE, "send" },
	{ "io_uring", "datagram, by a worker", "socket udp, uring-sendmsg-async " HERE, "send" },
	{ "io_uring", "datagram, address in the entry", "socket udp, uring-send " HERE, "send" },
	{ "io_uring", "bind", "socket tcp, uring-bind " AT, "bind" },
	{ "io_uring", "listen", "socket tcp, uring-listen", "listen" },
	{ "io_uring", "raw socket", "uring-socket 2 3", "socket" },
	{ "io_uring", "packet socket", "uring-socket 17 3", "socket", "families" },
	{ "fast open", "sendto", "socket tcp, fast-open " HERE, "send", AS_CONNECT },
	{ "fast open", "sendmsg", "socket tcp, fast-open-message " HERE, "send", AS_CONNECT },
	{ "fast open", "IPv6", "socket tcp6, fast-open-message " HERE6, "send", AS_CONNECT },
	{ "fast open", "mapped address", "socket tcp6, fast-open " MAPPED, "send", AS_CONNECT },
	{ "fast open", "MPTCP, sendmsg", "socket mptcp, fast-open-message " HERE, "send",
	  AS_CONNECT },
	{ "fast open", "MPTCP, sendto when a deferred connection was given up",
	  "socket mptcp, deferred, connect " PEER ", connect unspec:0.0.0.0:0, send " HERE, "send",
	  AS_CONNECT },
	{ "fast open", "connect that waits for the first write",
	  "socket tcp, fast-open-connect " HERE, "connect" },
	{ "datagram", "connect", "socket udp, connect " HERE, "connect" },
	{ "datagram", "sendto", "socket udp, send " HERE, "send" },
	{ "datagram", "sendmsg", "socket udp, sendmsg " HERE, "send" },
	{ "datagram", "sendmmsg", "socket udp, sendmmsg " HERE " " HERE, "send" },
	{ "datagram", "sendmmsg, second message", "socket udp, sendmmsg " PEER " " HERE, "send" },
	{ "datagram", "past the peer of a connected socket",
	  "socket udp, connect " PEER ", send " HERE, "send" },
	{ "datagram", "connected again", "socket udp, connect " PEER ", connect " HERE, "connect" },
	{ "datagram", "disconnected, connected again",
	  "socket udp, connect " PEER ", connect unspec:0.0.0.0:0, connect " HERE, "connect" },
	{ "AF_UNSPEC", "bind", "socket tcp, bind unspec:0.0.0.0:29510", "bind" },
	{ "AF_UNSPEC", "bind, datagrams", "socket udp, bind unspec:0.0.0.0:29510", "bind" },
	{ "AF_UNSPEC", "send", "socket udp, send unspec:" HERE, "send" },
	{ "AF_UNSPEC", "sendmsg", "socket udp, sendmsg unspec:" HERE, "send" },
	{ "AF_UNSPEC", "send, from what was an IPv6 socket",
	  "socket udp6, connect [::ffff:127.0.0.1]:" LISTED ", become-ipv4, send unspec:" HERE,
	  "send" },
	{ "AF_UNSPEC", "send, while an IPv6 socket becomes one of IPv4",
	  "send-while-becoming [::ffff:127.0.0.1]:" LISTED " unspec:" HERE, "send" },
	{ "MPTCP", "connect", "socket mptcp, connect " HERE, "connect" },
	{ "MPTCP", "connect, IPv6", "socket mptcp6, connect " HERE6, "connect" },
	{ "MPTCP", "bind", "socket mptcp, bind " AT, "bind" },
	{ "MPTCP", "listen", "socket mptcp, listen", "listen" },
	{ "MPTCP", "io_uring connect", "socket mptcp, uring-connect " HERE, "connect" },
	{ "SCTP", "connect", "socket sctp, connect " HERE, "connect", AS_SOCKET },
	{ "SCTP", "connectx", "socket sctp, connectx " HERE, "connect", AS_SOCKET },
	{ "SCTP", "connectx, second address", "socket sctp, connectx 127.2.3.4:" UNLISTED "+" HERE,
	  "connect", AS_SOCKET },
	{ "SCTP", "bind", "socket sctp, bind " AT, "bind", AS_SOCKET },
	{ "SCTP", "bindx", "socket sctp, bindx " AT, "bind", AS_SOCKET },
	{ "SCTP", "bindx, second address", "socket sctp, bindx 127.0.0.1:29346+127.0.0.9:29346",
	  "bind", AS_SOCKET },
	{ "SCTP", "listen", "socket sctp, listen", "listen", AS_SOCKET },
	{ "SCTP", "message to a new peer", "socket sctp-many, sendmsg " HERE, "send", AS_SOCKET },
	{ "SCTP", "message to a new peer, one at a time", "socket sctp, sendmsg " HERE, "send",
	  AS_SOCKET },
	{ "SCTP", "message to a new peer, further address",
	  "socket sctp-many, send-also 127.2.3.4:29500 127.0.0.1", "send", AS_SOCKET },
	{ "SCTP", "connectx, as it was", "socket sctp, connectx-old " HERE, "connect", AS_SOCKET },
	{ "SCTP", "connectx, asked for", "socket sctp, connectx-asked " HERE, "connect",
	  AS_SOCKET },
	{ "source route", "kept by the socket",
	  "socket udp, source-route 127.0.0.9, connect " PEER ", write", "socket", "routes" },
	{ "source route", "once it is connected",
	  "socket udp, connect " PEER ", source-route 127.0.0.9, write", "socket", "routes" },
	{ "source route", "of an IPv6 socket",
	  "socket udp6, source-route 127.0.0.9, connect [::ffff:127.0.0.1]:" LISTED ", write",
	  "socket", "routes" },
	{ "source route", "of one message", "socket udp, send-routed 127.0.0.9 " PEER, "socket",
	  "routes" },
	{ "source route", "of one message, to whom it is connected",
	  "socket udp, connect " PEER ", send-routed 127.0.0.9 -", "socket", "routes" },
	{ "source route", "of a second message to the same peer",
	  "socket udp, send-routed-second 127.0.0.9 " PEER, "socket", "further-messages" },
	{ "routing header", "segments",
	  "socket udp6, routing-header 4 ::1, connect " LISTED6 ", write", "socket", "routes" },
	{ "routing header", "of a mobile host",
	  "socket udp6, routing-header 2 ::1, connect " LISTED6 ", write", "socket", "routes" },
	{ "routing header", "as control data that stays",
	  "socket udp6, packet-options ::1, connect " LISTED6 ", write", "socket", "routes" },
	{ "routing header", "of a flow label", "socket udp6, flow-label ::1", "socket", "routes" },
	{ "routing header", "of one message", "socket udp6, send-routed6 ::1 " LISTED6, "socket",
	  "routes" },
	{ "routing header", "of one message, as it was",
	  "socket udp6, send-routed6-old ::1 " LISTED6, "socket", "routes" },
	{ "another source", "of one message", "socket udp, send-from 127.0.0.9 " PEER, "bind",
	  "sources" },
	{ "UDP-Lite", "connect", "socket udplite, connect " HERE, "connect", AS_SOCKET },
	{ "UDP-Lite", "send", "socket udplite, send " HERE, "send", AS_SOCKET },
	{ "UDP-Lite", "bind", "socket udplite, bind " AT, "bind", AS_SOCKET },
	{ "other protocols", "DCCP", "socket dccp", "socket" },
	{ "other protocols", "SMC", "socket smc", "socket", "families" },
	{ "other protocols", "SMC as a protocol of TCP", "socket tcp-smc, connect " HERE, "connect",
	  AS_SOCKET },
	{ "other protocols", "RDS", "socket rds", "socket", "families" },
	{ "other protocols", "what a TCP socket becomes, connect",
	  "socket tcp, become smc, connect " HERE, "socket", AS_CONNECT },
	{ "other protocols", "what a TCP socket becomes, bind", "socket tcp, become smc, bind " AT,
	  "socket", .otherwise = "bind" },
	{ "other protocols", "what a TCP socket becomes, listen", "socket tcp, become smc, listen",
	  "socket", .otherwise = "listen" },
	{ "other protocols", "L2TP", "socket l2tp, connect " HERE, "connect", AS_SOCKET },
	{ "other protocols", "L2TP, which has no port that could be listed",
	  "socket l2tp, send 127.0.0.1:29401", "send", AS_SOCKET },
	{ "AF_UNSPEC", "send, L2TP over IPv6", "socket l2tp6, send unspec6:" HERE6, "send",
	  AS_SOCKET },
	{ "mapped address", "IPv4 in IPv6", "socket tcp6, connect " MAPPED, "connect" },
	{ "mapped address", "datagram", "socket udp6, send " MAPPED, "send" },
	{ "mapped address", "IPv4 given to an IPv6 socket", "socket udp6, connect " HERE,
	  "connect" },
	{ "mapped address", "datagram to IPv4 from an IPv6 socket", "socket udp6, sendmsg " HERE,
	  "send" },
	{ "mapped address", "bind", "socket tcp6, bind [::ffff:127.0.0.1]:29510", "bind" },
	{ "no address", "this host as 0.0.0.0", "socket tcp, connect 0.0.0.0:" UNLISTED,
	  "connect" },
	{ "no address", "this host as ::", "socket tcp6, connect [::]:" UNLISTED, "connect" },
	{ "no address", "mapped 0.0.0.0", "socket tcp6, connect [::ffff:0.0.0.0]:" UNLISTED,
	  "connect" },
	{ "no address", "0.0.0.0 is the address that the socket has",
	  "socket udp, bind 127.0.0.9:0, connect 0.0.0.0:" LISTED, "connect" },
	{ "no address", "0.0.0.0 is the address that the socket has, mapped",
	  "socket udp6, bind [::ffff:127.0.0.9]:0, connect [::ffff:0.0.0.0]:" LISTED, "connect" },
	{ "no address", "0.0.0.0 is the address that the socket has, datagram",
	  "socket udp, bind 127.0.0.9:0, send 0.0.0.0:" LISTED, "send" },
	{ "no address", "0.0.0.0 is where the message says it comes from",
	  "socket udp, send-from 127.0.0.9 0.0.0.0:" LISTED, "send" },
	{ "no address", "0.0.0.0 is an address of the socket's interface",
	  "socket udp, interface lo, connect 0.0.0.0:" LISTED, "connect" },
	{ "no address", "0.0.0.0 is an address of MPTCP's interface, not what was its address",
	  "socket mptcp, connect " PEER ", connect unspec:0.0.0.0:0, interface lo, "
	  "connect 0.0.0.0:" LISTED,
	  "connect" },
	{ "no address", "0.0.0.0 is an address of the interface for datagrams",
	  "socket udp, interface-for-datagrams lo, send 0.0.0.0:" LISTED, "send" },
	{ "no address", "0.0.0.0 is an address of the interface that the message names",
	  "socket udp, send-by-interface lo 0.0.0.0:" LISTED, "send", "named-interfaces" },
	{ "no address", ":: is IPv4 to a socket with a mapped address",
	  "socket udp6, bind [::ffff:127.0.0.9]:0, connect [::]:29501", "connect" },
	{ "no address", ":: is IPv4 to a socket with a mapped address, datagram",
	  "socket udp6, bind [::ffff:127.0.0.9]:0, send [::]:29501", "send" },
	{ "32-bit calls", "connect", "connect " UNLISTED, "connect", .who = "entry32" },
	{ "32-bit calls", "socketcall", "call-connect " UNLISTED, "connect", .who = "entry32" },
	{ "32-bit calls", "bind", "bind 29510", "bind", .who = "entry32" },
	{ "32-bit calls", "send", "send " UNLISTED, "send", .who = "entry32" },
	{ "listen", "without bind", "socket tcp, listen", "listen" },
	{ "listen", "without bind, IPv6", "socket tcp6, listen", "listen" },
	{ "bind", "to a port that the kernel chooses", "socket tcp, bind 127.0.0.1:0", "bind" },
	{ "bind", "everywhere, to a port that the kernel chooses", "socket tcp6, bind [::]:0",
	  "bind" },
	{ "SO_REUSEPORT", "on a port that another holds",
	  "socket tcp, reuse-port, bind 127.0.0.1:29512", "bind" },
	{ "namespaces", "user", "space user, socket udp, connect " HERE, "connect" },
	{ "namespaces", "network", "network, socket udp, connect " HERE, "connect" },
	{ "namespaces", "network of one's own user namespace",
	  "space user, network, socket udp, send " HERE, "send" },
	{ "namespaces", "mount", "space mount, socket udp, connect " HERE, "connect" },
	{ "namespaces", "process, its first", "space pid, fork, socket udp, connect " HERE,
	  "connect" },
	{ "namespaces", "control group", "space cgroup, socket udp, connect " HERE, "connect" },
	{ "namespaces", "setns to the host's network",
	  "enter /proc/1/ns/net, socket udp, connect " HERE, "connect" },
	{ "namespaces", "listen as the first of a process namespace",
	  "space pid, fork, socket tcp, listen", "listen" },
	{ "control groups", "another", "group data/groups/cw-evasion, socket udp, connect " HERE,
	  "connect" },
	{ "control groups", "another, listening",
	  "group data/groups/cw-evasion, socket tcp, listen", "listen" },
	{ "other sockets", "raw", "socket raw", "socket" },
	{ "other sockets", "raw, IPv6", "socket raw6", "socket" },
	{ "other sockets", "ping", "socket ping", "socket" },
	{ "other sockets", "packet", "socket packet", "socket", "families" },
	{ "other sockets", "vsock", "socket vsock", "socket", "families" },
	{ "other sockets", "XDP", "socket xdp", "socket", "families" },
	{ "other sockets", "TIPC", "socket tipc", "socket", "families" },
	{ "other sockets", "key", "socket key", "socket", "families" },
	{ "other sockets", "alg", "socket alg", "socket", "families" },
};

/* Where kinds of sockets are not judged, or only watched, addresses are nevertheless. */
#define LOOSE(name, sockets) \
	"version: 1\n" \
	"instance: " name "\n" \
	"root: @ROOT@\n" \
	"mode: enforce\n" \
	"allow_partial: @PARTIAL@\n" \
	"executables:\n" \
	"  entry: { path: \"${root}/bin/entry\", entry: true }\n" \
	"exec: off\n" \
	"bind: []\n" \
	"connect:\n" \
	"  - { id: listed, allow: [tcp/29400, udp/29400], to: 127.0.0.1, by: entry }\n" \
	"library: off\n" \
	"sockets: " sockets "\n"

static const char unjudged[] = LOOSE("unjudged", "off");
static const char watched[] = LOOSE("watched", "{ mode: audit, allow: [unix, inet] }");
static const char with_raw[] = LOOSE("with-raw", "[unix, inet, inet/raw]");

static int smc_listening(void)
{
	return handed_smc("29510");
}

static const struct evasion unjudged_rows[] = {
	{ "any socket", "SMC, connect", "socket smc, connect " HERE, "connect" },
	{ "any socket", "SMC, bind", "socket smc, bind " AT, "bind" },
	{ "any socket", "SMC, listen", "socket smc, listen", "listen", "families" },
	{ "any socket", "SMC, listening, received", "receive", "receive", "receive",
	  .hand = smc_listening },
	{ "any socket", "SMC as a protocol of TCP, listen", "socket tcp-smc, listen", "listen",
	  AS_SOCKET },
	{ "any socket", "UDP-Lite, connect", "socket udplite, connect " HERE, "connect",
	  AS_SOCKET },
	{ "any socket", "SCTP, bind", "socket sctp, bind " AT, "bind", AS_SOCKET },
	{ "any socket", "L2TP, bind", "socket l2tp, bind " AT, "bind", AS_SOCKET },
	{ "any socket", "L2TP, send", "socket l2tp, send " HERE, "send", AS_SOCKET },
};

/* Handing work to systemd, cron or at: what they do they do not do as descendants, and nobody can tell for
 * whom. The way to them is a Unix socket, which a policy need not allow. */
static const char shut[] = "version: 1\n"
			   "instance: shut\n"
			   "root: @ROOT@\n"
			   "mode: enforce\n"
			   "allow_partial: @PARTIAL@\n"
			   "executables:\n"
			   "  entry: { path: \"${root}/bin/entry\", entry: true }\n"
			   "exec: off\n"
			   "bind: off\n"
			   "connect: off\n"
			   "library: off\n"
			   "sockets: { allow: [inet, inet6, netlink] }\n";

static const struct evasion shut_rows[] = {
	{ "handing work over", "a Unix socket to who does it, where the policy leaves `unix` out",
	  "socket unix", "socket", "families" },
	{ "handing work over", "the same, a pair of them", "pair", "socket", "families" },
};

static const struct evasion loose_rows[] = {
	{ "kinds of sockets left alone", "UDP-Lite, connect", "socket udplite, connect " HERE,
	  "connect", AS_SOCKET },
	{ "kinds of sockets left alone", "SCTP, connect", "socket sctp, connect " HERE, "connect",
	  AS_SOCKET },
	{ "kinds of sockets left alone", "SCTP, bind", "socket sctp, bind " AT, "bind", AS_SOCKET },
	{ "kinds of sockets left alone", "raw, connect", "socket raw, connect " HERE, "connect",
	  AS_SOCKET },
	{ "kinds of sockets left alone", "raw, send", "socket raw, send " HERE, "send", AS_SOCKET },
	{ "kinds of sockets left alone", "ping, connect", "socket ping, connect " HERE, "connect",
	  AS_SOCKET },
};

void scene_network(void)
{
	int holder = handed_reusable("29512");

	EVASIONS_RUN("network", policy, rows);
	close(holder);
	EVASIONS_RUN("unjudged", unjudged, loose_rows);
	EVASIONS_RUN("watched", watched, loose_rows);
	EVASIONS_RUN("with-raw", with_raw, loose_rows);
	rmdir(world_path("data/groups/cw-evasion"));
	EVASIONS_RUN("unjudged", unjudged, unjudged_rows);
	EVASIONS_RUN("shut", shut, shut_rows);
}

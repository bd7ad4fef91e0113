/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets that another process made: received, taken, or inherited by the program that is governed. */
#include "evasion.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../integration/daemon.h"
#include "../integration/handed.h"
#include "../integration/tap.h"
#include "../integration/world.h"

static const char policy[] = "version: 1\n"
			     "instance: handed\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			     "  helper: { path: \"${root}/bin/helper\" }\n"
			     "exec:\n"
			     "  - { id: helps, allow: helper, by: entry }\n"
			     "connect:\n"
			     "  - { id: listed, allow: tcp/29400, to: 127.0.0.1, by: entry }\n"
			     "library: { trust: owners, anonymous: allow }\n"
			     "sockets: { allow: [unix, inet, inet6, netlink] }\n";

#define HERE "127.0.0.1:" UNLISTED

static int bound(void)
{
	return handed_bound("29510", false);
}

static int listening(void)
{
	return handed_bound("29510", true);
}

static int connected(void)
{
	return handed_connected(UNLISTED);
}

static int fresh(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int raw(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);

	return fd < 0 ? -errno : fd;
}

static int packet(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static char take[64], take_outside[64];

static const struct evasion rows[] = {
	{ "received socket", "bound", "receive", "receive", "receive", .hand = bound },
	{ "received socket", "listening", "receive", "receive", "receive", .hand = listening },
	{ "received socket", "connected", "receive, write", "receive", "receive",
	  .hand = connected },
	{ "received socket", "raw", "receive", "receive", "receive", .hand = raw },
	{ "received socket", "packet", "receive", "receive", "receive", .hand = packet },
	{ "received socket", "neither bound nor connected, then connected",
	  "receive, connect " HERE, "connect", .hand = fresh },
	{ "received socket", "neither bound nor connected, then listening", "receive, listen",
	  "listen", .hand = fresh },
	{ "pidfd_getfd", "out of a process that it may execute", take, "receive", "receive" },
	{ "pidfd_getfd", "out of any other", take_outside, "exec", "reach" },
	{ "inherited socket", "connected, by an entry",
	  "socket tcp, connect " HERE ", place 9, exec WHO find 9, write", "receive", "inherited",
	  .by = "plain" },
	{ "inherited socket", "listening, by an entry",
	  "socket tcp, bind 127.0.0.1:29510, listen, place 9, exec WHO find 9, listen", "receive",
	  "inherited", .by = "plain", .otherwise = "listen" },
	{ "inherited socket", "raw, by an entry", "socket raw, place 9, exec WHO find 9", "receive",
	  "inherited", .by = "plain" },
	{ "inherited socket", "connected elsewhere by its new owner",
	  "socket tcp, place 9, exec WHO find 9, connect " HERE, "connect", .by = "plain" },
	{ "inherited socket", "UDP-Lite, connected elsewhere by its new owner",
	  "socket udplite, place 9, exec WHO find 9, connect " HERE, "connect", .by = "plain",
	  .otherwise = "receive" },
	{ "inherited socket", "SCTP, connected elsewhere by its new owner",
	  "socket sctp, place 9, exec WHO find 9, connect " HERE, "connect", .by = "plain",
	  .otherwise = "receive" },
	{ "inherited socket", "connected, in a ring",
	  "socket tcp, connect " HERE ", uring-keep 9, exec WHO uring-write 9", "receive", "rings",
	  .by = "plain" },
	/* A table of 1024 descriptors is as large as one that is looked at to its end. */
	{ "inherited socket", "connected, behind many descriptors",
	  "socket tcp, connect " HERE ", place 1000, exec WHO find 1000, write", "receive",
	  "inherited", .by = "plain" },
	{ "inherited socket", "connected elsewhere by its new owner, behind many descriptors",
	  "socket tcp, place 1000, exec WHO find 1000, connect " HERE, "connect", .by = "plain" },
};

/* More sockets than are looked at one by one, where kinds of sockets are not judged: addresses are. */
static const char unjudged[] = "version: 1\n"
			       "instance: handed-unjudged\n"
			       "root: @ROOT@\n"
			       "mode: enforce\n"
			       "allow_partial: @PARTIAL@\n"
			       "executables:\n"
			       "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			       "exec: off\n"
			       "bind: off\n"
			       "connect: []\n"
			       "library: off\n"
			       "sockets: off\n";

static const struct evasion unjudged_rows[] = {
	{ "inherited socket", "connected, behind others, where kinds of sockets are not judged",
	  "socket tcp, place 21, socket tcp, place 22, socket tcp, place 23, socket tcp, place 24, "
	  "socket tcp, connect " HERE ", place 25, exec WHO find 25, write",
	  "receive", "inherited", .by = "plain" },
};

static bool told(void *name)
{
	return act_teller(name) > 0;
}

void scene_handed(void)
{
	struct running inside, outside;

	if (!tap_ok(daemon_reload(), "evasion: handed: nothing is in force"))
		return;
	/* A child: it is governed when its parent is. */
	act_start(&inside, "entry",
		  "fork exec bin/helper socket tcp, bind 127.0.0.1:29511, place 9, tell "
		  "told.inside, await gate");
	act_start(&outside, "plain",
		  "socket tcp, bind 127.0.0.1:29513, place 9, tell told.outside, await gate");
	if (!wait_until(told, (void *)"told.inside") || !wait_until(told, (void *)"told.outside"))
		tap_bail("nobody holds a socket");
	snprintf(take, sizeof(take), "take %d 9", (int)act_teller("told.inside"));
	snprintf(take_outside, sizeof(take_outside), "take %d 9", (int)outside.pid);
	EVASIONS_RUN("handed", policy, rows);
	EVASIONS_RUN("handed-unjudged", unjudged, unjudged_rows);
	kill(act_teller("told.inside"), SIGKILL);
	act_end(&inside);
	act_end(&outside);
}

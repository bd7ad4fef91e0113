/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guards: what everyone else may not do with an instance's ports and executables. Everyone else is a
 * process that nobody governs, and one of another instance, whose own policy has nothing against it.
 * The acts are shown to succeed before the guards are there.
 */
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "daemon.h"
#include "rows.h"
#include "scenes.h"
#include "tap.h"
#include "world.h"

static const char guarded[] = "version: 1\n"
			      "instance: guarded\n"
			      "root: @ROOT@\n"
			      "mode: enforce\n"
			      "allow_partial: @PARTIAL@\n"
			      "executables:\n"
			      "  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
			      "  helper: { path: \"${root}/bin/helper\" }\n"
			      "exec:\n"
			      "  - { id: own-exec, allow: helper, by: entry }\n"
			      "bind:\n"
			      "  - { id: own-bind, allow: [tcp/29610, udp/29611], by: entry }\n"
			      "connect:\n"
			      "  - { id: own-connect, allow: tcp/29400, by: entry }\n"
			      "guard:\n"
			      "  bind: [tcp/29610, udp/29611]\n"
			      "  connect: { ports: [tcp/29400, sctp/29500], users: [nobody] }\n"
			      "  exec: { executables: [helper], users: [nobody] }\n";

/* The other instance at the same time: it may do all this, as far as it is asked. */
static const char other[] = "version: 1\n"
			    "instance: other\n"
			    "root: @ROOT@\n"
			    "mode: audit\n"
			    "executables:\n"
			    "  second: { path: \"${root}/bin/second\", entry: true }\n"
			    "exec: off\n"
			    "bind: off\n"
			    "connect:\n"
			    "  - { id: all, allow: any/any, by: second }\n";

#define PEER "127.0.0.1:" LISTED
#define OUTSIDE .who = "plain", .by = "-", .reason = "guard"
#define OTHER .who = "second", .by = "-", .reason = "guard"

static const struct row rows[] = {
	{ "bind from outside", "socket tcp, bind 127.0.0.2:29610", "bind", "127.0.0.2:29610",
	  OUTSIDE },
	{ "bind from outside, IPv6", "socket udp6, bind [::1]:29611", "bind", "[::1]:29611",
	  OUTSIDE },
	{ "connect from outside", "socket tcp, connect " PEER, "connect", PEER, OUTSIDE },
	{ "connect from outside by 0.0.0.0", "socket tcp, connect 0.0.0.0:" LISTED, "connect", NULL,
	  OUTSIDE },
	{ "connect from outside by 0.0.0.0 and an interface",
	  "socket tcp, interface lo, connect 0.0.0.0:" LISTED, "connect", "0.0.0.0:" LISTED,
	  OUTSIDE },
	{ "connect from outside by 0.0.0.0, and an interface that only datagrams heed",
	  "socket tcp, interface-for-datagrams lo, connect 0.0.0.0:" LISTED, "connect", PEER,
	  OUTSIDE },
	/* All peers of an association have one port, so that the first is enough for a guard. */
	{ "send from outside to two new peers",
	  "socket sctp-many, send-also 127.2.3.4:29500 127.0.0.1", "send", "127.2.3.4:29500",
	  OUTSIDE, .cgroup = ABSENT },
	{ "exec from outside", "exec bin/helper", "exec", "bin/helper", OUTSIDE },
	{ "bind by another instance", "socket tcp, bind 127.0.0.2:29610", "bind", "127.0.0.2:29610",
	  OTHER },
	{ "connect by another instance", "socket tcp, connect " PEER, "connect", PEER, OTHER },
	{ "exec by another instance", "exec bin/helper", "exec", "bin/helper", OTHER },
	{ "a port's other protocol from outside", "socket udp, bind 127.0.0.1:29610", "bind", NULL,
	  .who = "plain", .unjudged = true },
	{ "connect by a user who is let in", "socket tcp, user 65534, connect " PEER, "connect",
	  NULL, .who = "plain", .unjudged = true },
	{ "exec by a user who is let in", "user 65534, exec bin/helper", "exec", NULL,
	  .who = "plain", .unjudged = true },
	{ "its own bind", "socket tcp, bind 127.0.0.1:29610", "bind", "127.0.0.1:29610",
	  "own-bind" },
	{ "its own connect", "socket tcp, connect " PEER, "connect", PEER, "own-connect" },
	{ "its own exec", "exec bin/helper", "exec", "bin/helper", "own-exec" },
};

static bool put_in_force(void)
{
	policy_write("guarded", guarded);
	policy_write("other", other);
	return daemon_reload() && status_await_trust(NULL);
}

void scene_guards(void)
{
	static const struct table table = { .policy = "guarded",
					    .rows = rows,
					    .count = sizeof(rows) / sizeof(rows[0]),
					    .between = put_in_force };

	if (!tap_ok(daemon_reload(), "guarded: nobody guards"))
		return;
	rows_run(&table);
	policy_write("guarded", "");
	policy_write("other", "");
}

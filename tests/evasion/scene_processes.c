/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that leave their family, that make others act, or that are made to; numbers used again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../integration/daemon.h"
#include "evasion.h"
#include "../integration/events.h"
#include "../integration/tap.h"
#include "../integration/world.h"

#define GIVEN "45012" /* among the ephemeral ports */

static const char policy[] =
	"version: 1\n"
	"instance: processes\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables:\n"
	"  entry:  { path: \"${root}/bin/entry\", entry: true }\n"
	"  helper: { path: \"${root}/bin/helper\" }\n"
	"  shared: { path: \"${root}/bin/shared\" }\n"
	"  kept:   { path: \"${root}/bin/kept.sh\" }\n"
	"exec:\n"
	"  - { id: helps, allow: [helper, entry], by: entry }\n"
	"  - { id: on, allow: shared, by: helper }\n"
	"connect:\n"
	"  - { id: listed, allow: [tcp/29400, udp/29400], to: 127.0.0.1, by: entry }\n"
	"library: { trust: owners, anonymous: allow }\n"
	"sockets: { allow: [unix, inet, inet6, netlink] }\n"
	"guard:\n"
	"  exec: { executables: [helper, kept, shared], users: [nobody] }\n"
	"  bind: [tcp/29514, sctp/29514, tcp/" GIVEN ", udp/" GIVEN "]\n"
	"  connect: { ports: [tcp/29400, udp/29400], users: [nobody] }\n";

#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define HERE "127.0.0.1:" UNLISTED
#define PEER "127.0.0.1:" LISTED
#define DOUBLE "plain" /* of the actor, that no policy names */

static char attach[64], attach_helper[64], seize[64], write_into[64], memory_of[64];

static const struct evasion rows[] = {
	{ "leaving the family", "child", "fork socket udp, connect " HERE, "connect" },
	{ "leaving the family", "daemon by double fork", "daemonize socket udp, connect " HERE,
	  "connect" },
	{ "leaving the family", "orphan of an orphan",
	  "daemonize daemonize socket udp, connect " HERE, "connect" },
	{ "leaving the family", "another program, of no name in the policy",
	  "exec bin/helper socket udp, connect " HERE, "connect" },
	{ "leaving the family", "another user", "user 65534, socket udp, connect " HERE,
	  "connect" },
	{ "leaving the family", "thread whose first thread has ended",
	  "leaderless socket udp, connect " HERE, "connect" },
	{ "leaving the family", "child of such a thread",
	  "leaderless fork socket udp, connect " HERE, "connect" },
	{ "fork storm", "the last of 300", "storm 300 socket udp, connect " HERE, "connect" },
	{ "ptrace", "from outside: another peer than it asked for",
	  "drive " UNLISTED " WHO socket udp, connect " PEER, "connect", .by = "plain" },
	{ "process_vm_writev", "from outside: another peer than it asked for",
	  "drive-writev " UNLISTED " WHO socket udp, connect " PEER, "connect", .by = "plain" },
	{ "ptrace", "from outside: still of its child, when that executes what a guard keeps",
	  "drive " UNLISTED " WHO exec bin/helper name x", "exec", "reach", .by = "plain" },
	{ "ptrace", "from inside: another peer than its child asked for",
	  "drive " UNLISTED " WHO socket udp, connect " PEER, "connect" },
	{ "ptrace", "from inside: attached to a process outside", attach, "exec", "reach" },
	{ "ptrace", "from inside: seized a process outside", seize, "exec", "reach" },
	{ "ptrace", "from inside: attached to a process outside that runs what it may execute",
	  attach_helper, "exec", "reach", .reason = "outside" },
	{ "ptrace", "from inside: still of its child, when that executes what it may not",
	  "drive " UNLISTED " bin/helper exec bin/shared name x", "exec", "reach",
	  .reason = "tracer" },
	{ "process_vm_writev", "from inside: into a process outside", write_into, "exec", "reach" },
	{ "/proc/PID/mem", "from inside: of a process outside", memory_of, "exec", "reach" },
	{ "a script", "that a guard keeps", "exec bin/kept.sh", "exec", .by = "plain" },
	{ "a script", "that a guard keeps, as the interpreter of another", "exec bin/through.sh",
	  "exec", "nested-scripts", .by = "plain" },
	{ "a script", "whose interpreter a guard keeps", "exec bin/by-helper.sh", "exec",
	  .by = "plain" },
	{ "past a guard", "its program, by the dynamic loader", "exec " LOADER " bin/shared name x",
	  "exec", "copies", .by = "plain" },
	{ "past a guard", "connect, SMC", "socket smc, connect " PEER, "connect", .by = "plain" },
	{ "past a guard", "bind, SMC", "socket smc, bind 127.0.0.1:29514", "bind", .by = "plain" },
	{ "past a guard", "bind, SCTP", "socket sctp, bind 127.0.0.1:29514", "bind",
	  "unseen-guards", .by = "plain" },
	{ "past a guard", "connect, UDP-Lite", "socket udplite, connect " PEER, "connect",
	  "unseen-guards", .by = "plain" },
	{ "past a guard", "datagram of a raw socket", "socket raw, send " PEER, "send", "packets",
	  .by = "plain" },
	{ "past a guard", "listen on a port that the kernel gives",
	  "socket tcp, ports " GIVEN ", bind 127.0.0.1:0, at " GIVEN ", listen", "bind",
	  "given-ports", .by = "plain" },
	{ "past a guard", "datagrams at a port that the kernel gives",
	  "socket udp, ports " GIVEN ", bind 127.0.0.1:0, at " GIVEN, "bind", "given-ports",
	  .by = "plain" },
};

/* A guard says who may execute a program: nor may others make a process act that runs it. */
static char attach_guarded[64];
static const struct evasion guarded_rows[] = {
	{ "ptrace", "from outside: attached to what a guard keeps", attach_guarded, "exec", "reach",
	  .who = "second" },
};

/* Of an instance that says nothing of what is executed. */
static const char loose[] =
	"version: 1\n"
	"instance: loose\n"
	"root: @ROOT@\n"
	"mode: enforce\n"
	"allow_partial: @PARTIAL@\n"
	"executables: { second: { path: \"${root}/bin/second\", entry: true } }\n"
	"exec: off\n"
	"bind: off\n"
	"connect: off\n";
static const struct evasion loose_rows[] = {
	{ "a script", "of another instance's that no policy names, whose interpreter a guard keeps",
	  "exec bin/by-helper.sh", "exec", .who = "second" },
	{ "a script",
	  "of another instance's that no policy names, whose interpreter's interpreter a "
	  "guard keeps",
	  "exec bin/by-by-helper.sh", "exec", .who = "second" },
};

static bool told(void *name)
{
	return access(world_path("%s", (const char *)name), F_OK) == 0;
}

static void acts_make(struct running *outside, struct running *guarded)
{
	act_start(outside, "plain", "tell told.victim, await gate");
	act_start(guarded, "helper", "tell told.guarded, await gate");
	if (!wait_until(told, (void *)"told.victim") || !wait_until(told, (void *)"told.guarded"))
		tap_bail("there is nobody to reach into");
	snprintf(attach, sizeof(attach), "attach %d", (int)outside->pid);
	snprintf(attach_helper, sizeof(attach_helper), "attach %d", (int)guarded->pid);
	snprintf(seize, sizeof(seize), "seize %d", (int)outside->pid);
	snprintf(write_into, sizeof(write_into), "write-into %d", (int)outside->pid);
	snprintf(memory_of, sizeof(memory_of), "memory-of %d", (int)outside->pid);
	snprintf(attach_guarded, sizeof(attach_guarded), "attach %d", (int)guarded->pid);
}

/* ------------------------------------------------------------------ numbers used again */

/* The next process gets this number, if nobody was faster. */
static bool next_number(pid_t pid)
{
	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)pid - 1);
	bool done = fd >= 0 && write(fd, text, (size_t)length) == length;

	if (fd >= 0)
		close(fd);
	return done;
}

static const char act[] = "socket udp, connect " HERE;

/* The outcome of an act by the process of this number; of somebody else's where it was not to be had. */
static struct outcome act_numbered(pid_t number, const char *who)
{
	struct outcome outcome = { .kind = OUTCOME_ODD };

	for (int attempt = 0; attempt < 100 && outcome.pid != number; attempt++) {
		if (!next_number(number))
			break;
		outcome = act_run(who, act);
	}
	return outcome;
}

static void numbered_result(const struct evasion *row, pid_t number)
{
	struct outcome outcome = act_numbered(number, "entry");
	struct event_query query = { outcome.pid, "connect", "deny", NULL };

	if (outcome.pid != number) {
		evasion_result(row, "no number can be chosen", false);
		return;
	}
	events_await();
	evasion_result(row, NULL, outcome.kind == OUTCOME_FAILED && events_count(&events, &query));
}

static void numbers_used_again(void)
{
	static const struct evasion again = { "process numbers", "that of one whom nobody governed",
					      NULL, "connect" };
	static const struct evasion highest = { "process numbers", "the highest", NULL, "connect" };
	struct outcome governed = act_run("entry", "name x");
	struct outcome double_after = act_numbered(governed.pid, DOUBLE);
	FILE *file = fopen("/proc/sys/kernel/pid_max", "re");
	int max = 0;

	if (double_after.pid == governed.pid)
		tap_ok(double_after.kind == OUTCOME_DONE,
		       "evasion: process numbers: that of a governed one makes nobody governed");
	numbered_result(&again, act_run(DOUBLE, "name x").pid);
	if (!file || fscanf(file, "%d", &max) != 1)
		tap_bail("pid_max");
	fclose(file);
	numbered_result(&highest, max - 1);
}

void scene_processes(void)
{
	struct running outside, guarded;

	world_write("bin/kept.sh", 0755, "#!/bin/sh\necho done $$\n");
	world_write("bin/through.sh", 0755, "#!%s\n", world_path("bin/kept.sh"));
	world_write("bin/by-helper.sh", 0755, "#!%s name\n", world_path("bin/helper"));
	world_write("bin/by-by-helper.sh", 0755, "#!%s name\n", world_path("bin/by-helper.sh"));
	acts_make(&outside, &guarded);
	EVASIONS_RUN("processes", policy, rows);
	EVASIONS_RUN("processes", policy, guarded_rows);
	act_end(&outside);
	act_end(&guarded);
	policy_write("loose", loose);
	tap_ok(daemon_reload() && status_await_trust(NULL), "evasion: processes: another instance");
	EVASIONS_RUN("processes", policy, loose_rows);
	policy_write("loose", "");
	policy_write("processes", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "evasion: processes: in force"))
		return;
	numbers_used_again();
	policy_write("processes", "");
	tail_forget(&events);
}

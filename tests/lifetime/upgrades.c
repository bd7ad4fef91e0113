/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * To a daemon with other programs, to one of the next version of the contract, in which all that is carried
 * over is larger, and back from it: the new stands before the old goes. A worker's every operation is refused
 * throughout, and told; the few that both judged while both were there are told twice, and refused by both.
 * Labels, counters, modes, and what nobody had read are carried over: the daemon is killed before, and the mode
 * is one that was set by command, for a time.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

/* The worker goes through 19,000 ports from 10,000: at this rest it comes to none a second time. */
#define REST 2000
#define FIRST_PORT 10000
#define TIMES 3 /* to each port: one record, and a count */
#define REFUSED_BY_HAND 1 /* by refused() */

static const char audited[] = KEPT_HEAD "mode: audit\non_stop: keep\n" KEPT_BODY;

static bool start_enforced(void)
{
	policy_write("kept", audited);
	return daemon_start() && status_await_trust(NULL) &&
	       client(NULL, "mode", "enforce", "--confirm=600s", NULL) == 0;
}

struct tally {
	size_t untold, twice;
};

/* Every try of the worker's, and how often it was told. */
static struct tally tally(const struct records *records, uint64_t done)
{
	struct tally tally = { 0 };

	for (uint64_t n = 0; n * TIMES < done; n++) {
		unsigned int left = (unsigned int)(done - n * TIMES);
		unsigned int tries = left < TIMES ? left : TIMES;
		unsigned int told = records->ports[FIRST_PORT + n];

		tally.untold += told < tries ? tries - told : 0;
		tally.twice += told > tries ? told - tries : 0;
	}
	return tally;
}

static void check_records(const char *name, uint64_t done, unsigned long long judged)
{
	struct records records;
	struct tally told;

	records_read(world_path("records"), &records);
	told = tally(&records, done);
	if (!tap_ok(!told.untold && !records.holes && !records.contradictions && records.first == 1,
		    "upgrade to %s: each was told, and sequence numbers go on", name))
		tap_note("%zu untold, %zu numbers missing, %zu contradict, the first is %llu",
			 told.untold, records.holes, records.contradictions,
			 (unsigned long long)records.first);
	if (!tap_ok(!records.others && !records.unnamed,
		    "upgrade to %s: each as refused, and who it was is known", name))
		tap_note("%zu are no refusals, %zu name no executable", records.others,
			 records.unnamed);
	if (!tap_ok(judged == done + told.twice + REFUSED_BY_HAND,
		    "upgrade to %s: counters are carried over: %llu judged", name, judged))
		tap_note("%llu refused, %zu by both", (unsigned long long)done, told.twice);
	tap_note("%zu were judged by both, and refused by both", told.twice);
	records_release(&records);
}

static void upgrade(const char *name, const char *from, const char *to, const char *set)
{
	unsigned long long judged;
	struct worker worker;
	uint64_t done;

	clean();
	daemon_how.records = records_path();
	daemon_how.program = from;
	if (!tap_ok(start_enforced(), "upgrade to %s: a daemon enforces", name))
		return;
	worker_start(&worker, world.guest ? 5 * REST : REST, TIMES);
	worker_await(&worker, 50);
	daemon_stop(SIGKILL);
	worker_await(&worker, 20);
	daemon_how.program = to;
	tap_ok(daemon_start() && !daemon_said("took over") && pins_count("") == 1 &&
		       pins_count(set) > 20,
	       "upgrade to %s: its own programs are in force", name);
	tap_ok(status_governed("kept") == 1, "upgrade to %s: labels are carried over", name);
	tap_ok(client(NULL, "mode", "confirm", NULL) == 0,
	       "upgrade to %s: so is the mode that was set for a time", name);
	worker_await(&worker, 50);
	worker_stop(&worker);
	done = worker.counts->refused;
	tap_ok(!worker.counts->passed && done, "upgrade to %s: none of %llu operations passed",
	       name, (unsigned long long)done);
	tap_ok(refused(), "upgrade to %s: it enforces", name);
	tap_ok(status_denied("lost") == 0, "upgrade to %s: nothing is lost", name);
	judged = status_denied("judged");
	tap_ok(client(NULL, "stop", "--release", NULL) == 0 && daemon_wait() == 0,
	       "upgrade to %s: the end", name);
	check_records(name, done, judged);
}

/* The policy was changed as well: each is refused, and told once, or passes. What both judge is refused by the
 * stricter, and never passed by one and refused by the other. */
static void upgrade_policy(void)
{
	static const char loose[] = KEPT_HEAD "mode: enforce\n" KEPT_BODY
					      "  - { id: two, allow: udp/10000-29000 }\n";
	struct records records;
	struct worker worker;
	uint64_t refused_before;

	clean();
	daemon_how.records = records_path();
	if (!tap_ok(start_kept(), "upgrade with another policy: a daemon enforces"))
		return;
	worker_start(&worker, world.guest ? 5 * REST : REST, 1);
	worker_await(&worker, 50);
	daemon_stop(SIGTERM);
	refused_before = worker.counts->refused;
	policy_write("kept", loose);
	daemon_how.program = variants.next;
	tap_ok(daemon_start() && pins_count("v2") > 20 && pins_count("") == 1,
	       "upgrade with another policy: it is in force");
	worker_await(&worker, 50);
	worker_stop(&worker);
	tap_ok(worker.counts->refused > refused_before && worker.counts->passed >= 50,
	       "upgrade with another policy: %llu operations are refused, then %llu pass",
	       (unsigned long long)worker.counts->refused,
	       (unsigned long long)worker.counts->passed);
	daemon_stop(SIGTERM);
	records_read(world_path("records"), &records);
	if (!tap_ok(records.operations == worker.counts->refused && !records.others &&
			    !records.holes && !records.contradictions,
		    "upgrade with another policy: each refusal was told once"))
		tap_note("%llu told", records.operations);
	records_release(&records);
}

/* What a process executed is known after an upgrade too: what it says it runs gives it no rights. */
static bool disguised(void *context)
{
	(void)context;
	return access(world_path("told.disguised"), F_OK) == 0;
}

#define CONNECTS "socket udp, connect 127.0.0.1:29500"

static void upgrade_disguised(const char *name, const char *to)
{
	static const char others[] =
		"version: 1\ninstance: kept\nroot: @ROOT@\nallow_partial: @PARTIAL@\nmode: "
		"enforce\n"
		"executables:\n  entry: { path: \"${root}/bin/entry\", entry: true }\n"
		"  second: { path: \"${root}/bin/second\" }\n"
		"exec: off\nsockets: off\nlibrary: off\nbind: off\n"
		"connect: [{ id: one, allow: udp/29500, by: second }]\n";
	struct running running;
	struct outcome outcome;

	clean();
	world_copy("bin/entry", world_path("bin/second"));
	if (mkfifo(world_path("gate"), 0600) && errno != EEXIST)
		tap_bail("mkfifo: %s", strerror(errno));
	outcome = act_run("entry", "say-it-runs bin/second, name x");
	if (outcome.kind != OUTCOME_DONE) {
		tap_skip(outcome_text(&outcome),
			 "upgrade to %s: a process that says it runs another file", name);
		return;
	}
	policy_write("kept", others);
	if (!tap_ok(daemon_start() && status_await_trust(NULL),
		    "upgrade to %s: a daemon enforces what another executable may", name))
		return;
	act_start(&running, "entry",
		  "say-it-runs bin/second, tell told.disguised, await gate, " CONNECTS);
	if (!tap_ok(wait_until(disguised, NULL), "upgrade to %s: a process says it runs that",
		    name)) {
		act_end(&running);
		return;
	}
	unlink(world_path("told.disguised"));
	daemon_stop(SIGKILL);
	daemon_how.program = to;
	tap_ok(daemon_start() && status_governed("kept") == 1 && daemon_reload(),
	       "upgrade to %s: it is governed", name);
	gate_open();
	outcome = act_wait(&running);
	if (!tap_ok(outcome.kind == OUTCOME_FAILED && strcmp(outcome.step, "connect") == 0,
		    "upgrade to %s: and refused", name))
		tap_note("%s", outcome_text(&outcome));
	tap_ok(act_run("entry", "exec bin/second " CONNECTS).kind == OUTCOME_DONE,
	       "upgrade to %s: what executes it is not", name);
	daemon_stop(SIGTERM);
}

/* ------------------------------------------------------------------ what others did not finish */

#define LEFT 8 /* OLD_SETS_MAX, see user/daemon/daemon.h */

static int bpf_object(int command, const char *path, int fd)
{
	union bpf_attr attributes = { .pathname = (uintptr_t)path, .bpf_fd = (uint32_t)fd };

	return (int)syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

/* All that is pinned in the set once more, below the name of one that is to go. */
static bool set_copy(const char *set, const char *to)
{
	DIR *stream = opendir(world_path("bpf/pins/%s", set));
	struct dirent *entry;
	size_t copied = 0;

	if (!stream || mkdir(world_path("bpf/pins/%s", to), 0700))
		tap_bail("no set to copy, or no place: %s", strerror(errno));
	while ((entry = readdir(stream))) {
		char path[PATH_MAX];
		int fd;

		if (*entry->d_name == '.')
			continue;
		fd = bpf_object(BPF_OBJ_GET, world_path("bpf/pins/%s/%s", set, entry->d_name), 0);
		snprintf(path, sizeof(path), "%s", world_path("bpf/pins/%s/%s", to, entry->d_name));
		copied += fd >= 0 && !bpf_object(BPF_OBJ_PIN, path, fd);
		close(fd);
	}
	closedir(stream);
	return copied == pins_count(set);
}

/* Daemons were killed, again and again, after they had replaced a set and before they had read it to its end. */
static void upgrade_left_over(void)
{
	bool copied = true;

	clean();
	if (!tap_ok(start_kept(), "sets left over: a daemon enforces"))
		return;
	daemon_stop(SIGKILL);
	for (int i = 1; i <= LEFT; i++) {
		char name[32];

		snprintf(name, sizeof(name), "v1-leaving-%d", i);
		copied &= set_copy("v1", name);
	}
	tap_ok(copied && pins_count("") == LEFT + 1, "sets left over: %d", LEFT);
	daemon_how.program = variants.next;
	tap_ok(daemon_start() && pins_count("v2") > 20 && pins_count("") == 1,
	       "sets left over: one more is replaced, and all of them go");
	tap_ok(refused(), "sets left over: it enforces");
	daemon_stop(SIGTERM);
}

void scene_upgrades(void)
{
	upgrade("other programs", NULL, variants.other, "v1");
	upgrade("the next contract", NULL, variants.next, "v2");
	upgrade("the contract before", variants.next, NULL, "v1");
	upgrade_disguised("other programs", variants.other);
	upgrade_disguised("the next contract", variants.next);
	upgrade_policy();
	upgrade_left_over();
}

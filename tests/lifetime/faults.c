/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Killed at every step of start, adoption, reload, change of mode, upgrade and stop. Whatever was in force
 * is afterwards, and the next daemon starts without being told how.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

static const char *const fresh[] = { "loaded",	     "noted",	   "admitted", "fall-back-set",
				     "published",    "attached",   "tested",   "labelled",
				     "pinning",	     "pinning:20", "pinned",   "pins-between",
				     "pins-renamed", "drained" };
static const char *const adopting[] = { "adopted",	 "noted",	  "admitted",
					"fall-back-set", "published",	  "adopted-loaded",
					"drained",	 "batch-begun",	  "batch-delivered",
					"batch-noted",	 "repeats-begun", "repeat-told",
					"repeats-noted" };
static const char *const upgrading[] = { "loaded",	  "published",	  "attached",
					 "labelled",	  "pinning:30",	  "pinned",
					 "pins-between",  "pins-renamed", "pin-removed",
					 "pin-removed:9", "drained",	  "repeats-begun" };
static const char *const telling[] = { "repeats-begun", "repeat-told", "repeats-noted" };
static const char *const carrying[] = { "repeats-begun",    "repeat-told", "repeats-noted",
					"counters-carried", "old-told",	   "drained" };
/* The first time is the start's own. */
static const char *const reloading[] = { "noted:2", "admitted:2", "fall-back-set:2",
					 "published:2" };
static const char *const switching[] = { "modes-noted", "noted:2", "published:2", "noted:3",
					 "published:3" };
static const char *const keeping[] = { "stopping" };
static const char *const releasing[] = { "stopping", "leaving", "pin-removed", "pin-removed:12",
					 "pin-removed:40" };
#define REPEATS "300"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Did it end as it should: by the fault, and not otherwise? */
static bool killed(void)
{
	return daemon_wait() == 128 + SIGKILL;
}

static void goes_on(const char *when, const char *fault)
{
	bool good;

	daemon_how = (struct daemon_how){ 0 };
	good = daemon_start() && refused() && pins_count("") == 1;
	if (!tap_ok(good, "faults: %s at %s: the next daemon starts", when, fault))
		tap_note("%zu sets", pins_count(""));
	daemon_stop(SIGKILL);
}

static void faults_fresh(void)
{
	for (size_t i = 0; i < COUNT(fresh); i++) {
		clean();
		policy_write("kept", kept);
		daemon_how = (struct daemon_how){ .program = variants.faulty, .fault = fresh[i] };
		daemon_launch();
		tap_ok(killed(), "faults: fresh start, killed at %s", fresh[i]);
		goes_on("fresh start", fresh[i]);
	}
}

/* From a set in force, unread records in its ring, which must stay in force throughout. */
static void faults_start(const char *when, const char *program, const char *const *faults,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct worker worker;
		bool good;

		clean();
		if (!start_kept())
			tap_bail("the daemon does not start");
		daemon_stop(SIGKILL);
		worker_start(&worker, 1000, 2);
		worker_await(&worker, 3);
		daemon_how = (struct daemon_how){ .program = program, .fault = faults[i] };
		daemon_launch();
		good = killed();
		worker_await(&worker, 3);
		tap_ok(good && refused(), "faults: %s, killed at %s: verdicts are unchanged", when,
		       faults[i]);
		goes_on(when, faults[i]);
		worker_await(&worker, 3);
		worker_stop(&worker);
		tap_ok(!worker.counts->passed, "faults: %s at %s: nobody passed meanwhile", when,
		       faults[i]);
	}
}

/* Killed while what was counted and not recorded is told, and while what a set counted is carried over: in the
 * end each is told, under numbers of their own, and each is counted, once. */
static void faults_repeats(const char *when, const char *program, const char *const *faults,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned long long all = strtoull(REPEATS, NULL, 10) + 1, judged;
		struct records records;
		bool good;

		clean();
		daemon_how.records = records_path();
		if (!start_kept())
			tap_bail("the daemon does not start");
		daemon_stop(SIGKILL);
		act_run("entry", "hammer-connect " REPEATS " udp 127.0.0.1:" UNLISTED);
		daemon_how.program = program;
		daemon_how.fault = faults[i];
		daemon_launch();
		good = killed();
		daemon_how.program = daemon_how.fault = NULL;
		good &= daemon_start() && refused();
		judged = status_denied("judged");
		good &= daemon_stop(SIGTERM) == 0;
		records_read(world_path("records"), &records);
		if (!tap_ok(good && records.operations == all && judged == all && !records.holes &&
				    !records.contradictions && records.first == 1,
			    "faults: %s, killed at %s: each of %llu is told and counted, once",
			    when, faults[i], all))
			tap_note("%llu told, in %zu events; %zu numbers missing; %llu judged",
				 records.operations, records.distinct, records.holes, judged);
		records_release(&records);
	}
}

/* Killed by what a client asks for. */
static void faults_asked(const char *when, const char *const *faults, size_t count,
			 const char *command, const char *word, const char *option,
			 bool still_refused)
{
	for (size_t i = 0; i < count; i++) {
		clean();
		daemon_how = (struct daemon_how){ .program = variants.faulty, .fault = faults[i] };
		if (!start_kept())
			tap_bail("the daemon does not start");
		client(NULL, command, word, option, NULL);
		tap_ok(killed() && (!still_refused || refused()), "faults: %s, killed at %s", when,
		       faults[i]);
		goes_on(when, faults[i]);
	}
}

void scene_faults(void)
{
	faults_fresh();
	faults_start("adoption", variants.faulty, adopting, COUNT(adopting));
	faults_start("upgrade", variants.other, upgrading, COUNT(upgrading));
	faults_repeats("adoption", variants.faulty, telling, COUNT(telling));
	faults_repeats("upgrade", variants.other, carrying, COUNT(carrying));
	faults_repeats("upgrade to the next contract", variants.next, carrying, COUNT(carrying));
	faults_asked("reload", reloading, COUNT(reloading), "reload", NULL, NULL, true);
	faults_asked("change of mode", switching, COUNT(switching), "mode", "enforce",
		     "--confirm=60s", true);
	faults_asked("stop", keeping, COUNT(keeping), "stop", NULL, NULL, true);
	faults_asked("stop --release", releasing, COUNT(releasing), "stop", "--release", NULL,
		     false);
}

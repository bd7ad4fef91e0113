/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * 256 clients that tail, half of which never read: the others get everything in order, these are told
 * how many they missed when they read again, and the daemon holds no more for them than its bound.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "footprint.h"
#include "scenes.h"
#include "stranger.h"
#include "tap.h"
#include "world.h"

static const char policy[] = "version: 1\n"
			     "instance: crowd\n"
			     "root: @ROOT@\n"
			     "mode: enforce\n"
			     "allow_partial: @PARTIAL@\n"
			     "executables:\n"
			     "  entry: { path: \"${root}/bin/entry\", entry: true }\n"
			     "exec: []\n"
			     "bind: []\n"
			     "connect: []\n"
			     "library: off\n";

#define CLIENTS 256
#define WAITING_KIB (2 * 32 * 1024) /* IPC_QUEUES_MAX, see user/ipc/server.h */
#define BATCHES_KIB (CLIENTS * 64) /* a message each that is being filled */
#define SLACK_KIB (16 * 1024)

/* The odd ones are stuck. */
static struct stranger crowd[CLIENTS];

static bool crowd_comes(void)
{
	static const char *const options[] = { "verdict", "deny", "port", "29506", NULL };
	bool good = true;

	for (size_t i = 0; i < CLIENTS; i++)
		good &= !stranger_connect(&crowd[i]) && stranger_ask(&crowd[i], IPC_TAIL, options);
	return good && status_await_clients(CLIENTS + 1);
}

static void crowd_leaves(void)
{
	for (size_t i = 0; i < CLIENTS; i++)
		stranger_release(&crowd[i]);
}

/* Deviations, each another, and everybody who reads has read them before there are more. */
static unsigned long long crowd_watches(unsigned int times)
{
	char act[96];
	unsigned long long made = 0;

	snprintf(act, sizeof(act), "sweep-connect 250 udp 127.0.0.1:29506");
	while (made < times && act_run("entry", act).kind == OUTCOME_DONE) {
		made += 250;
		for (size_t i = 0; i < CLIENTS; i += 2)
			stranger_await(&crowd[i], made);
		events_drain();
	}
	return made;
}

static void crowd_readers(unsigned long long made)
{
	size_t good = 0;

	for (size_t i = 0; i < CLIENTS; i += 2)
		good += crowd[i].events == made && crowd[i].hash == crowd[0].hash &&
			crowd[i].ordered && !crowd[i].lost.here_total && !crowd[i].ended;
	if (!tap_ok(good == CLIENTS / 2, "crowd: who reads gets every event, in order"))
		tap_note("%zu of %d; the first has %llu of %llu", good, CLIENTS / 2,
			 crowd[0].events, made);
}

static void crowd_stuck(unsigned long long made)
{
	size_t good = 0, losing = 0, told = 0;
	struct stranger *odd = NULL;

	for (size_t i = 1; i < CLIENTS; i += 4, told++) {
		struct stranger *stuck = &crowd[i];

		shutdown(stuck->fd, SHUT_WR);
		if (stranger_await_end(stuck) && stuck->end.reason == IPC_END_DONE &&
		    stuck->events + stuck->lost.here_total == made && !stuck->lost.kernel_total)
			good++;
		else
			odd = stuck;
		losing += stuck->lost.here_total > 0;
	}
	if (!tap_ok(good == told && losing == told,
		    "crowd: who did not read is told how many it missed"))
		tap_note("%zu of %zu, %zu with losses; one had %llu and %llu lost of %llu", good,
			 told, losing, odd ? odd->events : 0,
			 odd ? (unsigned long long)odd->lost.here_total : 0, made);
}

static void crowd_scenes(const struct footprint *before)
{
	unsigned long long made = crowd_watches(world.guest ? 2000 : 5000);
	struct footprint during = daemon_footprint();
	struct outcome outcome = act_run("entry", "socket udp, connect 127.0.0.1:29506");

	made++;
	for (size_t i = 0; i < CLIENTS; i += 2)
		stranger_await(&crowd[i], made);
	tap_ok(outcome.kind == OUTCOME_FAILED, "crowd: what is denied is refused");
	events_await();
	crowd_readers(made);
	tap_note("%llu KiB before, %llu while half of them are stuck", before->resident,
		 during.resident);
	tap_ok(during.resident <= before->resident + WAITING_KIB + BATCHES_KIB + SLACK_KIB,
	       "crowd: the daemon holds what it may and no more");
	crowd_stuck(made);
}

void scene_crowd(void)
{
	struct footprint before, after;

	policy_write("crowd", policy);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "crowd: in force"))
		return;
	events_await();
	tail_forget(&events);
	before = daemon_footprint();
	if (tap_ok(crowd_comes(), "crowd: %d clients at once", CLIENTS))
		crowd_scenes(&before);
	crowd_leaves();
	tap_ok(status_await_clients(1) && footprint_await_descriptors(&before),
	       "crowd: nothing is left of them");
	after = daemon_footprint();
	tap_note("%llu KiB when they have left", after.resident);
	tap_ok(after.resident <= before.resident + SLACK_KIB, "crowd: nor of their events");
	policy_write("crowd", "");
	tail_forget(&events);
}

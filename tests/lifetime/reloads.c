/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reloading under load: each operation is judged by the one policy or by the other. They differ in what
 * becomes of one port: its generation tells which policy judged, and so what the verdict must be.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/json.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

#define HEAD \
	KEPT_HEAD "mode: enforce\non_stop: release\n" \
		  "executables:\n  entry: { path: \"${root}/bin/entry\", entry: true }\n" \
		  "  one: \"${root}/bin/one\"\n" \
		  "  worker: { path: \"${root}/bin/worker\", entry: true }\n" \
		  "sockets: off\nlibrary: off\n"

/* What is always allowed is always allowed, what never is never is; the rest is told either way. */
static const char odd[] = HEAD "exec:\n  - { audit: one }\n"
			       "bind:\n  - { audit: udp/29311 }\n  - { allow: udp/29310 }\n"
			       "connect:\n  - { audit: udp/29401 }\n  - { allow: udp/29400 }\n";
static const char even[] = HEAD "exec: []\n"
				"bind:\n  - { allow: udp/29310 }\n"
				"connect:\n  - { allow: udp/29400 }\n";
static const char bad[] = HEAD "exec: []\nconnect:\n  - { alow: udp/29401 }\n";

static const struct {
	const char *step, *arguments;
	unsigned int times;
} acts[] = {
	{ "hammer-connect", "udp 127.0.0.1:29401", 100000 },
	{ "hammer-bind", "udp 127.0.0.1:29311", 100000 },
	{ "hammer-exec", "bin/one", 4000 },
};
#define ACTS (sizeof(acts) / sizeof(acts[0]))

struct verdicts {
	unsigned long long lines, odd, even, wrong;
};

/* The policy of a generation is the one that was reloaded at that turn; the first is the odd one. */
static void verdicts_read(const char *path, unsigned long long first, struct verdicts *ret)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	*ret = (struct verdicts){ 0 };
	while (file && getline(&line, &size, file) > 0) {
		unsigned long long generation;
		struct json event;
		const char *verdict;
		bool is_odd;

		if (!json_read(line, &event))
			continue;
		generation = json_number(&event, 0, "generation");
		verdict = json_get(&event, "verdict");
		is_odd = (generation - first) % 2 == 0;
		ret->lines++;
		ret->odd += is_odd;
		ret->even += !is_odd;
		ret->wrong += strcmp(verdict ? verdict : "", is_odd ? "audit" : "deny") != 0;
		json_release(&event);
	}
	if (file)
		fclose(file);
	free(line);
}

void scene_reloads(void)
{
	unsigned int times = world.guest ? 30 : 1000, failed = 0;
	struct running running[ACTS];
	unsigned long long first, generation;
	struct verdicts verdicts;
	char *output = NULL;
	int status;

	world_copy(world.actor, world_path("bin/one"));
	daemon_how.records = records_path();
	policy_write("kept", odd);
	if (!tap_ok(daemon_start() && status_await_trust(NULL), "reloads: a daemon enforces"))
		return;
	policy_write("kept", odd);
	daemon_reload();
	first = status_generation();
	for (size_t i = 0; i < ACTS; i++) {
		char act[64];

		snprintf(act, sizeof(act), "%s %u %s", acts[i].step,
			 world.guest ? 300 : acts[i].times, acts[i].arguments);
		act_start(&running[i], "entry", act);
	}
	for (unsigned int i = 0; i < times; i++) {
		policy_write("kept", i % 2 ? odd : even);
		failed += client(NULL, "reload", NULL) != 0;
	}
	generation = status_generation();
	tap_ok(!failed && generation == first + times, "reloads: %u times under load", times);
	for (size_t i = 0; i < ACTS; i++)
		tap_ok(act_wait(&running[i]).kind == OUTCOME_DONE, "reloads: %s goes on",
		       acts[i].step);
	policy_write("kept", bad);
	status = client(&output, "reload", NULL);
	tap_ok(status == 2 && strstr(output, "alow") && status_generation() == generation,
	       "reloads: a bad file changes nothing");
	free(output);
	tap_ok(daemon_stop(SIGTERM) == 0, "reloads: the end");
	verdicts_read(world_path("records"), first, &verdicts);
	if (!tap_ok(verdicts.lines && verdicts.odd && verdicts.even && !verdicts.wrong,
		    "reloads: each was judged by one policy or by the other"))
		tap_note("%llu lines, %llu wrong", verdicts.lines, verdicts.wrong);
	tap_note("%llu by the one, %llu by the other", verdicts.odd, verdicts.even);
}

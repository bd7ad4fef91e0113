/* SPDX-License-Identifier: GPL-2.0-only */
#include "evasion.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../integration/daemon.h"
#include "../integration/events.h"
#include "../integration/json.h"
#include "../integration/tap.h"
#include "../integration/world.h"

#define DOUBLE "plain" /* of the actor, that no policy names */

static struct {
	unsigned int caught, total, excused, untried;
} sum;

/* ------------------------------------------------------------------ what doctor says */

static struct json doctor;

/* Where control groups are, as data/groups. */
static void groups_link(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *mount;

	while (mounts && (mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "cgroup2") != 0)
			continue;
		if (symlink(mount->mnt_dir, world_path("data/groups")))
			tap_note("data/groups: %s", strerror(errno));
		break;
	}
	if (mounts)
		endmntent(mounts);
}

static void copies_make(void)
{
	groups_link();
	world_copy(world_beside("actor-shared"), "bin/shared");
	world_copy(world_beside("actor-shared"), "bin/plain-shared");
}

/* Where no other run has asked already: doctor tries every backend, and says of all what each cannot catch. */
static char *doctor_says(void)
{
	char *const argv[] = { (char *)world.program, (char *)"doctor", (char *)"-o",
			       (char *)"json", NULL };
	char *const kept[] = { (char *)"cat", (char *)world.doctor, NULL };
	char *output = NULL;

	if (world.doctor && !access(world.doctor, R_OK)) {
		program_run(kept, &output);
		return output;
	}
	program_run(argv, &output);
	if (world.doctor)
		world_write(world.doctor, 0644, "%s", output);
	return output;
}

void limits_read(void)
{
	char *output;

	copies_make();
	output = doctor_says();
	tap_ok(json_read(output, &doctor) && json_get(&doctor, "limits.0.key"),
	       "evasion: doctor says what cannot be caught");
	free(output);
}

/* Its place in what doctor says; -1: it says nothing of it. */
static int limit_find(const char *key)
{
	const char *found;

	for (int i = 0; key && (found = json_get(&doctor, "limits.%d.key", i)); i++)
		if (strcmp(found, key) == 0)
			return i;
	return -1;
}

bool limit_holds(const char *key)
{
	int i = limit_find(key);

	return i >= 0 && json_number(&doctor, 0, "limits.%d.backends.%s", i,
				     backend_names[world.backend]) == 1;
}

/* This kernel may be one that has mended it. */
static bool limit_of_older_kernels(const char *key)
{
	int i = limit_find(key);
	const char *older = i >= 0 ? json_get(&doctor, "limits.%d.older", i) : NULL;

	return older && strcmp(older, "true") == 0;
}

/* ------------------------------------------------------------------ one row */

/* The act, with the path of the program in the place of WHO. */
static void act_of(const struct evasion *row, const char *who, char *to, size_t size)
{
	const char *from = row->act, *place;
	size_t length = 0;

	while ((place = strstr(from, "WHO"))) {
		length += (size_t)snprintf(to + length, size - length, "%.*sbin/%s",
					   (int)(place - from), from, who);
		from = place + 3;
	}
	snprintf(to + length, size - length, "%s", from);
}

static struct outcome evasion_try(const struct evasion *row, const char *who)
{
	const char *starts = row->by ? row->by : who;
	struct outcome outcome;
	char act[512];
	int descriptor;

	act_of(row, who, act, sizeof(act));
	if (!row->hand)
		return act_run(starts, act);
	descriptor = row->hand();
	if (descriptor < 0)
		return (struct outcome){ .kind = OUTCOME_FAILED,
					 .step = "hand",
					 .error = -descriptor };
	outcome = act_run_handed(starts, act, descriptor);
	close(descriptor);
	return outcome;
}

static const char *double_of(const struct evasion *row)
{
	if (row->who && strcmp(row->who, "entry32") == 0)
		return DOUBLE "32";
	return row->who && strcmp(row->who, "shared") == 0 ? "plain-shared" : DOUBLE;
}

static bool told(const struct evasion *row, const struct outcome *outcome)
{
	struct event_query query = { .pid = outcome->pid,
				     .operation = row->operation,
				     .verdict = "deny",
				     .reason = row->reason };

	if (events_count(&events, &query))
		return true;
	query.pid = outcome->who;
	if (events_count(&events, &query))
		return true;
	query.operation = row->otherwise;
	return world.backend == CGROUP && row->otherwise && events_count(&events, &query);
}

/* The call failed as a refused one does, or the process is gone. */
static bool stopped(const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_KILLED || outcome->kind == OUTCOME_ODD ||
	       (outcome->kind == OUTCOME_FAILED &&
		(outcome->error == EACCES || outcome->error == EPERM));
}

void evasion_result(const struct evasion *row, const char *control, bool caught)
{
	bool excused = limit_holds(row->limit);

	if (control) {
		sum.untried++;
		tap_skip(control, "evasion: %s: %s", row->item, row->name);
		return;
	}
	sum.total++;
	sum.caught += caught;
	sum.excused += !caught && excused;
	if (caught && limit_of_older_kernels(row->limit))
		excused = false;
	if (caught && excused)
		tap_note("doctor says that this cannot be caught");
	tap_ok(caught != excused, "evasion: %s: %s: %s%s", row->item, row->name,
	       caught ? "caught" : "not caught", !caught && excused ? ", as doctor says" : "");
}

static void evasion_judge(const struct evasion *row, const struct outcome *control,
			  const struct outcome *outcome)
{
	bool is_told, is_stopped;

	if (control->kind != OUTCOME_DONE) {
		evasion_result(row, outcome_text(control), false);
		return;
	}
	is_told = told(row, outcome);
	is_stopped = stopped(outcome);
	if (!limit_holds(row->limit) && !(is_told && is_stopped))
		tap_note("%s: %s, %s", row->act, outcome_text(outcome),
			 is_told ? "told" : "not told");
	evasion_result(row, NULL, is_told && is_stopped);
}

/* ------------------------------------------------------------------ all of them */

void evasions_run(const char *policy, const char *text, const struct evasion *rows, size_t count)
{
	struct outcome *controls = calloc(count, sizeof(*controls));
	struct outcome *outcomes = calloc(count, sizeof(*outcomes));

	if (!controls || !outcomes)
		abort();
	for (size_t i = 0; i < count; i++)
		controls[i] = evasion_try(&rows[i], double_of(&rows[i]));
	policy_write(policy, text);
	if (!tap_ok(daemon_reload() && status_await_trust(NULL), "evasion: %s: in force", policy))
		goto out;
	for (size_t i = 0; i < count; i++) {
		if (controls[i].kind != OUTCOME_DONE)
			continue;
		if (rows[i].prepare && !rows[i].prepare())
			tap_ok(false, "evasion: %s: prepared", rows[i].name);
		outcomes[i] = evasion_try(&rows[i], rows[i].who ? rows[i].who : "entry");
	}
	events_await();
	for (size_t i = 0; i < count; i++)
		evasion_judge(&rows[i], &controls[i], &outcomes[i]);
	tail_forget(&events);
out:
	policy_write(policy, "");
	free(controls);
	free(outcomes);
}

void evasions_sum(void)
{
	const char *key;

	tap_note("evasion: %s: caught %u of %u, %u not by its nature, %u could not be tried here",
		 backend_names[world.backend], sum.caught, sum.total, sum.excused, sum.untried);
	for (int i = 0; (key = json_get(&doctor, "limits.%d.key", i)); i++) {
		if (limit_holds(key))
			tap_note("evasion: %s: not by its nature: %s", backend_names[world.backend],
				 json_get(&doctor, "limits.%d.what", i));
	}
	json_release(&doctor);
}

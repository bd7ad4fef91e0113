/* SPDX-License-Identifier: GPL-2.0-only */
#include "rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "acts.h"
#include "events.h"
#include "tap.h"
#include "world.h"

/* Bystander: a copy of the actor that no policy names. */
#define BYSTANDER "plain"

static const char *const guard_names[] = { "natural", "refused", "killed", "absent" };

/* ------------------------------------------------------------------ the matrix */

static const char *const operations[] = { "exec", "library", "socket", "connect",
					  "send", "bind",    "listen", "receive" };
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))
static bool measured[OPERATIONS][ABSENT + 1];

void matrix_add(const char *operation, enum guard guard)
{
	for (size_t i = 0; i < OPERATIONS; i++) {
		if (strcmp(operations[i], operation) == 0)
			measured[i][guard] = true;
	}
}

void matrix_print(const char *kernel, const char *boot)
{
	for (size_t i = 0; i < OPERATIONS; i++) {
		for (int guard = REFUSED; guard <= ABSENT; guard++) {
			if (measured[i][guard])
				tap_line("MATRIX kernel=%s boot=%s backend=%s operation=%s "
					 "result=%s",
					 kernel, boot, backend_names[world.backend], operations[i],
					 guard_names[guard]);
		}
	}
}

/* ------------------------------------------------------------------ what must come of it */

struct expected {
	bool allowed;
	enum guard guard; /* of a denial */
	const char *operation;
	const char *reason;
	const char *rule;
};

static enum guard guard_natural(const char *operation)
{
	if (world.backend != CGROUP)
		return REFUSED;
	if (strcmp(operation, "exec") == 0 || strcmp(operation, "listen") == 0)
		return KILLED;
	if (strcmp(operation, "library") == 0 || strcmp(operation, "receive") == 0)
		return ABSENT;
	return REFUSED;
}

static struct expected row_expected(const struct row *row)
{
	struct expected expected = {
		.allowed = row->rule && !row->cgroup,
		.operation = row->operation,
		.reason = row->reason ? row->reason : "no-rule",
		.rule = row->rule,
	};

	if (world.backend != CGROUP) {
		expected.allowed = row->rule != NULL;
		expected.guard = REFUSED;
		return expected;
	}
	if (row->cgroup_operation)
		expected.operation = row->cgroup_operation;
	if (row->cgroup_reason)
		expected.reason = row->cgroup_reason;
	if (row->cgroup && row->rule)
		expected.rule = NULL;
	expected.guard = row->cgroup ? row->cgroup : guard_natural(expected.operation);
	return expected;
}

static struct outcome row_act(const struct row *row, const char *who)
{
	struct outcome outcome;
	int descriptor;

	if (!row->hand)
		return act_run(who, row->act);
	descriptor = row->hand();
	if (descriptor < 0)
		return (struct outcome){ .kind = OUTCOME_FAILED,
					 .step = "hand",
					 .error = -descriptor };
	outcome = act_run_handed(who, row->act, descriptor);
	close(descriptor);
	return outcome;
}

static bool outcome_is(const struct table *table, const struct row *row,
		       const struct expected *expected, const struct outcome *outcome)
{
	if (expected->allowed || row->unjudged || table->audit || expected->guard == ABSENT)
		return outcome->kind == OUTCOME_DONE;
	if (expected->guard == KILLED)
		return outcome->kind == OUTCOME_KILLED;
	return outcome->kind == OUTCOME_FAILED &&
	       outcome->error == (world.backend == CGROUP ? EPERM : EACCES);
}

/* ------------------------------------------------------------------ what must be told of it */

static bool target_is(const struct json *event, const char *target)
{
	const char *colon;
	char address[64];
	bool good;

	if (!target)
		return true;
	if (!strchr(target, ':'))
		return event_has(event, "target.path",
				 *target == '/' || *target == '[' ? target
								  : world_path("%s", target));
	colon = strrchr(target, ':');
	snprintf(address, sizeof(address), "%.*s", (int)(colon - target), target);
	if (*address == '[') {
		memmove(address, address + 1, strlen(address));
		address[strlen(address) - 1] = '\0';
	}
	good = event_has(event, "target.address", address);
	return event_has(event, "target.port", colon + 1) && good;
}

static const char *class_key(const char *operation)
{
	static const struct {
		const char *operation, *key;
	} keys[] = {
		{ "exec", "\nexec:" },	    { "library", "\nlibrary:" },
		{ "socket", "\nsockets:" }, { "connect", "\nconnect:" },
		{ "send", "\nconnect:" },   { "bind", "\nbind:" },
		{ "listen", "\nbind:" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].operation, operation) == 0)
			return keys[i].key + 1;
	}
	return NULL; /* receive: either of two classes */
}

/* The line of the policy that answered: the rule's, else that of the class. */
static bool origin_is(const struct table *table, const struct json *event,
		      const struct expected *expected)
{
	const char *key = class_key(expected->operation);
	char text[96], line[16];

	if (expected->allowed && expected->rule)
		snprintf(text, sizeof(text), "id: %s,", expected->rule);
	else if (key && strcmp(expected->reason, "guard") != 0)
		snprintf(text, sizeof(text), "%s", key);
	else
		return true;
	snprintf(line, sizeof(line), "%u", policy_line(table->policy, text));
	return event_has(event, "policy.line", line) &
	       (!expected->allowed || event_has(event, "rule.line", line)) &
	       event_has(event, "policy.file", world_path("policy.d/%s.yaml", table->policy));
}

static bool event_is(const struct table *table, const struct row *row,
		     const struct expected *expected, const struct json *event)
{
	const char *who = row->who ? row->who : "entry";
	bool otherwise = world.backend == CGROUP && (row->cgroup_operation || row->cgroup_reason);
	const char *by = row->by && !otherwise ? row->by : who;
	const char *effect = "none";
	bool good = true;

	if (!expected->allowed && !table->audit)
		effect = expected->guard == KILLED ? "killed" : "refused";
	good &= event_has(event, "operation", expected->operation);
	good &= event_has(event, "verdict",
			  !expected->allowed ? "deny"
			  : row->watched     ? "audit"
					     : "allow");
	good &= event_has(event, "effect", effect);
	good &= event_has(event, "reason", expected->allowed ? "rule" : expected->reason);
	if (expected->allowed || strcmp(expected->reason, "guard") != 0)
		good &= event_has(event, "rule.id", expected->allowed ? expected->rule : NULL);
	good &= event_has(event, "mode", table->audit ? "audit" : "enforce");
	good &= event_has(event, "backend", backend_names[world.backend]);
	good &= event_has(event, "instance", table->policy);
	good &= event_has(event, "process.executable", *by == '-' ? NULL : by);
	if (by == who)
		good &= event_has(event, "process.path", world_path("bin/%s", who));
	/* Of what it does not see, a backend cannot tell the target. */
	if (!otherwise)
		good &= target_is(event, row->target);
	return origin_is(table, event, expected) && good;
}

/* Exactly one deviation of the process, and the right one; or exactly one event of the rule. */
static bool told(const struct table *table, const struct row *row, const struct expected *expected,
		 const struct outcome *outcome)
{
	struct event_query query = { .pid = outcome->who, .verdict = "deny" };
	size_t position = 0, wanted = 1;
	const struct json *event;
	bool good;

	if (expected->allowed) {
		query.verdict = row->watched ? "audit" : "allow";
		query.operation = expected->operation;
		query.rule = expected->rule;
	} else if (row->unjudged || expected->guard == ABSENT) {
		wanted = 0;
	}
	good = events_count(&events, &query) == wanted;
	if (!good)
		tap_note("%zu events %s, not %zu", events_count(&events, &query), query.verdict,
			 wanted);
	while ((event = event_next(&events, &query, &position))) {
		if (wanted && event_is(table, row, expected, event))
			continue;
		event_note(event);
		good = false;
	}
	return good;
}

/* ------------------------------------------------------------------ the table */

static void row_judge(const struct table *table, const struct row *row,
		      const struct outcome *control, const struct outcome *outcome)
{
	struct expected expected = row_expected(row);
	bool denied = !expected.allowed && !row->unjudged;
	bool right = outcome_is(table, row, &expected, outcome), reported;
	const char *says = expected.allowed || row->unjudged ? "allowed"
			   : table->audit		     ? "watched"
							     : guard_names[expected.guard];

	if (control->kind != OUTCOME_DONE) {
		tap_skip(outcome_text(control), "%s: %s", table->policy, row->name);
		return;
	}
	/* Notes come before the result they explain. */
	reported = told(table, row, &expected, outcome);
	if (!right)
		tap_note("%s: %s", row->act, outcome_text(outcome));
	tap_ok(right && reported, "%s: %s: %s", table->policy, row->name, says);
	if (denied && !table->audit && right && reported)
		matrix_add(row->operation, expected.guard);
}

void rows_run(const struct table *table)
{
	struct outcome *controls = calloc(table->count, sizeof(*controls));
	struct outcome *outcomes = calloc(table->count, sizeof(*outcomes));

	if (!controls || !outcomes)
		abort();
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		controls[i] = row_act(row, row->who && strstr(row->who, "32") ? BYSTANDER "32"
									      : BYSTANDER);
	}
	if (table->between && !tap_ok(table->between(), "%s: in force", table->policy))
		goto out;
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		if (controls[i].kind == OUTCOME_DONE)
			outcomes[i] = row_act(row, row->who ? row->who : "entry");
	}
	events_await();
	for (size_t i = 0; i < table->count; i++)
		row_judge(table, &table->rows[i], &controls[i], &outcomes[i]);
	tail_forget(&events);
out:
	free(controls);
	free(outcomes);
}

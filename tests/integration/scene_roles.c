/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stand-in instance's processes are said to be for, against what they are; and its deviations
 * learnt, replayed and put in force. Parts of the scene of the stand-in (scene_standin.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "scenes.h"
#include "standin.h"
#include "tap.h"
#include "world.h"

/* A program of the instance by the name that it has in its own table, and what `ps` may say of it. */
static const struct known {
	const char *routine, *role, *known;
} roles[] = {
	{ "CONTROL", "CONTROL", "likely" },
	{ "WRTDMN", "WRTDMN", "likely" },
	{ "JRNDMN", "JRNDMN", "likely" },
	{ "GARCOL", "database process", "class only" },
	{ "EXPDMN", "database process", "class only" },
	{ "Start^%SYS.SERVER", "%SYS.SERVER", "certain" },
	{ "%SYS.cspServer", "SuperServer worker", "class only" },
	{ "ECPCliW^ECP", "ECPCliR or ECPCliW", "likely" },
	{ "ECPCliR", "ECPCliR or ECPCliW", "likely" },
	{ "clmanager", "license server", "certain" },
	{ "java", "language gateway %JDBC Server", "likely" },
	{ "httpd", "private web server", "certain" },
	{ "agent", "ISCAgent", "certain" },
};

/* Any other is a job, told by the entry reference that it was started with. */
static void expect(const char *routine, char role[96], const char **ret_known)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].routine, routine) != 0)
			continue;
		snprintf(role, 96, "%s", roles[i].role);
		*ret_known = roles[i].known;
		return;
	}
	snprintf(role, 96, "job %s", routine);
	*ret_known = "likely";
}

/* The line of `ps -o json` about a process. */
static bool ps_line(const char *output, unsigned int pid, struct json *ret)
{
	char *copy = strdup(output), *rest = copy;
	bool found = false;

	for (char *line; !found && (line = strsep(&rest, "\n"));) {
		if (!*line || !json_read(line, ret))
			continue;
		found = json_number(ret, 0, "pid") == pid;
		if (!found)
			json_release(ret);
	}
	free(copy);
	return found;
}

static bool check_process(const char *output, unsigned int pid, const char *routine)
{
	const char *known;
	struct json line;
	char role[96];
	bool good;

	expect(routine, role, &known);
	if (!ps_line(output, pid, &line)) {
		tap_note("%s, %u: not governed", routine, pid);
		return false;
	}
	good = event_has(&line, "role", role) & event_has(&line, "known", known) &
	       event_has(&line, "instance", STANDIN_NAME);
	if (!good)
		tap_note("%s, %u", routine, pid);
	json_release(&line);
	return good;
}

/* `  12     7330 Start^%SYS.TaskSuper`, and `    7332 clmanager` for what is no database process. */
static bool check_status(const char *output, char *status, size_t *ret_checked)
{
	bool good = true;

	for (char *line; (line = strsep(&status, "\n"));) {
		unsigned int row, pid;
		char routine[80];

		if (sscanf(line, " %u %u %79s", &row, &pid, routine) != 3 &&
		    sscanf(line, " %u %79[^ 0-9]", &pid, routine) != 2)
			continue;
		/* Those two are no part of the instance. */
		if (strcmp(routine, "elsewhere") == 0 || strcmp(routine, "hold") == 0)
			continue;
		good &= check_process(output, pid, routine);
		++*ret_checked;
	}
	return good;
}

void standin_roles(void)
{
	char *output = NULL, *status = NULL;
	size_t checked = 0;
	bool good = client(&output, "ps", "-o", "json", "--instance", STANDIN_NAME, NULL) == 0 &&
		    standin_run(&status, "status", NULL) == 0 &&
		    check_status(output, status, &checked);

	if (!tap_ok(good && checked > 15, "standin: `ps`: each process has its role"))
		tap_note("%zu processes", checked);
	free(status);
	free(output);
	tap_ok(client(&output, "ps", "--instance", "NOBODY", NULL) == 2,
	       "standin: `ps`: an instance that is not there");
	free(output);
}

/* The administrator's list goes before everything. */
void standin_listed(void)
{
	char *output = NULL, *status = NULL, *row;
	unsigned int pid = 0;
	struct json line;
	bool good;

	standin_run(&status, "status", NULL);
	row = strstr(status, " GARCOL");
	while (row && row > status && row[-1] != '\n')
		row--;
	good = row && sscanf(row, " %*u %u", &pid) == 1;
	world_write("list.csv", 0644, "Pid,Routine\n%u,GARCOL\n", pid);
	good = good &&
	       client(&output, "ps", "-o", "json", "--roles", world_path("list.csv"), NULL) == 0 &&
	       ps_line(output, pid, &line);
	tap_ok(good && event_has(&line, "role", "GARCOL") && event_has(&line, "known", "told"),
	       "standin: `ps --roles`: a list labels exactly");
	if (good)
		json_release(&line);
	free(output);
	free(status);
}

/* ------------------------------------------------------------------ learning */

/* --since the beginning of the scene: what was before it is none of its business, and may have been more
 * than the rings hold. */
static char since[64];

static bool is_later(void *context)
{
	struct json status;
	bool later;

	daemon_status(&status);
	later = json_number(&status, 0, "uptime_seconds") >= *(unsigned long long *)context;
	json_release(&status);
	return later;
}

/* Once a second the daemon writes down what was lost until then: that must be over. */
void standin_since(void)
{
	unsigned long long told;
	struct json status;
	struct tm date;
	time_t now;

	daemon_status(&status);
	told = json_number(&status, 0, "uptime_seconds") + 2;
	json_release(&status);
	wait_until(is_later, &told);
	now = time(NULL);
	gmtime_r(&now, &date);
	strftime(since, sizeof(since), "--since=%Y-%m-%dT%H:%M:%SZ", &date);
}

static size_t lines_of(const char *output)
{
	size_t lines = 0;

	for (const char *at = output; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static size_t tail_role(const char *role)
{
	char *output = NULL;
	size_t lines;

	client(&output, "tail", "--log-dir", world_path("log"), since, "--no-follow", "--instance",
	       STANDIN_NAME, "-o", "json", "--role", role, NULL);
	lines = output ? lines_of(output) : 0;
	free(output);
	return lines;
}

/* What no rule answers for, or none should: still denied whatever was learnt. One is what an act had copied to
 * mgr/Temp and taken away again. */
static bool may_be_left(const char *operation)
{
	return strncmp(operation, "socket ", 7) == 0 || strncmp(operation, "library ", 8) == 0 ||
	       strncmp(operation, "exec /memfd:", 12) == 0 || strstr(operation, " --outside") ||
	       (strncmp(operation, "exec ", 5) == 0 &&
		strstr(operation, "/mgr/Temp/clmanager --by "));
}

static bool check_replay(char *output, size_t *ret_allowed)
{
	bool good = true;

	for (char *line; (line = strsep(&output, "\n"));) {
		const char *kind, *operation;
		struct json json;

		if (!*line || !json_read(line, &json))
			continue;
		kind = json_get(&json, "kind");
		operation = json_get(&json, "operation");
		*ret_allowed += kind && strcmp(kind, "newly-allowed") == 0;
		if (kind && operation &&
		    (strcmp(kind, "newly-denied") == 0 || strcmp(kind, "cannot-tell") == 0 ||
		     (strcmp(kind, "still-denied") == 0 && !may_be_left(operation)))) {
			tap_note("%s %s", kind, operation);
			good = false;
		}
		json_release(&json);
	}
	return good;
}

static int policy_command(char **ret_output, const char *command, const char *file,
			  const char *option, const char *value)
{
	return program_run((char *const[]){ (char *)world.program, (char *)"policy",
					    (char *)command, (char *)"--log-dir",
					    strdup(world_path("log")), since, (char *)"--instance",
					    (char *)STANDIN_NAME, (char *)option, (char *)value,
					    (char *)file, NULL },
			   ret_output);
}

static size_t standin_deviations(void)
{
	struct event_query query = { .verdict = "deny" };
	size_t position = 0, count = 0;
	const struct json *event;

	while ((event = event_next(&events, &query, &position))) {
		const char *name = json_get(event, "instance");

		if (!name || strcmp(name, STANDIN_NAME) != 0)
			continue;
		event_note(event);
		count++;
	}
	return count;
}

/* In force, what was learnt is no deviation any more. */
static bool acts_again(void)
{
	static const char *const acts[] = { "exec-program", "connect-tcp", "connect-mapped",
					    "send-udp",	    "bind-tcp",	   "listen-unbound" };
	bool good = true;

	tail_forget(&events);
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		char *output = NULL;

		good &= standin_run(&output, "deviate", acts[i]) == 0;
		free(output);
	}
	events_await();
	return good && standin_deviations() == 0;
}

/* All deviations have been made, in mode audit. */
void standin_learn(void)
{
	char learnt[PATH_MAX], policy[PATH_MAX], apply[PATH_MAX + 16], *output = NULL;
	bool kept = world_command("cp %s %s", world_path("policy.d/standin.yaml"),
				  world_path("kept.yaml")) == 0;
	size_t allowed = 0;
	bool good;

	snprintf(learnt, sizeof(learnt), "%s", world_path("learnt.yaml"));
	snprintf(policy, sizeof(policy), "--policy=%s", world_path("policy.d/standin.yaml"));
	snprintf(apply, sizeof(apply), "--apply=%s", learnt);
	tap_ok(tail_role("database process") > 3 && tail_role("nobody*") == 0,
	       "standin: `tail --role` tells roles apart");
	/* 1: guards and kinds of sockets are left to the operator. */
	good = policy_command(&output, "learn", NULL, policy, apply) == 1 &&
	       !strstr(output, "# incomplete");
	if (!tap_ok(good, "standin: `policy learn`: from the recording, complete"))
		tap_note("%s", output);
	free(output);
	output = NULL;
	good = program_run((char *const[]){ (char *)world.program, (char *)"policy",
					    (char *)"check", learnt, NULL },
			   &output) == 0;
	if (!tap_ok(good, "standin: what was learnt passes `policy check`"))
		tap_note("%s", output);
	free(output);
	output = NULL;
	good = policy_command(&output, "replay", learnt, "--all", "-ojson") == 0 &&
	       check_replay(output, &allowed);
	tap_ok(good && allowed > 5, "standin: replayed, what was learnt is no deviation any more");
	free(output);
	/* All files that it names are there. */
	good = world_command("cp %s %s", learnt, world_path("policy.d/standin.yaml")) == 0 &&
	       daemon_reload() && status_await_trust(NULL) && acts_again();
	tap_ok(good, "standin: in force, what was learnt is no deviation any more");
	good = kept &&
	       world_command("cp %s %s", world_path("kept.yaml"),
			     world_path("policy.d/standin.yaml")) == 0 &&
	       daemon_reload() && status_await_trust(NULL);
	tap_ok(good, "standin: its own policy is in force again");
	tail_forget(&events);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Roles of governed processes, for events. A role may rest on what all processes of an instance do, so all
 * are looked at together; that takes a while with many, and is done at most so often that it costs a fiftieth
 * of the time. A process that came since is told by itself, from what it executes and was started with.
 *
 * No verdict depends on any of this: it is done when an event is named, and never waited for otherwise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/daemon.h"
#include "instance/role_gather.h"
#include "util/cleanup.h"

#define ROLES_CACHED 1024 /* a power of two */
#define LOOK_SECONDS 10 /* at most this often … */
#define LOOK_SHARE 50 /* … and at most 1/50 of the time */
#define TICK 10000000u /* nanoseconds that a start time of /proc is exact to */

struct cached_role {
	uint32_t pid;
	uint64_t start; /* in ticks */
	char *executable; /* that the role was told of; NULL */
	struct role role;
};

struct naming_roles {
	const struct daemon *daemon;
	struct roles roles; /* of the last look, by pid */
	int64_t next_look; /* CLOCK_MONOTONIC, nanoseconds */
	struct cached_role cached[ROLES_CACHED];
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

struct naming_roles *naming_roles_new(const struct daemon *daemon)
{
	struct naming_roles *roles = calloc(1, sizeof(*roles));

	if (roles)
		roles->daemon = daemon;
	return roles;
}

static void forget(struct naming_roles *roles)
{
	for (size_t i = 0; i < ROLES_CACHED; i++)
		free(roles->cached[i].executable);
	memset(roles->cached, 0, sizeof(roles->cached));
	roles_release(&roles->roles);
}

struct naming_roles *naming_roles_free(struct naming_roles *roles)
{
	if (!roles)
		return NULL;
	forget(roles);
	free(roles);
	return NULL;
}

/* ------------------------------------------------------------------ all of them */

struct collecting {
	struct roles_subject *subjects;
	size_t count, capacity;
	bool failed;
};

static bool collect(void *context, pid_t pid, uint16_t instance, const struct cw_subject *subject)
{
	struct collecting *collecting = context;

	(void)subject;
	if (instance == CW_INSTANCE_CANARY)
		return true;
	if (collecting->count == collecting->capacity) {
		size_t capacity = collecting->capacity ? 2 * collecting->capacity : 256;
		struct roles_subject *subjects = reallocarray(collecting->subjects, capacity,
							      sizeof(*subjects));

		collecting->failed = !subjects;
		if (!subjects)
			return false;
		collecting->subjects = subjects;
		collecting->capacity = capacity;
	}
	collecting->subjects[collecting->count++] =
		(struct roles_subject){ .pid = (uint32_t)pid, .place = instance - 1u };
	return true;
}

static int compare_pids(const void *a, const void *b)
{
	const struct roles_row *x = a, *y = b;
	uint32_t p = x->process.process.pid, q = y->process.process.pid;

	return (p > q) - (p < q);
}

static void look(struct naming_roles *roles)
{
	const struct policy_set *set = &roles->daemon->governing.set;
	struct roles_place places[CW_INSTANCES_MAX] = { 0 };
	struct diagnostics diagnostics = { 0 };
	struct collecting collecting = { 0 };
	int64_t began = now(), took;

	for (size_t i = 0; i < set->count; i++)
		places[i] = (struct roles_place){ .name = set->policies[i]->instance.value,
						  .root = set->policies[i]->root.value };
	forget(roles);
	/* What cannot be looked at has no role; the next look may be luckier. */
	if (!kern_subjects_each(roles->daemon->kern, collect, &collecting) && !collecting.failed &&
	    roles_gather("/proc", &roles->daemon->governing.facts, places, set->count,
			 collecting.subjects, collecting.count, &diagnostics, &roles->roles))
		roles->roles = (struct roles){ 0 };
	free(collecting.subjects);
	diagnostics_release(&diagnostics);
	if (roles->roles.count)
		qsort(roles->roles.rows, roles->roles.count, sizeof(*roles->roles.rows),
		      compare_pids);
	took = now() - began;
	roles->next_look = began + took +
			   (took * LOOK_SHARE > LOOK_SECONDS * 1000000000ll
				    ? took * LOOK_SHARE
				    : LOOK_SECONDS * 1000000000ll);
}

/* ------------------------------------------------------------------ one */

static const struct role_process *looked_at(const struct naming_roles *roles, uint32_t pid,
					    uint64_t start)
{
	struct roles_row key = { .process.process.pid = pid };
	const struct roles_row *row = roles->roles.count
					      ? bsearch(&key, roles->roles.rows, roles->roles.count,
							sizeof(key), compare_pids)
					      : NULL;

	return row && row->process.process.start / TICK == start / TICK ? &row->process : NULL;
}

/* What it executes may be another file than when it was looked at: then it is told anew. */
static void tell_alone(const struct naming_roles *roles, uint16_t instance, uint32_t pid,
		       const char *path, struct cached_role *ret)
{
	const struct policy_set *set = &roles->daemon->governing.set;
	struct role_process process = { 0 };
	struct role_instance of = { .owner = UINT32_MAX };

	if (instance && instance <= set->count)
		of.root = set->policies[instance - 1]->root.value;
	if (process_read("/proc", pid, &process.process))
		process.process = (struct process){ .pid = pid };
	if (path &&
	    (!process.process.executable || strcmp(process.process.executable, path) != 0)) {
		/* Its arguments are already those of what it executes now. */
		process_release(&process.process);
		process.process = (struct process){ .pid = pid, .executable = strdup(path) };
		process.process.arguments = strdup("");
	}
	if (process.process.executable && process.process.arguments && of.root) {
		role_tell(&of, &process);
		ret->role = process.role;
		ret->executable = take_ptr(process.process.executable);
	}
	process_release(&process.process);
}

/*
 * The role of a governed process of this instance that executes the file at path (NULL: not known); NULL: there
 * is none to tell. Valid until the next call.
 */
const char *naming_roles_find(struct naming_roles *roles, uint16_t instance, uint32_t pid,
			      uint64_t start, const char *path)
{
	struct cached_role *cached = &roles->cached[pid % ROLES_CACHED];
	const struct role_process *seen;
	bool same = cached->pid == pid && cached->start == start / TICK;

	if (now() >= roles->next_look) {
		look(roles);
		same = false;
	}
	if (same && (!path || (cached->executable && strcmp(cached->executable, path) == 0)))
		return *cached->role.text ? cached->role.text : NULL;
	free(cached->executable);
	*cached = (struct cached_role){ .pid = pid, .start = start / TICK };
	seen = looked_at(roles, pid, start);
	if (seen && seen->process.executable &&
	    (!path || strcmp(seen->process.executable, path) == 0)) {
		cached->role = seen->role;
		cached->executable = strdup(seen->process.executable);
	} else {
		tell_alone(roles, instance, pid, path, cached);
	}
	return *cached->role.text ? cached->role.text : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which events somebody wants. A filter is a set of criteria; an event passes that meets all of them,
 * each by any one of the values given for it. Commands take criteria as options (filter_options),
 * send them to the daemon as the same (name, value) strings, and the daemon evaluates.
 */
#ifndef CW_EVENT_FILTER_H
#define CW_EVENT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

#define FILTER_VALUES_MAX 256 /* of one filter, all criteria together */
#define FILTER_STRING_MAX 256 /* bytes of a name or pattern */
#define FILTER_DEPTH_MAX 64 /* generations up that a descendant is recognised */

/* name in code, long option and name on the wire, argument (NULL: none), help */
#define FILTER_CRITERIA(X) \
	X(OPERATION, "operation", "LIST", \
	  "exec, library, socket, connect, send, bind, listen, receive, tamper") \
	X(VERDICT, "verdict", "LIST", "allow, audit, deny") \
	X(INSTANCE, "instance", "LIST", "names of instances") \
	X(EXECUTABLE, "executable", "LIST", \
	  "who acts: a name of the policy, a file's name, or a path; with * and ?") \
	X(PID, "pid", "LIST", "these processes and their descendants") \
	X(PORT, "port", "LIST", "ports and ranges, as in 1972,57772-57779") \
	X(ADDRESS, "address", "LIST", "addresses and prefixes, as in 10.0.0.0/8,::1") \
	X(USER, "user", "LIST", "users who act, by name or number") \
	X(ROLE, "role", "LIST", "roles of processes, as `ps` shows them; with * and ?") \
	/* not a restriction: lets more in */ \
	X(HOST, "host", NULL, "also what processes do that nobody governs")

enum filter_criterion {
#define FILTER_CRITERION(id, ...) FILTER_##id,
	FILTER_CRITERIA(FILTER_CRITERION)
#undef FILTER_CRITERION
		FILTER_CRITERION_MAX,
};

struct filter_option {
	const char *name;
	const char *argument; /* NULL: the value on the wire is "" */
	const char *help;
};
extern const struct filter_option filter_options[FILTER_CRITERION_MAX];

struct filter_value {
	enum filter_criterion criterion;
	union {
		struct {
			uint32_t low, high; /* ports, pids, uids: a range */
		} range;
		struct {
			uint8_t family, prefix;
			uint8_t bytes[16];
		} address;
	};
	char *string; /* names and patterns, owned; NULL where the value is a number */
};

struct filter {
	uint32_t operations; /* bit masks; 0: any */
	uint32_t verdicts;
	bool host;
	bool given[FILTER_CRITERION_MAX];
	struct filter_value *values;
	size_t count;
};

void filter_release(struct filter *filter);
#define _cleanup_filter_ __attribute__((cleanup(filter_release)))

/*
 * Add one option's value, which may be a list (`,` between items). Returns 0; -ENOENT: no such
 * option; -EINVAL: a bad value; -E2BIG: too many; -ENOMEM. For the second and third *reterr_message
 * is a sentence for people, owned by the caller. After an error the filter is as before.
 */
int filter_add(struct filter *filter, const char *name, const char *value, char **reterr_message);

/* How to climb from a process to its parent (0: not known), for `--pid` and its descendants. */
struct filter_lookup {
	void *context;
	uint32_t (*parent)(void *context, uint32_t pid);
};

/* lookup may be NULL. */
bool filter_match(const struct filter *filter, const struct event *event,
		  const struct filter_lookup *lookup);

/*
 * What the kernel must record for this filter, as bit masks for struct cw_control (OR those of all
 * subscribers). Deviations are recorded anyway, so a filter that wants no allowed ones needs nothing.
 */
void filter_wanted(const struct filter *filter, uint32_t *ret_wanted, uint32_t *ret_wanted_host);

#endif

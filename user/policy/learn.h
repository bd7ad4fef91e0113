/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From operations that no rule allowed to rules that allow them, and nothing else: each rule is a box
 * (users times ports times addresses; users times executed files) every cell of which has been seen.
 *
 * Boxes begin as single cells and are joined along one dimension where they agree in all others. That is
 * done for every order of the dimensions, and the fewest boxes are kept: the smallest cover by joining,
 * which never takes in what was not seen. Text stands in a policy as it is given here (policy/append.h).
 */
#ifndef CW_POLICY_LEARN_H
#define CW_POLICY_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum learn_dimension {
	LEARN_WHAT, /* exec: the executed file; bind, connect: protocol/port */
	LEARN_ADDRESS, /* "" in exec */
	LEARN_USER, /* "": any, where the operator asked for it */
	LEARN_DIMENSIONS,
};

#define LEARN_SEEN_MAX 200000 /* distinct operations */
#define LEARN_PIDS_MAX 8 /* processes that evidence names */

struct learn_evidence {
	uint64_t count;
	int64_t first, last; /* nanoseconds since 1970 */
	uint32_t pids[LEARN_PIDS_MAX]; /* the first ones seen */
	uint32_t pid_count;
	bool more_pids; /* than these */
	const char *comm; /* of the first */
};

void learn_evidence_pid(struct learn_evidence *evidence, uint32_t pid);

/* One operation, as often as it was seen. Strings are borrowed. */
struct learn_seen {
	uint8_t class; /* enum cw_class, one of the lists of rules */
	const char *by; /* as a policy writes it; NULL: who acts is not known */
	const char *text[LEARN_DIMENSIONS];
	struct learn_evidence evidence;
};

struct learn_rule {
	uint8_t class;
	const char *by;
	const char **text[LEARN_DIMENSIONS]; /* sorted, each once */
	size_t count[LEARN_DIMENSIONS];
	struct learn_evidence evidence;
};

struct learnt {
	struct learn_rule *rules; /* by class, then by who acts, then by the first thing seen */
	size_t count;
};
void learnt_release(struct learnt *learnt);
#define _cleanup_learnt_ __attribute__((cleanup(learnt_release)))

/* 0; -E2BIG: more than LEARN_SEEN_MAX; -ENOMEM. What the rules point to is seen's. */
int learn(const struct learn_seen *seen, size_t count, struct learnt *ret);

#endif

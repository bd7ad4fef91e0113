/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables of acts, each with what must come of it. A row without a rule is a denial: the act is made by
 * a copy of the actor that nobody governs first and must succeed (else it cannot be tried here, which is
 * a skip and no proof), then by a governed one. Whether a denial is refused, killed or not seen at all
 * is the backend's nature, unless the row says otherwise; each that is seen must be told exactly once.
 */
#ifndef CW_ROWS_H
#define CW_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum guard { NATURAL, REFUSED, KILLED, ABSENT };

struct row {
	const char *name;
	const char *act;
	const char *operation;
	const char *
		target; /* `ADDRESS:PORT`, or a file (absolute, or in the world); NULL: not checked */
	const char *rule; /* allowed by this rule; NULL: denied */
	const char *who; /* default `entry` */
	const char *by; /* executable in the event; default: who; `-`: none that the policy names */
	const char *reason; /* of a denial; default `no-rule` */
	bool watched; /* the rule is an `audit` rule */
	bool unjudged; /* passes, and no deviation is told */
	enum guard cgroup; /* of the cgroup backend, where its nature is another for this act */
	const char *cgroup_operation, *cgroup_reason; /* … and what it sees instead */
	const char *errors; /* errno of a refusal, where the call hides it: `EPERM` … */
	int (*hand)(void); /* makes the socket that waits in the actor's mailbox */
};

struct table {
	const char *policy; /* name of the instance and of its file */
	bool audit; /* the policy only watches: every act succeeds, denials are told */
	const struct row *rows;
	size_t count;
	bool (*between)(void); /* puts the policy in force when its absence has been used */
};

void rows_run(const struct table *table);

/* A guard as measured, for the matrix. */
void matrix_add(const char *operation, enum guard guard);
void matrix_print(const char *kernel, const char *boot);

#endif

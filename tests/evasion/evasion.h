/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ways round, one a row. Each is tried twice: by a copy of the actor that nobody governs it must succeed
 * (else it could not be tried here, which is a skip and proves nothing), by a governed one it must not, and
 * must be told. What a backend cannot catch by its nature is not in these rows but in what `doctor` says of
 * it: a row names the limit that would excuse it, and whether that holds here doctor decides.
 */
#ifndef CW_EVASION_H
#define CW_EVASION_H

#include <stdbool.h>
#include <stddef.h>

#include "../integration/acts.h"

struct evasion {
	const char *item; /* what is evaded, or by what */
	const char *name;
	const char *
		act; /* WHO is the path of the program that is governed, or of its ungoverned double */
	const char *operation; /* that must be told */
	const char *
		limit; /* key of the limit that excuses it where doctor says so; NULL: nothing does */
	const char *who; /* the program; default `entry` */
	const char
		*by; /* always starts it, and is governed by nobody; default: the program itself */
	const char *reason; /* that must be told; NULL: any */
	const char *otherwise; /* an operation that the cgroup backend may tell instead */
	int (*hand)(void); /* makes the socket that waits in the actor's mailbox */
	bool (*prepare)(
		void); /* before the governed round; the row is a failure where it is false */
};

/* Try all of them, with the policy of this name, which comes into force between the two rounds. */
void evasions_run(const char *policy, const char *text, const struct evasion *rows, size_t count);
#define EVASIONS_RUN(policy, text, rows) \
	evasions_run(policy, text, rows, sizeof(rows) / sizeof((rows)[0]))

/* For what is no row: a result. control is why it could not be tried (NULL: it could). */
void evasion_result(const struct evasion *row, const char *control, bool caught);

/* At the beginning, what doctor says; at the end, the sum. */
void limits_read(void);
bool limit_holds(const char *key);
void evasions_sum(void);

void scene_network(void);
void scene_handed(void);
void scene_programs(void);
void scene_code(void);
void scene_processes(void);
void scene_beginnings(void);
void scene_scripts(void); /* … that are entries */

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Running the actor, and what comes of it. */
#ifndef CW_ACTS_H
#define CW_ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum outcome_kind {
	OUTCOME_DONE,
	OUTCOME_FAILED, /* a step's call failed */
	OUTCOME_KILLED,
	OUTCOME_ODD, /* it said nothing that we understand, or did not end */
};

struct outcome {
	enum outcome_kind kind;
	char step[32]; /* FAILED */
	int error;
	pid_t pid; /* of the process executed */
	pid_t who; /* of the one that acted, its child perhaps */
};

/* One that still runs. */
struct running {
	pid_t pid;
	int output;
	int handing; /* our end of its descriptor 3 */
	char text[512];
	size_t length;
};

/* Execute `who` (a name below bin/, or a path) with an act. */
void act_start(struct running *running, const char *who, const char *act);
/* Wait for its end, and for that of everybody it left behind. */
struct outcome act_wait(struct running *running);
/* End one that waits for nothing more. */
void act_end(struct running *running);
struct outcome act_run(const char *who, const char *act);
/* Like act_run(), with a descriptor waiting in its mailbox. */
struct outcome act_run_handed(const char *who, const char *act, int descriptor);
/* Let an act go on that waits for the gate. */
void gate_open(void);
/* Who told, by the step `tell NAME`, that he is there; 0: nobody yet. */
pid_t act_teller(const char *name);
/* A sentence. */
const char *outcome_text(const struct outcome *outcome);

/* Run a program to its end; output (both streams, NUL-terminated, owned by the caller) may be NULL.
 * Returns the exit status, 128 + signal, or -1. */
int program_run(char *const argv[], char **ret_output);

/* Wait for what a test waits for: again and again until true or time is up. */
bool wait_until(bool (*happened)(void *context), void *context);
#define WAIT_SECONDS 60

#endif

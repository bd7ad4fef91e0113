/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The actor: does one act and says how it went. An act is a line of steps, each a word and its
 * arguments, as in `socket tcp, connect 127.0.0.1:29500`; commas are for the eye. Who judges it is
 * decided by the name under which the actor was executed: it is copied to the places that a policy names.
 *
 * The last line of its output is one of
 *
 *	done PID              every step succeeded
 *	failed PID STEP ERRNO the step that did not, and why
 *	killed PID            a child that was to go on was killed
 *
 * and none at all where the actor itself was killed.
 */
#ifndef CW_ACTOR_H
#define CW_ACTOR_H

#include <stdbool.h>
#include <stddef.h>

/* What the steps leave to those that follow. */
struct actor {
	int socket; /* the one last made */
	char **rest; /* the words behind the present step */
};

struct actor_step {
	const char *name;
	int arguments;
	bool last; /* takes all words that follow */
	/* 0 or a positive errno. */
	int (*run)(struct actor *actor, char **arguments);
};

/* Each ends with a row without a name. */
extern const struct actor_step socket_steps[], address_steps[], uring_steps[], process_steps[],
	memory_steps[], reach_steps[], disguise_steps[], beside_steps[], claim_steps[],
	kernel_steps[], pretend_steps[];

/* Run words to their end: prints the result and ends the process. */
__attribute__((noreturn)) void actor_finish(struct actor *actor, char **words);
/* The same without ending it. */
void actor_run(struct actor *actor, char **words);
/* End as a child did; nothing is said for a child that ended by itself, since it has said it. */
__attribute__((noreturn)) void actor_end_as(int child, int status);

/* Addresses: `1.2.3.4:5`, `[::1]:5`, `unspec:1.2.3.4:5` (an address of either family that says AF_UNSPEC).
 * Returns the length. */
struct sockaddr_storage;
unsigned int actor_address(const char *text, struct sockaddr_storage *ret);
/* `kind` of socket_kinds[]: a descriptor or a negative errno. */
int actor_socket(const char *kind);

#endif

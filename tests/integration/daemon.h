/* SPDX-License-Identifier: GPL-2.0-only */
/* The program under test, by its command line alone: the daemon, its clients, their output. */
#ifndef CW_TEST_DAEMON_H
#define CW_TEST_DAEMON_H

#include <stdbool.h>
#include <sys/types.h>

#include "json.h"

/* Whose members may look. */
#define GROUP "nogroup"

/* How it is started; NULL: as usual. */
struct daemon_how {
	const char *program; /* another build of it */
	const char *fault; /* where it is to be killed: user/util/fault.h */
	const char *records; /* file to which it prints events, as JSON */
	const char *option; /* one more */
};
extern struct daemon_how daemon_how;

/* As systemd starts it, the capabilities and limits of the unit for what this process executes: what works with all
 * of root's may not with those. */
void unit_bounds(void);
/* Start it and wait until it says that it is ready. False, with notes, when it ends instead. */
bool daemon_start(void);
/* Run it expecting that it refuses to start: its exit status and what it said (owned by the caller). */
int daemon_refuses(char **ret_output);
pid_t daemon_pid(void);
/* Send it a signal and wait for its end: the exit status, 128 + signal, or -1 when it does not end. */
void daemon_launch(void); /* … without waiting */
int daemon_stop(int signal);
int daemon_wait(void); /* … for an end that something else brings about */
/* Whether it lives, or how it ended, in a few words (static). */
const char *daemon_ended(void);
/* What it said on standard error, as notes. */
void daemon_notes(void);
/* Did it say this? */
bool daemon_said(const char *text);
/* Wait for READY=1 once more, after a SIGHUP. */
bool daemon_ready(void);

/* `cachewarden COMMAND …`, each with the daemon's --runtime-dir: the exit status. */
int client(char **ret_output, const char *command, ...) __attribute__((sentinel));
/* Reload; true when it succeeded, else its words are notes. */
bool daemon_reload(void);
/* status -o json. Bails out where there is none. */
void daemon_status(struct json *ret);
/* Rows of a status, by name. */
unsigned long long status_governed(const char *instance);
/* How often that fault was counted; 0 also when it never was. */
unsigned long long status_fault(const char *fault);
const char *status_mode(const char *instance);
/* Wait until that many processes of the instance are governed. */
bool status_await_governed(const char *instance, unsigned long long count);
/* Wait until no file below the world is distrusted but those whose path contains `besides` (NULL: none). */
bool status_await_trust(const char *besides);
/* Wait until so many clients tail: those of before have gone, those just started have come. */
bool status_await_clients(unsigned long long count);
unsigned long long status_judged(const struct json *status, const char *operation,
				 const char *verdict);
unsigned long long status_generation(void);

#endif

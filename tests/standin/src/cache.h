/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of bin/cache.
 *
 *   cache.c           argv: start-up, job, terminal, status call
 *   cache_control.c   start-up program, control process, orderly end
 *   cache_jobs.c      daemons, and processes made by JOB
 *   cache_server.c    SuperServer and its workers
 *   cache_license.c   license datagrams and the license query
 *   cache_children.c  other programs: shell callouts, web server, gateway; the ECP client
 *   cache_command.c   the Unix socket through which the tests ask for things
 *   cache_day.c       the ordinary day
 *   cache_acts.c      the deviations
 */
#ifndef STANDIN_CACHE_H
#define STANDIN_CACHE_H

#include "acts.h"
#include "cpf.h"

#define COMMAND_SOCKET "cache.sock"
#define COMMAND_SIZE 512

/* cache_control.c */
int start_up(const struct instance *instance);

/* cache_jobs.c */
int daemons_start(const struct instance *instance);
/* What JOB does: executes bin/cache anew. Returns the pid or a negative errno. */
pid_t job_start(const struct instance *instance, const char *entry);
int license_monitor_start(const struct instance *instance);
/* Waits until the client has connected; does nothing without [ECPServers]. */
int ecp_client_start(const struct instance *instance);
/* The other end of it: the process that was executed. */
int job_run(const struct instance *instance, const char *entry);

/* cache_server.c */
int superserver_run(const struct instance *instance);

/* cache_license.c: 0 or a negative errno */
int license_report(const struct instance *instance);
int license_query(const struct instance *instance);

/* cache_children.c */
/* $ZF(-1): waits; returns the wait status, or a negative errno. */
int callout(const char *command);
/* The same without waiting (/ASYNC/SHELL): the pid of the shell or a negative errno. */
pid_t callout_async(const char *command);
/* Executes a program and waits for it: 0, or -ECHILD when it ended with another status than 0. */
int program_run(char *const arguments[]);
int license_server_start(const struct instance *instance);
int web_server_start(const struct instance *instance);
int gateway_start(const struct instance *instance);
int gateway_ask(const struct instance *instance, const char *request, char *reply);
int ecp_connect(const struct instance *instance);

/* cache_command.c */
int command_listen(void);
/* Takes one connection and answers it in a child. */
void command_accept(int listener, const struct instance *instance);

/* cache_day.c: writes a line an item to the descriptor */
void day_run(const struct instance *instance, int descriptor);

/* cache_acts.c: the functions of the acts that run in here; NULL for the others */
act_function *act_inside(enum act_id id);

#endif

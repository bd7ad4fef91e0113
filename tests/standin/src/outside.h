/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of standin/outsider, the helper of the driver that no policy governs.
 *
 *   outsider.c       its commands
 *   outside_acts.c   the deviations of outsiders, and the socket that is handed in
 *   outside_day.c    the ordinary day's visitors
 */
#ifndef STANDIN_OUTSIDE_H
#define STANDIN_OUTSIDE_H

#include "acts.h"

/* Sends a request to ROOT/mgr/cache.sock: the connection, or a negative errno. */
int command_ask(const char *root, const char *request);

/* The act's line, wherever it has to run. Returns 0, or a negative errno when nobody could be asked. */
int act_anywhere(enum act_id id, const struct instance *instance, char *line, size_t size);

/* Prints a line a visit; returns how many failed. */
int visits_run(const struct instance *instance, unsigned int agent_port);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events back to operations: what was told becomes what `policy test` takes, so that a recorded event,
 * a case of a table and a question on the command line all reach decide() by one way.
 */
#ifndef CW_CLI_TOLD_OPERATION_H
#define CW_CLI_TOLD_OPERATION_H

#include "cli/policy_operation.h"
#include "event/event.h"

struct told_operation {
	struct operation operation; /* its strings are the event's and ours */
	char endpoint[EVENT_ADDRESS_MAX + sizeof("[]:65535")];
	char user[16];
};

/* NULL; or why the event does not say what was done (static). */
const char *told_operation(const struct event *event, struct told_operation *ret);

#endif

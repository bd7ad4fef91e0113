/* SPDX-License-Identifier: GPL-2.0-only */
/* What `tail` is about, and its one connection to the daemon. For tail.c and tail_follow.c alone. */
#ifndef CW_CLI_TAIL_H
#define CW_CLI_TAIL_H

#include <time.h>

#include "cli/history.h"
#include "cli/options.h"
#include "ipc/client.h"

struct tail {
	struct ipc_request request;
	const struct cli_common *common;
	uint64_t left; /* events still to print; UINT64_MAX: no limit */
	bool reconnect;
	bool finishing; /* we have asked for the end */
	bool begun; /* the daemon has answered; or it was told that it has not */
	int signals;
	bool no_follow; /* the recording is all that is wanted */
	struct filter filter;
	struct history history;
	struct ipc_lost lost; /* not yet told */
	time_t told;
};

enum tail_outcome {
	TAIL_GO_ON,
	TAIL_DONE,
	TAIL_GONE, /* the daemon, without a word */
	TAIL_REFUSED, /* reported */
};

enum tail_outcome tail_of_history(enum history_outcome outcome);

/* One connection, from request to end. */
enum tail_outcome tail_follow(struct tail *tail, struct ipc_client *client);

#endif

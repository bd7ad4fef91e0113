/* SPDX-License-Identifier: GPL-2.0-only */
/* What came before: `tail --since` prints it from the recording, through the same filters and printers. */
#ifndef CW_CLI_HISTORY_H
#define CW_CLI_HISTORY_H

#include "cli/options.h"
#include "event/filter.h"
#include "event/parse.h"
#include "event/print.h"
#include "recording/reader.h"

struct history {
	bool wanted; /* --since or --until was given */
	struct reader_query query;
	const struct filter *filter; /* borrowed, as are the others */
	enum event_format format;
	uint64_t *left; /* how many events may still be printed; UINT64_MAX: any number */
	int signals; /* readable: it is to end */
	struct reader *reader;
	struct event_parsed parsed;
};
#define HISTORY_INIT \
	{ \
		.query = {.since = INT64_MIN, .until = INT64_MAX, .last = UINT64_MAX } \
	}

void history_release(struct history *history);

/* The argument of --since or --until; false: it is no point in time. */
bool history_bound(const char *text, int64_t *ret_bound);

enum history_outcome {
	HISTORY_READ, /* all that is there has been printed */
	HISTORY_ENOUGH, /* a signal, `left`, or a reader of ours that has gone */
	HISTORY_FAILED, /* reported */
};

/* Open the recording. 0, or a negative errno, reported. */
int history_open(struct history *history, const char *log_dir);

/* Print what is there and was not printed yet. */
enum history_outcome history_print(struct history *history);

/* Print the rest, up to and including the number `last`; of it `recorded` is in the recording, or will be in
 * a moment, which is waited for. */
enum history_outcome history_catch_up(struct history *history, uint64_t last, uint64_t recorded);

#endif

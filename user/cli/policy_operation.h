/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations as people write them, on the command line of `policy test` and in its tables of cases:
 *
 *	exec PATH			connect|send|bind|listen tcp|udp|sctp|other ADDRESS:PORT
 *	library PATH|anonymous		receive bound|connected tcp|… ADDRESS:PORT
 *	socket FAMILY TYPE
 *
 * and who acts: --by NAME|PATH, --script PATH, --user USER, --instance NAME, --outside.
 */
#ifndef CW_CLI_POLICY_OPERATION_H
#define CW_CLI_POLICY_OPERATION_H

#include "cli/policy.h"
#include "util/buffer.h"

#define OPERATION_WORDS_MAX 4

struct operation {
	const char *words[OPERATION_WORDS_MAX];
	size_t count;
	const char *by, *script, *user, *instance;
	bool outside; /* a process that is not governed */
	bool told; /* by the kernel: its address is what it took one for, 0.0.0.0 too */
};

/* The options of `policy test`; all but --cases are an operation's. */
enum {
	OPERATION_BY = 1,
	OPERATION_SCRIPT,
	OPERATION_USER,
	OPERATION_INSTANCE,
	OPERATION_OUTSIDE,
	OPERATION_CASES,
};
extern const struct cli_option operation_options[];
extern const char operation_notes[];

/* Take one of the options by its id. */
void operation_option(struct operation *operation, int id, const char *value);
/* Add a word; false: too many. */
bool operation_word(struct operation *operation, const char *word);

#define OPERATION_PATHS_MAX 3
/* The paths in it, which a glob of the policy may have to be assumed to match. */
size_t operation_paths(const struct operation *operation, const char *ret[OPERATION_PATHS_MAX]);

/* As written, for output. */
void operation_text(const struct operation *operation, struct buffer *buffer);

/*
 * What decide() is to be asked. 0, with what was taken for granted in note (empty: nothing); -EINVAL,
 * with what is wrong in message, and the word that is wrong (one of the operation's) or NULL.
 */
int operation_request(const struct operation *operation, const struct loaded *loaded,
		      struct cw_request *ret, struct buffer *note, struct buffer *message,
		      const char **reterr_word);

#endif

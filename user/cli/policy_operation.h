/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations as people write them, on the command line of `policy test` and in its tables of cases:
 *
 *	exec PATH			connect|send|bind|listen tcp|udp|sctp|other ADDRESS:PORT
 *	library PATH|anonymous		receive bound|connected tcp|… ADDRESS:PORT
 *	socket FAMILY TYPE
 *
 * and who acts: --by NAME|PATH, --script PATH, --user USER, --instance NAME, --outside. ADDRESS may be a host that the
 * policy names.
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

/* Why an operation cannot be judged. */
struct operation_error {
	struct buffer message;
	struct buffer hint; /* empty: there is none */
	const char *word; /* that is wrong, one of the operation's; NULL: none of them */
};
void operation_error_release(struct operation_error *error);
#define _cleanup_operation_error_ __attribute__((cleanup(operation_error_release)))

/* What decide() was asked, and what it said. */
struct judged {
	struct cw_request request;
	struct cw_decision decision;
	struct buffer note; /* what was taken for granted; empty: nothing */
};
void judged_release(struct judged *judged);
#define _cleanup_judged_ __attribute__((cleanup(judged_release)))

/*
 * Judge it. Where a word stands for several files or addresses, each of them is judged, and it is an error if they are
 * judged differently. abroad: what is told as an exec is no exec, but reaching into a process that runs that file.
 * 0 and *ret; or -EINVAL and *reterr.
 */
int operation_judge(const struct operation *operation, const struct loaded *loaded, bool abroad,
		    struct judged *ret, struct operation_error *reterr);

#endif

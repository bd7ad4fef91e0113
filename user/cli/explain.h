/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `explain` tells of one event: what was decided and by what, what the policy says of it now, the
 * rules that come nearest, the files behind its paths, and the line that would allow it. Everything that
 * is judged is judged by decide(), and the line is one that `policy learn` has tried.
 */
#ifndef CW_CLI_EXPLAIN_H
#define CW_CLI_EXPLAIN_H

#include "cli/learning.h"
#include "cli/policy_cases.h"
#include "policy/nearest.h"

extern const struct cli_usage cli_explain_usage;
int cli_explain(int argc, char **argv);

#define EXPLAIN_NEAREST_MAX 3

/* Where no rule can, what would allow it. */
struct explanation_setting {
	const char *key; /* `sockets`, `library`; NULL: there is none */
	struct buffer value;
	unsigned int line; /* what it replaces; 0: nothing */
	const char *note; /* what is to be thought of */
};

struct explanation {
	const struct event *event;
	const struct loaded *loaded;
	const struct seen *seen; /* NULL: the event does not say what was done, why is in unclear */
	const char *unclear;
	struct answer
		now; /* decision.instance CW_INSTANCE_NONE and a note where it cannot be asked */
	bool asked; /* now is an answer */
	struct operation_error asked_error; /* else why not */
	size_t policy; /* of loaded, whose instance it is; set.count: none */
	struct nearest_rule nearest[EXPLAIN_NEAREST_MAX];
	size_t nearest_count;
	struct learning learning; /* of the one event: a rule, or why there is none */
	struct explanation_setting setting;
};

/* explain_setting.c: what was denied and no rule can allow. 0, or an error that was logged. */
int explanation_find_setting(struct explanation *explanation, const struct seen_set *set);

/* The line that would allow it, to ret; false: there is none, and *ret_why says why (NULL: allowed). */
bool explanation_line(const struct explanation *explanation, struct buffer *ret,
		      const char **ret_why);

void explanation_text(const struct explanation *explanation, struct buffer *buffer);
void explanation_json(const struct explanation *explanation, struct buffer *buffer);

/* ---- the file behind a path, as it is now ---- */

struct explained_file {
	bool there;
	char *resolved; /* NULL: the path is no link and has none in it */
	uint64_t device_major, device_minor, inode;
	uint32_t uid, gid, mode;
	char *interpreter; /* of a script; NULL: it is none */
};

void explained_file(const char *path, struct explained_file *ret);
void explained_file_release(struct explained_file *file);

#endif

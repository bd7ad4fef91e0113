/* SPDX-License-Identifier: GPL-2.0-only */
/* Answers of `policy test`, and its tables of cases. */
#ifndef CW_CLI_POLICY_CASES_H
#define CW_CLI_POLICY_CASES_H

#include "cli/policy_operation.h"

struct answer {
	const struct operation *operation;
	struct cw_decision decision;
	const struct catalogue_rule *rule; /* or the class, where no rule answered; NULL: nobody */
	const char *instance; /* whose rule or guard; NULL: nobody's */
	struct buffer note;
};

/* As operation_judge(). */
int answer_operation(const struct operation *operation, const struct loaded *loaded,
		     struct answer *ret, struct operation_error *reterr);
void answer_release(struct answer *answer);

/* The rule or guard that answered; NULL: none did. */
const char *answer_rule_id(const struct answer *answer);

/* A line without its end; members of an object without the braces. */
void answer_text(const struct answer *answer, struct buffer *buffer);
void answer_json(const struct answer *answer, struct buffer *buffer);

/* Judge a table with a policy; returns the exit status. */
int policy_test_cases(const char *policy, const char *table, bool json);

#endif

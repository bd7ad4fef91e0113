/* SPDX-License-Identifier: GPL-2.0-only */
/* A table of cases as it is read, with its mistakes and their places. */
#ifndef CW_CLI_POLICY_CASES_READ_H
#define CW_CLI_POLICY_CASES_READ_H

#include "cli/policy_operation.h"

struct case_line {
	struct operation operation;
	uint8_t verdict;
	const char *rule; /* NULL: whichever */
	unsigned int line;
};

struct cases {
	const char *file;
	char *text; /* cut into words, which the cases point into */
	char *whole; /* as it was: words stand at the same offsets, for columns and source lines */
	size_t length;
	struct case_line *items;
	size_t count;
	struct diagnostics diagnostics;
};

/* 0, also where there are mistakes, which are in cases->diagnostics; or an error that was logged. Release it in any
 * case. */
int cases_read(struct cases *cases, const char *path);
void cases_release(struct cases *cases);

/* The place of a word that points into the text; NULL: the line as a whole. */
struct location case_place(const struct cases *cases, unsigned int line, const char *word);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A generated policy that people have edited since, and the one that is generated now: into one text that
 * has what is new and keeps what is theirs.
 *
 * At its end a generated policy has sums of its lines, by which it can be told later which lines are still as
 * they were made. An entry (a rule by its id, an executable, a setting) is of three kinds:
 *	as it was made    becomes what is made now, or goes when nothing is made of it any more
 *	added or changed  stays as it is and where it is, with its comments. Has what is made in its place
 *	                  changed as well, this stands above as a comment
 *	taken out         stays out
 * Lines decide, not YAML: comments and the layout of what is kept are as they were. The caller reads the
 * result before it believes in it.
 */
#ifndef CW_POLICY_MERGE_H
#define CW_POLICY_MERGE_H

#include <stddef.h>

#include "util/buffer.h"

/* Lines of one text; the work grows with the product of both. */
#define MERGE_LINES_MAX 4096

/* Add the sums to a policy that was just made. */
void merge_mark(struct buffer *text);

/*
 * made has its sums. *ret_told has a line for each entry that was not simply taken over from made.
 * 0; -ENODATA: the existing text has no sums; -E2BIG: more than MERGE_LINES_MAX lines; -ENOMEM.
 */
int merge_policy(const char *existing, size_t length, const struct buffer *made, struct buffer *ret,
		 struct buffer *ret_told);

#endif

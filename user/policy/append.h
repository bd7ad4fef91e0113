/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Learnt rules as lines of a policy, and a policy's text with them in it: its own lines, comments and
 * all, stay as they are. Rules go behind the last one of their list.
 */
#ifndef CW_POLICY_APPEND_H
#define CW_POLICY_APPEND_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/learn.h"
#include "policy/model.h"
#include "util/buffer.h"

#define LEARN_ID "learned-"

/* A text that stands in a policy as a name, else in quotes. */
void append_word(struct buffer *buffer, const char *text);
/* `{ id: …, allow: …, by: … }`, without an end of line. */
void append_rule(struct buffer *buffer, const struct learn_rule *rule, const char *id);
/* What is known of it: "12 times, … to …, by 812, 813 (cache)". */
void append_evidence(struct buffer *buffer, const struct learn_evidence *evidence);
/* The next free number for an id in this class; policy NULL: 1. */
size_t append_next_id(const struct policy *policy, uint8_t class);

/*
 * The policy's text (as policy_read() was given it) with the rules added. 0; -ENOTSUP: a list is
 * written in a way that lines cannot be added to (in brackets), *reterr_class says which; -ENOMEM.
 * The caller reads the result before it believes in it.
 */
int append_rules(const struct policy *policy, const char *text, size_t length,
		 const struct learnt *learnt, struct buffer *ret, uint8_t *reterr_class);

#endif

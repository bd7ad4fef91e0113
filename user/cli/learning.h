/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what was seen to rules that have been tried: what the policy denies now and a rule could allow is
 * put into the words of the policy (learning_words.c), made into boxes (policy/learn.h), written into the
 * policy's text, and that text is compiled and asked again (learning.c). What is denied even so is not
 * learnt, and says why.
 */
#ifndef CW_CLI_LEARNING_H
#define CW_CLI_LEARNING_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/policy.h"
#include "cli/seen.h"
#include "policy/append.h"
#include "policy/learn.h"

struct learning_options {
	bool any_user; /* rules do not say `user` */
	bool ephemeral; /* a port that the kernel chooses from is `ephemeral` */
};

/* Something seen that the policy denies. */
struct learning_item {
	const struct seen *seen;
	struct cw_request request;
	struct cw_decision decision; /* of the policy as it is */
	char *left; /* why it is not learnt; NULL: it is */
	struct learn_seen words;
	char *owned[LEARN_DIMENSIONS + 1]; /* what words points to */
};

/* One policy's. */
struct learning {
	struct learning_item *items;
	size_t count;
	struct learnt learnt;
	struct buffer text; /* the policy with the rules in it; empty: it could not be written so */
	char *warning; /* why not; NULL */
};

void learning_release(struct learning *learning);
#define _cleanup_learning_ __attribute__((cleanup(learning_release)))

/* What decide() says of something seen, under policies. 0; or -EINVAL: they cannot be asked, and *reterr. */
int seen_judge(const struct seen *seen, const struct loaded *loaded, struct judged *ret,
	       struct operation_error *reterr);

/* All that was seen to be denied and is denied by this policy of loaded. 0, or an error that was logged. */
int learning_run(const struct seen_set *set, const struct loaded *loaded, size_t policy,
		 const struct learning_options *options, struct learning *ret);

/* The name that the policy gives to exactly this file; NULL: none. */
const char *learning_executable(const struct loaded *loaded, size_t policy, const char *path);

/* Who acted, as a rule names him. */
const char *learning_user(const struct seen *seen);

/* Fill in item->words, or item->left. 0 or -ENOMEM. */
int learning_words(const struct loaded *loaded, size_t policy,
		   const struct learning_options *options, struct learning_item *item);

#endif

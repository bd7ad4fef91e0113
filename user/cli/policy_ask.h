/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of an operation's question: who acts and the whole (policy_ask.c), its files, its sockets. */
#ifndef CW_CLI_POLICY_ASK_H
#define CW_CLI_POLICY_ASK_H

#include "cli/policy_operation.h"

struct asking {
	const struct operation *operation;
	const struct loaded *loaded;
	struct cw_request *request;
	struct buffer *note;
	struct buffer *message;
	const char *word; /* that is wrong */
};

/* What is wrong, and which word of the operation (NULL: none of them). -EINVAL. */
int ask_wrong(struct asking *asking, const char *word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* 0, or -EINVAL with what is wrong told by ask_wrong(). */
int ask_actor(struct asking *asking);
int ask_exec(struct asking *asking);
int ask_library(struct asking *asking);
int ask_socket(struct asking *asking);
int ask_connect(struct asking *asking);
int ask_bind(struct asking *asking);
int ask_receive(struct asking *asking);

#endif

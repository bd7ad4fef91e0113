/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operation to what decide() is to be asked (policy_ask.c, with its files and its sockets apart), for who asks it
 * (policy_judge.c).
 */
#ifndef CW_CLI_POLICY_ASK_H
#define CW_CLI_POLICY_ASK_H

#include "cli/policy_operation.h"

/* A file that the kernel runs for a script, and that is judged as if it had been executed itself. */
struct judged_interpreter {
	uint32_t target; /* as in struct cw_request */
	uint8_t target_state;
	struct buffer why;
};

/* What decide() is to be asked; where a word stands for several, about each of them. */
struct question {
	struct cw_request request; /* with the first of each */
	const struct pattern_fact *actors; /* the files that --by names; NULL: it names one */
	const struct name_fact *peers; /* the host whose addresses they are; NULL: it is one */
	struct judged_interpreter interpreters[CW_INTERPRETERS_MAX];
	size_t interpreter_count;
};
void question_release(struct question *question);

/* 0; or -EINVAL and *reterr. What was taken for granted is added to note, each with "; " behind it. */
int operation_ask(const struct operation *operation, const struct loaded *loaded,
		  struct question *ret, struct buffer *note, struct operation_error *reterr);

/* Put an address into a request, as the kernel will use it. told: by the kernel, as it used it. */
void ask_use_address(struct cw_request *request, const struct resolved_address *address, bool told);

/* ---- between the parts ---- */

struct asking {
	const struct operation *operation;
	const struct loaded *loaded;
	struct question *question;
	struct cw_request *request; /* the question's */
	struct buffer *note;
	struct operation_error *error;
};

/* What is wrong, and which word of the operation (NULL: none of them). -EINVAL. */
int ask_wrong(struct asking *asking, const char *word, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void ask_hint(struct asking *asking, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 0, or -EINVAL with what is wrong told by ask_wrong(). */
int ask_actor(struct asking *asking);
int ask_exec(struct asking *asking);
void ask_interpreters(struct asking *asking, const char *path, const struct file_fact *fact);
/* Who executed that file. The kernel takes one that is not trusted for none that a policy knows. */
uint32_t ask_actor_number(const struct file_fact *fact);
/* The target of an exec: that file; NULL: one that no policy knows. */
void ask_target(const struct file_fact *fact, uint32_t *ret, uint8_t *ret_state);
int ask_library(struct asking *asking);
int ask_socket(struct asking *asking);
int ask_connect(struct asking *asking);
int ask_bind(struct asking *asking);
int ask_receive(struct asking *asking);

#endif

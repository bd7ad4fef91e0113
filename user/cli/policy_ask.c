/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From an operation as written to the request that the kernel would make of it: names to file
 * numbers, addresses as the kernel will use them (address.h), users to uids.
 */
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/policy_ask.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/number.h"

static void ask_say(struct buffer *to, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static void ask_say(struct buffer *to, const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	buffer_clear(to);
	buffer_add_string(to, text);
}

int ask_wrong(struct asking *asking, const char *word, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ask_say(&asking->error->message, format, args);
	va_end(args);
	asking->error->word = word;
	return -EINVAL;
}

void ask_hint(struct asking *asking, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	ask_say(&asking->error->hint, format, args);
	va_end(args);
}

static int ask_instance(struct asking *asking)
{
	const struct operation *operation = asking->operation;
	const struct policy_set *set = &asking->loaded->set;

	asking->request->instance = CW_INSTANCE_NONE;
	if (operation->outside && operation->instance)
		return ask_wrong(asking, operation->instance,
				 "a process outside is of no instance: --instance or --outside");
	if (operation->outside)
		return 0;
	if (!operation->instance && set->count != 1)
		return ask_wrong(
			asking, NULL,
			set->count ? "there are several instances: --instance NAME says whose "
				     "process acts"
				   : "there is no policy");
	for (size_t p = 0; p < set->count; p++)
		if (!operation->instance ||
		    strcmp(set->policies[p]->instance.value, operation->instance) == 0)
			asking->request->instance = (uint16_t)(p + 1);
	if (asking->request->instance == CW_INSTANCE_NONE)
		return ask_wrong(asking, operation->instance, "no instance `%s`",
				 operation->instance);
	return 0;
}

static int ask_user(struct asking *asking)
{
	const char *name = asking->operation->user;
	const struct id_fact *user = name ? facts_user(&asking->loaded->facts, name) : NULL;
	const struct passwd *entry;
	uint64_t number;

	asking->request->user = UINT32_MAX;
	if (!name)
		return 0;
	if (number_parse(name, 0, UINT32_MAX - 1, &number) == 0) {
		asking->request->user = (uint32_t)number;
		return 0;
	}
	if (user && user->known) {
		if (user->assumed)
			buffer_printf(asking->note,
				      "this host has no user `%s`: judged as if it had; ", name);
		asking->request->user = user->id;
		return 0;
	}
	entry = getpwnam(name);
	if (!entry)
		return ask_wrong(asking, name, "this host has no user `%s`", name);
	asking->request->user = entry->pw_uid;
	return 0;
}

/* ---- the operation ---- */

static const struct {
	size_t words; /* its own included */
	const char *usage;
	int (*ask)(struct asking *asking);
} operations[] = {
	[CW_OPERATION_EXEC] = { 2, "exec PATH", ask_exec },
	[CW_OPERATION_LIBRARY] = { 2, "library PATH|anonymous", ask_library },
	[CW_OPERATION_SOCKET] = { 3, "socket FAMILY TYPE", ask_socket },
	[CW_OPERATION_CONNECT] = { 3, "connect PROTOCOL ADDRESS:PORT", ask_connect },
	[CW_OPERATION_SEND] = { 3, "send PROTOCOL ADDRESS:PORT", ask_connect },
	[CW_OPERATION_BIND] = { 3, "bind PROTOCOL ADDRESS:PORT", ask_bind },
	[CW_OPERATION_LISTEN] = { 3, "listen PROTOCOL ADDRESS:PORT", ask_bind },
	[CW_OPERATION_RECEIVE] = { 4, "receive bound|connected PROTOCOL ADDRESS:PORT",
				   ask_receive },
};
_Static_assert(ARRAY_SIZE(operations) == CW_OPERATION_MAX, "every operation can be asked about");

static int ask(struct asking *asking)
{
	const struct operation *operation = asking->operation;
	const char *name = operation->count ? operation->words[0] : "";
	int number = vocabulary_value(&words_operation, name, strlen(name)), r;
	const char *nearest = vocabulary_nearest(&words_operation, name);

	if (!operation->count)
		return ask_wrong(asking, NULL, "no operation given");
	if (number < 0)
		return ask_wrong(asking, name, "no operation `%s`%s%s%s", name,
				 nearest ? "; did you mean `" : "", nearest ? nearest : "",
				 nearest ? "`?" : "");
	if (operation->count != operations[number].words)
		return ask_wrong(asking, name, "it is: %s", operations[number].usage);
	asking->request->operation = (uint8_t)number;
	r = ask_instance(asking);
	if (!r)
		r = ask_actor(asking);
	if (!r)
		r = ask_user(asking);
	return r ? r : operations[number].ask(asking);
}

void question_release(struct question *question)
{
	for (size_t i = 0; i < question->interpreter_count; i++)
		buffer_release(&question->interpreters[i].why);
	question->interpreter_count = 0;
}

int operation_ask(const struct operation *operation, const struct loaded *loaded,
		  struct question *ret, struct buffer *note, struct operation_error *reterr)
{
	struct asking asking = { .operation = operation,
				 .loaded = loaded,
				 .question = ret,
				 .request = &ret->request,
				 .note = note,
				 .error = reterr };

	*ret = (struct question){ 0 };
	return ask(&asking);
}

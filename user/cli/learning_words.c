/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "cli/learning.h"
#include "policy/nearest.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/number.h"
#include "util/utf8.h"

static int leave(struct learning_item *item, const char *why)
{
	item->left = strdup(why);
	return item->left ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ files */

const char *learning_executable(const struct loaded *loaded, size_t p, const char *path)
{
	const struct policy *policy = loaded->set.policies[p];
	const struct file_fact *file = loaded_file(loaded, path, NULL);

	for (size_t i = 0; file && i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		const struct pattern_fact *pattern = facts_pattern(&loaded->facts, p, i);

		if (!executable->name.value || executable->glob || !pattern)
			continue;
		for (size_t j = 0; j < pattern->file_count; j++)
			if (&loaded->facts.files[pattern->files[j]] == file)
				return executable->name.value;
	}
	return NULL;
}

/* A policy is text that everybody reads alike: not every path can stand in one. */
static bool path_writable(const char *path)
{
	size_t length = strlen(path);

	if (length >= PATH_MAX || strchr(path, '\\') || strstr(path, "${") ||
	    strstr(path, "/../") || strstr(path, "/./") || path[length - 1] == '/')
		return false;
	for (size_t at = 0; at < length;) {
		uint32_t character = 0;
		size_t size = utf8_decode(path + at, length - at, &character);

		if (!size || !utf8_visible(character))
			return false;
		at += size;
	}
	return true;
}

/* Wildcards are made to stand for themselves. */
static char *path_word(const char *path)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	for (; *path; path++)
		if (strchr("*?[", *path))
			buffer_printf(&buffer, "[%c]", *path);
		else
			buffer_add_char(&buffer, *path);
	return buffer_take(&buffer);
}

/* By name, or by path. NULL: out of memory. */
static char *executable_word(const struct loaded *loaded, size_t p, const char *path)
{
	const char *name = learning_executable(loaded, p, path);

	return name ? strdup(name) : path_word(path);
}

/* ------------------------------------------------------------------ sockets */

static bool port_ephemeral(const struct loaded *loaded, const struct cw_request *request,
			   const struct learning_options *options)
{
	if (request->direction == CW_DIRECTION_BIND && !request->port)
		return true;
	return options->ephemeral && request->direction == CW_DIRECTION_CONNECT &&
	       request->port >= loaded->facts.ephemeral_low &&
	       request->port <= loaded->facts.ephemeral_high;
}

static int port_word(const struct loaded *loaded, const struct learning_options *options,
		     struct learning_item *item)
{
	const struct cw_request *request = &item->request;
	const char *protocol = vocabulary_word(&words_protocol, request->protocol);
	bool ephemeral = port_ephemeral(loaded, request, options);

	if (request->protocol == CW_PROTOCOL_OTHER)
		return leave(item, "a protocol that only `any` would allow");
	if (!request->port && !ephemeral)
		return leave(item, "a port 0, which only `any` would allow");
	if ((ephemeral
		     ? asprintf(&item->owned[LEARN_WHAT], "%s/ephemeral", protocol)
		     : asprintf(&item->owned[LEARN_WHAT], "%s/%u", protocol, request->port)) < 0) {
		item->owned[LEARN_WHAT] = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* The address that decide() was asked about, not the one the process wrote: mapped ones are IPv4. */
static int address_word(struct learning_item *item)
{
	const struct cw_request *request = &item->request;
	char text[INET6_ADDRSTRLEN] = "";
	unsigned char bytes[16];

	for (int i = 0; i < 8; i++) {
		bytes[i] = (unsigned char)(request->high >> (56 - 8 * i));
		bytes[8 + i] = (unsigned char)(request->low >> (56 - 8 * i));
	}
	if (request->family == AF_INET)
		inet_ntop(AF_INET, bytes + 4, text, sizeof(text));
	else
		inet_ntop(AF_INET6, bytes, text, sizeof(text));
	item->owned[LEARN_ADDRESS] = strdup(text);
	return item->owned[LEARN_ADDRESS] ? 0 : -ENOMEM;
}

/* ------------------------------------------------------------------ the rest */

/* By name where this host knows it as the same user; else by number. */
const char *learning_user(const struct seen *seen)
{
	const struct passwd *entry = getpwnam(seen->user);
	uint64_t number;

	if (entry && number_parse(seen->told.operation.user, 0, UINT32_MAX, &number) == 0 &&
	    entry->pw_uid == number)
		return seen->user;
	return seen->told.operation.user;
}

/* Why no rule can be the answer; NULL: one can. */
static const char *unlearnable(const struct learning_item *item)
{
	const struct operation *operation = &item->seen->told.operation;

	switch (item->decision.reason) {
	case CW_REASON_NO_RULE:
		break;
	case CW_REASON_GUARD:
		return "a guard's answer to somebody who is not governed: the guard's `users` are "
		       "yours "
		       "to name";
	case CW_REASON_TAMPERED:
		return "the file is not what was trusted: look at it before anything else";
	case CW_REASON_OUTSIDE:
		return "it reached into a process that its instance does not govern: no rule lets "
		       "it";
	case CW_REASON_TRACER:
		return "somebody traced the process who may not execute that: look at who it was";
	case CW_REASON_UNTRUSTED_LIBRARY:
		return operation->words[1] && strcmp(operation->words[1], "anonymous") == 0
			       ? "memory without a file was made executable: `library` says who "
				 "may "
				 "do that"
			       : "others than root and the owner may have written what was mapped: "
				 "mend its owner and mode";
	default:
		return "the kernel could not tell what it was";
	}
	if (nearest_class(&item->request) < 0)
		return "`sockets` says which kinds there may be: a word there is a decision of its "
		       "own";
	if (!operation->by && !operation->script)
		return "it is not known which executable acted";
	return NULL;
}

/* A rule of a path where nothing is any more would be for whatever comes to stand there. Of a policy of another
 * host no file is here. */
static bool path_gone(const struct loaded *loaded, size_t policy, const char *path)
{
	struct stat st;

	return loaded->facts.roots[policy] == ROOT_HERE && stat(path, &st) &&
	       (errno == ENOENT || errno == ENOTDIR);
}

static int words_by(const struct loaded *loaded, size_t policy, struct learning_item *item)
{
	const struct operation *operation = &item->seen->told.operation;
	const char *path = operation->script ? operation->script : operation->by;

	if (path_gone(loaded, policy, path))
		return leave(item, "the file that acted is not there any more");
	if (!path_writable(path))
		return leave(item, "the path of who acts cannot stand in a policy");
	item->owned[LEARN_DIMENSIONS] = executable_word(loaded, policy, path);
	item->words.by = item->owned[LEARN_DIMENSIONS];
	return item->words.by ? 0 : -ENOMEM;
}

static int words_target(const struct loaded *loaded, size_t policy,
			const struct learning_options *options, struct learning_item *item)
{
	const char *path = item->seen->told.operation.words[1];
	int r;

	if (item->words.class != CW_CLASS_EXEC) {
		r = port_word(loaded, options, item);
		return r || item->left ? r : address_word(item);
	}
	if (strncmp(path, "/memfd:", strlen("/memfd:")) == 0)
		return leave(item, "a file in memory alone: no path names it, and no rule should");
	if (path_gone(loaded, policy, path))
		return leave(
			item,
			"the file that was executed is not there any more: a rule would be for "
			"whatever comes to stand there");
	if (!path_writable(path))
		return leave(item, "the path of what was executed cannot stand in a policy");
	item->owned[LEARN_WHAT] = executable_word(loaded, policy, path);
	return item->owned[LEARN_WHAT] ? 0 : -ENOMEM;
}

int learning_words(const struct loaded *loaded, size_t policy,
		   const struct learning_options *options, struct learning_item *item)
{
	const char *why = unlearnable(item);
	int r;

	if (why)
		return leave(item, why);
	item->words.class = (uint8_t)nearest_class(&item->request);
	item->words.evidence = item->seen->evidence;
	r = words_by(loaded, policy, item);
	if (!r && !item->left)
		r = words_target(loaded, policy, options, item);
	if (r || item->left)
		return r;
	item->owned[LEARN_USER] = strdup(options->any_user ? "" : learning_user(item->seen));
	if (!item->owned[LEARN_USER])
		return -ENOMEM;
	for (int d = 0; d < LEARN_DIMENSIONS; d++)
		item->words.text[d] = item->owned[d] ? item->owned[d] : "";
	return 0;
}

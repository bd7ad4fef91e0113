/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes through the socket: status, mode, reload, stop, show. tail is the server's own business. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/options.h"
#include "daemon/daemon.h"
#include "event/escape.h"
#include "host/process.h"
#include "policy/words.h"
#include "util/log.h"
#include "util/number.h"

/* An exit status and what is to be printed. */
struct answer {
	unsigned int status;
	struct buffer output;
	struct buffer errors;
};

static void answer_error(struct answer *answer, unsigned int status, const char *what, int error)
{
	answer->status = status;
	buffer_printf(&answer->errors, "cachewarden: error: %s%s%s\n", what, error ? ": " : "",
		      error ? strerror(-error) : "");
}

static void answer_diagnostics(struct answer *answer, const struct diagnostics *diagnostics)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	if (!stream)
		return;
	diagnostics_print(diagnostics, stream, false);
	fclose(stream);
	buffer_add(&answer->errors, text, length);
	free(text);
}

static void request_reload(struct daemon *daemon, struct answer *answer)
{
	struct diagnostics diagnostics = { 0 };
	int r = govern_load(daemon, &diagnostics);

	answer_diagnostics(answer, &diagnostics);
	diagnostics_release(&diagnostics);
	if (r) {
		answer_error(answer, r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT,
			     "nothing was changed; what was in force stays in force",
			     r == -EINVAL ? 0 : r);
		return;
	}
	buffer_printf(&answer->output, "generation %llu is in force\n",
		      (unsigned long long)daemon->governing.generation);
	for (size_t i = 0; i < daemon->governing.set.count; i++) {
		const struct policy *policy = daemon->governing.set.policies[i];
		uint8_t mode = policy_set_file_mode(&daemon->governing.set, i);

		if (mode != policy->mode)
			buffer_printf(&answer->output,
				      "%s: %s by command, though its file says %s\n",
				      policy->instance.value, vocabulary_word(&words_mode, mode),
				      vocabulary_word(&words_mode, policy->mode));
	}
}

/* ------------------------------------------------------------------ mode */

static size_t instance_find(const struct policy_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (!governing_is_vacant(set->policies[i]) &&
		    strcmp(set->policies[i]->instance.value, name) == 0)
			return i;
	return set->count;
}

/* "there are: A B", the instances that are governed. */
static void instances_list(const struct policy_set *set, struct buffer *to)
{
	const char *before = "there are:";

	for (size_t i = 0; i < set->count; i++) {
		if (governing_is_vacant(set->policies[i]))
			continue;
		buffer_printf(to, "%s %s", before, set->policies[i]->instance.value);
		before = "";
	}
	if (*before)
		buffer_add_string(to, "there are none");
}

/* An instance that is not there now may come; but more likely it is a typing mistake. */
void daemon_remark(void *context, const struct filter *filter, struct buffer *text)
{
	const struct daemon *daemon = context;
	const struct policy_set *set = &daemon->governing.set;

	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_value *value = &filter->values[i];

		if (value->criterion != FILTER_INSTANCE ||
		    instance_find(set, value->string) < set->count)
			continue;
		buffer_add_string(text, "cachewarden: warning: no instance '");
		escape_text(text, value->string, strlen(value->string));
		buffer_add_string(text, "' is governed; ");
		instances_list(set, text);
		buffer_add_char(text, '\n');
	}
}

/* The instances that a request names, or all. False: it names one that is not there. */
static bool mode_apply(const struct policy_set *set, const struct ipc_request *request,
		       uint8_t mode, uint8_t modes[CW_INSTANCES_MAX], struct answer *answer)
{
	size_t position = 0;
	const char *name = ipc_request_option(request, "instance", &position);

	if (!name) {
		bool any = false;

		for (size_t i = 0; i < set->count; i++) {
			modes[i + 1] = mode;
			any |= !governing_is_vacant(set->policies[i]);
		}
		if (!any)
			answer_error(answer, CLI_BAD_USAGE,
				     "no instance has a policy: there is no mode to change", 0);
		return any;
	}
	for (; name; name = ipc_request_option(request, "instance", &position)) {
		size_t i = instance_find(set, name);

		if (i == set->count) {
			answer->status = CLI_BAD_USAGE;
			buffer_add_string(&answer->errors, "cachewarden: error: no instance '");
			escape_text(&answer->errors, name, strlen(name));
			buffer_add_string(&answer->errors, "'; ");
			instances_list(set, &answer->errors);
			buffer_add_char(&answer->errors, '\n');
			return false;
		}
		modes[i + 1] = mode;
	}
	return true;
}

static uint64_t mode_deadline(const struct ipc_request *request)
{
	const char *seconds = ipc_request_option(request, "confirm", NULL);
	uint64_t value;

	if (!seconds)
		seconds = ipc_request_option(request, "for", NULL);
	return seconds && !number_parse(seconds, 1, 86400, &value)
		       ? modes_now() + value * 1000000000ull
		       : 0;
}

static void request_confirm(struct daemon *daemon, struct answer *answer)
{
	int r = modes_confirm(daemon);

	if (r && r != -ENOENT) {
		answer_error(answer, CLI_CANNOT, "the mode was not confirmed", r);
		return;
	}
	buffer_add_string(&answer->output, r ? "nothing to confirm\n" : "confirmed\n");
	answer->status = r ? CLI_NO : CLI_YES;
}

static void request_mode(struct daemon *daemon, const struct ipc_request *request,
			 struct answer *answer)
{
	const struct policy_set *set = &daemon->governing.set;
	const char *word = ipc_request_option(request, "mode", NULL);
	struct diagnostics diagnostics = { 0 };
	uint8_t modes[CW_INSTANCES_MAX];
	int mode, r;

	if (word && strcmp(word, "confirm") == 0) {
		request_confirm(daemon, answer);
		return;
	}
	mode = word ? vocabulary_value(&words_mode, word, strlen(word)) : -ENOENT;
	if (mode != CW_MODE_AUDIT && mode != CW_MODE_ENFORCE) {
		answer_error(answer, CLI_BAD_USAGE, "the mode is audit or enforce", 0);
		return;
	}
	memcpy(modes, set->mode_override, sizeof(modes));
	if (!mode_apply(set, request, (uint8_t)mode, modes, answer))
		return;
	r = govern_modes(daemon, modes, mode_deadline(request), &diagnostics);
	answer_diagnostics(answer, &diagnostics);
	diagnostics_release(&diagnostics);
	if (r) {
		answer_error(answer, CLI_CANNOT, "the mode was not changed",
			     r == -EOPNOTSUPP ? 0 : r);
		return;
	}
	buffer_printf(&answer->output, "%s; generation %llu is in force\n", word,
		      (unsigned long long)daemon->governing.generation);
}

/* ------------------------------------------------------------------ dispatch */

static void request_stop(struct daemon *daemon, const struct ipc_request *request,
			 struct answer *answer)
{
	daemon->releasing = ipc_request_option(request, "release", NULL) != NULL;
	buffer_add_string(&answer->output, "stopping\n");
	daemon_end(daemon);
}

/*
 * Whom a policy holds may not loosen it, and be he root. A process loses its label when it exits: who does that
 * by now may have had one.
 */
static bool peer_is_held(const struct daemon *daemon, const struct ipc_peer *peer)
{
	return peer->pid > 0 && (kern_subject_governed(daemon->kern, peer->pid) ||
				 process_ends("/proc", (uint32_t)peer->pid));
}

/* What changes nothing. */
static bool only_looks(enum ipc_command command)
{
	return command == IPC_STATUS || command == IPC_SHOW || command == IPC_PS;
}

/* Why this is not for the peer to ask, or NULL. The group may look; what is in force is root's, or whoever's the
 * daemon is, to change. */
static const char *request_objection(const struct daemon *daemon, const struct ipc_peer *peer,
				     enum ipc_command command)
{
	if (only_looks(command))
		return NULL;
	if (!peer->privileged)
		return "only root may change what is in force";
	if (!peer_is_held(daemon, peer))
		return NULL;
	log_warning(0, "a process that is governed, or ends, asks for a change: %d",
		    (int)peer->pid);
	return "a governed process may not change what is in force";
}

void daemon_request(void *context, ipc_call call, const struct ipc_peer *peer,
		    const struct ipc_request *request)
{
	struct daemon *daemon = context;
	struct answer answer = { .status = CLI_YES };
	bool json = request->format == EVENT_FORMAT_JSON;
	const char *objection;
	int r = 0;

	objection = request_objection(daemon, peer, request->command);
	if (objection) {
		answer_error(&answer, CLI_CANNOT, objection, 0);
		goto reply;
	}
	/* The kernel has, when its time came: the answer is to be of the same mode. */
	modes_fall_back(daemon);
	switch (request->command) {
	case IPC_STATUS:
		r = report_status(daemon, json, &answer.output);
		break;
	case IPC_SHOW:
		r = report_show(daemon, json, &answer.output);
		break;
	case IPC_PS:
		r = report_governed(daemon, &answer.output);
		break;
	case IPC_RELOAD:
		request_reload(daemon, &answer);
		break;
	case IPC_MODE:
		request_mode(daemon, request, &answer);
		break;
	case IPC_STOP:
		request_stop(daemon, request, &answer);
		break;
	default:
		answer_error(&answer, CLI_BAD_USAGE, "no such command", 0);
	}
	if (json && !only_looks(request->command) && answer.status <= CLI_NO) {
		buffer_clear(&answer.output);
		r = report_status(daemon, true, &answer.output);
	}
	if (r)
		answer_error(&answer, CLI_CANNOT, "the daemon could not tell", r);
reply:
	r = ipc_server_reply(
		daemon->server, call, answer.status,
		answer.output.data && !buffer_failed(&answer.output) ? answer.output.data : NULL,
		answer.errors.data && !buffer_failed(&answer.errors) ? answer.errors.data : NULL);
	if (r && r != -ENOENT)
		log_warning(r, "answer a client");
	buffer_release(&answer.output);
	buffer_release(&answer.errors);
}

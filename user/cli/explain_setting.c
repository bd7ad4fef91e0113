/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where no rule can allow what was done, a setting may: a kind of socket is one more word in `sockets`,
 * whoever maps memory without a file, or a file that others may have written, is one more executable in
 * `except` of `library`, and who is not governed is one more of a guard's `users`. A setting is wider than a rule, and says so. Each was tried: the policy with it in
 * was compiled and asked, as it is with rules.
 */
#include <errno.h>
#include <string.h>

#include "cli/explain.h"
#include "policy/text.h"
#include "policy/words.h"
#include "util/cleanup.h"

/* ------------------------------------------------------------------ what it would be */

static void add_comma(struct buffer *to, bool *first)
{
	if (!*first)
		buffer_add_string(to, ", ");
	*first = false;
}

static void value_mode(struct buffer *to, bool given, uint8_t mode)
{
	if (given)
		buffer_printf(to, "mode: %s, ", vocabulary_word(&words_mode, mode));
}

/* The kinds that there are, and the one more. */
static bool value_sockets(const struct policy *policy, const struct event *event, struct buffer *to)
{
	const struct cw_record *record = &event->record;
	bool first = true;

	if (record->family >= CW_FAMILIES_MAX || record->socket_type > 15)
		return false;
	buffer_add_string(to, "{ ");
	value_mode(to, policy->sockets.mode_given, policy->sockets.mode);
	buffer_add_string(to, "allow: [");
	for (uint8_t family = 0; family < CW_FAMILIES_MAX; family++) {
		uint16_t types = policy->sockets.types[family];
		uint16_t whole = policy_family_types(family);

		if (types && (types & whole) == whole) {
			add_comma(to, &first);
			buffer_add_string(to, vocabulary_word(&words_family, family));
			types &= (uint16_t)~whole;
		}
		if (family == record->family)
			types |= (uint16_t)(1u << record->socket_type);
		for (uint8_t type = 0; types && type < words_socket_type.count; type++) {
			if (!(types >> type & 1) || !words_socket_type.words[type])
				continue;
			add_comma(to, &first);
			buffer_printf(to, "%s/%s", vocabulary_word(&words_family, family),
				      words_socket_type.words[type]);
		}
	}
	buffer_add_string(to, "] }");
	return true;
}

/* Whoever maps it may map anything then, so it is one who has a name in the policy. */
static bool value_library(const struct explanation *explanation, const struct policy *policy,
			  struct buffer *to)
{
	const struct library_policy *library = &policy->library;
	const char *by = explanation->event->path;
	const char *name = by ? learning_executable(explanation->loaded, explanation->policy, by)
			      : NULL;

	if (!name)
		return false;
	buffer_add_string(to, "{ ");
	value_mode(to, library->mode_given, library->mode);
	buffer_printf(to, "trust: %s, anonymous: %s, except: [",
		      library->check_owners ? "owners" : "any",
		      library->anonymous ? "allow" : "deny");
	for (size_t i = 0; i < library->except_count; i++) {
		const struct executable *executable = &policy->executables[library->except[i]];

		append_word(to, executable->name.value ? executable->name.value
						       : executable->path.value);
		buffer_add_string(to, ", ");
	}
	append_word(to, name);
	buffer_add_string(to, "] }");
	return true;
}

/* ------------------------------------------------------------------ guards */

struct guard_part {
	const char *name; /* `bind`, `connect`, `exec` */
	uint8_t class;
	const struct port_range *ports;
	size_t port_count;
	const struct text_list *users;
};

static void value_users(const struct text_list *users, const char *more, struct buffer *to)
{
	bool first = true;

	if (!users->count && !more)
		return;
	buffer_add_string(to, ", users: [");
	for (size_t i = 0; i < users->count; i++) {
		add_comma(to, &first);
		append_word(to, users->items[i].value);
	}
	if (more) {
		add_comma(to, &first);
		append_word(to, more);
	}
	buffer_add_char(to, ']');
}

static void value_part(const struct policy *policy, const struct guard_part *part, const char *more,
		       struct buffer *to)
{
	const struct guard_exec *exec = &policy->guard.exec;
	bool first = true;

	buffer_printf(to, "%s: { %s: [", part->name, part->ports ? "ports" : "executables");
	for (size_t i = 0; i < part->port_count; i++) {
		_cleanup_buffer_ struct buffer port = { 0 };

		port_range_text(&part->ports[i], &port);
		add_comma(to, &first);
		append_word(to, port.data ? port.data : "");
	}
	for (size_t i = 0; !part->ports && i < exec->executable_count; i++) {
		const struct executable *executable = &policy->executables[exec->executables[i]];

		add_comma(to, &first);
		append_word(to, executable->name.value ? executable->name.value
						       : executable->path.value);
	}
	buffer_add_char(to, ']');
	value_users(part->users, more, to);
	buffer_add_string(to, " }");
}

/* All of the guard, with one more user in the part that answered. */
static bool value_guard(const struct policy *policy, uint8_t class, const char *user,
			struct buffer *to)
{
	const struct guard_policy *guard = &policy->guard;
	const struct guard_part parts[] = {
		{ "bind", CW_CLASS_BIND, guard->bind.ports, guard->bind.port_count,
		  &guard->bind.users },
		{ "connect", CW_CLASS_CONNECT, guard->connect.ports, guard->connect.port_count,
		  &guard->connect.users },
		{ "exec", CW_CLASS_EXEC, NULL, 0, &guard->exec.users },
	};
	bool first = true;

	buffer_add_string(to, "{ ");
	value_mode(to, guard->mode_given, guard->mode);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!(parts[i].class == CW_CLASS_EXEC ? guard->exec.executable_count
						      : parts[i].port_count))
			continue;
		add_comma(to, &first);
		value_part(policy, &parts[i], parts[i].class == class ? user : NULL, to);
	}
	buffer_add_string(to, " }");
	return !first;
}

/* ------------------------------------------------------------------ trying it */

static const char *next_line(const char *at, const char *end)
{
	const char *line = memchr(at, '\n', (size_t)(end - at));

	return line ? line + 1 : end;
}

static const char *line_begin(const struct diagnostics_file *file, unsigned int number)
{
	const char *at = file->text, *end = file->text + file->length;

	while (number > 1 && at < end) {
		at = next_line(at, end);
		number--;
	}
	return at;
}

/* The text with the setting in the place of the one that begins in that line, and goes on for as long as
 * lines are indented; 0: it is new. */
static void text_replaced(const struct diagnostics_file *file, unsigned int line, const char *key,
			  const struct buffer *value, struct buffer *to)
{
	const char *end = file->text + file->length;
	const char *from = line ? line_begin(file, line) : end, *rest = from;

	if (line && rest < end)
		rest = next_line(rest, end);
	while (line && rest < end && (*rest == ' ' || *rest == '\t'))
		rest = next_line(rest, end);
	buffer_add(to, file->text, (size_t)(from - file->text));
	buffer_printf(to, "%s%s: %s\n", line || from == file->text || from[-1] == '\n' ? "" : "\n",
		      key, value->data ? value->data : "");
	buffer_add(to, rest, (size_t)(end - rest));
}

static int try_text(const struct explanation *explanation, const struct seen_set *set,
		    const struct buffer *text, bool *ret_allowed)
{
	const struct policy *policy = explanation->loaded->set.policies[explanation->policy];
	_cleanup_(loaded_release) struct loaded trial = { 0 };
	_cleanup_operation_error_ struct operation_error error = { 0 };
	struct load_options options = { 0 };
	_cleanup_free_ const char **paths = seen_paths(set, &options.assumed_count);
	struct answer answer = { 0 };
	int r;

	*ret_allowed = false;
	if (!paths || buffer_failed(text))
		return -ENOMEM;
	options.assumed = paths;
	r = policy_load_text(&trial, policy->file, text->data, text->length, &options);
	if (r)
		return r == -EINVAL ? 0 : r;
	if (answer_operation(&explanation->seen->told.operation, &trial, &answer, &error) == 0)
		*ret_allowed = answer.decision.verdict != CW_VERDICT_DENY;
	answer_release(&answer);
	return 0;
}

/* ------------------------------------------------------------------ the whole */

int explanation_find_setting(struct explanation *explanation, const struct seen_set *set)
{
	const struct policy *policy = explanation->loaded->set.policies[explanation->policy];
	const struct diagnostics_file *file = policy_source(explanation->loaded, policy);
	const struct event *event = explanation->event;
	struct explanation_setting *setting = &explanation->setting;
	const struct cw_decision *decision = &explanation->now.decision;
	_cleanup_buffer_ struct buffer text = { 0 };
	bool allowed = false, known = false;
	int r = 0;

	if (!file || !file->text)
		return 0;
	if (decision->reason == CW_REASON_GUARD) {
		known = value_guard(policy, decision->rule_class, learning_user(explanation->seen),
				    &setting->value);
		setting->key = "guard";
		setting->line = policy->guard.given ? policy->guard.where.line : 0;
		setting->note = "for all that this user runs";
	} else if (event->record.operation == CW_OPERATION_SOCKET) {
		known = value_sockets(policy, event, &setting->value);
		setting->key = "sockets";
		setting->line = policy->sockets.given ? policy->sockets.where.line : 0;
		setting->note = "for every process of the instance";
	} else {
		known = value_library(explanation, policy, &setting->value);
		setting->key = "library";
		setting->line = policy->library.given ? policy->library.where.line : 0;
		setting->note = event->target_path && *event->target_path == '/'
					? "that program may map any file then; better: mend this "
					  "one's owner and mode"
					: "that program may map any file then";
	}
	if (known) {
		text_replaced(file, setting->line, setting->key, &setting->value, &text);
		r = try_text(explanation, set, &text, &allowed);
	}
	if (!allowed || buffer_failed(&setting->value))
		setting->key = NULL;
	return r;
}

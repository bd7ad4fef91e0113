/* SPDX-License-Identifier: GPL-2.0-only */
/* An explanation as text and as JSON. Paths, arguments and names are anybody's choice: all are escaped. */
#include <stdio.h>
#include <string.h>

#include "cli/explain.h"
#include "event/escape.h"
#include "event/print.h"
#include "event/record.h"
#include "policy/words.h"

/* ------------------------------------------------------------------ text */

static void text_escaped(struct buffer *buffer, const char *text)
{
	escape_text(buffer, text, strlen(text));
}

static void text_place(struct buffer *buffer, const struct catalogue_rule *rule)
{
	if (!rule || !rule->file || !*rule->file)
		return;
	buffer_add_string(buffer, ", ");
	text_escaped(buffer, rule->file);
	if (rule->line)
		buffer_printf(buffer, ":%u", rule->line);
}

/* What was decided then. */
static void text_then(const struct event *event, struct buffer *buffer)
{
	const struct cw_record *record = &event->record;

	buffer_printf(buffer, "  then      %s", vocabulary_word(&words_verdict, record->verdict));
	if (record->effect != CW_EFFECT_NONE)
		buffer_printf(buffer, ", %s", vocabulary_word(&words_effect, record->effect));
	buffer_printf(buffer, " (mode %s): ", vocabulary_word(&words_mode, record->mode));
	if (event->rule) {
		buffer_printf(buffer, "%s ", record->reason == CW_REASON_GUARD ? "guard" : "rule");
		text_escaped(buffer, event->rule->id ? event->rule->id : "");
	} else {
		buffer_add_string(buffer, vocabulary_word(&words_reason, record->reason));
	}
	text_place(buffer, event->rule ? event->rule : event->origin);
	if (event->rule && event->rule->why) {
		buffer_add_string(buffer, ": ");
		text_escaped(buffer, event->rule->why);
	}
	buffer_add_char(buffer, '\n');
}

static void text_now(const struct explanation *explanation, struct buffer *buffer)
{
	const char *why = explanation->unclear;

	buffer_add_string(buffer, "  now       ");
	if (explanation->asked) {
		answer_text(&explanation->now, buffer);
	} else {
		buffer_add_string(buffer, "cannot be asked: ");
		if (!why && explanation->asked_error.message.data)
			why = explanation->asked_error.message.data;
		text_escaped(buffer, why ? why : "its instance has no policy here");
	}
	buffer_add_char(buffer, '\n');
}

static void text_nearest(const struct explanation *explanation, struct buffer *buffer)
{
	const struct cw_decision *decision = &explanation->now.decision;

	for (size_t i = 0; i < explanation->nearest_count; i++) {
		const struct nearest_rule *nearest = &explanation->nearest[i];
		const struct rule *rule = &explanation->loaded->set.policies[explanation->policy]
						   ->classes[decision->rule_class]
						   .rules[nearest->rule];
		bool first = true;

		buffer_add_string(buffer, i ? "            rule " : "  nearest   rule ");
		text_escaped(buffer, rule->id.value);
		buffer_add_string(buffer, ", ");
		text_escaped(buffer, rule->where.file);
		buffer_printf(buffer, ":%u: misses in", rule->where.line);
		for (size_t d = 0; d < NEAREST_MAX; d++) {
			if (!(nearest->misses >> d & 1))
				continue;
			buffer_printf(buffer, "%s %s", first ? "" : ",",
				      vocabulary_word(&words_nearest, d));
			first = false;
		}
		buffer_add_char(buffer, '\n');
	}
}

static void text_file(const char *label, const char *path, struct buffer *buffer)
{
	struct explained_file file;

	explained_file(path, &file);
	buffer_printf(buffer, "  %-9s ", label);
	text_escaped(buffer, path);
	if (file.resolved) {
		buffer_add_string(buffer, " -> ");
		text_escaped(buffer, file.resolved);
	}
	if (!file.there)
		buffer_add_string(buffer, *path == '/' ? " (not there now)" : "");
	else
		buffer_printf(buffer, " (device %llu:%llu, inode %llu, owner %u:%u, mode %04o)",
			      (unsigned long long)file.device_major,
			      (unsigned long long)file.device_minor, (unsigned long long)file.inode,
			      file.uid, file.gid, file.mode & 07777);
	if (file.interpreter) {
		buffer_add_string(buffer, ", interpreter ");
		text_escaped(buffer, file.interpreter);
	}
	buffer_add_char(buffer, '\n');
	explained_file_release(&file);
}

static void text_arguments(const struct event *event, struct buffer *buffer)
{
	size_t position = 0, size = 0;
	const char *argument;

	if (!event->args || !event->args_length)
		return;
	buffer_add_string(buffer, "  arguments");
	while ((argument = record_argument(event->args, event->args_length, &position, &size))) {
		buffer_add_char(buffer, ' ');
		escape_text(buffer, argument, size);
	}
	buffer_add_string(buffer, event->args_cut ? " …\n" : "\n");
}

static void text_process(const struct event *event, struct buffer *buffer)
{
	buffer_printf(buffer, "  process   %u (", event->record.pid);
	text_escaped(buffer, event->comm);
	buffer_add_string(buffer, "), user ");
	if (event->user)
		text_escaped(buffer, event->user);
	else
		buffer_printf(buffer, "%u", event->record.uid);
	if (event->has_loginuid)
		buffer_printf(buffer, ", logged in as %u", event->loginuid);
	if (event->role) {
		buffer_add_string(buffer, ", role ");
		text_escaped(buffer, event->role);
	}
	if (event->cwd) {
		buffer_add_string(buffer, ", in ");
		text_escaped(buffer, event->cwd);
	}
	buffer_add_char(buffer, '\n');
	if (event->path)
		text_file("executes", event->path, buffer);
	if (event->script)
		text_file("script", event->script, buffer);
	text_arguments(event, buffer);
	for (size_t i = 0; i < event->ancestors; i++) {
		const struct event_ancestor *ancestor = &event->ancestry[i];

		buffer_printf(buffer, "  %-9s %u (", i ? "" : "ancestry", ancestor->pid);
		text_escaped(buffer, ancestor->comm);
		buffer_add_string(buffer, ")");
		if (ancestor->path) {
			buffer_add_char(buffer, ' ');
			text_escaped(buffer, ancestor->path);
		}
		buffer_add_char(buffer, '\n');
	}
}

/* No rule, but a setting. */
static void text_setting(const struct explanation *explanation, struct buffer *buffer)
{
	const struct explanation_setting *setting = &explanation->setting;
	const struct policy *policy = explanation->loaded->set.policies[explanation->policy];

	buffer_add_string(buffer, "  to allow  no rule can, but this setting");
	if (setting->line) {
		buffer_add_string(buffer, " in the place of ");
		text_escaped(buffer, policy->file);
		buffer_printf(buffer, ":%u", setting->line);
	}
	buffer_printf(buffer, " (%s):\n    %s: ", setting->note, setting->key);
	buffer_add(buffer, setting->value.data, setting->value.length);
	buffer_add_char(buffer, '\n');
}

static void text_line(const struct explanation *explanation, struct buffer *buffer)
{
	_cleanup_buffer_ struct buffer line = { 0 };
	const char *why;

	if (explanation_line(explanation, &line, &why)) {
		const struct learn_rule *rule = &explanation->learning.learnt.rules[0];

		buffer_printf(buffer, "  to allow  this, and nothing else, below `%s`:\n    - ",
			      vocabulary_word(&words_class, rule->class));
		buffer_add(buffer, line.data, line.length);
		buffer_add_char(buffer, '\n');
		return;
	}
	if (explanation->setting.key) {
		text_setting(explanation, buffer);
	} else if (why) {
		buffer_add_string(buffer, "  to allow  no line is proposed: ");
		text_escaped(buffer, why);
		buffer_add_char(buffer, '\n');
	}
}

void explanation_text(const struct explanation *explanation, struct buffer *buffer)
{
	const struct event *event = explanation->event;
	char time[EVENT_TIME_MAX];

	event_time(event->time, time);
	buffer_printf(buffer, "event %llu, %s", (unsigned long long)event->sequence, time);
	if (event->instance) {
		buffer_add_string(buffer, ", ");
		text_escaped(buffer, event->instance);
	}
	buffer_printf(buffer, ": %s\n", vocabulary_word(&words_told, event->record.operation));
	text_then(event, buffer);
	text_now(explanation, buffer);
	text_nearest(explanation, buffer);
	text_process(event, buffer);
	if (event->target_is_file && event->target_path)
		text_file("target", event->target_path, buffer);
	text_line(explanation, buffer);
}

/* ------------------------------------------------------------------ JSON */

static void json_string(struct buffer *buffer, const char *name, const char *text)
{
	buffer_printf(buffer, "\"%s\":", name);
	if (text)
		escape_json(buffer, text, strlen(text));
	else
		buffer_add_string(buffer, "null");
}

static void json_file(struct buffer *buffer, const char *name, const char *path)
{
	struct explained_file file;

	buffer_printf(buffer, ",\"%s\":", name);
	if (!path) {
		buffer_add_string(buffer, "null");
		return;
	}
	explained_file(path, &file);
	buffer_add_char(buffer, '{');
	json_string(buffer, "path", path);
	buffer_printf(buffer, ",\"there\":%s", file.there ? "true" : "false");
	if (file.there)
		buffer_printf(buffer,
			      ",\"device\":\"%llu:%llu\",\"inode\":%llu,\"uid\":%u,\"gid\":%u,"
			      "\"mode\":\"%04o\",",
			      (unsigned long long)file.device_major,
			      (unsigned long long)file.device_minor, (unsigned long long)file.inode,
			      file.uid, file.gid, file.mode & 07777);
	if (file.there) {
		json_string(buffer, "link", file.resolved);
		buffer_add_char(buffer, ',');
		json_string(buffer, "interpreter", file.interpreter);
	}
	buffer_add_char(buffer, '}');
	explained_file_release(&file);
}

static void json_nearest(const struct explanation *explanation, struct buffer *buffer)
{
	buffer_add_string(buffer, ",\"nearest\":[");
	for (size_t i = 0; i < explanation->nearest_count; i++) {
		const struct nearest_rule *nearest = &explanation->nearest[i];
		const struct rule *rule = &explanation->loaded->set.policies[explanation->policy]
						   ->classes[explanation->now.decision.rule_class]
						   .rules[nearest->rule];
		bool first = true;

		buffer_add_string(buffer, i ? ",{" : "{");
		json_string(buffer, "rule", rule->id.value);
		buffer_add_char(buffer, ',');
		json_string(buffer, "file", rule->where.file);
		buffer_printf(buffer, ",\"line\":%u,\"misses\":[", rule->where.line);
		for (size_t d = 0; d < NEAREST_MAX; d++) {
			if (!(nearest->misses >> d & 1))
				continue;
			buffer_printf(buffer, "%s\"%s\"", first ? "" : ",",
				      vocabulary_word(&words_nearest, d));
			first = false;
		}
		buffer_add_string(buffer, "]}");
	}
	buffer_add_char(buffer, ']');
}

/* The event itself, as it was told, and what is added to it. */
void explanation_json(const struct explanation *explanation, struct buffer *buffer)
{
	const struct event *event = explanation->event;
	_cleanup_buffer_ struct buffer line = { 0 };
	const char *why;
	bool allowing = explanation_line(explanation, &line, &why);

	buffer_add_string(buffer, "{\"event\":");
	event_json(event, buffer);
	if (buffer->length && !buffer_failed(buffer))
		buffer->length--; /* its end of line */
	buffer_add_string(buffer, ",\"now\":");
	if (explanation->asked) {
		buffer_add_char(buffer, '{');
		answer_json(&explanation->now, buffer);
		buffer_add_char(buffer, '}');
	} else {
		buffer_add_string(buffer, "null");
	}
	json_nearest(explanation, buffer);
	json_file(buffer, "executable", event->path);
	json_file(buffer, "script", event->script);
	json_file(buffer, "target", event->target_is_file ? event->target_path : NULL);
	buffer_add_char(buffer, ',');
	json_string(buffer, "class",
		    allowing ? vocabulary_word(&words_class,
					       explanation->learning.learnt.rules[0].class)
			     : NULL);
	buffer_add_char(buffer, ',');
	json_string(buffer, "line", allowing ? line.data : NULL);
	buffer_add_char(buffer, ',');
	json_string(buffer, "why_not", why);
	buffer_add_char(buffer, ',');
	json_string(buffer, "setting", explanation->setting.key);
	buffer_add_char(buffer, ',');
	json_string(buffer, "value",
		    explanation->setting.key ? explanation->setting.value.data : NULL);
	buffer_add_string(buffer, "}\n");
}

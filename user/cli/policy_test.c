/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy test: one operation, or a table of them, put to decide() with the policy as it would be in
 * force. A verdict names the rule that gave it, why that rule is there, and where.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy_cases.h"
#include "cli/policy_operation.h"
#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

const struct cli_usage cli_policy_test_usage = {
	.name = "policy test",
	.operands = "FILE OPERATION…",
	.summary = "Say what a policy would do about an operation, and by which rule.",
	.options = operation_options,
	.shared = CLI_OUTPUT,
	.notes = operation_notes,
};

static void answer_note(struct answer *answer, const struct loaded *loaded)
{
	const struct cw_decision *decision = &answer->decision;

	answer->rule = catalogue_find(loaded->catalogue, decision->instance, decision->rule_class,
				      decision->reason, decision->rule);
	if (decision->instance < loaded->catalogue->instance_count)
		answer->instance = loaded->catalogue->instances[decision->instance].name;
}

int answer_operation(const struct operation *operation, const struct loaded *loaded,
		     struct answer *ret, struct operation_error *reterr)
{
	_cleanup_judged_ struct judged judged = { 0 };
	int r = operation_judge(operation, loaded, false, &judged, reterr);

	if (r)
		return r;
	ret->operation = operation;
	ret->decision = judged.decision;
	ret->note = judged.note;
	judged.note = (struct buffer){ 0 };
	answer_note(ret, loaded);
	return 0;
}

void answer_release(struct answer *answer)
{
	buffer_release(&answer->note);
}

const char *answer_rule_id(const struct answer *answer)
{
	switch (answer->decision.reason) {
	case CW_REASON_RULE:
	case CW_REASON_GUARD:
		return answer->rule ? answer->rule->id : NULL;
	default:
		return NULL;
	}
}

static bool refused(const struct cw_decision *decision)
{
	return decision->verdict == CW_VERDICT_DENY && decision->mode == CW_MODE_ENFORCE;
}

/* ------------------------------------------------------------------ text */

static bool is_anonymous(const struct operation *operation)
{
	return operation->words[1] && strcmp(operation->words[1], "anonymous") == 0;
}

static void text_why(const struct answer *answer, struct buffer *buffer)
{
	const struct cw_decision *decision = &answer->decision;
	const char *class = vocabulary_word(&words_class, decision->rule_class);

	switch (decision->reason) {
	case CW_REASON_RULE:
		buffer_printf(buffer, "rule %s", answer->rule->id);
		break;
	case CW_REASON_GUARD:
		buffer_printf(buffer, "%s of %s", answer->rule->id, answer->instance);
		break;
	case CW_REASON_TAMPERED:
		buffer_add_string(buffer, "the file is not trusted");
		break;
	case CW_REASON_OUTSIDE:
		buffer_add_string(buffer, "no rule lets it reach into a process that its instance "
					  "does not govern");
		break;
	case CW_REASON_TRACER:
		buffer_add_string(buffer, "whoever traced the process may not execute that");
		break;
	case CW_REASON_UNTRUSTED_LIBRARY:
		buffer_add_string(buffer,
				  is_anonymous(answer->operation)
					  ? "`library` allows no memory without a file"
					  : "others than root and the owner may have written it");
		break;
	default:
		if (decision->instance == CW_INSTANCE_NONE)
			buffer_add_string(buffer, "nobody judges it");
		else if (decision->verdict != CW_VERDICT_DENY)
			buffer_printf(buffer, "`%s` allows it", class);
		else
			buffer_printf(buffer, "nothing in `%s` allows it", class);
	}
}

void answer_text(const struct answer *answer, struct buffer *buffer)
{
	const struct cw_decision *decision = &answer->decision;
	const struct catalogue_rule *rule = answer->rule;
	_cleanup_buffer_ struct buffer text = { 0 };

	operation_text(answer->operation, &text);
	buffer_add_string(&text, ": ");
	text_why(answer, &text);
	if (rule && rule->line)
		buffer_printf(&text, ", %s:%u", rule->file, rule->line);
	else if (rule && *rule->file)
		buffer_printf(&text, ", %s", rule->file);
	if (rule && rule->why && decision->reason == CW_REASON_RULE)
		buffer_printf(&text, ": %s", rule->why);
	if (decision->verdict == CW_VERDICT_DENY && !refused(decision))
		buffer_add_string(&text, " (mode audit: reported, not refused)");
	buffer_printf(buffer, "%-6s ", vocabulary_word(&words_verdict, decision->verdict));
	if (!buffer_failed(&text))
		escape_text(buffer, text.data, text.length);
	if (!answer->note.length)
		return;
	buffer_add_string(buffer, "\n       (");
	escape_text(buffer, answer->note.data, answer->note.length);
	buffer_add_char(buffer, ')');
}

/* ------------------------------------------------------------------ JSON */

static void json_string(struct buffer *buffer, const char *name, const char *text)
{
	buffer_printf(buffer, ",\"%s\":", name);
	if (text)
		escape_json(buffer, text, strlen(text));
	else
		buffer_add_string(buffer, "null");
}

static void json_rule(const struct answer *answer, struct buffer *buffer)
{
	const struct catalogue_rule *rule = answer->rule;

	if (!answer_rule_id(answer)) {
		buffer_add_string(buffer, ",\"rule\":null");
		return;
	}
	buffer_add_string(buffer, ",\"rule\":{\"id\":");
	escape_json(buffer, rule->id, strlen(rule->id));
	json_string(buffer, "why", rule->why);
	json_string(buffer, "file", rule->file);
	buffer_printf(buffer, ",\"line\":%u}", rule->line);
}

/* Names as in events. */
void answer_json(const struct answer *answer, struct buffer *buffer)
{
	const struct cw_decision *decision = &answer->decision;
	_cleanup_buffer_ struct buffer text = { 0 };
	bool judged = decision->instance != CW_INSTANCE_NONE;

	operation_text(answer->operation, &text);
	buffer_add_string(buffer, "\"test\":");
	escape_json(buffer, text.data ? text.data : "", text.length);
	json_string(buffer, "operation", answer->operation->words[0]);
	json_string(buffer, "verdict", vocabulary_word(&words_verdict, decision->verdict));
	json_string(buffer, "effect", refused(decision) ? "refused" : "none");
	json_string(buffer, "mode", judged ? vocabulary_word(&words_mode, decision->mode) : NULL);
	json_string(buffer, "reason", vocabulary_word(&words_reason, decision->reason));
	json_string(buffer, "instance", judged ? answer->instance : NULL);
	json_rule(answer, buffer);
	json_string(buffer, "note", answer->note.length ? answer->note.data : NULL);
}

/* ------------------------------------------------------------------ the command */

static int test_impossible(const struct operation_error *error)
{
	const char *message = error->message.data ? error->message.data : "";

	if (!error->hint.length)
		return cli_bad_usage(&cli_policy_test_usage, "%s", message);
	log_err(0, "%s: %s", cli_policy_test_usage.name, message);
	log_hint("%s", error->hint.data);
	return CLI_BAD_USAGE;
}

static int test_one(const struct operation *operation, const struct loaded *loaded, bool json)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	_cleanup_(answer_release) struct answer answer = { 0 };
	_cleanup_buffer_ struct buffer line = { 0 };

	if (answer_operation(operation, loaded, &answer, &error))
		return test_impossible(&error);
	if (json) {
		buffer_add_char(&line, '{');
		answer_json(&answer, &line);
		buffer_add_char(&line, '}');
	} else {
		answer_text(&answer, &line);
	}
	if (!buffer_failed(&line))
		puts(line.data);
	return answer.decision.verdict == CW_VERDICT_DENY ? CLI_NO : CLI_YES;
}

static int test_operation(const char *file, const struct operation *operation, bool json)
{
	const char *paths[OPERATION_PATHS_MAX];
	struct load_options options = { .assumed = paths };
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	int r;

	options.assumed_count = operation_paths(operation, paths);
	options.assumed_users = &operation->user;
	options.assumed_user_count = operation->user ? 1 : 0;
	r = policy_load(&loaded, &file, 1, &options);
	return r ? policy_load_failed(&loaded, r) : test_one(operation, &loaded, json);
}

int cli_policy_test(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_policy_test_usage, .argc = argc, .argv = argv };
	struct operation operation = { 0 };
	const char *table = NULL;
	bool actor = false;
	int id;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == OPERATION_CASES) {
			table = parser.value;
		} else {
			operation_option(&operation, id, parser.value);
			actor = true;
		}
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand == argc)
		return cli_bad_usage(parser.usage, "no policy file given");
	for (int i = parser.operand + 1; i < argc; i++)
		if (!operation_word(&operation, argv[i]))
			return cli_bad_usage(parser.usage, "more words than any operation has");
	if (!table)
		return test_operation(argv[parser.operand], &operation, parser.common.json);
	if (operation.count || actor)
		return cli_bad_usage(parser.usage, "either --cases or an operation");
	return policy_test_cases(argv[parser.operand], table, parser.common.json);
}

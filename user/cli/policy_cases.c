/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of cases: what an operator expects of a policy, kept beside it and tried before each change.
 *
 *	# the ECP servers, and nobody else
 *	connect tcp 10.1.2.3:1972 --by cache => allow ecp
 *	connect tcp 10.2.0.1:1972 --by cache => deny
 *
 * The whole table is read before anything is judged: mistakes are reported with their places, all in
 * one run, and then nothing is judged.
 */
#include "cli/policy_cases.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy_cases_read.h"
#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

/* ------------------------------------------------------------------ judging */

static bool case_as_expected(const struct case_line *item, const struct answer *answer)
{
	const char *rule = answer_rule_id(answer);

	return answer->decision.verdict == item->verdict &&
	       (!item->rule || (rule && strcmp(rule, item->rule) == 0));
}

/* A table is anybody's text. */
static void wanted_text(const struct case_line *item, struct buffer *line)
{
	buffer_printf(line, "\n       wanted: %s", vocabulary_word(&words_verdict, item->verdict));
	if (!item->rule)
		return;
	buffer_add_string(line, " by rule ");
	escape_text(line, item->rule, strlen(item->rule));
}

static void case_print(const struct cases *cases, const struct case_line *item,
		       const struct answer *answer, bool good, bool json)
{
	_cleanup_buffer_ struct buffer line = { 0 };

	if (json) {
		buffer_printf(&line, "{\"line\":%u,\"as_expected\":%s,\"expected\":\"%s\",",
			      item->line, good ? "true" : "false",
			      vocabulary_word(&words_verdict, item->verdict));
		answer_json(answer, &line);
		buffer_add_char(&line, '}');
	} else {
		buffer_printf(&line, "%s:%u: %-9s ", cases->file, item->line,
			      good ? "as wanted" : "DIFFERS");
		answer_text(answer, &line);
		if (!good)
			wanted_text(item, &line);
	}
	if (!buffer_failed(&line))
		puts(line.data);
}

static void case_impossible(struct cases *cases, unsigned int line,
			    const struct operation_error *error)
{
	const char *word = error->word;
	struct diagnostic *diagnostic;
	struct location where;

	if (word && (word < cases->text || word >= cases->text + cases->length))
		word = NULL;
	where = case_place(cases, line, word);
	diagnostic = diagnostics_add(&cases->diagnostics, SEVERITY_ERROR, &where, "%s",
				     error->message.data ? error->message.data : "");
	if (error->hint.length)
		diagnostic_hint(diagnostic, "%s", error->hint.data);
}

/* How many are not as expected. Operations that make no sense are diagnosed. */
static size_t cases_judge(struct cases *cases, const struct loaded *loaded, bool print, bool json)
{
	size_t differ = 0;

	for (size_t i = 0; i < cases->count; i++) {
		const struct case_line *item = &cases->items[i];
		_cleanup_(answer_release) struct answer answer = { 0 };
		_cleanup_operation_error_ struct operation_error error = { 0 };
		bool good;

		if (answer_operation(&item->operation, loaded, &answer, &error)) {
			case_impossible(cases, item->line, &error);
			continue;
		}
		good = case_as_expected(item, &answer);
		differ += !good;
		if (print)
			case_print(cases, item, &answer, good, json);
	}
	return differ;
}

/* As expected, all of them: but somebody expected something. */
static void cases_none(struct cases *cases)
{
	struct location where = case_place(cases, 1, NULL);

	diagnostics_add(&cases->diagnostics, SEVERITY_WARNING, &where, "no case in it");
	policy_print_diagnostics(&cases->diagnostics, SEVERITY_WARNING);
}

/* Both arrays are to be freed, their strings are the table's. */
static int cases_assume(const struct cases *cases, const char ***ret_paths, const char ***ret_users,
			struct load_options *options)
{
	const char **paths = calloc(cases->count * OPERATION_PATHS_MAX + 1, sizeof(*paths));
	const char **users = calloc(cases->count + 1, sizeof(*users));

	*ret_paths = paths;
	*ret_users = users;
	if (!paths || !users)
		return -ENOMEM;
	for (size_t i = 0; i < cases->count; i++) {
		const struct operation *operation = &cases->items[i].operation;

		options->assumed_count += operation_paths(operation,
							  paths + options->assumed_count);
		if (operation->user)
			users[options->assumed_user_count++] = operation->user;
	}
	options->assumed = paths;
	options->assumed_users = users;
	return 0;
}

int policy_test_cases(const char *policy, const char *table, bool json)
{
	_cleanup_(cases_release) struct cases cases = { 0 };
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	_cleanup_free_ const char **paths = NULL, **users = NULL;
	struct load_options options = { 0 };
	size_t differ;
	int r;

	if (cases_read(&cases, table))
		return CLI_BAD_USAGE;
	if (cases_assume(&cases, &paths, &users, &options)) {
		log_err(-ENOMEM, "%s", table);
		return CLI_CANNOT;
	}
	r = policy_load(&loaded, &policy, 1, &options);
	if (r)
		return policy_load_failed(&loaded, r);
	cases_judge(&cases, &loaded, false, json);
	if (cases.diagnostics.errors) {
		diagnostics_sort(&cases.diagnostics, 0);
		policy_print_diagnostics(&cases.diagnostics, SEVERITY_ERROR);
		return CLI_BAD_USAGE;
	}
	if (!cases.count)
		cases_none(&cases);
	differ = cases_judge(&cases, &loaded, true, json);
	if (!json)
		printf("%zu %s, %zu not as wanted\n", cases.count,
		       cases.count == 1 ? "case" : "cases", differ);
	return differ ? CLI_NO : CLI_YES;
}

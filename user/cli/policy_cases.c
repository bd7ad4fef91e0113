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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

#define CASES_MAX 10000
#define CASES_BYTES_MAX (1u << 20)
#define CASE_TOKENS_MAX 32

struct case_line {
	struct operation operation;
	uint8_t verdict;
	const char *rule; /* NULL: whichever */
	unsigned int line;
};

struct cases {
	const char *file;
	char *text; /* cut into words, which the cases point into */
	char *whole; /* as it was: words stand at the same offsets, for columns and source lines */
	size_t length;
	struct case_line *items;
	size_t count;
	struct diagnostics diagnostics;
};

static void cases_release(struct cases *cases)
{
	free(cases->text);
	free(cases->whole);
	free(cases->items);
	diagnostics_release(&cases->diagnostics);
}

static int cases_read(struct cases *cases, const char *path)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	cases->file = path;
	if (!file)
		return log_err(-errno, "%s", path);
	cases->text = malloc(CASES_BYTES_MAX + 1);
	cases->whole = malloc(CASES_BYTES_MAX + 1);
	cases->items = calloc(CASES_MAX, sizeof(*cases->items));
	if (!cases->text || !cases->whole || !cases->items)
		return log_err(-ENOMEM, "%s", path);
	cases->length = fread(cases->text, 1, CASES_BYTES_MAX + 1, file);
	if (ferror(file))
		return log_err(-EIO, "%s", path);
	if (cases->length > CASES_BYTES_MAX)
		return log_err(-EFBIG, "%s has more than %u bytes", path, CASES_BYTES_MAX);
	cases->text[cases->length] = '\0';
	memcpy(cases->whole, cases->text, cases->length + 1);
	diagnostics_source(&cases->diagnostics, path, cases->whole, cases->length);
	return 0;
}

/* ------------------------------------------------------------------ mistakes */

/* The place of a word that points into the text; NULL: the line as a whole. */
static struct location case_place(const struct cases *cases, unsigned int line, const char *word)
{
	struct location where = { .file = cases->file, .line = line, .column = 1, .length = 1 };
	size_t at, begin;

	if (!word)
		return where;
	at = begin = (size_t)(word - cases->text);
	while (begin && cases->whole[begin - 1] != '\n')
		begin--;
	where.column = (unsigned int)(at - begin) + 1;
	where.length = (unsigned int)strlen(word);
	if (!where.length)
		where.length = 1;
	return where;
}

static void case_wrong(struct cases *cases, unsigned int line, const char *word, const char *format,
		       ...) __attribute__((format(printf, 4, 5)));
static void case_wrong(struct cases *cases, unsigned int line, const char *word, const char *format,
		       ...)
{
	struct location where = case_place(cases, line, word);
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diagnostics_add(&cases->diagnostics, SEVERITY_ERROR, &where, "%s", message);
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

/* ------------------------------------------------------------------ lines */

/* Words are parted by spaces; "…" holds a word together, a # at a word's beginning ends the line. */
static size_t case_tokens(struct cases *cases, unsigned int line, char *at,
			  char *tokens[CASE_TOKENS_MAX])
{
	size_t count = 0;

	for (;;) {
		char end = ' ';

		at += strspn(at, " \t\r");
		if (!*at || *at == '#')
			return count;
		if (count == CASE_TOKENS_MAX) {
			case_wrong(cases, line, at, "more than %d words", CASE_TOKENS_MAX);
			return 0;
		}
		if (*at == '"') {
			end = '"';
			at++;
		}
		tokens[count++] = at;
		at += strcspn(at, end == '"' ? "\"" : " \t\r");
		if (*at)
			*at++ = '\0';
		else if (end == '"')
			case_wrong(cases, line, tokens[count - 1], "the quote is not closed");
	}
}

static const struct cli_option *case_option(const char *name)
{
	for (const struct cli_option *option = operation_options; option->name; option++)
		if (option->id != OPERATION_CASES && strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

/* The words before `=>`. False: diagnosed. */
static bool case_operation(struct cases *cases, struct case_line *item, char **tokens, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct cli_option *option;
		char *value;

		if (strncmp(tokens[i], "--", 2) != 0) {
			if (operation_word(&item->operation, tokens[i]))
				continue;
			case_wrong(cases, item->line, tokens[i],
				   "more words than any operation has");
			return false;
		}
		value = strchr(tokens[i], '=');
		if (value)
			*value++ = '\0';
		option = case_option(tokens[i] + 2);
		if (!option) {
			case_wrong(cases, item->line, tokens[i], "no such option: %s", tokens[i]);
			return false;
		}
		if (option->argument && !value && i + 1 < count)
			value = tokens[++i];
		if (!option->argument != !value) {
			case_wrong(cases, item->line, tokens[i],
				   option->argument ? "--%s needs a value" : "--%s takes no value",
				   option->name);
			return false;
		}
		operation_option(&item->operation, option->id, value);
	}
	return true;
}

/* The words behind `=>`. */
static bool case_expected(struct cases *cases, struct case_line *item, char **tokens, size_t count)
{
	int verdict;

	if (count < 1 || count > 2) {
		case_wrong(cases, item->line, count ? tokens[2] : NULL,
			   "behind `=>` stand a verdict and perhaps a rule's id");
		return false;
	}
	verdict = vocabulary_value(&words_verdict, tokens[0], strlen(tokens[0]));
	if (verdict < 0) {
		case_wrong(cases, item->line, tokens[0],
			   "a verdict is allow, audit or deny, not `%s`", tokens[0]);
		return false;
	}
	item->verdict = (uint8_t)verdict;
	item->rule = count == 2 ? tokens[1] : NULL;
	return true;
}

static void case_parse(struct cases *cases, unsigned int line, char *text)
{
	struct case_line item = { .line = line };
	char *tokens[CASE_TOKENS_MAX];
	size_t count = case_tokens(cases, line, text, tokens), arrow = 0;

	if (!count)
		return;
	while (arrow < count && strcmp(tokens[arrow], "=>") != 0)
		arrow++;
	if (arrow == count) {
		case_wrong(cases, line, tokens[0], "no `=>` and verdict behind the operation");
		return;
	}
	if (cases->count == CASES_MAX) {
		case_wrong(cases, line, NULL, "more than %d cases", CASES_MAX);
		return;
	}
	if (case_operation(cases, &item, tokens, arrow) &&
	    case_expected(cases, &item, tokens + arrow + 1, count - arrow - 1))
		cases->items[cases->count++] = item;
}

static void cases_parse(struct cases *cases)
{
	char *at = cases->text;

	/* There is text: errno is not 0 after fopen() failed. NOLINTNEXTLINE(*NonNullParamChecker) */
	if (memchr(at, '\0', cases->length)) {
		case_wrong(cases, 0, NULL, "it holds a NUL byte");
		return;
	}
	for (unsigned int line = 1; *at; line++) {
		char *end = at + strcspn(at, "\n");
		bool last = !*end;

		*end = '\0';
		case_parse(cases, line, at);
		at = last ? end : end + 1;
	}
}

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
	cases_parse(&cases);
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
	differ = cases_judge(&cases, &loaded, true, json);
	if (!json)
		printf("%zu %s, %zu not as wanted\n", cases.count,
		       cases.count == 1 ? "case" : "cases", differ);
	return differ ? CLI_NO : CLI_YES;
}

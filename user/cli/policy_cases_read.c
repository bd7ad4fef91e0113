/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/policy_cases_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/utf8.h"

#define CASES_MAX 10000
#define CASES_BYTES_MAX (1u << 20)
#define CASE_TOKENS_MAX 32

void cases_release(struct cases *cases)
{
	free(cases->text);
	free(cases->whole);
	free(cases->items);
	diagnostics_release(&cases->diagnostics);
}

static int cases_load(struct cases *cases, const char *path)
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
		return log_err(-errno, "%s", path);
	if (cases->length > CASES_BYTES_MAX)
		return log_err(-EFBIG, "%s has more than %u bytes", path, CASES_BYTES_MAX);
	cases->text[cases->length] = '\0';
	memcpy(cases->whole, cases->text, cases->length + 1);
	diagnostics_source(&cases->diagnostics, path, cases->whole, cases->length);
	return 0;
}

/* ------------------------------------------------------------------ mistakes */

struct location case_place(const struct cases *cases, unsigned int line, const char *word)
{
	struct location where = { .file = cases->file, .line = line, .column = 1, .length = 1 };
	size_t at, begin;

	if (!word)
		return where;
	at = begin = (size_t)(word - cases->text);
	while (begin && cases->whole[begin - 1] != '\n')
		begin--;
	where.column = (unsigned int)utf8_count(cases->whole + begin, at - begin) + 1;
	where.length = (unsigned int)utf8_count(word, strlen(word));
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

static unsigned int line_of(const char *text, const char *place)
{
	unsigned int line = 1;

	while ((text = memchr(text, '\n', (size_t)(place - text)))) {
		text++;
		line++;
	}
	return line;
}

static void cases_parse(struct cases *cases)
{
	char *at = cases->text, *nul;

	/* There is text: errno is not 0 after fopen() failed. NOLINTNEXTLINE(*NonNullParamChecker) */
	nul = memchr(at, '\0', cases->length);
	if (nul) {
		case_wrong(cases, line_of(at, nul), nul, "a NUL byte");
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

int cases_read(struct cases *cases, const char *path)
{
	int r = cases_load(cases, path);

	if (!r)
		cases_parse(cases);
	return r;
}

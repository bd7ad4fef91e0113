/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The screen of ^%SS. Columns are as wide as the heading says; a routine of more than its 14 columns
 * pushes what follows to the next line, one of exactly 14 touches the counters behind it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "instance/role_list_inside.h"

#define ROUTINE_WIDTH 14
#define PROCESS_WIDTH 10 /* of that column and its mark */
#define SLACK 4 /* columns that a word may stand beside its heading */

void listing_warn(struct listing *listing, unsigned int line, unsigned int column,
		  const char *format, ...)
{
	struct location where = {
		.file = listing->source->file, .line = line, .column = column, .length = 1
	};
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	diagnostics_add(listing->source->diagnostics, SEVERITY_WARNING, &where, "%s", text);
}

struct word {
	const char *text;
	size_t length;
	size_t at; /* in the whole line, blanks before it included */
};

/* The next word from *at on (bytes of line->text). */
static bool next_word(const struct source_line *line, size_t *at, struct word *ret)
{
	while (*at < line->length && source_blank(line->text[*at]))
		++*at;
	ret->text = line->text + *at;
	ret->at = *at + line->column - 1;
	while (*at < line->length && !source_blank(line->text[*at]))
		++*at;
	ret->length = (size_t)(line->text + *at - ret->text);
	return ret->length;
}

static bool is(const struct word *word, const char *text)
{
	return strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

/* Does a word stand in the column that begins there? */
static bool in_column(const struct word *word, size_t column)
{
	return word->at + SLACK >= column && word->at <= column + SLACK;
}

/* `NN,NN` at the end of a word, where it is longer than a routine's column: the counters. */
static size_t routine_length(const struct word *word)
{
	size_t length = word->length, digits = 0;

	if (length <= ROUTINE_WIDTH)
		return length;
	while (digits < length && (strchr("0123456789,", word->text[length - 1 - digits])))
		digits++;
	return digits && length - digits <= ROUTINE_WIDTH &&
			       memchr(word->text + length - digits, ',', digits)
		       ? ROUTINE_WIDTH
		       : length;
}

/* Marks of a page that it was pasted from: `**XWBTCPL**`. */
static void strip_marks(struct word *word)
{
	while (word->length > 4 && memcmp(word->text, "**", 2) == 0 &&
	       memcmp(word->text + word->length - 2, "**", 2) == 0) {
		word->text += 2;
		word->length -= 4;
	}
}

static bool screen_word(const struct listing *listing, struct word *word, struct role_list_row *row)
{
	if (in_column(word, listing->namespace_at)) {
		strip_marks(word);
		listing_copy(row->namespace, word->text, word->length);
		return false;
	}
	if (!in_column(word, listing->routine_at))
		return false;
	strip_marks(word);
	listing_copy(row->routine, word->text, routine_length(word));
	return true;
}

/* Numbers are set to the right below `Process`; those of the sum at the end stand before it. */
static bool under_process(const struct listing *listing, const struct word *word)
{
	size_t end = word->at + word->length;

	return end > listing->process_at + SLACK && end <= listing->process_at + PROCESS_WIDTH;
}

/* The process of a line, whose other words begin at *at. A device of more than its column leaves the rest of its
 * row to the next line. False: it goes on from a row that has a routine, or is the sum below the last. */
static bool screen_process(struct listing *listing, const struct source_line *line, size_t *at,
			   uint32_t *ret)
{
	uint32_t open = listing->open;
	struct word word;

	listing->open = 0;
	if (!next_word(line, at, &word))
		return false;
	/* `8332*` is the process that made the list. */
	if (word.length > 1 && word.text[word.length - 1] == '*')
		word.length--;
	if (under_process(listing, &word) && listing_pid(word.text, word.length, ret))
		return true;
	*at = 0;
	*ret = open;
	return open && in_column(&word, listing->namespace_at);
}

static int screen_read(struct listing *listing, const struct source_line *line)
{
	struct role_list_row row = { .line = line->number };
	struct word word;
	size_t at = 0;

	if (!screen_process(listing, line, &at, &row.pid))
		return 0;
	while (next_word(line, &at, &word))
		if (screen_word(listing, &word, &row))
			break;
	if (*row.routine)
		return listing_add(listing, &row);
	if (at < line->length || *row.namespace)
		listing_warn(listing, line->number, line->column,
			     "process %u has no routine: the row is passed over", row.pid);
	else
		listing->open = row.pid;
	return 0;
}

bool screen_heading(struct listing *listing, const struct source_line *line)
{
	struct word word;
	size_t at = 0;

	if (!next_word(line, &at, &word) || !is(&word, "Process"))
		return false;
	listing->process_at = word.at;
	while (next_word(line, &at, &word)) {
		if (is(&word, "Namespace"))
			listing->namespace_at = word.at;
		if (is(&word, "Routine"))
			listing->routine_at = word.at;
	}
	if (!listing->namespace_at || !listing->routine_at)
		return false;
	listing->read = screen_read;
	return true;
}

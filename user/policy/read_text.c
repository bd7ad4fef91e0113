/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is it text at all? Asked before a YAML parser sees a byte of it: what is too large, binary, in
 * another encoding or full of invisible characters is refused here, with its place. A file that reads
 * one way to people and another way to programs is no policy.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "util/utf8.h"

struct cursor {
	struct location where;
	size_t mistakes;
	size_t blanks; /* before here, in a row */
	uint32_t before; /* here: the last character, */
	uint32_t sign; /* and the last that is no blank */
	bool comment;
};

#define TEXT_MISTAKES_MAX 10 /* a binary file is one mistake, not one a byte */

static void text_mistake(struct reader *reader, struct cursor *cursor, uint32_t character,
			 bool valid)
{
	struct diagnostic *diagnostic;

	if (cursor->mistakes++ >= TEXT_MISTAKES_MAX)
		return;
	if (!valid)
		diagnostic = read_error(reader, &cursor->where, "the file is not UTF-8 here");
	else if (!character)
		diagnostic = read_error(reader, &cursor->where, "a NUL byte");
	else if (character == '\r')
		diagnostic = read_error(reader, &cursor->where,
					"a carriage return that does not end a line");
	else
		diagnostic = read_error(reader, &cursor->where,
					"a character that cannot be seen: U+%04X", character);
	diagnostic_hint(diagnostic, "a policy is plain text in UTF-8");
}

/* What looks like a blank and is none. */
static bool blank_alike(uint32_t character)
{
	return character == 0xa0 || character == 0x1680 ||
	       (character >= 0x2000 && character <= 0x200a) || character == 0x202f ||
	       character == 0x205f || character == 0x3000;
}

/*
 * Where YAML would have a blank (at the beginning of a line, behind a sign of its own), one that was copied
 * from a page makes another file of it than people read. Within a text or a comment it is theirs to write.
 */
static void check_alike(struct reader *reader, struct cursor *cursor, uint32_t character)
{
	if (character == '#' && (cursor->before == ' ' || cursor->before == '\n'))
		cursor->comment = true;
	if (blank_alike(character) && !cursor->comment && cursor->sign < 0x80 &&
	    strchr("\n:-,{[?", (int)cursor->sign) && cursor->mistakes++ < TEXT_MISTAKES_MAX)
		diagnostic_hint(
			read_error(reader, &cursor->where, "not a blank here: U+%04X", character),
			"it looks like one and is another character: type a plain blank");
	cursor->before = character;
	if (character == '\n')
		cursor->comment = false;
	if (character != ' ' && character != '\t')
		cursor->sign = character;
}

/* More white space than between any two words of a policy is there for no reader of it. */
static void count_blanks(struct reader *reader, struct cursor *cursor, uint32_t character)
{
	if (character != ' ' && character != '\t' && character != '\n') {
		cursor->blanks = 0;
		return;
	}
	if (cursor->blanks++ == READ_BLANKS_MAX && cursor->mistakes++ < TEXT_MISTAKES_MAX)
		read_error(reader, &cursor->where, "more than %d blanks or line ends in a row",
			   READ_BLANKS_MAX);
}

/* Copy to `to`, which has room for length bytes; returns the bytes used. */
static size_t text_copy(struct reader *reader, struct cursor *cursor, const char *bytes,
			size_t length, char *to)
{
	size_t used = 0;

	for (size_t at = 0; at < length;) {
		uint32_t character = 0;
		size_t size = utf8_decode(bytes + at, length - at, &character);

		if (size && character == '\r' && at + 1 < length && bytes[at + 1] == '\n') {
			at++;
			continue;
		}
		if (!size || (character != '\n' && character != '\t' && !utf8_visible(character)))
			text_mistake(reader, cursor, character, size > 0);
		count_blanks(reader, cursor, character);
		check_alike(reader, cursor, character);
		size = size ? size : 1;
		memcpy(to + used, bytes + at, size);
		used += size;
		at += size;
		cursor->where.column++;
		if (character == '\n') {
			cursor->where.line++;
			cursor->where.column = 1;
		}
	}
	return used;
}

bool read_text_visible(const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint32_t character;
		size_t size = utf8_decode(text + at, length - at, &character);

		if (!size || (character != '\n' && !utf8_visible(character)))
			return false;
		at += size;
	}
	return true;
}

bool read_text(struct reader *reader, const char *bytes, size_t length, char **ret_text,
	       size_t *ret_length)
{
	struct cursor cursor = { .where = { reader->policy->file, 1, 1, 1 },
				 .before = '\n',
				 .sign = '\n' };
	struct location whole = { .file = reader->policy->file };
	_cleanup_free_ char *text = NULL;
	size_t used;

	if (length > POLICY_FILE_MAX) {
		read_error(reader, &whole,
			   "the file is larger than %u bytes, the most a policy may have",
			   POLICY_FILE_MAX);
		return false;
	}
	if (length >= 2 &&
	    (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
		diagnostic_hint(read_error(reader, &cursor.where, "the file is UTF-16"),
				"save it as UTF-8");
		return false;
	}
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
		bytes += 3;
		length -= 3;
	}
	text = malloc(length + 1);
	if (!text) {
		reader->out_of_memory = true;
		return false;
	}
	/* The lines are wanted for the mistakes found below, hence before they are. */
	diagnostics_source(reader->diagnostics, reader->policy->file, length ? bytes : "", length);
	used = text_copy(reader, &cursor, bytes, length, text);
	if (cursor.mistakes)
		return false;
	text[used] = '\0';
	*ret_text = take_ptr(text);
	*ret_length = used;
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of text from elsewhere, line by line: what cpf, CSP.ini, qlist and their kin have in common.
 */
#ifndef CW_INSTANCE_SOURCE_H
#define CW_INSTANCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/diagnostics.h"
#include "util/buffer.h"

/* Where a file may come from. */
enum source_trust {
	SOURCE_FOUND, /* its directory's owner may have put anything there: regular files only */
	SOURCE_NAMED, /* the operator named it: a pipe will do, `-` is standard input */
};

/*
 * At most max bytes of a file. 0 or -errno, diagnosed but for -ENOMEM: -EFBIG beyond max, -EINVAL for
 * what is no regular file, else open()'s and read()'s.
 */
int source_load(const char *path, enum source_trust trust, size_t max,
		struct diagnostics *diagnostics, struct buffer *ret);

struct source {
	const char *file;
	struct diagnostics *diagnostics;
	const char *text;
	size_t length;
	size_t at; /* of the next line */
	unsigned int number; /* of the line last given; from 1 */
	char end; /* of lines */
};

struct source_line {
	const char *text; /* in the source; without the blanks at its ends */
	size_t length;
	unsigned int number, column; /* of its first character that is no blank; from 1 */
};

/*
 * Begin: the text is kept for diagnostics, a byte order mark passed over. -EINVAL, diagnosed: more
 * than max bytes, UTF-16, NUL bytes. `what` names it: "cpf". A text without a single LF has CR for
 * line ends, and bytes that are not UTF-8 are told of once. -ENOMEM.
 */
int source_begin(struct source *source, const char *what, const char *file, const char *text,
		 size_t length, size_t max, struct diagnostics *diagnostics);

/* The next line; false at the end. Empty ones too. */
bool source_next(struct source *source, struct source_line *ret);

/* The place of a part of a line. at and length: bytes of line->text. */
struct location source_location(const struct source *source, const struct source_line *line,
				size_t at, size_t length);

/* Does it begin with one of `;`, `#`, `//`? */
bool source_comment(const struct source_line *line);

static inline bool source_blank(char character)
{
	return character == ' ' || character == '\t' || character == '\r' || character == '\v' ||
	       character == '\f';
}

/* Cut blanks (and the `\r` of a line's end) off both ends. */
void source_trim(const char **text, size_t *length);

/* A TCP or UDP port: 1 to 65535, decimal. False: it is none. */
bool source_port(const char *text, size_t length, uint16_t *ret);

#endif

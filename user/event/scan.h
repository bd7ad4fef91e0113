/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * JSON (RFC 8259) read from left to right, without a tree: the reader of our own lines asks for what
 * comes next. Strict, but for what cannot matter to a reader of lines; nothing is allocated.
 */
#ifndef CW_EVENT_SCAN_H
#define CW_EVENT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_DEPTH_MAX 16

struct scan {
	const char *at, *end;
};

/* Each skips white space, and consumes what it found; false: something else comes, *scan is as before. */
bool scan_char(struct scan *scan, char character);
bool scan_word(struct scan *scan, const char *word); /* true, false, null */
bool scan_number(struct scan *scan, uint64_t *ret); /* an integer from 0 to UINT64_MAX */

/*
 * A string, unescaped to `to` with a NUL behind it: never more bytes than stand between its quotes, plus one.
 * Refused besides what is no string: control characters, half surrogate pairs, \u0000.
 */
bool scan_string(struct scan *scan, char *to, size_t *ret_length);

/* Any value, however deep up to SCAN_DEPTH_MAX; to: room for its longest string. */
bool scan_value(struct scan *scan, char *to);

/* Nothing but white space is left. */
bool scan_end(struct scan *scan);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that other people chose, made harmless. They come from argument vectors, file names, comm and
 * policy files; they go to terminals and to parsers.
 *
 * In JSON a byte that is not part of valid UTF-8 is printed as U+FFFD (what it was is then lost, but
 * every reader accepts the line); in text it is \xNN, so that people can see it. Characters that are not
 * what they look like (utf8_visible(): controls, C1 ones too, what reorders or hides text) are escaped
 * in both.
 */
#ifndef CW_EVENT_ESCAPE_H
#define CW_EVENT_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

#include "util/buffer.h"

/* With the quotes around it. */
void escape_json(struct buffer *buffer, const char *bytes, size_t length);
/* As C would write it, without quotes; a backslash is doubled. */
void escape_text(struct buffer *buffer, const char *bytes, size_t length);

/* Decimal, without printf's cost. */
void escape_number(struct buffer *buffer, uint64_t number);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text from outside: is it UTF-8, how many characters, and may a terminal see it?
 */
#ifndef CW_UTIL_UTF8_H
#define CW_UTIL_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the first character (1 … 4) and the character itself; 0 if the text does not begin with
 * one: overlong forms, surrogates and what is beyond U+10FFFF are none (RFC 3629).
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *ret_character);

/* Characters in length bytes; a byte that belongs to none counts as one. */
size_t utf8_count(const char *text, size_t length);

/* False for what is not what it looks like: control characters (tab and newline too), invisible and
 * direction-changing ones, U+2028 and U+2029. */
bool utf8_visible(uint32_t character);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One pass, two spellings. Runs of harmless bytes are copied whole; only what is left is looked at by
 * character. This is ours and not a library's because it is the hot path of `tail` (a library would build
 * a tree of objects for every event to print it once), and because the same decisions about what is
 * harmless must hold for terminals, which no JSON library knows about.
 */
#include "event/escape.h"

#include <stdbool.h>
#include <string.h>

#define HEXADECIMAL "0123456789abcdef"
#define NOT_A_CHARACTER 0xffffffffu

/* One character of UTF-8: its code point and *ret_size bytes; NOT_A_CHARACTER and 1 for a byte that
 * begins none (overlong forms, surrogates and values above U+10FFFF are none). */
static uint32_t utf8_next(const unsigned char *bytes, size_t length, size_t *ret_size)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = bytes[0];
	size_t size = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t point = size < 2 ? first : first & (0xffu >> (size + 1));

	*ret_size = 1;
	if (size == 0 || size > length || first > 0xf4)
		return NOT_A_CHARACTER;
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return NOT_A_CHARACTER;
		point = point << 6 | (bytes[i] & 0x3f);
	}
	if (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return NOT_A_CHARACTER;
	*ret_size = size;
	return point;
}

/* Would a terminal obey it, or show something other than what stands there? */
static bool point_is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	       (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

/* A byte that may be copied without a look at its neighbours. */
static bool byte_is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static void add_hexadecimal(struct buffer *buffer, uint32_t number, int digits)
{
	char text[8];

	for (int i = digits; i > 0; i--) {
		text[i - 1] = HEXADECIMAL[number & 15];
		number >>= 4;
	}
	buffer_add(buffer, text, (size_t)digits);
}

/* The escapes that C and JSON spell alike; 0 if there is none. */
static char short_escape(uint32_t point)
{
	switch (point) {
	case '\n':
		return 'n';
	case '\t':
		return 't';
	case '\r':
		return 'r';
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\\':
		return '\\';
	default:
		return 0;
	}
}

/* One character that is not plain. */
static void escape_one(struct buffer *buffer, const char *bytes, size_t size, uint32_t point,
		       bool json)
{
	char letter = short_escape(point);

	if (json && point == '"')
		letter = '"';
	if (letter) {
		buffer_add_char(buffer, '\\');
		buffer_add_char(buffer, letter);
	} else if (point == NOT_A_CHARACTER && json) {
		buffer_add_string(buffer, "\xef\xbf\xbd");
	} else if (point == NOT_A_CHARACTER || (point < 0x80 && point_is_control(point) && !json)) {
		buffer_add_string(buffer, "\\x");
		add_hexadecimal(buffer, (unsigned char)*bytes, 2);
	} else if (point_is_control(point)) {
		buffer_add_string(buffer, "\\u");
		add_hexadecimal(buffer, point, 4);
	} else {
		buffer_add(buffer, bytes, size);
	}
}

static void escape(struct buffer *buffer, const char *bytes, size_t length, bool json)
{
	size_t position = 0;

	while (position < length) {
		size_t run = position, size;
		uint32_t point;

		while (run < length && byte_is_plain((unsigned char)bytes[run]))
			run++;
		if (run > position)
			buffer_add(buffer, bytes + position, run - position);
		position = run;
		if (position == length)
			break;
		point = utf8_next((const unsigned char *)bytes + position, length - position,
				  &size);
		escape_one(buffer, bytes + position, size, point, json);
		position += size;
	}
}

void escape_json(struct buffer *buffer, const char *bytes, size_t length)
{
	buffer_add_char(buffer, '"');
	escape(buffer, bytes, length, true);
	buffer_add_char(buffer, '"');
}

void escape_text(struct buffer *buffer, const char *bytes, size_t length)
{
	escape(buffer, bytes, length, false);
}

void escape_number(struct buffer *buffer, uint64_t number)
{
	char digits[20];
	size_t start = sizeof(digits);

	do {
		digits[--start] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	buffer_add(buffer, digits + start, sizeof(digits) - start);
}

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

#include "util/utf8.h"

#define HEXADECIMAL "0123456789abcdef"

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
static char short_escape(uint32_t character)
{
	switch (character) {
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

/* A character by its number: JSON knows four digits, and pairs of surrogates for what needs more. */
static void escape_numbered(struct buffer *buffer, uint32_t character, bool json)
{
	if (character > 0xffff && json) {
		escape_numbered(buffer, 0xd7c0 + (character >> 10), json);
		escape_numbered(buffer, 0xdc00 + (character & 0x3ff), json);
	} else if (character > 0xffff) {
		buffer_add_string(buffer, "\\U");
		add_hexadecimal(buffer, character, 8);
	} else if (character < 0x80 && !json) {
		buffer_add_string(buffer, "\\x");
		add_hexadecimal(buffer, character, 2);
	} else {
		buffer_add_string(buffer, "\\u");
		add_hexadecimal(buffer, character, 4);
	}
}

/* One character that is not plain. */
static void escape_character(struct buffer *buffer, const char *bytes, size_t size,
			     uint32_t character, bool json)
{
	char letter = json && character == '"' ? '"' : short_escape(character);

	if (letter) {
		buffer_add_char(buffer, '\\');
		buffer_add_char(buffer, letter);
	} else if (utf8_visible(character)) {
		buffer_add(buffer, bytes, size);
	} else {
		escape_numbered(buffer, character, json);
	}
}

/* One byte that is no part of UTF-8. */
static void escape_byte(struct buffer *buffer, char byte, bool json)
{
	if (json) {
		buffer_add_string(buffer, "\xef\xbf\xbd"); /* U+FFFD */
		return;
	}
	buffer_add_string(buffer, "\\x");
	add_hexadecimal(buffer, (unsigned char)byte, 2);
}

static void escape(struct buffer *buffer, const char *bytes, size_t length, bool json)
{
	size_t position = 0;

	while (position < length) {
		size_t run = position, size;
		uint32_t character;

		while (run < length && byte_is_plain((unsigned char)bytes[run]))
			run++;
		if (run > position)
			buffer_add(buffer, bytes + position, run - position);
		position = run;
		if (position == length)
			break;
		size = utf8_decode(bytes + position, length - position, &character);
		if (size)
			escape_character(buffer, bytes + position, size, character, json);
		else
			escape_byte(buffer, bytes[position], json);
		position += size ? size : 1;
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

/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/yaml.h"

#include <stdint.h>
#include <string.h>

#include "util/utf8.h"

#define COMMENT_COLUMNS 110

/* Blanks of all kinds are one blank: no line end gets through, nor a mile of white space. */
void yaml_clean(struct buffer *to, const char *text, size_t length)
{
	bool blank = false, cut = length > YAML_TEXT_MAX;

	for (size_t at = 0; at < (cut ? YAML_TEXT_MAX : length);) {
		unsigned char byte = (unsigned char)text[at];
		uint32_t character = 0;
		size_t size = utf8_decode(text + at, length - at, &character);

		if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') {
			if (!blank)
				buffer_add_char(to, ' ');
			blank = true;
			at++;
			continue;
		}
		blank = false;
		if (size && utf8_visible(character)) {
			buffer_add(to, text + at, size);
			at += size;
			continue;
		}
		/* Byte by byte: of a character that cannot be seen all of its bytes are told. */
		size = size ? size : 1;
		for (size_t i = 0; i < size; i++)
			buffer_printf(to, "\\x%02x", (unsigned char)text[at + i]);
		at += size;
	}
	if (cut)
		buffer_add_string(to, "...");
}

/* Neither a sign of YAML's nor a word that some reader takes for something else than text. */
static bool plain(const char *text)
{
	static const char *const words[] = { "true", "false", "yes",  "no",  "on",
					     "off",  "null",  "none", "nan", "inf" };
	static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/_.-";

	if (!*text || strlen(text) > YAML_TEXT_MAX || text[strspn(text, signs)])
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	return text[0] != '-' && text[0] != '.';
}

void yaml_value(struct buffer *to, const char *text)
{
	_cleanup_buffer_ struct buffer clean = { 0 };

	if (plain(text)) {
		buffer_add_string(to, text);
		return;
	}
	yaml_clean(&clean, text, strlen(text));
	buffer_add_char(to, '"');
	for (const char *at = clean.data; at && *at; at++) {
		if (*at == '"' || *at == '\\')
			buffer_add_char(to, '\\');
		buffer_add_char(to, *at);
	}
	buffer_add_char(to, '"');
	to->failed = to->failed || buffer_failed(&clean);
}

void yaml_values(struct buffer *to, char *const *texts, size_t count)
{
	if (count != 1)
		buffer_add_char(to, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buffer_add_string(to, ", ");
		yaml_value(to, texts[i]);
	}
	if (count != 1)
		buffer_add_char(to, ']');
}

void yaml_comment(struct buffer *to, const char *indent, const char *more, const char *text)
{
	_cleanup_buffer_ struct buffer clean = { 0 };
	size_t column = 0;
	const char *word;

	yaml_clean(&clean, text, strlen(text));
	to->failed = to->failed || buffer_failed(&clean);
	if (buffer_failed(&clean))
		return;
	buffer_printf(to, "%s#", indent);
	column = strlen(indent) + 1;
	word = clean.data ? clean.data : "";
	while (*word) {
		size_t length = strcspn(word, " ");
		size_t width = utf8_count(word, length);

		if (column > strlen(indent) + strlen(more) + 2 &&
		    column + 1 + width > COMMENT_COLUMNS) {
			buffer_printf(to, "\n%s#%s", indent, more);
			column = strlen(indent) + 1 + strlen(more);
		}
		buffer_add_char(to, ' ');
		buffer_add(to, word, length);
		column += 1 + width;
		word += length;
		word += *word == ' ';
	}
	buffer_add_char(to, '\n');
}

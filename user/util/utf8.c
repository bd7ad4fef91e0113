/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/utf8.h"

#include "util/cleanup.h"

size_t utf8_decode(const char *text, size_t length, uint32_t *ret_character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t character;
	size_t size;

	if (!length)
		return 0;
	if (bytes[0] < 0x80) {
		*ret_character = bytes[0];
		return 1;
	}
	size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
	if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || length < size)
		return 0;
	character = bytes[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < least[size] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret_character = character;
	return size;
}

size_t utf8_count(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t at = 0; at < length; count++) {
		uint32_t character;
		size_t size = utf8_decode(text + at, length - at, &character);

		at += size ? size : 1;
	}
	return count;
}

bool utf8_visible(uint32_t character)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	      { 0x034f, 0x034f },
		{ 0x061c, 0x061c }, { 0x115f, 0x1160 }, { 0x180b, 0x180f },   { 0x3164, 0x3164 },
		{ 0xffa0, 0xffa0 }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
		{ 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe0fff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		if (character >= hidden[i].first && character <= hidden[i].last)
			return false;
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/read_places.h"

struct location places_at(struct places *places, size_t offset)
{
	if (offset > places->length)
		offset = places->length;
	if (offset < places->offset) {
		bool near = offset >= places->offset_before;

		places->offset = near ? places->offset_before : 0;
		places->here.line = near ? places->before.line : 1;
		places->here.column = near ? places->before.column : 1;
	} else {
		places->offset_before = places->offset;
		places->before = places->here;
	}
	while (places->offset < offset) {
		unsigned char byte = (unsigned char)places->text[places->offset++];

		if (byte == '\n') {
			places->here.line++;
			places->here.column = 1;
		} else if ((byte & 0xc0) != 0x80) {
			places->here.column++;
		}
	}
	return places->here;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What diagnostics print may be seen by a terminal, whatever was read. */
#ifndef CW_TESTS_PRINTING_H
#define CW_TESTS_PRINTING_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/diagnostics.h"
#include "util/utf8.h"

static inline void check_printed(const struct diagnostics *diagnostics)
{
	char *printed = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&printed, &length);

	assert(stream && diagnostics->count <= DIAGNOSTICS_MAX);
	for (size_t i = 0; i < diagnostics->count; i++)
		assert(diagnostics->items[i].hint);
	diagnostics_print(diagnostics, stream, false);
	fclose(stream);
	for (size_t at = 0; at < length;) {
		uint32_t character;
		size_t size = utf8_decode(printed + at, length - at, &character);

		assert(size && (character == '\n' || utf8_visible(character)));
		at += size;
	}
	free(printed);
}

#endif

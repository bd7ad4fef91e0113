/* SPDX-License-Identifier: GPL-2.0-only */
/* From offsets in a text to lines and columns, for who asks in the order of the text. */
#ifndef CW_POLICY_READ_PLACES_H
#define CW_POLICY_READ_PLACES_H

#include <stddef.h>

#include "policy/diagnostics.h"

/*
 * Events come in the order of the text, but for a mapping that is announced before its first key, and for
 * the sign before a name: columns are counted on from the last place, or from the one before.
 */
struct places {
	const char *text;
	size_t length;
	size_t offset, offset_before;
	struct location here, before; /* here: line 1, column 1 to begin with */
};

/* Columns count characters. An offset behind the text is its end. */
struct location places_at(struct places *places, size_t offset);

#endif

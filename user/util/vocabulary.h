/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vocabulary is a table of words indexed by an enum of bpf/abi.h or of ours. Readers, printers and
 * help walk the table; a missing row does not compile (the size of the table is asserted).
 */
#ifndef CW_UTIL_VOCABULARY_H
#define CW_UTIL_VOCABULARY_H

#include <stddef.h>

struct vocabulary {
	const char *const *words;
	size_t count;
};

/* The word of a value; "?" for a value that has none. */
const char *vocabulary_word(const struct vocabulary *vocabulary, size_t value);
/* The value of a word (length bytes); -ENOENT if there is none. */
int vocabulary_value(const struct vocabulary *vocabulary, const char *word, size_t length);
/* All words in the order of the table: "`bind`, `connect`", cut off where it is longer than size. */
void vocabulary_list(const struct vocabulary *vocabulary, char *to, size_t size);
/* The word most like the given one, NULL if none is near (for "did you mean"). */
const char *vocabulary_nearest(const struct vocabulary *vocabulary, const char *word);

#endif

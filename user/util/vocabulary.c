/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/vocabulary.h"

#include <errno.h>
#include <string.h>

const char *vocabulary_word(const struct vocabulary *vocabulary, size_t value)
{
	return value < vocabulary->count && vocabulary->words[value] ? vocabulary->words[value]
								     : "?";
}

int vocabulary_value(const struct vocabulary *vocabulary, const char *word, size_t length)
{
	for (size_t i = 0; i < vocabulary->count; i++) {
		const char *candidate = vocabulary->words[i];

		if (candidate && strlen(candidate) == length &&
		    memcmp(candidate, word, length) == 0)
			return (int)i;
	}
	return -ENOENT;
}

#define NEAREST_LENGTH 40

/* Levenshtein's distance, for words short enough to be somebody's typing mistake. */
static size_t vocabulary_distance(const char *a, const char *b)
{
	size_t row[NEAREST_LENGTH + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > NEAREST_LENGTH || b_length > NEAREST_LENGTH)
		return NEAREST_LENGTH;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			size_t best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b_length];
}

const char *vocabulary_nearest(const struct vocabulary *vocabulary, const char *word)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 2; /* more than that is another word */

	for (size_t i = 0; i < vocabulary->count; i++) {
		const char *candidate = vocabulary->words[i];
		size_t distance;

		if (!candidate)
			continue;
		distance = vocabulary_distance(word, candidate);
		if (distance < least) {
			least = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

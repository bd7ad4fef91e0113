/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/vocabulary.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
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

void vocabulary_list(const struct vocabulary *vocabulary, char *to, size_t size)
{
	size_t used = 0;

	*to = '\0';
	for (size_t i = 0; i < vocabulary->count && used < size; i++) {
		if (vocabulary->words[i])
			used += (size_t)snprintf(to + used, size - used, "%s`%s`", used ? ", " : "",
						 vocabulary->words[i]);
	}
}

#define NEAREST_LENGTH 40

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many typing mistakes apart: a letter too many, missing, wrong, or two the wrong way round. For
 * words short enough to be somebody's typing mistake. */
static size_t vocabulary_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_LENGTH + 1];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > NEAREST_LENGTH || b_length > NEAREST_LENGTH)
		return NEAREST_LENGTH;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = least_of(above[j - 1] + (a[i - 1] != b[j - 1]),
					  least_of(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least_of(row[j], second[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

/* "execute" for "exec", "conn" for "connect". */
static bool vocabulary_begins(const char *word, const char *candidate)
{
	size_t length = least_of(strlen(word), strlen(candidate));

	return length >= 4 && strncmp(word, candidate, length) == 0;
}

const char *vocabulary_nearest(const struct vocabulary *vocabulary, const char *word)
{
	const char *nearest = NULL;
	size_t length = strlen(word);
	/* One mistake in three letters; more than that is another word. */
	size_t least = (length < 6 ? 1 : length / 3) + 1;

	for (size_t i = 0; i < vocabulary->count; i++) {
		const char *candidate = vocabulary->words[i];
		size_t distance;

		if (!candidate)
			continue;
		distance = vocabulary_begins(word, candidate)
				   ? 1
				   : vocabulary_distance(word, candidate);
		if (distance < least) {
			least = distance;
			nearest = candidate;
		}
	}
	return nearest;
}

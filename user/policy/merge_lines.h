/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a policy, for merge.c: what each belongs to, and the sums by which they are told apart. */
#ifndef CW_POLICY_MERGE_LINES_H
#define CW_POLICY_MERGE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buffer.h"

/* In the place of a rule that both sides changed; written anew by each merge. */
#define MERGE_NOW "# generated now: "

/* Points into the text. */
struct merge_line {
	const char *text; /* without blanks at both ends */
	size_t length;
	size_t indent;
	const char *section; /* key of the first level that it is below, or is */
	size_t section_length;
	const char *key; /* id of the rule, name of the executable or setting; NULL: none */
	size_t key_length;
	uint32_t mark; /* of section and key; without a key, of the text */
	uint32_t sum; /* of the text */
	bool blank, comment;
	/* Set by merge.c. */
	bool own; /* not as it was made */
	struct merge_line *other; /* with the same key, in the other text */
};

struct merge_lines {
	struct merge_line *items;
	size_t count;
};

/* The lines but for those with the sums; false: no memory. */
bool merge_lines_read(const char *text, size_t length, struct merge_lines *ret);
void merge_lines_release(struct merge_lines *lines);

/* What a text says was made. */
struct merge_base {
	uint32_t *texts; /* marks of lines without a key */
	size_t text_count;
	uint32_t *entries; /* mark and sum in turn */
	size_t entry_count;
};

/* 0, -ENODATA: the text has no sums, -ENOMEM */
int merge_base_read(const char *text, size_t length, struct merge_base *ret);
void merge_base_release(struct merge_base *base);
bool merge_base_has(const struct merge_base *base, const struct merge_line *line);
/* The entry was made, with that sum. False: it was not made. */
bool merge_base_sum(const struct merge_base *base, const struct merge_line *line, uint32_t *ret);

#endif

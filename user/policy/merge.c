/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both texts are aligned by their longest common subsequence of lines (entries: by their keys, so that one
 * whose text changed is still the same), and walked side by side. What an entry becomes depends on its
 * key alone; the alignment only says where things stand.
 */
#include "policy/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/merge_lines.h"
#include "util/cleanup.h"

struct merge {
	struct merge_lines ours, theirs; /* existing, made */
	struct merge_base base; /* of ours */
	uint16_t *common; /* (ours + 1) * (theirs + 1) lengths, from each place to the end */
	struct buffer *to, *told;
	bool blank; /* the last line written was blank, or there is none yet */
};

/* ------------------------------------------------------------------ who is whose */

static struct merge_line *find_other(struct merge *merge, const struct merge_line *line)
{
	for (size_t i = 0; i < merge->theirs.count; i++) {
		struct merge_line *made = &merge->theirs.items[i];

		if (made->key && !made->other && made->mark == line->mark)
			return made;
	}
	return NULL;
}

static void find_others(struct merge *merge)
{
	for (size_t i = 0; i < merge->ours.count; i++) {
		struct merge_line *line = &merge->ours.items[i];

		line->other = line->key ? find_other(merge, line) : NULL;
		if (line->other)
			line->other->other = line;
	}
}

static bool is_now(const struct merge_line *line)
{
	return line->comment && line->length >= strlen(MERGE_NOW) &&
	       strncmp(line->text, MERGE_NOW, strlen(MERGE_NOW)) == 0;
}

static void find_own(struct merge *merge)
{
	for (size_t i = 0; i < merge->ours.count; i++) {
		struct merge_line *line = &merge->ours.items[i];
		uint32_t sum;

		if (line->blank)
			line->own = i && merge->ours.items[i - 1].own;
		else if (line->key)
			line->own = !merge_base_sum(&merge->base, line, &sum) || sum != line->sum;
		else
			line->own = !is_now(line) && !merge_base_has(&merge->base, line);
	}
}

static bool same(const struct merge_line *a, const struct merge_line *b)
{
	return a->mark == b->mark && !a->key == !b->key && a->blank == b->blank;
}

static bool align(struct merge *merge)
{
	size_t rows = merge->ours.count, columns = merge->theirs.count, width = columns + 1;

	merge->common = calloc((rows + 1) * width, sizeof(*merge->common));
	if (!merge->common)
		return false;
	for (size_t i = rows; i-- > 0;)
		for (size_t k = columns; k-- > 0;) {
			uint16_t *cell = &merge->common[i * width + k];

			if (same(&merge->ours.items[i], &merge->theirs.items[k]))
				*cell = (uint16_t)(cell[width + 1] + 1);
			else
				*cell = cell[width] > cell[1] ? cell[width] : cell[1];
		}
	return true;
}

/* ------------------------------------------------------------------ what a section is now */

static bool same_section(const struct merge_line *a, const struct merge_line *b)
{
	return a->section_length == b->section_length &&
	       strncmp(a->section, b->section, a->section_length) == 0;
}

/* How far entries of the line's section are indented in the existing text. */
static size_t indent_of(const struct merge *merge, const struct merge_line *of)
{
	for (size_t i = 0; i < merge->ours.count; i++) {
		const struct merge_line *line = &merge->ours.items[i];

		if (line->key && line->indent && same_section(line, of))
			return line->indent;
	}
	return 2;
}

static bool is_heading(const struct merge_line *line)
{
	return line->key && !line->indent && line->text[0] != '-';
}

static bool has_value(const struct merge_line *heading)
{
	size_t at = heading->key_length + 1;

	while (at < heading->length && heading->text[at] == ' ')
		at++;
	return at < heading->length && heading->text[at] != '#';
}

/* Somebody wrote `connect: off`: nothing can stand below. */
static bool is_closed(const struct merge *merge, const struct merge_line *of)
{
	for (size_t i = 0; i < merge->ours.count; i++) {
		const struct merge_line *line = &merge->ours.items[i];

		if (is_heading(line) && line->own && same_section(line, of))
			return has_value(line);
	}
	return false;
}

static bool has_own_entries(const struct merge *merge, const struct merge_line *heading)
{
	for (size_t i = 0; i < merge->ours.count; i++) {
		const struct merge_line *line = &merge->ours.items[i];

		if (line->own && line->indent && !line->comment && !line->blank &&
		    same_section(line, heading))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ writing */

static void tell(struct merge *merge, const struct merge_line *line, const char *what)
{
	int section = is_heading(line) ? 0 : (int)line->section_length;

	buffer_printf(merge->told, "%.*s%s%.*s: %s\n", section, line->section, section ? " " : "",
		      (int)line->key_length, line->key, what);
}

static void write_indent(struct merge *merge, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_add_char(merge->to, ' ');
}

static void write_ours(struct merge *merge, const struct merge_line *line)
{
	/* With its own blanks: they may be tabs within a text of several lines. */
	buffer_add(merge->to, line->text - line->indent, line->indent + line->length);
	buffer_add_char(merge->to, '\n');
	merge->blank = line->blank;
}

static void write_theirs(struct merge *merge, const struct merge_line *line)
{
	static const char nothing[] = " []";
	size_t heading = line->key_length + 1;

	if (line->blank) {
		if (!merge->blank)
			buffer_add_char(merge->to, '\n');
		merge->blank = true;
		return;
	}
	if (line->indent >= 2)
		write_indent(merge, indent_of(merge, line) + line->indent - 2);
	if (is_heading(line) && line->length >= heading + strlen(nothing) &&
	    strncmp(line->text + heading, nothing, strlen(nothing)) == 0 &&
	    has_own_entries(merge, line)) {
		buffer_add(merge->to, line->text, heading);
		heading += strlen(nothing);
		buffer_add(merge->to, line->text + heading, line->length - heading);
	} else {
		buffer_add(merge->to, line->text, line->length);
	}
	buffer_add_char(merge->to, '\n');
	merge->blank = false;
}

/* Was that said above the line before? It stays until somebody acts on it. */
static bool has_now(const struct merge *merge, const struct merge_line *line)
{
	return line > merge->ours.items && is_now(line - 1);
}

/* Ours is kept, and what is made in its place has changed since. Above: below could be amid the entry. */
static void write_now(struct merge *merge, const struct merge_line *line)
{
	const struct merge_line *made = line->other;
	uint32_t sum;
	bool news;

	if (!made || made->sum == line->sum)
		return;
	news = !merge_base_sum(&merge->base, line, &sum) || sum != made->sum;
	if (!news && !has_now(merge, line))
		return;
	if (news)
		tell(merge, line, "yours is kept; what is generated now is the comment above it");
	write_indent(merge, line->indent);
	buffer_add_string(merge->to, MERGE_NOW);
	buffer_add(merge->to, made->text, made->length);
	buffer_add_char(merge->to, '\n');
}

static void put_ours(struct merge *merge, const struct merge_line *line)
{
	if (line->own) {
		if (line->key)
			write_now(merge, line);
		write_ours(merge, line);
	} else if (line->key && line->other) {
		write_theirs(merge, line->other);
	} else if (line->key) {
		tell(merge, line, "no longer generated, and gone");
	}
}

static void put_theirs(struct merge *merge, const struct merge_line *line)
{
	uint32_t sum;

	if (line->key && line->other)
		return; /* stands where ours stands */
	if (!is_heading(line) && line->indent && is_closed(merge, line))
		return;
	if (line->key && merge_base_sum(&merge->base, line, &sum))
		tell(merge, line, "taken out by you, and left out");
	else if (line->blank || line->key || !merge_base_has(&merge->base, line))
		write_theirs(merge, line);
}

/* Those of theirs in the place of the first of ours that is not kept, or behind the last. */
static void put_run(struct merge *merge, size_t ours, size_t ours_end, size_t theirs,
		    size_t theirs_end)
{
	while (ours < ours_end && merge->ours.items[ours].own)
		put_ours(merge, &merge->ours.items[ours++]);
	for (; theirs < theirs_end; theirs++)
		put_theirs(merge, &merge->theirs.items[theirs]);
	for (; ours < ours_end; ours++)
		put_ours(merge, &merge->ours.items[ours]);
}

static void put_same(struct merge *merge, const struct merge_line *ours,
		     const struct merge_line *theirs)
{
	if (ours->key)
		put_ours(merge, ours);
	else
		write_theirs(merge, theirs);
}

static void walk(struct merge *merge)
{
	size_t rows = merge->ours.count, columns = merge->theirs.count, width = columns + 1;
	size_t i = 0, k = 0;

	while (i < rows || k < columns) {
		size_t from_i = i, from_k = k;

		while ((i < rows || k < columns) &&
		       !(i < rows && k < columns &&
			 same(&merge->ours.items[i], &merge->theirs.items[k]))) {
			const uint16_t *cell = &merge->common[i * width + k];

			if (k >= columns || (i < rows && cell[width] >= cell[1]))
				i++;
			else
				k++;
		}
		put_run(merge, from_i, i, from_k, k);
		if (i < rows && k < columns)
			put_same(merge, &merge->ours.items[i++], &merge->theirs.items[k++]);
	}
}

/* ------------------------------------------------------------------ the whole */

/* The sums of what is made now, as they stand at its end. */
static void write_sums(struct merge *merge, const struct buffer *made)
{
	const struct merge_line *last = &merge->theirs.items[merge->theirs.count - 1];

	buffer_add(merge->to, last->text + last->length,
		   (size_t)(made->data + made->length - (last->text + last->length)));
}

static int run(struct merge *merge, const char *existing, size_t length, const struct buffer *made)
{
	int r = merge_base_read(existing, length, &merge->base);

	if (r)
		return r;
	if (!merge_lines_read(existing, length, &merge->ours) ||
	    !merge_lines_read(made->data, made->length, &merge->theirs))
		return -ENOMEM;
	if (merge->ours.count > MERGE_LINES_MAX || merge->theirs.count > MERGE_LINES_MAX)
		return -E2BIG;
	if (!merge->theirs.count)
		return -EINVAL;
	find_others(merge);
	find_own(merge);
	if (!align(merge))
		return -ENOMEM;
	walk(merge);
	if (merge->to->length)
		merge->to->length--; /* the end of the last line is in what follows */
	write_sums(merge, made);
	return buffer_failed(merge->to) || buffer_failed(merge->told) ? -ENOMEM : 0;
}

int merge_policy(const char *existing, size_t length, const struct buffer *made, struct buffer *ret,
		 struct buffer *ret_told)
{
	struct merge merge = { .to = ret, .told = ret_told, .blank = true };
	int r = run(&merge, existing, length, made);

	merge_lines_release(&merge.ours);
	merge_lines_release(&merge.theirs);
	merge_base_release(&merge.base);
	free(merge.common);
	return r;
}

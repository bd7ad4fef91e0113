/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/merge_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/merge.h"
#include "util/cleanup.h"

/* A sum is 24 bits, four characters; 24 of them in a line. */
#define SUM_LENGTH 4
#define SUMS_A_LINE 24

static const char intro[] =
	"# The sums below tell `policy generate --merge` which lines are as they were "
	"made. They stay last.";
static const char texts_begin[] = "# sums of comments: ";
static const char entries_begin[] = "# sums of entries: ";

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* ------------------------------------------------------------------ sums */

#define HASH_START 14695981039346656037ull

/* FNV-1a. Whoever forges a sum deceives himself: the file is his. */
static uint64_t hash_add(uint64_t hash, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211ull;
	return hash;
}

static uint32_t hash_fold(uint64_t hash)
{
	return (uint32_t)(hash ^ (hash >> 24) ^ (hash >> 48)) & 0xffffff;
}

static void set_sums(struct merge_line *line)
{
	line->sum = hash_fold(hash_add(HASH_START, line->text, line->length));
	line->mark = line->sum;
	if (line->key)
		line->mark = hash_fold(hash_add(
			hash_add(hash_add(HASH_START, line->section, line->section_length), "/", 1),
			line->key, line->key_length));
}

static void sum_print(struct buffer *to, uint32_t sum)
{
	for (int shift = 18; shift >= 0; shift -= 6)
		buffer_add_char(to, digits[(sum >> shift) & 63]);
}

static bool sum_read(const char *text, uint32_t *ret)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < SUM_LENGTH; i++) {
		const char *digit = text[i] ? strchr(digits, text[i]) : NULL;

		if (!digit)
			return false;
		sum = sum << 6 | (uint32_t)(digit - digits);
	}
	*ret = sum;
	return true;
}

/* ------------------------------------------------------------------ lines */

static bool blank(char character)
{
	return character == ' ' || character == '\t' || character == '\r';
}

static size_t name_length(const char *text, size_t length)
{
	size_t at = 0;

	while (at < length && text[at] && strchr(digits, text[at]))
		at++;
	return at;
}

/* `name:`, and `- { id: name` in lists. */
static void find_key(struct merge_line *line)
{
	static const char id[] = "id:";
	const char *at = line->text, *end = line->text + line->length;
	bool item = line->length > 1 && at[0] == '-' && blank(at[1]);
	size_t length;

	if (item) {
		at++;
		while (at < end && (blank(*at) || *at == '{'))
			at++;
		if ((size_t)(end - at) < sizeof(id) - 1 || strncmp(at, id, sizeof(id) - 1) != 0)
			return;
		at += sizeof(id) - 1;
		while (at < end && blank(*at))
			at++;
	}
	length = name_length(at, (size_t)(end - at));
	if (!length || (!item && (at + length == end || at[length] != ':')))
		return;
	line->key = at;
	line->key_length = length;
}

static bool in_section(const struct merge_line *line, const char *name)
{
	return line->section_length == strlen(name) &&
	       strncmp(line->section, name, line->section_length) == 0;
}

/* Settings within a class of rules, or deeper within an entry, are no entries. */
static void check_key(struct merge_line *line, size_t entry_indent)
{
	bool named = in_section(line, "executables") || in_section(line, "guard");

	if (line->indent && line->text[0] != '-' && (!named || line->indent != entry_indent))
		line->key = NULL;
}

static bool sums_line(const struct merge_line *line)
{
	static const char *const begins[] = { intro, texts_begin, entries_begin };

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (line->length >= strlen(begins[i]) &&
		    strncmp(line->text, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

struct reading {
	const char *section;
	size_t section_length;
	size_t entry_indent; /* of the section; 0: none seen */
};

static void read_line(struct reading *reading, const char *text, size_t length,
		      struct merge_line *line)
{
	size_t indent = 0;

	while (length && blank(text[length - 1]))
		length--;
	while (indent < length && blank(text[indent]))
		indent++;
	*line = (struct merge_line){ .text = text + indent,
				     .length = length - indent,
				     .indent = indent,
				     .blank = indent == length,
				     .comment = indent < length && text[indent] == '#' };
	if (!line->blank && !line->comment)
		find_key(line);
	if (line->key && !indent && line->text[0] != '-') {
		*reading = (struct reading){ line->key, line->key_length, 0 };
	} else if (!line->blank && !line->comment && indent && !reading->entry_indent) {
		reading->entry_indent = indent;
	}
	line->section = reading->section;
	line->section_length = reading->section_length;
	if (line->key)
		check_key(line, reading->entry_indent);
	set_sums(line);
}

bool merge_lines_read(const char *text, size_t length, struct merge_lines *ret)
{
	struct reading reading = { .section = "" };
	size_t capacity = 1;

	for (size_t i = 0; i < length; i++)
		capacity += text[i] == '\n';
	*ret = (struct merge_lines){ .items = calloc(capacity, sizeof(*ret->items)) };
	if (!ret->items)
		return false;
	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t of_line = end ? (size_t)(end - text) - at : length - at;

		read_line(&reading, text + at, of_line, &ret->items[ret->count]);
		ret->count += !sums_line(&ret->items[ret->count]);
		at += of_line + 1;
	}
	while (ret->count && ret->items[ret->count - 1].blank)
		ret->count--;
	return true;
}

void merge_lines_release(struct merge_lines *lines)
{
	free(lines->items);
	*lines = (struct merge_lines){ 0 };
}

/* ------------------------------------------------------------------ what was made */

static void print_sums(struct buffer *text, const char *begin, const struct merge_lines *lines,
		       bool entries)
{
	size_t in_line = 0;

	for (size_t i = 0; i < lines->count; i++) {
		const struct merge_line *line = &lines->items[i];

		if (line->blank || entries != (line->key != NULL))
			continue;
		if (in_line == 0)
			buffer_add_string(text, begin);
		sum_print(text, line->mark);
		if (entries)
			sum_print(text, line->sum);
		in_line += entries ? 2 : 1;
		if (in_line < SUMS_A_LINE)
			continue;
		buffer_add_char(text, '\n');
		in_line = 0;
	}
	if (in_line)
		buffer_add_char(text, '\n');
}

void merge_mark(struct buffer *text)
{
	_cleanup_free_ char *copy = buffer_failed(text) ? NULL
							: strdup(text->data ? text->data : "");
	struct merge_lines lines = { 0 };

	if (!copy || !merge_lines_read(copy, strlen(copy), &lines)) {
		text->failed = true;
		return;
	}
	buffer_add_char(text, '\n');
	buffer_add_string(text, intro);
	buffer_add_char(text, '\n');
	print_sums(text, texts_begin, &lines, false);
	print_sums(text, entries_begin, &lines, true);
	merge_lines_release(&lines);
}

/* The sums of the line, if it has some that begin so; ret has room. */
static size_t take_sums(const char *text, size_t length, const char *begin, uint32_t *ret)
{
	size_t count = 0, at = strlen(begin);

	if (length < at || strncmp(text, begin, at) != 0)
		return 0;
	while (length - at >= SUM_LENGTH && sum_read(text + at, &ret[count])) {
		at += SUM_LENGTH;
		count++;
	}
	return count;
}

int merge_base_read(const char *text, size_t length, struct merge_base *ret)
{
	size_t room = length / SUM_LENGTH + 1;

	*ret = (struct merge_base){ .texts = calloc(room, sizeof(uint32_t)),
				    .entries = calloc(room, sizeof(uint32_t)) };
	if (!ret->texts || !ret->entries) {
		merge_base_release(ret);
		return -ENOMEM;
	}
	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t of_line = end ? (size_t)(end - text) - at : length - at;

		ret->text_count += take_sums(text + at, of_line, texts_begin,
					     ret->texts + ret->text_count);
		ret->entry_count += take_sums(text + at, of_line, entries_begin,
					      ret->entries + ret->entry_count);
		at += of_line + 1;
	}
	if (ret->entry_count >= 2)
		return 0;
	merge_base_release(ret);
	return -ENODATA;
}

void merge_base_release(struct merge_base *base)
{
	free(base->texts);
	free(base->entries);
	*base = (struct merge_base){ 0 };
}

bool merge_base_has(const struct merge_base *base, const struct merge_line *line)
{
	for (size_t i = 0; i < base->text_count; i++)
		if (base->texts[i] == line->mark)
			return true;
	return false;
}

bool merge_base_sum(const struct merge_base *base, const struct merge_line *line, uint32_t *ret)
{
	for (size_t i = 0; i + 1 < base->entry_count; i += 2) {
		if (base->entries[i] != line->mark)
			continue;
		*ret = base->entries[i + 1];
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that a policy names, as `policy show` tells them. */
#include <inttypes.h>
#include <string.h>

#include "event/show_cells.h"
#include "policy/words.h"
#include "util/cleanup.h"

static const struct pattern_fact *row_pattern(const struct show_row *row)
{
	return facts_pattern(row->report->facts, row->policy, row->index);
}

/* All files of the first executable, then of the next; an executable without files has a row too. */
static bool next_file(struct show_row *row, bool first)
{
	const struct pattern_fact *pattern;
	size_t at = 0;

	if (first) {
		row->index = 0;
	} else {
		/* `item` holds the place in the pattern while the row is walked. */
		at = row->item + 1;
		pattern = row_pattern(row);
		if (!pattern || at >= pattern->file_count) {
			row->index++;
			at = 0;
		}
	}
	row->item = at;
	return row->index < show_policy(row)->executable_count;
}

static const struct file_fact *row_file(const struct show_row *row)
{
	const struct pattern_fact *pattern = row_pattern(row);

	if (!pattern || row->item >= pattern->file_count)
		return NULL;
	return &row->report->facts->files[pattern->files[row->item]];
}

static void fill_executable(const struct show_row *row, struct show_values *ret)
{
	if (show_policy(row)->executables[row->index].name.value)
		show_add(ret, "%s", show_policy(row)->executables[row->index].name.value);
}

static void fill_entry(const struct show_row *row, struct show_values *ret)
{
	if (show_policy(row)->executables[row->index].entry)
		show_add(ret, "true");
}

/* A file has one path, and may be named by several. */
static const char *row_path(const struct show_row *row)
{
	const struct executable *executable = &show_policy(row)->executables[row->index];
	const struct file_fact *file = row_file(row);

	return file && executable->glob ? file->path : executable->path.value;
}

static void fill_path(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", row_path(row));
}

static void fill_resolved(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);

	if (file && file->resolved && strcmp(file->resolved, row_path(row)) != 0)
		show_add(ret, "%s", file->resolved);
}

static bool identified(const struct file_fact *file)
{
	return file && file->identity.key.inode;
}

static void fill_device(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);

	if (identified(file))
		show_add(ret, "%u:%u", file->identity.key.device >> 20,
			 file->identity.key.device & 0xfffff);
}

static void fill_inode(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);

	if (identified(file))
		show_add(ret, "%" PRIu64, (uint64_t)file->identity.key.inode);
}

#define DIGITS_MAX (2 * 64)

static const char *digits(char to[DIGITS_MAX + 1], const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snprintf(to + 2 * i, 3, "%02x", bytes[i]);
	return to;
}

static void add_verity(struct show_values *ret, const char *before,
		       const struct verity_digest *verity)
{
	char text[DIGITS_MAX + 1];

	show_add(ret, "%s%s:%s", before, vocabulary_word(&words_verity, verity->algorithm),
		 digits(text, verity->bytes, verity->length));
}

static void fill_pinned(const struct show_row *row, struct show_values *ret)
{
	const struct executable *executable = &show_policy(row)->executables[row->index];

	if (executable->pinned || executable->verity.length)
		show_add(ret, "true");
}

/* What the policy wants, as it is written there; what the file has are columns of their own. */
static void fill_pin(const struct show_row *row, struct show_values *ret)
{
	const struct executable *executable = &show_policy(row)->executables[row->index];
	char text[DIGITS_MAX + 1];

	if (executable->pinned)
		show_add(ret, "sha256:%s",
			 digits(text, executable->sha256, sizeof(executable->sha256)));
	if (executable->verity.length)
		add_verity(ret, "verity:", &executable->verity);
}

static bool sha256_matches(const struct executable *executable, const struct file_fact *file)
{
	return !executable->pinned ||
	       memcmp(executable->sha256, file->sha256, sizeof(file->sha256)) == 0;
}

static bool verity_matches(const struct executable *executable, const struct file_fact *file)
{
	const struct verity_digest *wanted = &executable->verity;

	return !wanted->length || (file->verity.length == wanted->length &&
				   file->verity.algorithm == wanted->algorithm &&
				   memcmp(file->verity.bytes, wanted->bytes, wanted->length) == 0);
}

/* Nothing where there is no file, or where it is still being read. */
static void fill_pin_state(const struct show_row *row, struct show_values *ret)
{
	const struct executable *executable = &show_policy(row)->executables[row->index];
	const struct file_fact *file = row_file(row);

	if ((!executable->pinned && !executable->verity.length) || !identified(file) ||
	    (executable->pinned && !file->hashed))
		return;
	show_add(ret, "%s",
		 sha256_matches(executable, file) && verity_matches(executable, file) ? "matched"
										      : "differs");
}

static void fill_sha256(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);
	char text[DIGITS_MAX + 1];

	if (file && file->hashed)
		show_add(ret, "%s", digits(text, file->sha256, sizeof(file->sha256)));
}

/* Whoever sees it there knows that the kernel verifies what is read, and that nobody can write it. */
static void fill_verity(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);

	if (file && file->verity.length)
		add_verity(ret, "", &file->verity);
}

static void fill_file_trust(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);

	show_add(ret, "%s", file_trust_name(file ? file->trust : FILE_MISSING));
}

static void fill_reason(const struct show_row *row, struct show_values *ret)
{
	const struct file_fact *file = row_file(row);

	if (!file)
		show_add(ret, "no file matches");
	else if (file->reason)
		show_add(ret, "%s", file->reason);
}

static const struct show_column file_columns[] = {
	{ "executable", SHOW_STRING, fill_executable },
	{ "entry", SHOW_BOOLEAN, fill_entry },
	{ "path", SHOW_STRING, fill_path },
	{ "resolved", SHOW_STRING, fill_resolved },
	{ "device", SHOW_STRING, fill_device },
	{ "inode", SHOW_NUMBER, fill_inode },
	{ "trust", SHOW_STRING, fill_file_trust },
	{ "reason", SHOW_STRING, fill_reason },
	{ "pinned", SHOW_BOOLEAN, fill_pinned },
	{ "pin", SHOW_LIST, fill_pin },
	{ "pin_state", SHOW_STRING, fill_pin_state },
	{ "sha256", SHOW_STRING, fill_sha256 },
	{ "verity", SHOW_STRING, fill_verity },
};

const struct show_table show_files = { "files", file_columns, ARRAY_SIZE(file_columns), next_file };

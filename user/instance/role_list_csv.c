/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows of %SYS.ProcessQuery: a heading that names the columns, quotes as in RFC 4180, one line a row. */
#include <string.h>
#include <strings.h>

#include "instance/role_list_inside.h"
#include "util/cleanup.h"

struct cell {
	char text[ROLE_LIST_TEXT_MAX + 1];
	size_t length; /* what it really has, the rest is cut */
};

static void cell_add(struct cell *cell, char character)
{
	if (cell->length < ROLE_LIST_TEXT_MAX)
		cell->text[cell->length] = character;
	cell->length++;
}

/* The next cell of a line, and its separator. False: there is none. */
static bool next_cell(const struct source_line *line, char separator, size_t *at, struct cell *ret)
{
	bool quoted = false;
	size_t i = *at;

	if (i > line->length)
		return false;
	memset(ret, 0, sizeof(*ret));
	while (i < line->length && source_blank(line->text[i]) && line->text[i] != separator)
		i++;
	for (; i < line->length; i++) {
		char character = line->text[i];

		if (character == '"' && quoted && i + 1 < line->length && line->text[i + 1] == '"')
			cell_add(ret, line->text[i++]);
		else if (character == '"')
			quoted = !quoted;
		else if (character == separator && !quoted)
			break;
		else
			cell_add(ret, character);
	}
	while (ret->length && ret->length <= ROLE_LIST_TEXT_MAX &&
	       source_blank(ret->text[ret->length - 1]))
		ret->text[--ret->length] = '\0';
	*at = i + 1;
	return true;
}

static int csv_read(struct listing *listing, const struct source_line *line)
{
	struct role_list_row row = { .line = line->number };
	bool has_pid = false;
	struct cell cell;
	size_t at = 0;

	for (int column = 0; next_cell(line, listing->separator, &at, &cell); column++) {
		if (column == listing->pid)
			has_pid = listing_pid(cell.text, strlen(cell.text), &row.pid);
		else if (column == listing->routine)
			listing_copy(row.routine, cell.text, strlen(cell.text));
		else if (column == listing->namespace)
			listing_copy(row.namespace, cell.text, strlen(cell.text));
		else if (column == listing->user)
			listing_copy(row.user, cell.text, strlen(cell.text));
	}
	if (!has_pid)
		listing_warn(listing, line->number, line->column,
			     "a row without a process: it is passed over");
	if (!has_pid || !*row.routine)
		return 0;
	return listing_add(listing, &row);
}

/* Names as %SYS.ProcessQuery has them, and as people rename them. */
static void csv_column(struct listing *listing, int number, const char *name)
{
	static const struct {
		const char *name;
		size_t column;
	} names[] = {
		{ "Pid", offsetof(struct listing, pid) },
		{ "Process", offsetof(struct listing, pid) },
		{ "Process ID", offsetof(struct listing, pid) },
		{ "Routine", offsetof(struct listing, routine) },
		{ "NameSpace", offsetof(struct listing, namespace) },
		{ "Nspace", offsetof(struct listing, namespace) },
		{ "UserName", offsetof(struct listing, user) },
		{ "User", offsetof(struct listing, user) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		int *column = (int *)((char *)listing + names[i].column);

		if (strcasecmp(names[i].name, name) == 0 && *column < 0)
			*column = number;
	}
}

bool csv_heading(struct listing *listing, const struct source_line *line)
{
	static const char separators[] = ",;\t";

	for (const char *separator = separators; *separator; separator++) {
		struct cell cell;
		size_t at = 0;

		listing->pid = listing->routine = listing->namespace = listing->user = -1;
		for (int column = 0;
		     column < LISTING_COLUMNS_MAX && next_cell(line, *separator, &at, &cell);
		     column++)
			csv_column(listing, column, cell.text);
		if (listing->pid < 0 || listing->routine < 0)
			continue;
		listing->separator = *separator;
		listing->read = csv_read;
		return true;
	}
	return false;
}

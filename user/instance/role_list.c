/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/role_list.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/role_list_inside.h"
#include "instance/source.h"
#include "util/cleanup.h"
#include "util/number.h"

void role_list_release(struct role_list *list)
{
	free(list->rows);
	*list = (struct role_list){ 0 };
}

int listing_add(struct listing *listing, const struct role_list_row *row)
{
	struct role_list *list = listing->list;
	struct role_list_row *rows;

	if (list->count == ROLE_LIST_ROWS_MAX) {
		listing_warn(listing, row->line, 1, "more than %d processes: the rest is left out",
			     ROLE_LIST_ROWS_MAX);
		return 0;
	}
	if (list->count == listing->capacity) {
		size_t capacity = listing->capacity ? 2 * listing->capacity : 64;

		rows = reallocarray(list->rows, capacity, sizeof(*rows));
		if (!rows)
			return -ENOMEM;
		list->rows = rows;
		listing->capacity = capacity;
	}
	list->rows[list->count++] = *row;
	return 0;
}

void listing_copy(char to[ROLE_LIST_TEXT_MAX + 1], const char *text, size_t length)
{
	length = length < ROLE_LIST_TEXT_MAX ? length : ROLE_LIST_TEXT_MAX;
	memcpy(to, text, length);
	to[length] = '\0';
}

bool listing_pid(const char *text, size_t length, uint32_t *ret)
{
	char digits[16] = "";
	uint64_t number;

	if (!length || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	if (number_parse(digits, 1, UINT32_MAX, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}

/* ------------------------------------------------------------------ what is read is kept by pid */

static int compare_pids(const void *a, const void *b)
{
	const struct role_list_row *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

static void sort_rows(struct role_list *list)
{
	size_t used = 0;

	if (list->count)
		qsort(list->rows, list->count, sizeof(*list->rows), compare_pids);
	for (size_t i = 0; i < list->count; i++) {
		if (used && list->rows[used - 1].pid == list->rows[i].pid)
			used--;
		list->rows[used++] = list->rows[i];
	}
	list->count = used;
}

const struct role_list_row *role_list_find(const struct role_list *list, uint32_t pid)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->rows[middle].pid == pid)
			return &list->rows[middle];
		if (list->rows[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The heading decides which of the two it is; what stands before it is somebody's remark. */
static int read_lines(struct listing *listing, struct source *source)
{
	struct source_line line;
	int r = 0;

	while (!r && source_next(source, &line)) {
		if (!listing->read) {
			if (!screen_heading(listing, &line))
				csv_heading(listing, &line);
			listing->heading = line.number;
		} else if (line.length) {
			r = listing->read(listing, &line);
		}
	}
	return r;
}

int role_list_read(const char *file, const char *text, size_t length,
		   struct diagnostics *diagnostics, struct role_list *ret)
{
	struct role_list list = { 0 };
	struct source source = { 0 };
	struct listing listing = { .source = &source, .list = &list };
	int r = source_begin(&source, "list of processes", file, text, length, ROLE_LIST_SIZE_MAX,
			     diagnostics);

	if (!r)
		r = read_lines(&listing, &source);
	if (!r && !listing.read) {
		struct location whole = { file, 1, 1, 1 };

		diagnostic_hint(
			diagnostics_add(diagnostics, SEVERITY_ERROR, &whole,
					"no list of processes: it has no heading"),
			"the text of ^%%SS begins with `Process  Device  Namespace  Routine`, "
			"the rows of %%SYS.ProcessQuery with `Pid,Routine`");
		r = -EINVAL;
	}
	if (r) {
		role_list_release(&list);
		return r;
	}
	if (!list.count)
		listing_warn(&listing, listing.heading, 1,
			     "no process is listed below this heading%s",
			     listing.process_at ? ": is the text as it was on the screen, with its "
						  "blanks?"
						: "");
	sort_rows(&list);
	*ret = list;
	return 0;
}

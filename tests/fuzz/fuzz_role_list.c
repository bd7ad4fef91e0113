/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readers of what tells roles: any bytes as a list of processes give rows in order, each once, with
 * texts in their bounds, or one error; any bytes as a log give marks of processes.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "instance/role_list.h"
#include "instance/role_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_list(const struct role_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct role_list_row *row = &list->rows[i];

		assert(row->pid && row->line);
		assert(!i || list->rows[i - 1].pid < row->pid);
		assert(*row->routine && strlen(row->routine) <= ROLE_LIST_TEXT_MAX);
		assert(strlen(row->namespace) <= ROLE_LIST_TEXT_MAX);
		assert(strlen(row->user) <= ROLE_LIST_TEXT_MAX);
		assert(role_list_find(list, row->pid) == row);
	}
}

static void read_log(const char *text, size_t length)
{
	struct process process = { 0 };
	struct role_marks marks;

	assert(role_log_read(text, length, &marks) == 0);
	assert(marks.count <= ROLE_MARKS_MAX);
	for (size_t i = 0; i < marks.count; i++) {
		assert(marks.marks[i].pid && marks.marks[i].logged);
		process.pid = marks.marks[i].pid;
		if (marks.marks[i].time > 0)
			assert(role_log_of(&marks, &process, 0));
	}
	role_marks_release(&marks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };
	struct role_list list = { 0 };
	int r = role_list_read("list", (const char *)data, size, &diagnostics, &list);

	assert(r == 0 || r == -EINVAL);
	assert((r == 0) == (diagnostics.errors == 0));
	check_list(&list);
	role_list_release(&list);
	diagnostics_release(&diagnostics);
	read_log((const char *)data, size);
	return 0;
}

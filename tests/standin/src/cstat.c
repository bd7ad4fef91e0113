/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bin/cstat: the process table, one line a process, read from the shared memory.
 */
#include <stdio.h>
#include <string.h>

#include "table.h"

int main(void)
{
	const struct table *table;
	char root[ROOT_MAX];
	int r;

	root_find(root);
	r = table_attach(root);
	if (r)
		die("instance is not running (%s)", strerror(-r));
	table = table_get();
	for (int row = 0; row < TABLE_ROWS; row++)
		if (table->rows[row].pid)
			printf("%3d %8d %s\n", row + 1, (int)table->rows[row].pid,
			       table->rows[row].routine);
	return 0;
}

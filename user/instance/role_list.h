/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The administrator's own list of an instance's processes, made inside it, which labels exactly:
 *
 *	the text of `do ^%SS` (^SS shows the same): a heading with Process, Device, Namespace, Routine …,
 *	then a row a process; names may touch the next column, and a long routine's counters are on the
 *	next line;
 *	or the rows of a query of %SYS.ProcessQuery as CSV (`,`, `;` or tabs between), with a heading
 *	that has at least Pid (or Process) and Routine.
 */
#ifndef CW_INSTANCE_ROLE_LIST_H
#define CW_INSTANCE_ROLE_LIST_H

#include <stddef.h>
#include <stdint.h>

#include "policy/diagnostics.h"

#define ROLE_LIST_SIZE_MAX (4u << 20)
#define ROLE_LIST_ROWS_MAX 65536
#define ROLE_LIST_TEXT_MAX 79 /* bytes of a name that are kept */

struct role_list_row {
	uint32_t pid;
	char routine[ROLE_LIST_TEXT_MAX + 1];
	char namespace[ROLE_LIST_TEXT_MAX + 1]; /* "" none */
	char user[ROLE_LIST_TEXT_MAX + 1]; /* "" none */
	unsigned int line;
};

struct role_list {
	struct role_list_row *rows; /* by pid, each once: the last row of it counts */
	size_t count;
};

/*
 * 0; -EINVAL (diagnosed): no heading of either kind, too large; -ENOMEM. Rows that cannot be read are
 * warnings, and the others count.
 */
int role_list_read(const char *file, const char *text, size_t length,
		   struct diagnostics *diagnostics, struct role_list *ret);
void role_list_release(struct role_list *list);

/* NULL: it is not listed. */
const struct role_list_row *role_list_find(const struct role_list *list, uint32_t pid);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the reader of lists of processes: role_list_screen.c reads ^%SS, role_list_csv.c queries. */
#ifndef CW_INSTANCE_ROLE_LIST_INSIDE_H
#define CW_INSTANCE_ROLE_LIST_INSIDE_H

#include <stdbool.h>

#include "instance/role_list.h"
#include "instance/source.h"

#define LISTING_COLUMNS_MAX 64 /* of a CSV */

struct listing {
	const struct source *source;
	struct role_list *list;
	size_t capacity;
	unsigned int heading; /* its line */
	/* NULL until the heading was found. 0 or -ENOMEM. */
	int (*read)(struct listing *listing, const struct source_line *line);
	/* ^%SS: where the columns of the heading begin, in bytes of the line */
	size_t process_at, namespace_at, routine_at;
	uint32_t open; /* ^%SS: the process whose row goes on in the next line; 0: none */
	/* CSV: which column has what; -1: none has */
	char separator;
	int pid, routine, namespace, user;
};

/* Is this the heading? Then ->read reads what follows. */
bool screen_heading(struct listing *listing, const struct source_line *line);
bool csv_heading(struct listing *listing, const struct source_line *line);

int listing_add(struct listing *listing, const struct role_list_row *row);
void listing_copy(char to[ROLE_LIST_TEXT_MAX + 1], const char *text, size_t length);
bool listing_pid(const char *text, size_t length, uint32_t *ret);
void listing_warn(struct listing *listing, unsigned int line, unsigned int column,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif

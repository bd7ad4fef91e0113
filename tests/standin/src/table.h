/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process table of an instance, in System V shared memory as the real one's: who runs, as what.
 *
 * The control process makes the segment and writes its id to mgr/cache.shid; processes that are
 * executed afresh attach to it by that id. The control process alone removes it.
 */
#ifndef STANDIN_TABLE_H
#define STANDIN_TABLE_H

#include "base.h"

#define TABLE_ROWS 256

struct table_row {
	pid_t pid; /* 0 is a free row */
	char routine[44];
};

struct table {
	struct table_row rows[TABLE_ROWS];
};

int table_create(const char *root);
int table_attach(const char *root);
void table_remove(const char *root);

/* The table of this process, or NULL before create or attach. */
struct table *table_get(void);

/* Enters this process; its row number is the job number of `-p`. Returns -ENOSPC when full. */
int table_enter(const char *routine);
void table_leave(pid_t pid);

#endif

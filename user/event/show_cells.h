/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cells of `policy show`: each column of its tables, as the strings that stand in it. The printer
 * (show.c) need not know what a rule is, and this file not how it is printed.
 */
#ifndef CW_EVENT_SHOW_CELLS_H
#define CW_EVENT_SHOW_CELLS_H

#include <stdbool.h>
#include <stddef.h>

#include "event/show.h"

enum show_kind {
	SHOW_STRING, /* one value, or none */
	SHOW_LIST,
	SHOW_NUMBER,
	SHOW_BOOLEAN, /* `true`, or none */
};

/* Which row: what a table does not use is zero. */
struct show_row {
	const struct show_report *report;
	size_t policy;
	enum cw_class k;
	size_t index; /* of the executable, rule, name … */
	size_t item; /* place in the executable's files, or in the rule's addresses */
};

/* Values of one cell, each ended by NUL. */
struct show_values {
	struct buffer text;
	size_t count;
};

struct show_column {
	const char *name; /* in JSON, and the heading in text */
	enum show_kind kind;
	void (*fill)(const struct show_row *row, struct show_values *ret);
};

struct show_table {
	const char *name;
	const struct show_column *columns;
	size_t column_count;
	/* The next row of the policy; row is as it was, or zero but for report and policy. */
	bool (*next)(struct show_row *row, bool first);
};

/* A policy's own row, and the tables below it. */
extern const struct show_table show_instance;
extern const struct show_table show_files, show_rules, show_guards, show_names;
extern const struct show_table *const show_tables[];
extern const size_t show_table_count;

/* For the tables: the row's policy; one more value; several. */
const struct policy *show_policy(const struct show_row *row);
void show_add(struct show_values *values, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void show_add_texts(struct show_values *values, const struct text *texts, size_t count);
void show_add_executables(struct show_values *values, const struct policy *policy,
			  const size_t *indexes, size_t count);

#endif

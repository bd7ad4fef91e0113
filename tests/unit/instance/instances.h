/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts as files of an instance: what is read of them, and what is said. */
#ifndef CW_TESTS_INSTANCES_H
#define CW_TESTS_INSTANCES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/diagnostics.h"
#include "util/cleanup.h"

struct said {
	enum severity severity;
	unsigned int line, column;
	const char *message; /* a part of it */
};

static inline void show(const struct diagnostics *diagnostics)
{
	diagnostics_print(diagnostics, stderr, false);
}

/* Exactly these are said, in this order, each with a hint; then forgotten. */
static inline void check_said(struct diagnostics *diagnostics, const struct said *said,
			      size_t count)
{
	for (size_t i = 0; i < count && i < diagnostics->count; i++) {
		const struct diagnostic *item = &diagnostics->items[i];

		if (item->severity == said[i].severity && item->where.line == said[i].line &&
		    item->where.column == said[i].column && item->hint &&
		    strstr(item->message, said[i].message))
			continue;
		show(diagnostics);
		fail_msg("expected %u:%u: %s", said[i].line, said[i].column, said[i].message);
	}
	if (diagnostics->count != count)
		show(diagnostics);
	assert_int_equal(diagnostics->count, count);
	diagnostics_release(diagnostics);
	*diagnostics = (struct diagnostics){ 0 };
}

static inline void check_nothing_said(struct diagnostics *diagnostics)
{
	check_said(diagnostics, NULL, 0);
}

/* What a complete file begins with: three lines. */
#define CACHE_2017 "[ConfigFile]\nVersion=2017.1\n\n"
#define IRIS_2023 "[ConfigFile]\nProduct=IRIS\nVersion=2023.1\n"

#endif

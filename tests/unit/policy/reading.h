/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading policies in tests: a text, and what must come of it. Tables of mistakes put one line (or
 * more) behind a beginning that is whole, so that each has exactly the mistake it names.
 */
#ifndef CW_TESTS_READING_H
#define CW_TESTS_READING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/model.h"
#include "util/cleanup.h"

/* Seven lines: what a test adds begins on line 8. */
#define WHOLE \
	"version: 1\n" \
	"instance: CACHE\n" \
	"root: /usr/cachesys\n" \
	"mode: enforce\n" \
	"executables:\n" \
	"  cache: { path: \"${root}/bin/cache\", entry: true }\n" \
	"  sh: /bin/sh\n"

struct mistake {
	const char *text;
	unsigned int line, column;
	const char *message; /* a part of it */
	const char *hint; /* a part of it; NULL: none is asked for */
};

static inline void show(const struct diagnostics *diagnostics)
{
	diagnostics_print(diagnostics, stderr, false);
}

static inline struct policy *read_good_bytes(const char *text, size_t length)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;
	int r = policy_read("p.yaml", text, length, &diagnostics, &policy);

	if (r)
		show(&diagnostics);
	assert_int_equal(r, 0);
	assert_non_null(policy);
	assert_int_equal(diagnostics.errors, 0);
	diagnostics_release(&diagnostics);
	return policy;
}

static inline struct policy *read_good(const char *text)
{
	return read_good_bytes(text, strlen(text));
}

/* The diagnostics of a text that must not be accepted. */
static inline struct diagnostics read_bad_bytes(const char *text, size_t length)
{
	struct diagnostics diagnostics = { 0 };
	struct policy *policy = NULL;

	assert_int_equal(policy_read("p.yaml", text, length, &diagnostics, &policy), -EINVAL);
	assert_null(policy);
	assert_true(diagnostics.errors > 0);
	return diagnostics;
}

static inline struct diagnostics read_bad(const char *text)
{
	return read_bad_bytes(text, strlen(text));
}

static inline void check_item(const struct diagnostics *diagnostics, size_t index,
			      const struct mistake *mistake)
{
	const struct diagnostic *item = &diagnostics->items[index];

	if (index >= diagnostics->count || !strstr(item->message, mistake->message) ||
	    item->where.line != mistake->line || item->where.column != mistake->column ||
	    (mistake->hint && (!item->hint || !strstr(item->hint, mistake->hint)))) {
		show(diagnostics);
		fail_msg("%s\nexpected %u:%u: %s (hint: %s)", mistake->text, mistake->line,
			 mistake->column, mistake->message, mistake->hint ? mistake->hint : "any");
	}
}

/* Each text behind WHOLE, or alone where its beginning says so, makes exactly its one error. */
static inline void check_mistakes(const struct mistake *mistakes, size_t count, const char *before)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *text = NULL;
		struct diagnostics diagnostics;

		assert_true(asprintf(&text, "%s%s", before, mistakes[i].text) > 0);
		diagnostics = read_bad(text);
		check_item(&diagnostics, 0, &mistakes[i]);
		if (diagnostics.errors != 1)
			show(&diagnostics);
		assert_int_equal(diagnostics.errors, 1);
		diagnostics_release(&diagnostics);
	}
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Diagnostics are data: every mistake of a file with its position, collected while reading and
 * compiling, printed by the caller (source line and caret, related positions, a hint).
 */
#ifndef CW_POLICY_DIAGNOSTICS_H
#define CW_POLICY_DIAGNOSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_MAX };

/* A place in a policy file. line and column count from 1; line 0: the file as a whole. */
struct location {
	const char *file; /* owned by the policy or diagnostics that the location belongs to */
	unsigned int line;
	unsigned int column;
	unsigned int length; /* characters to underline, at least 1 */
};

struct diagnostic {
	enum severity severity;
	struct location where;
	char *message;
	char *hint; /* NULL if there is none */
	char *source; /* the line, control characters replaced; NULL if there is none */
	unsigned int source_column; /* of source's first character: long lines are cut */
	struct location related; /* related.file NULL if there is none */
	char *related_message;
	char *related_file; /* what related.file points to */
};

#define DIAGNOSTICS_MAX 200 /* a file of nonsense must not fill the memory: more are only counted */

/* A file that diagnostics speak of: its name, and its text where somebody has given it. */
struct diagnostics_file {
	char *name;
	char *text;
	size_t length;
};

struct diagnostics {
	struct diagnostic *items;
	size_t count;
	size_t dropped;
	size_t errors; /* of all, dropped ones too */
	size_t warnings;
	bool out_of_memory;
	struct diagnostics_file *files;
	size_t file_count;
};

void diagnostics_release(struct diagnostics *diagnostics);

/* Keep a copy of a file's text, so that diagnostics on it can show their lines. */
void diagnostics_source(struct diagnostics *diagnostics, const char *file, const char *text,
			size_t length);

/*
 * Add one; the format is printf's. Never fails: what memory or DIAGNOSTICS_MAX does not allow is
 * counted as dropped, and NULL is returned (which the two functions below take). The result is valid
 * until the next one is added. The place's file name is copied.
 */
struct diagnostic *diagnostics_add(struct diagnostics *diagnostics, enum severity severity,
				   const struct location *where, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void diagnostic_hint(struct diagnostic *diagnostic, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void diagnostic_related(struct diagnostic *diagnostic, const struct location *where,
			const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Put the items from the given one on in the order of their lines; file-wide ones come last. */
void diagnostics_sort(struct diagnostics *diagnostics, size_t from);

/* Print as `file:line:column: error: message`, source line, caret, related, hint. */
void diagnostics_print(const struct diagnostics *diagnostics, FILE *to, bool colour);

#endif

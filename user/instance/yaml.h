/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts of any origin into YAML, so that none can end the string or the comment that it stands in.
 * What cannot be seen or is not UTF-8 is written as `\x1b`, visibly: a policy has no such characters.
 */
#ifndef CW_INSTANCE_YAML_H
#define CW_INSTANCE_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buffer.h"

#define YAML_TEXT_MAX 1000 /* bytes of one text; the rest is cut off, and `...` says so */

/* One value: plain where YAML and people need no quotes, else in double quotes. */
void yaml_value(struct buffer *to, const char *text);

/* `[a, b]`, or the only one alone. */
void yaml_values(struct buffer *to, char *const *texts, size_t count);

/*
 * Comment lines, broken at blanks: each begins with `indent`, `# ` and, but for the first one, `more`.
 * A line end in the text is a blank.
 */
void yaml_comment(struct buffer *to, const char *indent, const char *more, const char *text);

/* The text without what could not be written as it is: same rules as a comment's, not broken. */
void yaml_clean(struct buffer *to, const char *text, size_t length);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* libfyaml's errors, as ours: in their places, with what usually mends them. */
#include <libfyaml.h>
#include <string.h>

#include "policy/read.h"

#define NO_QUOTE "a quote is missing: the one that is opened here is not closed"
#define DEEPER \
	"close it on its line; a text that goes on in the next one is indented deeper than its " \
	"key"

/* What libfyaml says, and what people then usually did. */
static const struct yaml_hint {
	const char *part, *hint;
	bool behind; /* its place is behind the sign that it is about */
	const char *message; /* what there is to say of it; NULL: libfyaml says it */
} yaml_hints[] = {
	{ "multiline plain key",
	  "is the line indented like the ones beside it, with blanks and not with tabs?" },
	{ "nested block mapping", "a value with `: ` in it, or `:` at its end, needs quotes" },
	{ "plain scalar cannot start",
	  "a value that begins with a sign like this one needs quotes" },
	{ "trailing content", "a text in quotes stands whole within its quotes" },
	{ "closing quote", "a quote that is opened must be closed", true, NO_QUOTE },
	/* What follows is taken for its text, down to a line that begins too far to the left. */
	{ "indented double-quoted", DEEPER, .message = NO_QUOTE },
	{ "indented single-quoted", DEEPER, .message = NO_QUOTE },
	{ "closing bracket", "a `[` that is opened must be closed by `]`" },
	{ "closing brace", "a `{` that is opened must be closed by `}`" },
	{ "mismatched flow", "`[` is closed by `]` and `{` by `}`, the inner one first" },
	{ "value after mapping", "behind a key stand a colon and a blank" },
	{ "could not find expected ':'", "behind a key stand a colon and a blank" },
	{ "expected '-'", "lines of one list or mapping begin in the same column" },
	{ "end of block", "lines of one list or mapping begin in the same column" },
	{ "alias", "a text with a `*` needs quotes", true },
	{ "comma", "items in brackets are separated by commas" },
	{ "expected node content", "a value is missing here, or behind the `-` before" },
	{ "tab", "indent with blanks, not with tabs" },
	{ "indent", "lines of one list or mapping begin in the same column" },
};

/* Is it the `{` of a `${` that stands there without quotes? To YAML that opens a mapping. */
static bool at_variable(const char *text, const struct location *where)
{
	for (unsigned int line = 1; line < where->line && text; line++) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	for (unsigned int column = 1; text && column < where->column; column++) {
		bool variable = text[0] == '$' && text[1] == '{' && column + 1 == where->column;

		if (!*text || *text == '\n' || variable)
			return variable;
		for (text++; (*text & 0xc0) == 0x80;)
			text++;
	}
	return false;
}

static const struct yaml_hint *find_hint(const char *message)
{
	for (size_t i = 0; i < ARRAY_SIZE(yaml_hints); i++) {
		if (strstr(message, yaml_hints[i].part))
			return &yaml_hints[i];
	}
	return NULL;
}

static void report(struct reader *reader, struct location where, const char *message,
		   const char *text)
{
	const struct yaml_hint *hint = find_hint(message);
	struct diagnostic *diagnostic;

	if (hint && hint->behind && where.column > 1)
		where.column--;
	diagnostic = read_error(reader, &where, "not YAML: %s",
				hint && hint->message ? hint->message : message);
	if (at_variable(text, &where))
		diagnostic_hint(diagnostic, "within brackets a path with `${root}` needs quotes");
	else if (hint)
		diagnostic_hint(diagnostic, "%s", hint->hint);
}

void read_yaml_errors(struct reader *reader, struct fy_diag *diag, const char *text)
{
	struct location whole = { reader->policy->file, 1, 1, 1 };
	void *state = NULL;
	struct fy_diag_error *error;
	bool reported = false;

	while ((error = fy_diag_errors_iterate(diag, &state))) {
		struct location where = { .file = reader->policy->file, .length = 1 };

		if (error->type != FYET_ERROR || !error->msg)
			continue;
		where.line = error->line > 0 ? (unsigned int)error->line : 1;
		where.column = error->column > 0 ? (unsigned int)error->column : 1;
		report(reader, where, error->msg, text);
		reported = true;
	}
	if (!reported)
		read_error(reader, &whole, "not YAML");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* libfyaml's errors, as ours: in their places, with what usually mends them. */
#include <libfyaml.h>
#include <string.h>

#include "policy/read.h"

/* What libfyaml says, and what people then usually did. */
static const struct {
	const char *part, *hint;
} yaml_hints[] = {
	{ "multiline plain key",
	  "is the line indented like the ones beside it, with blanks and not with tabs?" },
	{ "nested block mapping", "a value with `: ` in it, or `:` at its end, needs quotes" },
	{ "plain scalar cannot start",
	  "a value that begins with a sign like this one needs quotes" },
	{ "closing quote", "a quote that is opened must be closed" },
	{ "closing bracket", "a `[` that is opened must be closed by `]`" },
	{ "closing brace", "a `{` that is opened must be closed by `}`" },
	{ "comma", "items in brackets are separated by commas" },
	{ "expected node content", "a value is missing here, or behind the `-` before" },
	{ "tab", "indent with blanks, not with tabs" },
	{ "indent", "lines of one list or mapping begin in the same column" },
};

void read_yaml_errors(struct reader *reader, struct fy_diag *diag)
{
	struct location whole = { reader->policy->file, 1, 1, 1 };
	void *state = NULL;
	struct fy_diag_error *error;
	bool reported = false;

	while ((error = fy_diag_errors_iterate(diag, &state))) {
		struct location where = { .file = reader->policy->file, .length = 1 };
		struct diagnostic *diagnostic;

		if (error->type != FYET_ERROR || !error->msg)
			continue;
		where.line = error->line > 0 ? (unsigned int)error->line : 1;
		where.column = error->column > 0 ? (unsigned int)error->column : 1;
		diagnostic = read_error(reader, &where, "not YAML: %s", error->msg);
		for (size_t i = 0; i < ARRAY_SIZE(yaml_hints); i++) {
			if (!strstr(error->msg, yaml_hints[i].part))
				continue;
			diagnostic_hint(diagnostic, "%s", yaml_hints[i].hint);
			break;
		}
		reported = true;
	}
	if (!reported)
		read_error(reader, &whole, "not YAML");
}

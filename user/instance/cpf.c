/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a cpf: one pass makes headings and settings, each a fixed size. */
#include "instance/cpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/cpf_parse.h"
#include "util/buffer.h"
#include "util/utf8.h"

/* Cut a copy of the text out of the room that cpf->text has: as many bytes as the file and its NULs. */
static const char *keep(struct cpf_parse *parse, const char *text, size_t length)
{
	char *copy = parse->copy;

	memcpy(copy, text, length);
	copy[length] = '\0';
	parse->copy += length + 1;
	return copy;
}

static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? 2 * *capacity : 64;
	void *grown;

	if (count < *capacity)
		return array;
	grown = reallocarray(array, wanted, size);
	if (grown)
		*capacity = wanted;
	return grown;
}

static int too_many(struct cpf_parse *parse, const struct source_line *line, const char *what,
		    size_t max)
{
	struct location where = source_location(&parse->source, line, 0, line->length);

	diagnostic_hint(diagnostics_add(parse->source.diagnostics, SEVERITY_ERROR, &where,
					"more than %zu %s: not read", max, what),
			"no instance has that many; is it the right file?");
	return -EINVAL;
}

/* `[Name]`, `[Name.ARGUMENT]`: line->text begins with `[`. */
static int read_heading(struct cpf_parse *parse, const struct source_line *line)
{
	struct cpf *cpf = parse->cpf;
	const char *close = memchr(line->text, ']', line->length), *dot;
	const char *name = line->text + 1, *argument = NULL;
	size_t length = (size_t)((close ? close : line->text + line->length) - name);
	size_t argument_length = 0;
	struct cpf_section *section, *grown;

	if (cpf->section_count == CPF_SECTIONS_MAX)
		return too_many(parse, line, "sections", CPF_SECTIONS_MAX);
	grown = grow(cpf->sections, cpf->section_count, &parse->section_capacity, sizeof(*section));
	if (!grown)
		return -ENOMEM;
	cpf->sections = grown;
	dot = memchr(name, '.', length);
	if (dot) {
		argument = dot + 1;
		argument_length = length - (size_t)(argument - name);
		length = (size_t)(dot - name);
		source_trim(&argument, &argument_length);
	}
	source_trim(&name, &length);
	section = &cpf->sections[cpf->section_count++];
	*section = (struct cpf_section){
		.name = keep(parse, name, length),
		.argument = argument ? keep(parse, argument, argument_length) : NULL,
		.line = line->number,
		.column = line->column,
	};
	if (!close || !length) {
		struct location where = source_location(&parse->source, line, 0, line->length);

		diagnostic_hint(diagnostics_add(parse->source.diagnostics, SEVERITY_WARNING, &where,
						close ? "a section without a name"
						      : "a section's heading without its `]`"),
				"it is taken for the section `%s`", section->name);
	}
	return 0;
}

/* What stands behind a heading's `]`: nothing, or a comment. */
static void check_behind(struct cpf_parse *parse, const struct source_line *line)
{
	const char *close = memchr(line->text, ']', line->length);
	struct source_line rest = { .number = line->number };
	struct location where;

	if (!close)
		return;
	rest.text = close + 1;
	rest.length = line->length - (size_t)(rest.text - line->text);
	source_trim(&rest.text, &rest.length);
	if (!rest.length || source_comment(&rest) ||
	    (rest.length > 1 && memcmp(rest.text, "/*", 2) == 0))
		return;
	where = source_location(&parse->source, line, (size_t)(rest.text - line->text),
				rest.length);
	diagnostic_hint(diagnostics_add(parse->source.diagnostics, SEVERITY_WARNING, &where,
					"text behind a section's heading is passed over"),
			"put a setting on a line of its own");
}

static void stray_setting(struct cpf_parse *parse, const struct source_line *line)
{
	struct location where = source_location(&parse->source, line, 0, line->length);

	if (!parse->stray)
		diagnostic_hint(
			diagnostics_add(parse->source.diagnostics, SEVERITY_WARNING, &where,
					"settings before the first section are passed over"),
			"a cpf begins with a heading such as [ConfigFile]");
	parse->stray = true;
}

static void nothing_line(struct cpf_parse *parse, const struct source_line *line, const char *why)
{
	struct location where = source_location(&parse->source, line, 0, line->length);

	diagnostic_hint(diagnostics_add(parse->source.diagnostics, SEVERITY_WARNING, &where,
					"passed over: %s", why),
			"lines are [Section], key=value, or comments that begin with ; # or //");
}

static int read_setting(struct cpf_parse *parse, const struct source_line *line)
{
	struct cpf *cpf = parse->cpf;
	const struct cpf_section *section = &cpf->sections[cpf->section_count - 1];
	bool action = strcasecmp(section->name, CPF_ACTIONS) == 0;
	const char *cut = memchr(line->text, '=', line->length), *colon;
	struct cpf_setting *setting, *grown;
	size_t key_length, value_at;

	colon = action ? memchr(line->text, ':', line->length) : NULL;
	if (colon && (!cut || colon < cut))
		cut = colon;
	if (!cut || cut == line->text) {
		nothing_line(parse, line,
			     cut ? "no key before `=`"
				 : "neither a heading nor a setting nor a comment");
		return 0;
	}
	if (cpf->setting_count == CPF_SETTINGS_MAX)
		return too_many(parse, line, "settings", CPF_SETTINGS_MAX);
	grown = grow(cpf->settings, cpf->setting_count, &parse->setting_capacity, sizeof(*setting));
	if (!grown)
		return -ENOMEM;
	cpf->settings = grown;
	setting = &cpf->settings[cpf->setting_count++];
	key_length = (size_t)(cut - line->text);
	while (key_length && source_blank(line->text[key_length - 1]))
		key_length--;
	value_at = (size_t)(cut - line->text) + 1;
	*setting = (struct cpf_setting){
		.key = keep(parse, line->text, key_length),
		.value = keep(parse, line->text + value_at, line->length - value_at),
		.line = line->number,
		.column = line->column,
		.value_column = line->column + (unsigned int)utf8_count(line->text, value_at),
		.heading = (unsigned int)cpf->section_count - 1,
	};
	return 0;
}

/* `/ * ... * /` at a line's beginning, over several lines if it says so. False: nothing is left of the
 * line. */
static bool skip_comment(struct cpf_parse *parse, struct source_line *line)
{
	const char *end;
	size_t cut, from;

	if (!parse->comment && (line->length < 2 || memcmp(line->text, "/*", 2) != 0))
		return true;
	from = parse->comment ? 0 : 2;
	end = memmem(line->text + from, line->length - from, "*/", 2);
	parse->comment = !end;
	if (!end)
		return false;
	cut = (size_t)(end - line->text) + 2;
	line->column += (unsigned int)utf8_count(line->text, cut);
	line->text += cut;
	line->length -= cut;
	while (line->length && source_blank(*line->text)) {
		line->text++;
		line->length--;
		line->column++;
	}
	return line->length > 0;
}

static int read_lines(struct cpf_parse *parse)
{
	struct source_line line, opened = { 0 };
	int r = 0;

	while (!r && source_next(&parse->source, &line)) {
		bool inside = parse->comment;
		struct source_line whole = line;

		if (!line.length || !skip_comment(parse, &line)) {
			if (!inside && parse->comment)
				opened = whole;
			continue;
		}
		if (source_comment(&line))
			continue;
		if (line.text[0] == '[' &&
		    (memchr(line.text, ']', line.length) || !memchr(line.text, '=', line.length))) {
			r = read_heading(parse, &line);
			if (!r)
				check_behind(parse, &line);
		} else if (!parse->cpf->section_count) {
			stray_setting(parse, &line);
		} else {
			r = read_setting(parse, &line);
		}
	}
	if (!r && parse->comment) {
		struct location where = source_location(&parse->source, &opened, 0, 2);

		diagnostic_hint(diagnostics_add(parse->source.diagnostics, SEVERITY_ERROR, &where,
						"this comment has no end: the rest of the file is "
						"not read"),
				"put `*/` behind it");
	}
	return r;
}

static int parse_text(struct cpf_parse *parse, size_t length)
{
	struct cpf *cpf = parse->cpf;
	size_t errors = parse->source.diagnostics->errors;
	int r;

	/* A string and its NUL take no more than its piece of the file and the `=`, `.` or line end
	 * behind it; only the last line may have no end. */
	cpf->text = malloc(length + 2);
	if (!cpf->text)
		return -ENOMEM;
	parse->copy = cpf->text;
	r = read_lines(parse);
	if (r)
		return r;
	if (!cpf->section_count) {
		struct location where = { .file = cpf->file, .line = 1, .column = 1 };

		if (parse->source.diagnostics->errors == errors)
			diagnostic_hint(diagnostics_add(parse->source.diagnostics, SEVERITY_ERROR,
							&where, "not a cpf: it has no section"),
					"a cpf is text with headings such as [Startup]");
		return -EINVAL;
	}
	return cpf_join(parse);
}

/* A whole configuration has the release that wrote it, and the system's own database. */
static bool is_part(const struct cpf *cpf)
{
	return !cpf_setting(cpf, "ConfigFile", "Version") &&
	       !cpf_setting(cpf, "Databases", "CACHESYS") &&
	       !cpf_setting(cpf, "Databases", "IRISSYS");
}

int cpf_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
	     struct cpf **ret)
{
	_cleanup_cpf_ struct cpf *cpf = calloc(1, sizeof(*cpf));
	struct cpf_parse parse = { .cpf = cpf };
	size_t before = diagnostics->count;
	int r;

	if (!cpf)
		return -ENOMEM;
	cpf->file = strdup(file);
	if (!cpf->file)
		return -ENOMEM;
	cpf->kind = cpf_kind_of_name(file);
	r = source_begin(&parse.source, "cpf", cpf->file, text, length, CPF_SIZE_MAX, diagnostics);
	if (!r)
		r = parse_text(&parse, length);
	diagnostics_sort(diagnostics, before);
	if (r)
		return r;
	if (cpf->kind == CPF_CONFIGURATION && (cpf_section(cpf, CPF_ACTIONS, NULL) || is_part(cpf)))
		cpf->kind = CPF_MERGE;
	*ret = take_ptr(cpf);
	return 0;
}

int cpf_read_file(const char *path, struct diagnostics *diagnostics, struct cpf **ret)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r = source_load(path, SOURCE_FOUND, CPF_SIZE_MAX, diagnostics, &text);

	return r ? r : cpf_read(path, text.data, text.length, diagnostics, ret);
}

struct cpf *cpf_free(struct cpf *cpf)
{
	if (cpf) {
		free(cpf->file);
		free(cpf->sections);
		free(cpf->settings);
		free(cpf->index);
		free(cpf->text);
		free(cpf);
	}
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mistakes with their places. Everything here may come from a hostile file: messages and lines are
 * cut to a bound, and characters that a terminal would obey or hide are replaced before they are
 * stored, so that no printer has to think of it.
 */
#include "policy/diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/utf8.h"

#define MESSAGE_MAX 400 /* bytes of a message, a hint */
#define SOURCE_MAX 120 /* characters of a line that are shown */
#define SOURCE_BEFORE 60 /* of those, before the mistake in a line that is cut */

/* The text as a terminal may have it: one `?` for each character that is not what it looks like. */
static void add_visible(struct buffer *to, const char *text, size_t length)
{
	for (size_t at = 0; at < length;) {
		uint32_t character;
		size_t size = utf8_decode(text + at, length - at, &character);

		if (size && character == '\t')
			buffer_add_char(to, ' ');
		else if (size && utf8_visible(character))
			buffer_add(to, text + at, size);
		else
			buffer_add_char(to, '?');
		at += size ? size : 1;
	}
}

static char *format_message(const char *format, va_list args)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	char message[MESSAGE_MAX + 1];
	int length = vsnprintf(message, sizeof(message), format, args);
	size_t kept = strlen(message);
	uint32_t character;

	if (length < 0)
		return NULL;
	/* A character that was cut in two would be shown as garbage. */
	for (size_t tail = 1; length > MESSAGE_MAX && tail <= 4 && tail <= kept; tail++) {
		if ((message[kept - tail] & 0xc0) == 0x80)
			continue;
		if (!utf8_decode(message + kept - tail, tail, &character))
			kept -= tail;
		break;
	}
	add_visible(&buffer, message, kept);
	if (length > MESSAGE_MAX)
		buffer_add_string(&buffer, "…");
	return buffer_take(&buffer);
}

static struct diagnostics_file *file_of(const struct diagnostics *diagnostics, const char *name)
{
	for (size_t i = 0; i < diagnostics->file_count; i++) {
		if (strcmp(diagnostics->files[i].name, name) == 0)
			return &diagnostics->files[i];
	}
	return NULL;
}

/* Locations outlive the policy they come from, hence the names of files are ours. */
static struct diagnostics_file *file_intern(struct diagnostics *diagnostics, const char *name)
{
	struct diagnostics_file *files, *file = file_of(diagnostics, name);
	_cleanup_free_ char *copy = NULL;

	if (file)
		return file;
	copy = strdup(name);
	files = reallocarray(diagnostics->files, diagnostics->file_count + 1, sizeof(*files));
	if (files)
		diagnostics->files = files;
	if (!copy || !files) {
		diagnostics->out_of_memory = true;
		return NULL;
	}
	file = &files[diagnostics->file_count++];
	*file = (struct diagnostics_file){ .name = take_ptr(copy) };
	return file;
}

void diagnostics_source(struct diagnostics *diagnostics, const char *name, const char *text,
			size_t length)
{
	struct diagnostics_file *file = file_intern(diagnostics, name);
	char *copy = malloc(length + 1);

	if (!file || !copy) {
		free(copy);
		diagnostics->out_of_memory = true;
		return;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	free(file->text);
	file->text = copy;
	file->length = length;
}

static struct location intern_location(struct diagnostics *diagnostics,
				       const struct location *where)
{
	struct location own = { 0 };
	struct diagnostics_file *file;

	if (!where || !where->file)
		return own;
	file = file_intern(diagnostics, where->file);
	own = *where;
	own.file = file ? file->name : NULL;
	if (!own.length)
		own.length = 1;
	return own;
}

/* The line of a place, cut around it. */
static char *source_line(const struct diagnostics *diagnostics, const struct location *where,
			 unsigned int *ret_column)
{
	const struct diagnostics_file *file = where->file ? file_of(diagnostics, where->file)
							  : NULL;
	_cleanup_buffer_ struct buffer buffer = { 0 };
	const char *line, *end, *file_end;
	unsigned int column = 1, first = 1;

	if (!file || !file->text || !where->line)
		return NULL;
	line = file->text;
	file_end = file->text + file->length;
	for (unsigned int number = 1; number < where->line; number++) {
		line = memchr(line, '\n', (size_t)(file_end - line));
		if (!line)
			return NULL;
		line++;
	}
	end = memchr(line, '\n', (size_t)(file_end - line));
	if (!end)
		end = file_end;
	if (end > line && end[-1] == '\r')
		end--;
	if (where->column > SOURCE_BEFORE && (size_t)(end - line) > SOURCE_MAX)
		first = where->column - SOURCE_BEFORE;
	while (line < end && column < first + SOURCE_MAX) {
		uint32_t character;
		size_t size = utf8_decode(line, (size_t)(end - line), &character);

		size = size ? size : 1;
		if (column >= first)
			add_visible(&buffer, line, size);
		line += size;
		column++;
	}
	*ret_column = first;
	return buffer_take(&buffer);
}

static void diagnostic_release(struct diagnostic *diagnostic)
{
	free(diagnostic->message);
	free(diagnostic->hint);
	free(diagnostic->source);
	free(diagnostic->related_message);
	free(diagnostic->related_file);
	*diagnostic = (struct diagnostic){ 0 };
}

/* Room for one more. A file full of notes must not hide an error: it takes the last lesser one's. */
static bool diagnostics_room(struct diagnostics *diagnostics, enum severity severity)
{
	struct diagnostic *items = diagnostics->items;
	size_t victim = diagnostics->count;

	if (diagnostics->count < DIAGNOSTICS_MAX) {
		items = reallocarray(items, diagnostics->count + 1, sizeof(*items));
		if (!items) {
			diagnostics->out_of_memory = true;
			return false;
		}
		diagnostics->items = items;
		return true;
	}
	while (victim > 0 && items[victim - 1].severity >= severity)
		victim--;
	if (!victim)
		return false;
	victim--;
	diagnostic_release(&items[victim]);
	memmove(&items[victim], &items[victim + 1],
		(diagnostics->count - victim - 1) * sizeof(*items));
	diagnostics->count--;
	diagnostics->dropped++;
	return true;
}

struct diagnostic *diagnostics_add(struct diagnostics *diagnostics, enum severity severity,
				   const struct location *where, const char *format, ...)
{
	struct diagnostic *diagnostic;
	va_list args;

	diagnostics->errors += severity == SEVERITY_ERROR;
	diagnostics->warnings += severity == SEVERITY_WARNING;
	if (!diagnostics_room(diagnostics, severity)) {
		diagnostics->dropped++;
		return NULL;
	}
	diagnostic = &diagnostics->items[diagnostics->count];
	*diagnostic = (struct diagnostic){ .severity = severity };
	va_start(args, format);
	diagnostic->message = format_message(format, args);
	va_end(args);
	if (!diagnostic->message) {
		diagnostics->out_of_memory = true;
		diagnostics->dropped++;
		return NULL;
	}
	diagnostic->where = intern_location(diagnostics, where);
	diagnostic->source = source_line(diagnostics, &diagnostic->where,
					 &diagnostic->source_column);
	diagnostics->count++;
	return diagnostic;
}

void diagnostic_hint(struct diagnostic *diagnostic, const char *format, ...)
{
	va_list args;

	if (!diagnostic)
		return;
	va_start(args, format);
	free(diagnostic->hint);
	diagnostic->hint = format_message(format, args);
	va_end(args);
}

void diagnostic_related(struct diagnostic *diagnostic, const struct location *where,
			const char *format, ...)
{
	va_list args;

	if (!diagnostic || !where || !where->file)
		return;
	free(diagnostic->related_message);
	free(diagnostic->related_file);
	va_start(args, format);
	diagnostic->related_message = format_message(format, args);
	va_end(args);
	diagnostic->related_file = strdup(where->file);
	diagnostic->related = *where;
	diagnostic->related.file = diagnostic->related_file;
}

static unsigned long sort_key(const struct diagnostic *diagnostic)
{
	unsigned long line = diagnostic->where.line ? diagnostic->where.line : ~0u;

	return line << 32 | diagnostic->where.column;
}

void diagnostics_sort(struct diagnostics *diagnostics, size_t from)
{
	/* Insertion keeps the order of equals; there are DIAGNOSTICS_MAX at most. */
	for (size_t i = from + 1; i < diagnostics->count; i++) {
		struct diagnostic moved = diagnostics->items[i];
		size_t to = i;

		for (; to > from && sort_key(&diagnostics->items[to - 1]) > sort_key(&moved); to--)
			diagnostics->items[to] = diagnostics->items[to - 1];
		diagnostics->items[to] = moved;
	}
}

void diagnostics_release(struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		diagnostic_release(&diagnostics->items[i]);
	for (size_t i = 0; i < diagnostics->file_count; i++) {
		free(diagnostics->files[i].name);
		free(diagnostics->files[i].text);
	}
	free(diagnostics->items);
	free(diagnostics->files);
	*diagnostics = (struct diagnostics){ 0 };
}

/* ------------------------------------------------------------------ printing */

struct style {
	const char *word, *colour;
};

static const struct style styles[] = {
	[SEVERITY_NOTE] = { "note", "\033[1;36m" },
	[SEVERITY_WARNING] = { "warning", "\033[1;33m" },
	[SEVERITY_ERROR] = { "error", "\033[1;31m" },
};
_Static_assert(ARRAY_SIZE(styles) == SEVERITY_MAX, "styles");

static void print_line(FILE *to, bool colour, const struct location *where,
		       const struct style *style, const char *message)
{
	_cleanup_buffer_ struct buffer file = { 0 };

	if (where->file) {
		add_visible(&file, where->file, strlen(where->file));
		fprintf(to, "%s%s:", colour ? "\033[1m" : "", file.data ? file.data : "?");
		if (where->line)
			fprintf(to, "%u:%u:", where->line, where->column);
		fprintf(to, "%s ", colour ? "\033[0m" : "");
	}
	fprintf(to, "%s%s:%s %s\n", colour ? style->colour : "", style->word,
		colour ? "\033[0m" : "", message);
}

/* The source line, and under it a caret with as many tildes as the mistake has more characters. */
static void print_source(FILE *to, bool colour, const struct location *where, const char *source,
			 unsigned int source_column, const struct style *style)
{
	size_t shown = utf8_count(source, strlen(source));
	size_t before = where->column > source_column ? where->column - source_column : 0;
	size_t width = where->length ? where->length : 1;

	if (before > shown)
		before = shown;
	if (width > shown - before)
		width = shown > before ? shown - before : 1;
	fprintf(to, "%6u | %s\n       | %*s%s^", where->line, source, (int)before, "",
		colour ? style->colour : "");
	while (--width > 0)
		fputc('~', to);
	fprintf(to, "%s\n", colour ? "\033[0m" : "");
}

static void print_one(const struct diagnostics *diagnostics, const struct diagnostic *diagnostic,
		      FILE *to, bool colour)
{
	const struct style *style = &styles[diagnostic->severity];

	print_line(to, colour, &diagnostic->where, style, diagnostic->message);
	if (diagnostic->source)
		print_source(to, colour, &diagnostic->where, diagnostic->source,
			     diagnostic->source_column, style);
	if (diagnostic->related_message) {
		_cleanup_free_ char *source = NULL;
		unsigned int column;

		style = &styles[SEVERITY_NOTE];
		print_line(to, colour, &diagnostic->related, style, diagnostic->related_message);
		source = source_line(diagnostics, &diagnostic->related, &column);
		if (source)
			print_source(to, colour, &diagnostic->related, source, column, style);
	}
	if (diagnostic->hint)
		fprintf(to, "%shint:%s %s\n", colour ? "\033[1;32m" : "", colour ? "\033[0m" : "",
			diagnostic->hint);
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *to, bool colour)
{
	for (size_t i = 0; i < diagnostics->count; i++)
		print_one(diagnostics, &diagnostics->items[i], to, colour);
	if (diagnostics->dropped)
		fprintf(to, "%zu more not shown\n", diagnostics->dropped);
}

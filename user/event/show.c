/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/show.h"

#include <string.h>

#include "event/escape.h"
#include "event/show_cells.h"
#include "util/cleanup.h"
#include "util/utf8.h"

#define SHOW_COLUMNS_MAX 16
#define SHOW_WIDTH_MAX 48 /* a longer cell pushes its own line only */

static void cell_fill(const struct show_column *column, const struct show_row *row,
		      struct show_values *ret)
{
	buffer_clear(&ret->text);
	ret->count = 0;
	column->fill(row, ret);
}

/* ------------------------------------------------------------------ JSON */

static void json_cell(struct buffer *buffer, enum show_kind kind, const struct show_values *values)
{
	const char *value = values->text.data;

	buffer_fail_with(buffer, &values->text);
	if (kind == SHOW_BOOLEAN) {
		buffer_add_string(buffer, values->count ? "true" : "false");
		return;
	}
	if (kind != SHOW_LIST && !values->count) {
		buffer_add_string(buffer, "null");
		return;
	}
	if (kind == SHOW_NUMBER) {
		buffer_add_string(buffer, value);
		return;
	}
	if (kind == SHOW_LIST)
		buffer_add_char(buffer, '[');
	for (size_t i = 0; i < values->count; i++, value += strlen(value) + 1) {
		if (i)
			buffer_add_char(buffer, ',');
		escape_json(buffer, value, strlen(value));
	}
	if (kind == SHOW_LIST)
		buffer_add_char(buffer, ']');
}

/* The members of a row's object, without the braces. */
static void json_row(struct buffer *buffer, const struct show_table *table,
		     const struct show_row *row)
{
	struct show_values values = { 0 };

	for (size_t i = 0; i < table->column_count; i++) {
		buffer_printf(buffer, "%s\"%s\":", i ? "," : "", table->columns[i].name);
		cell_fill(&table->columns[i], row, &values);
		json_cell(buffer, table->columns[i].kind, &values);
	}
	buffer_release(&values.text);
}

static void json_table(struct buffer *buffer, const struct show_table *table,
		       const struct show_row *of)
{
	struct show_row row = *of;

	buffer_printf(buffer, ",\"%s\":[", table->name);
	for (bool first = true; table->next(&row, first); first = false) {
		buffer_add_string(buffer, first ? "{" : ",{");
		json_row(buffer, table, &row);
		buffer_add_char(buffer, '}');
	}
	buffer_add_char(buffer, ']');
}

void show_json(const struct show_report *report, struct buffer *buffer)
{
	buffer_add_string(buffer, "{\"generation\":");
	if (report->generation)
		escape_number(buffer, report->generation);
	else
		buffer_add_string(buffer, "null");
	buffer_add_string(buffer, ",\"instances\":[");
	for (size_t p = 0; p < report->set->count; p++) {
		struct show_row row = { .report = report, .policy = p };

		buffer_add_string(buffer, p ? ",{" : "{");
		json_row(buffer, &show_instance, &row);
		for (size_t t = 0; t < show_table_count; t++)
			json_table(buffer, show_tables[t], &row);
		buffer_add_char(buffer, '}');
	}
	buffer_add_string(buffer, "]}\n");
}

/* ------------------------------------------------------------------ text */

static void text_cell(struct buffer *buffer, const struct show_column *column,
		      const struct show_values *values)
{
	const char *value = values->text.data;

	buffer_fail_with(buffer, &values->text);
	if (column->kind == SHOW_BOOLEAN) {
		buffer_add_string(buffer, values->count ? column->name : "");
		return;
	}
	for (size_t i = 0; i < values->count; i++, value += strlen(value) + 1) {
		buffer_add_string(buffer, i ? ", " : "");
		escape_text(buffer, value, strlen(value));
	}
}

static size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* One cell as it will stand there, in scratch. */
static const char *text_of(const struct show_column *column, const struct show_row *row,
			   struct show_values *values, struct buffer *scratch)
{
	cell_fill(column, row, values);
	buffer_clear(scratch);
	buffer_add_string(scratch, "");
	text_cell(scratch, column, values);
	return buffer_failed(scratch) ? "" : scratch->data;
}

static void text_padded(struct buffer *buffer, const char *text, size_t width, bool last)
{
	size_t length = text_width(text);

	buffer_add_string(buffer, text);
	if (!last)
		buffer_printf(buffer, "%*s", (int)(length < width ? width - length : 0) + 2, "");
}

/* A column that is empty in every row is left out: width 0. */
static size_t text_widths(struct buffer *buffer, const struct show_table *table,
			  const struct show_row *of, size_t widths[SHOW_COLUMNS_MAX])
{
	_cleanup_buffer_ struct buffer scratch = { 0 };
	struct show_values values = { 0 };
	struct show_row row = *of;
	size_t rows = 0;

	memset(widths, 0, SHOW_COLUMNS_MAX * sizeof(*widths));
	for (bool first = true; table->next(&row, first); first = false, rows++) {
		for (size_t i = 0; i < table->column_count; i++) {
			size_t width =
				text_width(text_of(&table->columns[i], &row, &values, &scratch));

			if (width > SHOW_WIDTH_MAX)
				width = SHOW_WIDTH_MAX;
			widths[i] = width > widths[i] ? width : widths[i];
			buffer_fail_with(buffer, &scratch);
		}
	}
	buffer_release(&values.text);
	for (size_t i = 0; i < table->column_count; i++) {
		size_t heading = strlen(table->columns[i].name);

		if (widths[i] && table->columns[i].kind != SHOW_BOOLEAN && widths[i] < heading)
			widths[i] = heading;
	}
	return rows;
}

static void text_line(struct buffer *buffer, const struct show_table *table,
		      const struct show_row *row, const size_t widths[SHOW_COLUMNS_MAX])
{
	_cleanup_buffer_ struct buffer scratch = { 0 };
	struct show_values values = { 0 };
	size_t last = table->column_count;

	while (last && !widths[last - 1])
		last--;
	buffer_add_string(buffer, "    ");
	for (size_t i = 0; i < last; i++) {
		const struct show_column *column = &table->columns[i];
		const char *text = row ? text_of(column, row, &values, &scratch)
				   : column->kind == SHOW_BOOLEAN ? ""
								  : column->name;

		if (widths[i])
			text_padded(buffer, text, widths[i], i + 1 == last);
		buffer_fail_with(buffer, &scratch);
	}
	while (buffer->length && !buffer_failed(buffer) && buffer->data[buffer->length - 1] == ' ')
		buffer->data[--buffer->length] = '\0';
	buffer_add_char(buffer, '\n');
	buffer_release(&values.text);
}

static void text_table(struct buffer *buffer, const struct show_table *table,
		       const struct show_row *of)
{
	size_t widths[SHOW_COLUMNS_MAX];
	struct show_row row = *of;

	if (!text_widths(buffer, table, of, widths))
		return;
	buffer_printf(buffer, "\n  %s\n", table->name);
	text_line(buffer, table, NULL, widths);
	for (bool first = true; table->next(&row, first); first = false)
		text_line(buffer, table, &row, widths);
}

/* The policy's own columns, one a line. */
static void text_instance(struct buffer *buffer, const struct show_row *row)
{
	_cleanup_buffer_ struct buffer scratch = { 0 };
	struct show_values values = { 0 };

	for (size_t i = 0; i < show_instance.column_count; i++) {
		const struct show_column *column = &show_instance.columns[i];
		const char *text = text_of(column, row, &values, &scratch);

		buffer_fail_with(buffer, &scratch);
		if (!*text)
			continue;
		if (i == 0)
			buffer_printf(buffer, "%s\n", text);
		else
			buffer_printf(buffer, "  %-14s %s\n", column->name, text);
	}
	buffer_release(&values.text);
}

void show_text(const struct show_report *report, struct buffer *buffer)
{
	for (size_t p = 0; p < report->set->count; p++) {
		struct show_row row = { .report = report, .policy = p };

		if (p)
			buffer_add_char(buffer, '\n');
		text_instance(buffer, &row);
		for (size_t t = 0; t < show_table_count; t++)
			text_table(buffer, show_tables[t], &row);
	}
}

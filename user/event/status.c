/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The status report is made of tables: what the daemon is, and lists of rows. Each has one table of
 * columns, which both printers walk.
 */
#include "event/status.h"

#include <stdio.h>
#include <string.h>

#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/utf8.h"

enum column_kind { COLUMN_STRING, COLUMN_NUMBER, COLUMN_WORD, COLUMN_BOOLEAN };

struct column {
	const char *name; /* in JSON; `a.b` stands in the object a, whose columns are neighbours */
	const char *heading; /* in text */
	enum column_kind kind;
	size_t offset; /* in the row: const char *, uint64_t or bool */
	const struct vocabulary *words;
};

#define COLUMN(type, member, name, heading, kind, words) \
	{ \
		name, heading, kind, offsetof(struct type, member), words \
	}

struct table {
	const char *name;
	const char *heading;
	const struct column *columns;
	size_t column_count;
	size_t row_size;
	size_t rows; /* offsets in struct status_report */
	size_t count;
	bool always; /* in text, also when there are no rows */
};

static const struct column report_columns[] = {
	COLUMN(status_report, version, "version", "version", COLUMN_STRING, NULL),
	COLUMN(status_report, pid, "pid", "process", COLUMN_NUMBER, NULL),
	COLUMN(status_report, uptime, "uptime_seconds", "up (seconds)", COLUMN_NUMBER, NULL),
	COLUMN(status_report, memory, "memory_kib", "memory (KiB)", COLUMN_NUMBER, NULL),
	COLUMN(status_report, backend, "backend", "backend", COLUMN_WORD, &words_backend),
	COLUMN(status_report, pinned, "pinned", "pinned", COLUMN_STRING, NULL),
	COLUMN(status_report, self_test_passed, "self_test.passed", "self-test passed",
	       COLUMN_BOOLEAN, NULL),
	COLUMN(status_report, self_test_detail, "self_test.detail", "… remarks", COLUMN_STRING,
	       NULL),
	COLUMN(status_report, generation, "generation", "generation", COLUMN_NUMBER, NULL),
	COLUMN(status_report, falls_back, "mode_falls_back", "mode falls back", COLUMN_STRING,
	       NULL),
	COLUMN(status_report, governed, "governed", "governed processes", COLUMN_NUMBER, NULL),
	COLUMN(status_report, clients, "clients.count", "clients", COLUMN_NUMBER, NULL),
	COLUMN(status_report, clients_subscribed, "clients.subscribed", "… subscribed to events",
	       COLUMN_NUMBER, NULL),
	COLUMN(status_report, clients_lost, "clients.lost", "lost by slow clients", COLUMN_NUMBER,
	       NULL),
	COLUMN(status_report, clients_refused, "clients.refused", "… turned away", COLUMN_NUMBER,
	       NULL),
	COLUMN(status_report, clients_malformed, "clients.malformed", "… malformed requests",
	       COLUMN_NUMBER, NULL),
	COLUMN(status_report, malformed, "malformed", "malformed records", COLUMN_NUMBER, NULL),
	COLUMN(status_report, repeats_told, "repeats.told", "repeats told", COLUMN_NUMBER, NULL),
	COLUMN(status_report, repeats_waiting, "repeats.waiting", "… to be told", COLUMN_NUMBER,
	       NULL),
	COLUMN(status_report, record_what, "recorder.records", "recorder", COLUMN_STRING, NULL),
	COLUMN(status_report, record_dir, "recorder.directory", "… to", COLUMN_STRING, NULL),
	COLUMN(status_report, record_error, "recorder.error", "… fails", COLUMN_STRING, NULL),
	COLUMN(status_report, record_events, "recorder.events", "… events", COLUMN_NUMBER, NULL),
	COLUMN(status_report, record_lost, "recorder.lost", "… lost", COLUMN_NUMBER, NULL),
	COLUMN(status_report, record_waiting, "recorder.waiting", "… waiting (bytes)",
	       COLUMN_NUMBER, NULL),
};

static const struct column instance_columns[] = {
	COLUMN(status_instance, name, "name", "instance", COLUMN_STRING, NULL),
	COLUMN(status_instance, mode, "mode", "mode", COLUMN_WORD, &words_mode),
	COLUMN(status_instance, policy_mode, "policy_mode", "in file", COLUMN_WORD, &words_mode),
	COLUMN(status_instance, generation, "generation", "generation", COLUMN_NUMBER, NULL),
	COLUMN(status_instance, governed, "governed", "governed", COLUMN_NUMBER, NULL),
	COLUMN(status_instance, rules[CW_CLASS_EXEC], "rules.exec", "exec", COLUMN_NUMBER, NULL),
	COLUMN(status_instance, rules[CW_CLASS_BIND], "rules.bind", "bind", COLUMN_NUMBER, NULL),
	COLUMN(status_instance, rules[CW_CLASS_CONNECT], "rules.connect", "connect", COLUMN_NUMBER,
	       NULL),
	COLUMN(status_instance, guards, "rules.guard", "guard", COLUMN_NUMBER, NULL),
	COLUMN(status_instance, file, "file", "policy", COLUMN_STRING, NULL),
};

static const struct column counter_columns[] = {
	COLUMN(status_counter, operation, "operation", "operation", COLUMN_WORD, &words_told),
	COLUMN(status_counter, verdict, "verdict", "verdict", COLUMN_WORD, &words_verdict),
	COLUMN(status_counter, judged, "judged", "judged", COLUMN_NUMBER, NULL),
	COLUMN(status_counter, recorded, "recorded", "recorded", COLUMN_NUMBER, NULL),
	COLUMN(status_counter, unwanted, "unwanted", "unwanted", COLUMN_NUMBER, NULL),
	COLUMN(status_counter, suppressed, "suppressed", "suppressed", COLUMN_NUMBER, NULL),
	COLUMN(status_counter, lost, "lost", "lost", COLUMN_NUMBER, NULL),
};

static const struct column fault_columns[] = {
	COLUMN(status_fault, fault, "fault", "fault", COLUMN_WORD, &words_fault),
	COLUMN(status_fault, count, "count", "count", COLUMN_NUMBER, NULL),
};

static const struct column name_columns[] = {
	COLUMN(status_name, name, "name", "name", COLUMN_STRING, NULL),
	COLUMN(status_name, addresses, "addresses", "kept", COLUMN_NUMBER, NULL),
	COLUMN(status_name, error, "error", "error", COLUMN_STRING, NULL),
};

static const struct column file_columns[] = {
	COLUMN(status_file, path, "path", "path", COLUMN_STRING, NULL),
	COLUMN(status_file, trust, "trust", "state", COLUMN_STRING, NULL),
	COLUMN(status_file, reason, "reason", "why", COLUMN_STRING, NULL),
};

#define TABLE(name, heading, columns, type, rows, count, always) \
	{ \
		name, heading, columns, ARRAY_SIZE(columns), sizeof(struct type), \
			offsetof(struct status_report, rows), \
			offsetof(struct status_report, count), always \
	}

static const struct table tables[] = {
	TABLE("instances", NULL, instance_columns, status_instance, instances, instance_count,
	      true),
	TABLE("counters", NULL, counter_columns, status_counter, counters, counter_count, true),
	TABLE("faults", "what the kernel side could not do", fault_columns, status_fault, faults,
	      fault_count, false),
	TABLE("names", "host names that do not resolve", name_columns, status_name, names,
	      name_count, false),
	TABLE("files", "files that are not trusted", file_columns, status_file, files, file_count,
	      false),
};

static const void *table_row(const struct table *table, const struct status_report *report,
			     size_t row)
{
	const char *rows;

	memcpy(&rows, (const char *)report + table->rows, sizeof(rows));
	return rows + row * table->row_size;
}

static size_t table_count(const struct table *table, const struct status_report *report)
{
	size_t count;

	memcpy(&count, (const char *)report + table->count, sizeof(count));
	return count;
}

bool status_adds_up(const struct status_report *report)
{
	for (size_t i = 0; i < report->counter_count; i++) {
		const struct status_counter *row = &report->counters[i];

		if (row->judged != row->recorded + row->unwanted + row->suppressed + row->lost)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ JSON */

static void json_cell(struct buffer *buffer, const struct column *column, const void *row)
{
	const void *cell = (const char *)row + column->offset;
	const char *string = NULL;

	switch (column->kind) {
	case COLUMN_NUMBER:
		escape_number(buffer, *(const uint64_t *)cell);
		return;
	case COLUMN_BOOLEAN:
		buffer_add_string(buffer, *(const bool *)cell ? "true" : "false");
		return;
	case COLUMN_WORD:
		string = vocabulary_word(column->words, *(const uint64_t *)cell);
		break;
	case COLUMN_STRING:
		string = *(const char *const *)cell;
		break;
	}
	if (string)
		escape_json(buffer, string, strlen(string));
	else
		buffer_add_string(buffer, "null");
}

/* The members of one row, without the braces; `a.b` opens and closes the object a. */
static void json_row(struct buffer *buffer, const struct column *columns, size_t count,
		     const void *row)
{
	size_t open = 0; /* characters of the name of the open object */

	for (size_t i = 0; i < count; i++) {
		const char *name = columns[i].name;
		const char *dot = strchr(name, '.');
		size_t object = dot ? (size_t)(dot - name) : 0;
		bool same = object && object == open &&
			    memcmp(name, columns[i - 1].name, object) == 0;

		if (open && !same)
			buffer_add_char(buffer, '}');
		if (i)
			buffer_add_char(buffer, ',');
		if (object && !same) {
			escape_json(buffer, name, object);
			buffer_add_string(buffer, ":{");
		}
		open = object;
		name = dot ? dot + 1 : name;
		escape_json(buffer, name, strlen(name));
		buffer_add_char(buffer, ':');
		json_cell(buffer, &columns[i], row);
	}
	if (open)
		buffer_add_char(buffer, '}');
}

void status_json(const struct status_report *report, struct buffer *buffer)
{
	buffer_add_char(buffer, '{');
	json_row(buffer, report_columns, ARRAY_SIZE(report_columns), report);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		size_t count = table_count(&tables[i], report);

		buffer_printf(buffer, ",\"%s\":[", tables[i].name);
		for (size_t row = 0; row < count; row++) {
			buffer_add_string(buffer, row ? ",{" : "{");
			json_row(buffer, tables[i].columns, tables[i].column_count,
				 table_row(&tables[i], report, row));
			buffer_add_char(buffer, '}');
		}
		buffer_add_char(buffer, ']');
	}
	buffer_printf(buffer, ",\"adds_up\":%s}\n", status_adds_up(report) ? "true" : "false");
}

/* ------------------------------------------------------------------ text */

static void text_cell(struct buffer *buffer, const struct column *column, const void *row)
{
	const void *cell = (const char *)row + column->offset;
	const char *string = "-";

	switch (column->kind) {
	case COLUMN_NUMBER:
		escape_number(buffer, *(const uint64_t *)cell);
		return;
	case COLUMN_BOOLEAN:
		string = *(const bool *)cell ? "yes" : "no";
		break;
	case COLUMN_WORD:
		string = vocabulary_word(column->words, *(const uint64_t *)cell);
		break;
	case COLUMN_STRING:
		if (*(const char *const *)cell)
			string = *(const char *const *)cell;
		break;
	}
	escape_text(buffer, string, strlen(string));
}

static void text_pad(struct buffer *buffer, size_t width, size_t to)
{
	for (; width < to; width++)
		buffer_add_char(buffer, ' ');
}

/* Append a cell in its width, numbers to the right, and return what it needs. */
static size_t text_aligned(struct buffer *buffer, const char *text, size_t width, bool right,
			   bool last)
{
	size_t needs = utf8_count(text, strlen(text));

	if (right)
		text_pad(buffer, needs, width);
	buffer_add_string(buffer, text);
	if (!right && !last)
		text_pad(buffer, needs, width);
	buffer_add_string(buffer, last ? "\n" : "  ");
	return needs;
}

static size_t text_column_width(struct buffer *buffer, const struct table *table,
				const struct status_report *report, const struct column *column)
{
	size_t width = utf8_count(column->heading, strlen(column->heading));

	for (size_t row = 0; row < table_count(table, report); row++) {
		_cleanup_buffer_ struct buffer cell = { 0 };
		size_t needs;

		text_cell(&cell, column, table_row(table, report, row));
		needs = cell.length ? utf8_count(cell.data, cell.length) : 0;
		width = needs > width ? needs : width;
		buffer_fail_with(buffer, &cell);
	}
	return width;
}

static void text_table(struct buffer *buffer, const struct table *table,
		       const struct status_report *report)
{
	size_t widths[16], count = table_count(table, report);
	_cleanup_buffer_ struct buffer cell = { 0 };

	buffer_add_char(buffer, '\n');
	if (table->heading)
		buffer_printf(buffer, "%s:\n", table->heading);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		widths[i] = text_column_width(buffer, table, report, column);
		text_aligned(buffer, column->heading, widths[i], column->kind == COLUMN_NUMBER,
			     i + 1 == table->column_count);
	}
	for (size_t row = 0; row < count; row++) {
		for (size_t i = 0; i < table->column_count; i++) {
			const struct column *column = &table->columns[i];

			buffer_clear(&cell);
			text_cell(&cell, column, table_row(table, report, row));
			text_aligned(buffer, cell.length ? cell.data : "", widths[i],
				     column->kind == COLUMN_NUMBER, i + 1 == table->column_count);
			buffer_fail_with(buffer, &cell);
		}
	}
}

void status_text(const struct status_report *report, struct buffer *buffer)
{
	for (size_t i = 0; i < ARRAY_SIZE(report_columns); i++) {
		size_t start = buffer->length;

		buffer_add_string(buffer, report_columns[i].heading);
		text_pad(buffer, utf8_count(buffer->data + start, buffer->length - start), 22);
		text_cell(buffer, &report_columns[i], report);
		buffer_add_char(buffer, '\n');
	}
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (!tables[i].always && !table_count(&tables[i], report))
			continue;
		text_table(buffer, &tables[i], report);
		if (tables[i].rows == offsetof(struct status_report, counters))
			buffer_printf(buffer,
				      "judged = recorded + unwanted + suppressed + lost: %s\n",
				      status_adds_up(report) ? "adds up" : "DOES NOT ADD UP");
	}
}

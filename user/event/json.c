/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event as one line of JSON, and the schema of such lines. Both walk event_fields; a field's object
 * opens when the walk enters it and closes when it leaves.
 */
#include "event/print.h"

#include <string.h>

#include "event/escape.h"
#include "event/fields.h"

/* Is it what was printed of one that was too long? It is read from a recording, and printed once more. */
static bool is_cut(const char *string, size_t length)
{
	size_t mark = strlen(EVENT_STRING_CUT);

	return length > mark && length <= EVENT_STRING_MAX + mark &&
	       memcmp(string + length - mark, EVENT_STRING_CUT, mark) == 0;
}

/* A bounded string: whole characters up to EVENT_STRING_MAX bytes, then the mark. */
static void json_string(struct buffer *buffer, const char *string, size_t length)
{
	size_t kept = EVENT_STRING_MAX;

	if (length <= EVENT_STRING_MAX || is_cut(string, length)) {
		escape_json(buffer, string, length);
		return;
	}
	while (kept > EVENT_STRING_MAX - 4 && ((unsigned char)string[kept] & 0xc0) == 0x80)
		kept--;
	escape_json(buffer, string, kept);
	if (buffer_failed(buffer))
		return;
	buffer->length--; /* the closing quote goes behind the mark */
	buffer_add_string(buffer, EVENT_STRING_CUT "\"");
}

static void json_strings(struct buffer *buffer, const char *strings, size_t length)
{
	size_t position = 0, size = 0;
	const char *string;

	buffer_add_char(buffer, '[');
	while ((string = record_argument(strings, length, &position, &size))) {
		if (string != strings)
			buffer_add_char(buffer, ',');
		json_string(buffer, string, size);
	}
	buffer_add_char(buffer, ']');
}

static void json_ancestry(struct buffer *buffer, const struct event *event)
{
	buffer_add_char(buffer, '[');
	for (size_t i = 0; i < event->ancestors; i++) {
		const struct event_ancestor *ancestor = &event->ancestry[i];

		buffer_add_string(buffer, i ? ",{\"pid\":" : "{\"pid\":");
		escape_number(buffer, ancestor->pid);
		buffer_add_string(buffer, ",\"path\":");
		if (ancestor->path)
			json_string(buffer, ancestor->path, strlen(ancestor->path));
		else
			buffer_add_string(buffer, "null");
		buffer_add_string(buffer, ",\"comm\":");
		escape_json(buffer, ancestor->comm, strlen(ancestor->comm));
		buffer_add_char(buffer, '}');
	}
	buffer_add_char(buffer, ']');
}

static void json_time(struct buffer *buffer, int64_t time)
{
	char text[EVENT_TIME_MAX];

	event_time(time, text);
	buffer_add_char(buffer, '"');
	buffer_add_string(buffer, text);
	buffer_add_char(buffer, '"');
}

static void json_value(struct buffer *buffer, const struct event *event,
		       const struct event_field *field)
{
	struct event_value value = { 0 };

	if (!field->get(event, &value)) {
		buffer_add_string(buffer, "null");
		return;
	}
	switch (field->kind) {
	case EVENT_STRING:
		json_string(buffer, value.string, strlen(value.string));
		break;
	case EVENT_NUMBER:
		escape_number(buffer, value.number);
		break;
	case EVENT_WORD:
		buffer_add_char(buffer, '"');
		buffer_add_string(buffer, vocabulary_word(field->words, value.number));
		buffer_add_char(buffer, '"');
		break;
	case EVENT_TIME:
		json_time(buffer, value.time);
		break;
	case EVENT_BOOLEAN:
		buffer_add_string(buffer, value.number ? "true" : "false");
		break;
	case EVENT_STRINGS:
		json_strings(buffer, value.string, value.length);
		break;
	case EVENT_ANCESTRY:
		json_ancestry(buffer, event);
		break;
	default:
		break;
	}
}

static void json_name(struct buffer *buffer, const char *name)
{
	char before = buffer->length ? buffer->data[buffer->length - 1] : '{';

	buffer_add_string(buffer, before == '{' ? "\"" : ",\"");
	buffer_add_string(buffer, name);
	buffer_add_string(buffer, "\":");
}

void event_json(const struct event *event, struct buffer *buffer)
{
	enum event_parent open = EVENT_TOP;
	bool present = true;

	buffer_add_char(buffer, '{');
	for (size_t i = 0; i < EVENT_FIELD_MAX; i++) {
		const struct event_field *field = &event_fields[i];

		if (field->parent != open) {
			if (open != EVENT_TOP && present)
				buffer_add_char(buffer, '}');
			open = field->parent;
			present = event_parent_present(event, open);
			if (open != EVENT_TOP) {
				json_name(buffer, event_parent_names[open]);
				buffer_add_string(buffer, present ? "{" : "null");
			}
		}
		if (!present || (field->target == EVENT_FILE_TARGET && !event->target_is_file) ||
		    (field->target == EVENT_SOCKET_TARGET && event->target_is_file))
			continue;
		json_name(buffer, field->name);
		json_value(buffer, event, field);
	}
	buffer_add_string(buffer, "}\n");
}

void event_print(const struct event *event, enum event_format format, struct buffer *buffer)
{
	if (format == EVENT_FORMAT_JSON)
		event_json(event, buffer);
	else
		event_text(event, format == EVENT_FORMAT_COLOUR, buffer);
}

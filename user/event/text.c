/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One event as one line for people:
 *
 *	2025-11-22T00:17:01.123Z DENY       CACHE     cache[4711]      exec    /bin/sh         no-rule /etc/…/CACHE.yaml:31 cacheusr
 *	2025-11-22T00:17:01.124Z would deny CACHE     cache[4712]      connect tcp 10.9.9.9:25 no-rule /etc/…/CACHE.yaml:44 cacheusr
 *
 * The columns are a table whose cells are made from event_fields. A cell that is wider than its column
 * pushes the rest of its line to the right: cutting it would hide the very thing that is looked for.
 */
#include "event/print.h"

#include <string.h>
#include <sys/socket.h>

#include "event/escape.h"
#include "event/fields.h"

#define COLOUR_RED "\033[1;31m"
#define COLOUR_YELLOW "\033[33m"
#define COLOUR_DIM "\033[2m"
#define COLOUR_BOLD "\033[1m"
#define COLOUR_END "\033[0m"

/* A field as text; `-` where there is none. */
static void text_field(struct buffer *buffer, const struct event *event, enum event_field_id id)
{
	const struct event_field *field = &event_fields[id];
	struct event_value value = { 0 };

	if (!event_parent_present(event, field->parent) || !field->get(event, &value)) {
		buffer_add_char(buffer, '-');
		return;
	}
	if (field->kind == EVENT_NUMBER)
		escape_number(buffer, value.number);
	else if (field->kind == EVENT_WORD)
		buffer_add_string(buffer, vocabulary_word(field->words, value.number));
	else if (field->kind == EVENT_STRING &&
		 strnlen(value.string, EVENT_STRING_MAX + 1) > EVENT_STRING_MAX) {
		escape_text(buffer, value.string, EVENT_STRING_MAX);
		buffer_add_string(buffer, EVENT_STRING_CUT);
	} else if (field->kind == EVENT_STRING)
		escape_text(buffer, value.string, strlen(value.string));
}

/* Milliseconds are enough for the eye; JSON has them all. */
static void cell_time(struct buffer *buffer, const struct event *event)
{
	char time[EVENT_TIME_MAX];

	event_time(event->time, time);
	buffer_add(buffer, time, strlen("0000-00-00T00:00:00.000"));
	buffer_add_char(buffer, 'Z');
}

struct verdict_style {
	const char *word;
	const char *colour;
};

/* What happened, in the reader's terms: a denied operation of audit mode was not refused. */
static struct verdict_style verdict_style(const struct cw_record *record)
{
	if (record->verdict == CW_VERDICT_ALLOW)
		return (struct verdict_style){ "allow", COLOUR_DIM };
	if (record->verdict == CW_VERDICT_AUDIT)
		return (struct verdict_style){ "audit", COLOUR_YELLOW };
	if (record->effect == CW_EFFECT_REFUSED)
		return (struct verdict_style){ "DENY", COLOUR_RED };
	if (record->effect == CW_EFFECT_KILLED)
		return (struct verdict_style){ "KILLED", COLOUR_RED };
	if (record->mode == CW_MODE_ENFORCE) /* the backend can only see it */
		return (struct verdict_style){ "UNREFUSED", COLOUR_RED };
	return (struct verdict_style){ "would deny", COLOUR_YELLOW };
}

static void cell_verdict(struct buffer *buffer, const struct event *event)
{
	buffer_add_string(buffer, verdict_style(&event->record).word);
}

static void cell_instance(struct buffer *buffer, const struct event *event)
{
	text_field(buffer, event, EVENT_FIELD_INSTANCE);
}

static void cell_process(struct buffer *buffer, const struct event *event)
{
	text_field(buffer, event, EVENT_FIELD_COMM);
	buffer_add_char(buffer, '[');
	text_field(buffer, event, EVENT_FIELD_PID);
	buffer_add_char(buffer, ']');
}

static void cell_operation(struct buffer *buffer, const struct event *event)
{
	text_field(buffer, event, EVENT_FIELD_OPERATION);
}

static void cell_target(struct buffer *buffer, const struct event *event)
{
	bool v6 = event->record.family == AF_INET6;

	if (event->target_is_file) {
		text_field(buffer, event, EVENT_FIELD_TARGET_PATH);
		return;
	}
	if (!event->address) { /* a new socket, or a family without such addresses */
		text_field(buffer, event, EVENT_FIELD_FAMILY);
		buffer_add_char(buffer, ' ');
		text_field(buffer, event, EVENT_FIELD_SOCKET_TYPE);
		return;
	}
	text_field(buffer, event, EVENT_FIELD_PROTOCOL);
	buffer_add_string(buffer, v6 ? " [" : " ");
	text_field(buffer, event, EVENT_FIELD_ADDRESS);
	buffer_add_string(buffer, v6 ? "]:" : ":");
	text_field(buffer, event, EVENT_FIELD_PORT);
}

/* The rule, or why there is none, and where in the policy that stands. A class that allows without a
 * rule (`sockets`, `library`, one that is off) has nothing to explain: `no-rule` would read as a fault. */
static void cell_reason(struct buffer *buffer, const struct event *event)
{
	const struct cw_record *record = &event->record;

	if (record->verdict == CW_VERDICT_ALLOW && record->reason == CW_REASON_NO_RULE)
		buffer_add_char(buffer, '-');
	else if (record->reason != CW_REASON_RULE || !event->rule)
		text_field(buffer, event, EVENT_FIELD_REASON);
	if (event->rule) {
		if (event->record.reason != CW_REASON_RULE)
			buffer_add_char(buffer, ' ');
		text_field(buffer, event, EVENT_FIELD_RULE_ID);
	}
	if (!event_parent_present(event, EVENT_POLICY))
		return;
	buffer_add_char(buffer, ' ');
	text_field(buffer, event, EVENT_FIELD_POLICY_FILE);
	buffer_add_char(buffer, ':');
	text_field(buffer, event, EVENT_FIELD_POLICY_LINE);
}

static void cell_user(struct buffer *buffer, const struct event *event)
{
	text_field(buffer, event, event->user ? EVENT_FIELD_USER : EVENT_FIELD_UID);
}

static void cell_count(struct buffer *buffer, const struct event *event)
{
	uint64_t tenths = ((uint64_t)event->last - (uint64_t)event->first) / 100000000;

	if (event->count == 1)
		return;
	buffer_add_char(buffer, 'x');
	text_field(buffer, event, EVENT_FIELD_COUNT);
	if (event->aggregated && tenths)
		buffer_printf(buffer, " in %llu.%llu s", (unsigned long long)tenths / 10,
			      (unsigned long long)tenths % 10);
}

static const struct {
	void (*print)(struct buffer *buffer, const struct event *event);
	size_t width;
	const char *colour; /* NULL: none */
} columns[] = {
	{ cell_time, 24, COLOUR_DIM }, { cell_verdict, 10, "" /* the verdict's own */ },
	{ cell_instance, 10, NULL },   { cell_process, 18, COLOUR_BOLD },
	{ cell_operation, 7, NULL },   { cell_target, 26, COLOUR_BOLD },
	{ cell_reason, 24, NULL },     { cell_user, 0, NULL },
	{ cell_count, 0, NULL },
};

/* What a terminal shows of bytes that escape_text() made: one column a character. */
static size_t text_width(const char *bytes, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return width;
}

void event_text(const struct event *event, bool colour, struct buffer *buffer)
{
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		const char *paint = colour ? columns[i].colour : NULL;
		size_t start, width;

		if (paint && !*paint)
			paint = verdict_style(&event->record).colour;
		if (i)
			buffer_add_char(buffer, ' ');
		if (paint)
			buffer_add_string(buffer, paint);
		start = buffer->length;
		columns[i].print(buffer, event);
		width = text_width(buffer->data + start, buffer->length - start);
		if (paint)
			buffer_add_string(buffer, COLOUR_END);
		for (; width < columns[i].width; width++)
			buffer_add_char(buffer, ' ');
	}
	while (buffer->length && buffer->data[buffer->length - 1] == ' ')
		buffer->length--;
	buffer_add_char(buffer, '\n');
}

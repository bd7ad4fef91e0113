/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A line is read once, from left to right; what stands where is asked of event_fields, and where it goes of
 * event_setters.
 */
#include "event/parse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "event/scan.h"
#include "event/setters.h"
#include "event/when.h"

/* ------------------------------------------------------------------ values */

static bool read_string(struct event_parsed *parsed, struct scan *scan, struct event_value *value)
{
	value->string = parsed->texts + parsed->used;
	if (!scan_string(scan, parsed->texts + parsed->used, &value->length))
		return false;
	parsed->used += value->length + 1;
	return true;
}

static bool read_strings(struct event_parsed *parsed, struct scan *scan, struct event_value *value)
{
	struct event_value item;
	size_t begin = parsed->used;

	if (!scan_char(scan, '['))
		return false;
	if (!scan_char(scan, ']')) {
		do {
			if (!read_string(parsed, scan, &item))
				return false;
		} while (scan_char(scan, ','));
		if (!scan_char(scan, ']'))
			return false;
	}
	value->string = parsed->texts + begin;
	value->length = parsed->used - begin;
	return true;
}

static bool read_ancestor(struct event_parsed *parsed, struct scan *scan)
{
	struct event_ancestor *ancestor = &parsed->event.ancestry[parsed->event.ancestors];
	struct event_value name, value;
	uint64_t pid;

	if (parsed->event.ancestors == CW_ANCESTRY || !scan_char(scan, '{'))
		return false;
	*ancestor = (struct event_ancestor){ 0 };
	do {
		if (!read_string(parsed, scan, &name) || !scan_char(scan, ':'))
			return false;
		if (strcmp(name.string, "pid") == 0) {
			if (!scan_number(scan, &pid) || pid > UINT32_MAX)
				return false;
			ancestor->pid = (uint32_t)pid;
		} else if (strcmp(name.string, "path") == 0) {
			if (!scan_word(scan, "null")) {
				if (!read_string(parsed, scan, &value))
					return false;
				ancestor->path = value.string;
			}
		} else if (strcmp(name.string, "comm") == 0) {
			if (!read_string(parsed, scan, &value))
				return false;
			event_set_comm(ancestor->comm, value.string);
		} else if (!scan_value(scan, parsed->texts + parsed->used)) {
			return false;
		}
	} while (scan_char(scan, ','));
	parsed->event.ancestors++;
	return scan_char(scan, '}');
}

static bool read_ancestry(struct event_parsed *parsed, struct scan *scan)
{
	if (!scan_char(scan, '['))
		return false;
	if (scan_char(scan, ']'))
		return true;
	do {
		if (!read_ancestor(parsed, scan))
			return false;
	} while (scan_char(scan, ','));
	return scan_char(scan, ']');
}

static bool read_word(struct event_parsed *parsed, struct scan *scan,
		      const struct vocabulary *words, struct event_value *value)
{
	struct event_value text;
	int number;

	if (!read_string(parsed, scan, &text))
		return false;
	number = vocabulary_value(words, text.string, text.length);
	value->number = (uint64_t)number;
	return number >= 0;
}

static bool read_value(struct event_parsed *parsed, struct scan *scan,
		       const struct event_field *field, struct event_value *value)
{
	struct event_value text;

	switch (field->kind) {
	case EVENT_STRING:
		return read_string(parsed, scan, value);
	case EVENT_NUMBER:
		return scan_number(scan, &value->number);
	case EVENT_WORD:
		return read_word(parsed, scan, field->words, value);
	case EVENT_TIME:
		return read_string(parsed, scan, &text) &&
		       !event_time_parse(text.string, text.length, &value->time);
	case EVENT_BOOLEAN:
		value->number = scan_word(scan, "true");
		return value->number || scan_word(scan, "false");
	case EVENT_STRINGS:
		return read_strings(parsed, scan, value);
	case EVENT_ANCESTRY:
		return read_ancestry(parsed, scan);
	default:
		return false;
	}
}

/* ------------------------------------------------------------------ objects */

struct progress {
	bool seen[EVENT_FIELD_MAX];
	bool object[EVENT_PARENT_MAX]; /* it was there and not null */
};

/* A name may stand for a field of a file and for another of a socket: then for both kinds of target,
 * which the operation told before. */
static int field_find(const struct event_parsed *parsed, enum event_parent parent, const char *name)
{
	enum event_target other = parsed->event.target_is_file ? EVENT_SOCKET_TARGET
							       : EVENT_FILE_TARGET;

	for (int i = 0; i < EVENT_FIELD_MAX; i++)
		if (event_fields[i].parent == parent && event_fields[i].target != other &&
		    strcmp(event_fields[i].name, name) == 0)
			return i;
	return -ENOENT;
}

static int parent_find(const char *name)
{
	for (int i = EVENT_TOP + 1; i < EVENT_PARENT_MAX; i++)
		if (strcmp(event_parent_names[i], name) == 0)
			return i;
	return -ENOENT;
}

static bool read_field(struct event_parsed *parsed, struct scan *scan, int id,
		       struct progress *progress)
{
	struct event_value value = { 0 };

	if (progress->seen[id])
		return false;
	progress->seen[id] = true;
	if (event_fields[id].nullable && scan_word(scan, "null"))
		return true;
	if (!read_value(parsed, scan, &event_fields[id], &value) ||
	    !event_setters[id](parsed, &value))
		return false;
	if (id == EVENT_FIELD_OPERATION)
		parsed->event.target_is_file = event_targets_file(value.number);
	return true;
}

static bool read_object(struct event_parsed *parsed, struct scan *scan, enum event_parent parent,
			struct progress *progress);

static bool read_member(struct event_parsed *parsed, struct scan *scan, enum event_parent parent,
			struct progress *progress)
{
	struct event_value name;
	int id;

	if (!read_string(parsed, scan, &name) || !scan_char(scan, ':'))
		return false;
	id = field_find(parsed, parent, name.string);
	if (id >= 0)
		return read_field(parsed, scan, id, progress);
	id = parent == EVENT_TOP ? parent_find(name.string) : -ENOENT;
	if (id < 0)
		return scan_value(scan, parsed->texts + parsed->used);
	if (scan_word(scan, "null"))
		return true;
	progress->object[id] = true;
	return read_object(parsed, scan, (enum event_parent)id, progress);
}

static bool read_object(struct event_parsed *parsed, struct scan *scan, enum event_parent parent,
			struct progress *progress)
{
	if (!scan_char(scan, '{'))
		return false;
	do {
		if (!read_member(parsed, scan, parent, progress))
			return false;
	} while (scan_char(scan, ','));
	return scan_char(scan, '}');
}

/* ------------------------------------------------------------------ the line */

/* Everything that an event always has, and no more of a socket than of a file. */
static bool is_complete(const struct event_parsed *parsed, const struct progress *progress)
{
	enum event_target other = parsed->event.target_is_file ? EVENT_SOCKET_TARGET
							       : EVENT_FILE_TARGET;

	for (int i = 0; i < EVENT_FIELD_MAX; i++) {
		const struct event_field *field = &event_fields[i];

		if (progress->seen[i] || field->nullable || field->target == other)
			continue;
		if (field->parent == EVENT_TOP || field->parent == EVENT_PROCESS ||
		    field->parent == EVENT_TARGET || progress->object[field->parent])
			return false;
	}
	return true;
}

/* What follows from the fields together. */
static bool parsed_settle(struct event_parsed *parsed, const struct progress *progress)
{
	struct event *event = &parsed->event;

	if (event->address &&
	    inet_pton(event->record.family, event->address, event->record.address) != 1)
		return false;
	if (progress->object[EVENT_RULE])
		event->rule = &parsed->rule;
	if (progress->object[EVENT_POLICY])
		event->origin = &parsed->origin;
	else
		event->origin = event->rule;
	event->record.instance = event->instance ? CW_INSTANCE_CANARY : CW_INSTANCE_NONE;
	event->record.rule = CW_RULE_NONE;
	memcpy(event->record.comm, event->comm, CW_COMM);
	return true;
}

int event_parse(const char *line, size_t length, struct event_parsed *ret_parsed)
{
	struct scan scan = { line, line + length };
	struct progress progress = { 0 };

	if (length + 1 > ret_parsed->capacity) {
		char *texts = realloc(ret_parsed->texts, length + 1);

		if (!texts)
			return -ENOMEM;
		ret_parsed->texts = texts;
		ret_parsed->capacity = length + 1;
	}
	ret_parsed->used = 0;
	ret_parsed->rule = (struct catalogue_rule){ 0 };
	ret_parsed->origin = (struct catalogue_rule){ 0 };
	memset(&ret_parsed->event, 0, offsetof(struct event, texts));
	ret_parsed->event.count = 1;
	ret_parsed->event.record.rule_class = CW_CLASS_MAX; /* not told */
	if (!read_object(ret_parsed, &scan, EVENT_TOP, &progress) || !scan_end(&scan) ||
	    !is_complete(ret_parsed, &progress) || !parsed_settle(ret_parsed, &progress))
		return -EBADMSG;
	return 0;
}

void event_parsed_release(struct event_parsed *parsed)
{
	free(parsed->texts);
	*parsed = (struct event_parsed){ 0 };
}

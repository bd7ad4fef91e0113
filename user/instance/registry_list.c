/* SPDX-License-Identifier: GPL-2.0-only */
/* A block of `list`: a heading with the name, then `key: value`, indented with blanks or tabs. */
#include "instance/registry_text.h"

#include <string.h>
#include <strings.h>

/* `name = value` somewhere in a line; length 0: not there. */
static struct text_part named(struct text_part text, const char *name)
{
	size_t length = strlen(name);

	for (size_t at = 0; at + length < text.length; at++) {
		struct text_part rest = { text.text + at + length, text.length - at - length };

		if (strncasecmp(text.text + at, name, length) != 0)
			continue;
		source_trim(&rest.text, &rest.length);
		if (!rest.length || *rest.text != '=')
			continue;
		rest = text_trimmed(rest.text + 1, rest.length - 1);
		for (length = 0; length < rest.length && !strchr(",;)", rest.text[length]);)
			length++;
		return text_trimmed(rest.text, length);
	}
	return (struct text_part){ text.text, 0 };
}

/* `cache.cpf  (SuperServer port = 1972, WebServer = 57772)` */
static void set_conf_file(struct text_reading *reading, const struct source_line *line,
			  struct text_part value)
{
	struct instance *instance = reading->instance;
	const char *bracket = memchr(value.text, '(', value.length);
	struct text_part rest = { value.text, 0 };

	if (bracket) {
		rest = (struct text_part){ bracket, value.length - (size_t)(bracket - value.text) };
		value = text_trimmed(value.text, (size_t)(bracket - value.text));
	}
	text_set(reading, &instance->cpf_name, value);
	text_set_port(reading, line, named(rest, "SuperServer port"), &instance->superserver);
	text_set_port(reading, line, named(rest, "WebServer"), &instance->web);
}

void text_read_block(struct text_reading *reading, const struct source_line *line,
		     struct text_part key, struct text_part value)
{
	struct instance *instance = reading->instance;

	if (text_begins(key, "directory")) {
		instance = text_place(reading, line, value, INSTANCE_FROM_LIST);
		reading->instance = instance;
		if (!instance)
			return;
		instance->where = source_location(&reading->source, &reading->heading, 0,
						  reading->heading.length);
		instance->where.file = reading->file;
		instance->by_default = reading->by_default;
		text_set_name(reading, instance, reading->name);
		return;
	}
	if (!instance)
		return;
	if (text_begins(key, "versionid"))
		text_set(reading, &instance->version, value);
	else if (text_begins(key, "datadir"))
		text_set_data(reading, instance, value);
	else if (text_begins(key, "conf file"))
		set_conf_file(reading, line, value);
	else if (text_begins(key, "status"))
		text_set_status(reading, instance, value);
	else if (text_begins(key, "state"))
		text_set(reading, &instance->health, value);
	else if (text_begins(key, "product"))
		text_set(reading, &instance->product, value);
	else if (text_begins(key, "mirroring")) {
		text_set(reading, &instance->mirror_type, named(value, "Member Type"));
		text_set(reading, &instance->mirror_status, named(value, "Status"));
	}
}

void text_end_block(struct text_reading *reading)
{
	if (reading->block && !reading->instance) {
		struct location where = source_location(&reading->source, &reading->heading, 0,
							reading->heading.length);

		where.file = reading->file;
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR, &where,
						"this instance has no directory"),
				"its block needs a line `directory: /...`");
	}
	reading->block = false;
	reading->instance = NULL;
}

/* `Configuration 'NAME'   (default)` */
bool text_read_heading(struct text_reading *reading, const struct source_line *line)
{
	struct text_part text = { line->text, line->length };
	const char *open, *close;

	if (!text_begins(text, "Configuration"))
		return false;
	open = memchr(text.text, '\'', text.length);
	close = memrchr(text.text, '\'', text.length);
	if (!open || close <= open)
		return false;
	text_end_block(reading);
	reading->block = true;
	reading->heading = *line;
	reading->name = text_trimmed(open + 1, (size_t)(close - open - 1));
	reading->by_default = memmem(close, (size_t)(text.text + text.length - close), "(default)",
				     strlen("(default)")) != NULL;
	reading->understood++;
	return true;
}

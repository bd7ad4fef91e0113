/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `qlist` and `list` of ccontrol and iris print: a line an instance, or a block. A line is a
 * heading of a block, or has `^`, or is a block's `key: value`.
 */
#include "instance/registry_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct location text_location(const struct text_reading *reading, const struct source_line *line,
			      struct text_part part)
{
	struct location where = source_location(&reading->source, line,
						(size_t)(part.text - line->text), part.length);

	where.file = reading->file;
	return where;
}

struct diagnostic *text_error(const struct text_reading *reading, const struct location *where,
			      const char *before, struct text_part part, const char *behind)
{
	return diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR, where, "%s`%.*s`%s",
			       before, SHOWN(part), behind);
}

void text_set(struct text_reading *reading, char **string, struct text_part part)
{
	if (part.length && !instance_set(string, part.text, part.length))
		reading->out_of_memory = true;
}

struct text_part text_trimmed(const char *text, size_t length)
{
	struct text_part part = { text, length };

	source_trim(&part.text, &part.length);
	return part;
}

bool text_begins(struct text_part part, const char *word)
{
	return part.length >= strlen(word) && strncasecmp(part.text, word, strlen(word)) == 0;
}

static enum instance_state state_of(struct text_part status)
{
	if (text_begins(status, "running"))
		return INSTANCE_RUNNING;
	if (text_begins(status, "down"))
		return INSTANCE_DOWN;
	if (text_begins(status, "starting"))
		return INSTANCE_STARTING;
	return text_begins(status, "sign-on inhibited") ? INSTANCE_INHIBITED
							: INSTANCE_STATE_UNKNOWN;
}

void text_set_status(struct text_reading *reading, struct instance *instance,
		     struct text_part status)
{
	instance->state = state_of(status);
	text_set(reading, &instance->state_text, status);
}

/* Releases without a private web server have no port for it, and say so in their own way. */
static bool is_none(struct text_part part)
{
	static const char *const words[] = { "0", "-", "None", "Off", "N/A", "Disabled" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (part.length == strlen(words[i]) && text_begins(part, words[i]))
			return true;
	return false;
}

/* Empty and 0: none. */
void text_set_port(struct text_reading *reading, const struct source_line *line,
		   struct text_part part, uint16_t *ret)
{
	struct location where = text_location(reading, line, part);

	*ret = 0;
	if (!part.length || is_none(part) || source_port(part.text, part.length, ret))
		return;
	diagnostic_hint(text_error(reading, &where, "", part, " is no port"),
			"a port is a number from 1 to 65535");
}

/* What a line says of an instance replaces all that an earlier one said. */
static void again(struct text_reading *reading, struct instance *instance,
		  const struct location *where, struct text_part root)
{
	char **texts[] = { &instance->data,	   &instance->product,	    &instance->version,
			   &instance->state_text,  &instance->cpf_name,	    &instance->health,
			   &instance->mirror_type, &instance->mirror_status };
	struct diagnostic *diagnostic = diagnostics_add(
		reading->source.diagnostics, SEVERITY_WARNING, where,
		"the instance in `%.*s` is here again, and this one counts", SHOWN(root));

	diagnostic_related(diagnostic, &instance->where, "it was here");
	diagnostic_hint(diagnostic, "an install directory has one instance");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		free(*texts[i]);
		*texts[i] = NULL;
	}
	instance->state = INSTANCE_STATE_UNKNOWN;
	instance->superserver = instance->web = instance->jdbc = 0;
	instance->superserver_count = 0;
}

/* The instance of a directory; NULL: diagnosed. */
struct instance *text_place(struct text_reading *reading, const struct source_line *line,
			    struct text_part root, enum instance_source source)
{
	struct location where = text_location(reading, line, root);
	char normal[PATH_MAX];
	struct instance *instance;
	size_t before = reading->registry->count;

	if (!registry_normal(root.text, root.length, normal)) {
		diagnostic_hint(
			text_error(reading, &where, "", root, " is no directory of this host"),
			"an install directory begins with `/`; is this another host's list?");
		return NULL;
	}
	instance = registry_place(reading->registry, NULL, normal, reading->source.diagnostics);
	if (!instance) {
		reading->out_of_memory = reading->registry->count == before &&
					 before < REGISTRY_INSTANCES_MAX;
		return NULL;
	}
	if (instance->where.file && (instance->sources & source))
		again(reading, instance, &where, root);
	instance->sources |= source;
	instance->where = source_location(&reading->source, line, 0, line->length);
	instance->where.file = reading->file;
	return instance;
}

void text_set_name(struct text_reading *reading, struct instance *instance, struct text_part name)
{
	text_set(reading, &instance->name, name);
	instance->name_known = instance->name_known || name.length;
}

/* A path of its own, or NULL where it is the install directory. */
void text_set_data(struct text_reading *reading, struct instance *instance, struct text_part data)
{
	char normal[PATH_MAX];

	if (registry_normal(data.text, data.length, normal) && strcmp(normal, instance->root) != 0)
		text_set(reading, &instance->data, (struct text_part){ normal, strlen(normal) });
}

/* False: it is no line of either. */
static bool read_line(struct text_reading *reading, const struct source_line *line)
{
	const char *colon = memchr(line->text, ':', line->length);
	size_t length = colon ? (size_t)(colon - line->text) : 0;

	if (!line->length || source_comment(line) || text_read_heading(reading, line))
		return true;
	if (memchr(line->text, '^', line->length)) {
		text_end_block(reading);
		text_read_qlist(reading, line);
		return true;
	}
	if (!reading->block || !colon)
		return false;
	text_read_block(reading, line, text_trimmed(line->text, length),
			text_trimmed(colon + 1, line->length - length - 1));
	return true;
}

static void pass_over(struct text_reading *reading, const struct source_line *line)
{
	struct location where = source_location(&reading->source, line, 0, line->length);

	where.file = reading->file;
	if (!reading->passed)
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						&where,
						"passed over: no line of `qlist`, nor of `list`"),
				"give the output of `ccontrol qlist` or `iris qlist` as it is");
}

int registry_read(struct registry *registry, const char *file, const char *text, size_t length,
		  struct diagnostics *diagnostics)
{
	struct text_reading reading = { .registry = registry,
					.file = registry_file(registry, file) };
	struct source_line line;
	size_t before = diagnostics->count;
	int r;

	if (!reading.file)
		return -ENOMEM;
	r = source_begin(&reading.source, "list", reading.file, text, length, REGISTRY_TEXT_MAX,
			 diagnostics);
	if (r)
		return r;
	while (source_next(&reading.source, &line)) {
		bool good = read_line(&reading, &line);

		if (!good)
			pass_over(&reading, &line);
		reading.passed = !good;
	}
	text_end_block(&reading);
	diagnostics_sort(diagnostics, before);
	if (reading.out_of_memory)
		return -ENOMEM;
	if (!reading.understood) {
		struct location where = { .file = reading.file, .line = 1, .column = 1 };

		diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where,
						"no instance: neither `qlist` nor `list`"),
				"give the output of `ccontrol qlist` or `iris qlist` as it is");
		return -EINVAL;
	}
	return 0;
}

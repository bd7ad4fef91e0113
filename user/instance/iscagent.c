/* SPDX-License-Identifier: GPL-2.0-only */
/* iscagent.conf: `key=value` lines, `#` before comments. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/neighbours.h"
#include "instance/source.h"

struct iscagent_reading {
	struct iscagent *agent;
	struct source source;
	bool out_of_memory;
};

/* A value with its place. */
struct iscagent_value {
	const char *text;
	size_t length;
	struct location where;
};

typedef void iscagent_key(struct iscagent_reading *reading, const struct iscagent_value *value);

static void set(struct iscagent_reading *reading, char **string, const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (!copy) {
		reading->out_of_memory = true;
		return;
	}
	free(*string);
	*string = copy;
}

static void read_port(struct iscagent_reading *reading, const struct iscagent_value *value)
{
	struct iscagent *agent = reading->agent;

	agent->port = 0;
	if (!source_port(value->text, value->length, &agent->port))
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR,
						&value->where, "`%.*s` is no port",
						value->length < 100 ? (int)value->length : 100,
						value->text),
				"a port is a number from 1 to 65535; without this line it is %d",
				ISCAGENT_PORT);
}

static void read_interface(struct iscagent_reading *reading, const struct iscagent_value *value)
{
	set(reading, &reading->agent->interface, value->text, value->length);
}

static void read_user(struct iscagent_reading *reading, const struct iscagent_value *value)
{
	set(reading, &reading->agent->user, value->text, value->length);
}

static void read_group(struct iscagent_reading *reading, const struct iscagent_value *value)
{
	const char *comma = memchr(value->text, ',', value->length);
	const char *first = value->text;
	size_t length = comma ? (size_t)(comma - first) : value->length;

	set(reading, &reading->agent->groups, value->text, value->length);
	source_trim(&first, &length);
	set(reading, &reading->agent->group, first, length);
}

static const struct {
	const char *key;
	iscagent_key *read;
	size_t where; /* of the value's place in struct iscagent */
} keys[] = {
	{ "application_server.port", read_port, offsetof(struct iscagent, port_where) },
	{ "application_server.interface_address", read_interface,
	  offsetof(struct iscagent, interface_where) },
	{ "privileges.user", read_user, offsetof(struct iscagent, user_where) },
	{ "privileges.group", read_group, offsetof(struct iscagent, group_where) },
};

static void read_key(struct iscagent_reading *reading, size_t key,
		     const struct iscagent_value *value)
{
	struct location *where = (struct location *)((char *)reading->agent + keys[key].where);

	if (where->line) {
		struct diagnostic *diagnostic = diagnostics_add(
			reading->source.diagnostics, SEVERITY_WARNING, &value->where,
			"`%s` is given again, and this one counts", keys[key].key);

		diagnostic_related(diagnostic, where, "it was given here");
		diagnostic_hint(diagnostic, "keep one of the two");
	}
	*where = value->where;
	if (value->length)
		keys[key].read(reading, value);
	else
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						where, "`%s` is empty", keys[key].key),
				"its default is taken");
}

static void read_line(struct iscagent_reading *reading, const struct source_line *line)
{
	const char *cut = memchr(line->text, '=', line->length);
	struct location where = source_location(&reading->source, line, 0, line->length);
	const char *key = line->text;
	struct iscagent_value value;
	size_t length;

	if (!cut) {
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						&where, "passed over: no setting"),
				"lines are key=value, or comments that begin with #");
		return;
	}
	length = (size_t)(cut - key);
	value.text = cut + 1;
	value.length = line->length - length - 1;
	source_trim(&key, &length);
	source_trim(&value.text, &value.length);
	value.where = source_location(&reading->source, line, (size_t)(value.text - line->text),
				      value.length);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].key) == length && strncasecmp(key, keys[i].key, length) == 0)
			read_key(reading, i, &value);
}

int iscagent_read(const char *file, const char *text, size_t length,
		  struct diagnostics *diagnostics, struct iscagent **ret)
{
	_cleanup_iscagent_ struct iscagent *agent = calloc(1, sizeof(*agent));
	struct iscagent_reading reading = { .agent = agent };
	struct source_line line;
	int r;

	if (!agent)
		return -ENOMEM;
	agent->file = strdup(file);
	agent->port = ISCAGENT_PORT;
	set(&reading, &agent->interface, "", 0);
	set(&reading, &agent->groups, "", 0);
	set(&reading, &agent->user, "iscagent", strlen("iscagent"));
	set(&reading, &agent->group, "iscagent", strlen("iscagent"));
	if (!agent->file || reading.out_of_memory)
		return -ENOMEM;
	agent->port_where.file = agent->interface_where.file = agent->file;
	agent->user_where.file = agent->group_where.file = agent->file;
	r = source_begin(&reading.source, "iscagent.conf", agent->file, text, length,
			 NEIGHBOUR_SIZE_MAX, diagnostics);
	if (r)
		return r;
	while (source_next(&reading.source, &line))
		if (line.length && !source_comment(&line))
			read_line(&reading, &line);
	if (reading.out_of_memory)
		return -ENOMEM;
	*ret = take_ptr(agent);
	return 0;
}

int iscagent_read_file(const char *path, struct diagnostics *diagnostics, struct iscagent **ret)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r = source_load(path, SOURCE_FOUND, NEIGHBOUR_SIZE_MAX, diagnostics, &text);

	return r ? r : iscagent_read(path, text.data, text.length, diagnostics, ret);
}

struct iscagent *iscagent_free(struct iscagent *agent)
{
	if (agent) {
		free(agent->file);
		free(agent->interface);
		free(agent->user);
		free(agent->group);
		free(agent->groups);
	}
	free(agent);
	return NULL;
}

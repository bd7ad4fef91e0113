/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of `qlist`: fields with `^` between them, eight of the oldest release, fourteen of the newest. */
#include "instance/registry_text.h"

#include <stdlib.h>
#include <string.h>

/* The fields of qlist, in their order. */
enum qlist_field {
	QLIST_NAME,
	QLIST_ROOT,
	QLIST_VERSION,
	QLIST_STATUS,
	QLIST_CPF,
	QLIST_SUPERSERVER,
	QLIST_WEB,
	QLIST_JDBC,
	QLIST_LEAST, /* the oldest have these */
	QLIST_HEALTH = QLIST_LEAST,
	QLIST_PRODUCT,
	QLIST_MEMBER_TYPE,
	QLIST_MIRROR_STATUS,
	QLIST_DATA,
	QLIST_PORTS,
	QLIST_MAX,
};

/* `1972,51774`; other versions may have other marks between them. */
static void set_superservers(struct text_reading *reading, const struct source_line *line,
			     struct text_part list, struct instance *instance)
{
	free(instance->superservers);
	instance->superservers = NULL;
	instance->superserver_count = 0;
	if (!list.length)
		return;
	instance->superservers = calloc(REGISTRY_PORTS_MAX, sizeof(uint16_t));
	if (!instance->superservers) {
		reading->out_of_memory = true;
		return;
	}
	instance->superservers_where = text_location(reading, line, list);
	for (size_t at = 0; at < list.length;) {
		struct text_part piece = { list.text + at, 0 };
		uint16_t port;

		while (at + piece.length < list.length &&
		       !strchr(",;|: ", piece.text[piece.length]))
			piece.length++;
		at += piece.length + 1;
		if (!piece.length)
			continue;
		if (instance->superserver_count == REGISTRY_PORTS_MAX) {
			diagnostic_hint(text_error(reading, &instance->superservers_where,
						   "too many ports: from ", piece,
						   " on they are passed over"),
					"is this line whole?");
			return;
		}
		text_set_port(reading, line, piece, &port);
		if (port)
			instance->superservers[instance->superserver_count++] = port;
	}
}

void text_read_qlist(struct text_reading *reading, const struct source_line *line)
{
	struct text_part fields[QLIST_MAX] = { { "", 0 } };
	struct location where = source_location(&reading->source, line, 0, line->length);
	size_t count = 0, at = 0;
	struct instance *instance;

	where.file = reading->file;
	for (size_t i = 0; i < QLIST_MAX; i++)
		fields[i] = (struct text_part){ line->text + line->length, 0 };
	while (at <= line->length) {
		const char *mark = memchr(line->text + at, '^', line->length - at);
		size_t end = mark ? (size_t)(mark - line->text) : line->length;

		if (count < QLIST_MAX)
			fields[count] = text_trimmed(line->text + at, end - at);
		count++;
		at = end + 1;
	}
	if (count < QLIST_LEAST) {
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR, &where,
						"%zu fields: a line of qlist has %d to %d", count,
						QLIST_LEAST, QLIST_MAX),
				"was it cut? the fields stand between `^`");
		return;
	}
	instance = text_place(reading, line, fields[QLIST_ROOT], INSTANCE_FROM_QLIST);
	if (!instance)
		return;
	reading->understood++;
	text_set_name(reading, instance, fields[QLIST_NAME]);
	text_set(reading, &instance->version, fields[QLIST_VERSION]);
	text_set_status(reading, instance, fields[QLIST_STATUS]);
	text_set(reading, &instance->cpf_name, fields[QLIST_CPF]);
	text_set_port(reading, line, fields[QLIST_SUPERSERVER], &instance->superserver);
	text_set_port(reading, line, fields[QLIST_WEB], &instance->web);
	text_set_port(reading, line, fields[QLIST_JDBC], &instance->jdbc);
	text_set(reading, &instance->health, fields[QLIST_HEALTH]);
	text_set(reading, &instance->product, fields[QLIST_PRODUCT]);
	text_set(reading, &instance->mirror_type, fields[QLIST_MEMBER_TYPE]);
	text_set(reading, &instance->mirror_status, fields[QLIST_MIRROR_STATUS]);
	text_set_data(reading, instance, fields[QLIST_DATA]);
	set_superservers(reading, line, fields[QLIST_PORTS], instance);
}

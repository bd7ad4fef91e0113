/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/instances_show.h"

#include <string.h>

#include "event/escape.h"
#include "util/cleanup.h"

enum show_kind {
	SHOW_STRING, /* char * */
	SHOW_BOOLEAN, /* bool; in text only where it is true */
	SHOW_PORT, /* uint16_t; 0: none */
	SHOW_ACCOUNT, /* struct instance_account */
	/* The others are not one member of the instance. */
	SHOW_STATE,
	SHOW_FAMILY,
	SHOW_PORTS, /* all SuperServers */
	SHOW_PROCESSES,
	SHOW_SOURCES,
	SHOW_PLACE, /* of the line of a list that told of it */
	SHOW_KIND_MAX,
};

#define SHOW_MEMBER(name, kind, member) \
	{ \
		name, kind, offsetof(struct instance, member) \
	}

/* In the order that both print. The name comes first, and is the heading of the text. */
static const struct show_field {
	const char *name;
	enum show_kind kind;
	size_t member;
} fields[] = {
	SHOW_MEMBER("name", SHOW_STRING, name),
	SHOW_MEMBER("name_known", SHOW_BOOLEAN, name_known),
	SHOW_MEMBER("default", SHOW_BOOLEAN, by_default),
	SHOW_MEMBER("root", SHOW_STRING, root),
	SHOW_MEMBER("behind", SHOW_STRING, prefix),
	SHOW_MEMBER("data", SHOW_STRING, data),
	{ "family", SHOW_FAMILY, 0 },
	SHOW_MEMBER("product", SHOW_STRING, product),
	SHOW_MEMBER("version", SHOW_STRING, version),
	{ "state", SHOW_STATE, 0 },
	SHOW_MEMBER("status", SHOW_STRING, state_text),
	SHOW_MEMBER("health", SHOW_STRING, health),
	SHOW_MEMBER("mirror_member", SHOW_STRING, mirror_type),
	SHOW_MEMBER("mirror_status", SHOW_STRING, mirror_status),
	SHOW_MEMBER("superserver", SHOW_PORT, superserver),
	{ "superservers", SHOW_PORTS, 0 },
	SHOW_MEMBER("web", SHOW_PORT, web),
	SHOW_MEMBER("jdbc", SHOW_PORT, jdbc),
	SHOW_MEMBER("cpf", SHOW_STRING, cpf),
	SHOW_MEMBER("owner", SHOW_ACCOUNT, owner),
	SHOW_MEMBER("user", SHOW_ACCOUNT, user),
	SHOW_MEMBER("group", SHOW_ACCOUNT, group),
	{ "processes", SHOW_PROCESSES, 0 },
	{ "found", SHOW_SOURCES, 0 },
	{ "place", SHOW_PLACE, 0 },
};

static const char *const family_words[] = { [CONFIG_CACHE] = "cache", [CONFIG_IRIS] = "iris" };
_Static_assert(ARRAY_SIZE(family_words) == CONFIG_PRODUCT_MAX, "family_words");

static const void *member(const struct instance *instance, const struct show_field *field)
{
	return (const char *)instance + field->member;
}

static const char *state_word(const struct instance *instance)
{
	return vocabulary_word(&instance_state_words, instance->state);
}

/* ---- text ---- */

static void text_string(struct buffer *buffer, const char *string)
{
	escape_text(buffer, string, strlen(string));
}

/* What stands behind the field's name; nothing: the field has no line. */
static void text_value(const struct instance *instance, const struct show_field *field,
		       struct buffer *buffer)
{
	const struct instance_account *account = member(instance, field);
	const char *const *string = member(instance, field);
	bool first = true;

	switch (field->kind) {
	case SHOW_STRING:
		if (*string)
			text_string(buffer, *string);
		break;
	case SHOW_BOOLEAN:
		if (*(const bool *)member(instance, field))
			buffer_add_string(buffer, "yes");
		break;
	case SHOW_PORT:
		if (*(const uint16_t *)member(instance, field))
			buffer_printf(buffer, "%u", *(const uint16_t *)member(instance, field));
		break;
	case SHOW_ACCOUNT:
		if (!account->known)
			break;
		text_string(buffer, account->name);
		buffer_printf(buffer, " (%u, %s: ", account->id,
			      vocabulary_word(&instance_knowledge_words, account->known));
		text_string(buffer, account->evidence);
		buffer_add_char(buffer, ')');
		break;
	case SHOW_STATE:
		buffer_add_string(buffer, state_word(instance));
		break;
	case SHOW_FAMILY:
		buffer_add_string(buffer, family_words[instance->family]);
		break;
	case SHOW_PORTS:
		for (size_t i = 0; i < instance->superserver_count; i++)
			buffer_printf(buffer, "%s%u", i ? ", " : "", instance->superservers[i]);
		break;
	case SHOW_PROCESSES:
		if (instance->process_count)
			buffer_printf(buffer, "%zu", instance->process_count);
		break;
	case SHOW_SOURCES:
		for (size_t i = 0; i < INSTANCE_SOURCE_MAX; i++)
			if (instance->sources & 1u << i) {
				buffer_printf(buffer, "%s%s", first ? "" : ", ",
					      vocabulary_word(&instance_source_words, i));
				first = false;
			}
		break;
	case SHOW_PLACE:
		if (instance->where.file) {
			text_string(buffer, instance->where.file);
			buffer_printf(buffer, ":%u", instance->where.line);
		}
		break;
	case SHOW_KIND_MAX:
		break;
	}
}

void instance_text(const struct instance *instance, struct buffer *buffer)
{
	_cleanup_buffer_ struct buffer value = { 0 };

	text_string(buffer, instance->name);
	buffer_add_string(buffer, instance->name_known ? "\n" : " (by its directory's name)\n");
	/* The heading had the first two. */
	for (size_t i = 2; i < ARRAY_SIZE(fields); i++) {
		buffer_clear(&value);
		text_value(instance, &fields[i], &value);
		if (value.length)
			buffer_printf(buffer, "  %-13s %s\n", fields[i].name, value.data);
	}
}

/* ---- JSON ---- */

static void json_string(struct buffer *buffer, const char *string)
{
	if (string)
		escape_json(buffer, string, strlen(string));
	else
		buffer_add_string(buffer, "null");
}

static void json_account(const struct instance_account *account, struct buffer *buffer)
{
	if (!account->known) {
		buffer_add_string(buffer, "null");
		return;
	}
	buffer_add_string(buffer, "{\"name\":");
	json_string(buffer, account->name);
	buffer_printf(buffer, ",\"id\":%u,\"known\":\"%s\",\"evidence\":", account->id,
		      vocabulary_word(&instance_knowledge_words, account->known));
	json_string(buffer, account->evidence);
	buffer_add_char(buffer, '}');
}

static void json_processes(const struct instance *instance, struct buffer *buffer)
{
	buffer_add_char(buffer, '[');
	for (size_t i = 0; i < instance->process_count; i++) {
		const struct instance_process *process = &instance->processes[i];

		buffer_printf(buffer, "%s{\"pid\":%d,\"executable\":", i ? "," : "",
			      (int)process->pid);
		json_string(buffer, process->executable);
		buffer_printf(buffer, ",\"uid\":%u,\"euid\":%u,\"egid\":%u}", process->real_uid,
			      process->effective_uid, process->effective_gid);
	}
	buffer_add_char(buffer, ']');
}

static void json_sources(const struct instance *instance, struct buffer *buffer)
{
	bool first = true;

	buffer_add_char(buffer, '[');
	for (size_t i = 0; i < INSTANCE_SOURCE_MAX; i++)
		if (instance->sources & 1u << i) {
			buffer_printf(buffer, "%s\"%s\"", first ? "" : ",",
				      vocabulary_word(&instance_source_words, i));
			first = false;
		}
	buffer_add_char(buffer, ']');
}

static void json_value(const struct instance *instance, const struct show_field *field,
		       struct buffer *buffer)
{
	uint16_t port;

	switch (field->kind) {
	case SHOW_STRING:
		json_string(buffer, *(const char *const *)member(instance, field));
		break;
	case SHOW_BOOLEAN:
		buffer_add_string(buffer,
				  *(const bool *)member(instance, field) ? "true" : "false");
		break;
	case SHOW_PORT:
		port = *(const uint16_t *)member(instance, field);
		buffer_printf(buffer, port ? "%u" : "null", port);
		break;
	case SHOW_ACCOUNT:
		json_account(member(instance, field), buffer);
		break;
	case SHOW_STATE:
		json_string(buffer, state_word(instance));
		break;
	case SHOW_FAMILY:
		json_string(buffer, family_words[instance->family]);
		break;
	case SHOW_PORTS:
		buffer_add_char(buffer, '[');
		for (size_t i = 0; i < instance->superserver_count; i++)
			buffer_printf(buffer, "%s%u", i ? "," : "", instance->superservers[i]);
		buffer_add_char(buffer, ']');
		break;
	case SHOW_PROCESSES:
		json_processes(instance, buffer);
		break;
	case SHOW_SOURCES:
		json_sources(instance, buffer);
		break;
	case SHOW_PLACE:
		if (instance->where.file) {
			buffer_add_string(buffer, "{\"file\":");
			json_string(buffer, instance->where.file);
			buffer_printf(buffer, ",\"line\":%u}", instance->where.line);
		} else {
			buffer_add_string(buffer, "null");
		}
		break;
	case SHOW_KIND_MAX:
		break;
	}
}

void instance_json(const struct instance *instance, struct buffer *buffer)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		buffer_printf(buffer, "%c\"%s\":", i ? ',' : '{', fields[i].name);
		json_value(instance, &fields[i], buffer);
	}
	buffer_add_string(buffer, "}\n");
}

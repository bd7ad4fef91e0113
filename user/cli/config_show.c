/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/config_show.h"

#include <string.h>

#include "event/escape.h"
#include "util/cleanup.h"

enum cell_kind { CELL_TEXT, CELL_PORT, CELL_NUMBER, CELL_SIGNED, CELL_FLAG };

struct column {
	const char *name;
	enum cell_kind kind;
	size_t member;
};

/* The layout of every CONFIG_LIST. */
struct rows {
	const char *items;
	size_t count;
};

struct list {
	const char *name;
	size_t member; /* of struct config */
	size_t size; /* of a row */
	size_t where; /* of a row's place */
	const struct column *columns;
	size_t column_count;
};

#define TEXT(row, field) \
	{ \
#field, CELL_TEXT, offsetof(struct row, field) \
	}
#define PORT(row, field) \
	{ \
#field, CELL_PORT, offsetof(struct row, field) \
	}
#define NUMBER(row, field) \
	{ \
#field, CELL_NUMBER, offsetof(struct row, field) \
	}
#define SIGNED(row, field) \
	{ \
#field, CELL_SIGNED, offsetof(struct row, field) \
	}
#define FLAG(row, field) \
	{ \
#field, CELL_FLAG, offsetof(struct row, field) \
	}

static const struct column databases[] = {
	TEXT(config_database, name),	 TEXT(config_database, directory),
	TEXT(config_database, server),	 TEXT(config_database, mirror),
	TEXT(config_database, data_set), FLAG(config_database, mount_required),
	TEXT(config_database, stream),
};
static const struct column namespaces[] = {
	TEXT(config_namespace, name),
	TEXT(config_namespace, globals),
	TEXT(config_namespace, routines),
	TEXT(config_namespace, temporary),
};
static const struct column ecp_servers[] = {
	TEXT(config_ecp_server, name), TEXT(config_ecp_server, address),
	PORT(config_ecp_server, port), SIGNED(config_ecp_server, mirror_connection),
	TEXT(config_ecp_server, ssl),  FLAG(config_ecp_server, batch_mode),
	FLAG(config_ecp_server, used),
};
static const struct column license_servers[] = {
	TEXT(config_license_server, name),
	TEXT(config_license_server, address),
	PORT(config_license_server, port),
	TEXT(config_license_server, key_directory),
};
static const struct column mirrors[] = {
	TEXT(config_mirror, name),
	TEXT(config_mirror, guid),
	TEXT(config_mirror, primary),
	FLAG(config_mirror, ssl),
	TEXT(config_mirror, arbiter),
	PORT(config_mirror, arbiter_port),
	TEXT(config_mirror, agent_address),
	PORT(config_mirror, agent_port),
	TEXT(config_mirror, virtual_address),
};
static const struct column mirror_members[] = {
	TEXT(config_mirror_member, mirror),
	TEXT(config_mirror_member, name),
	TEXT(config_mirror_member, agent_address),
	PORT(config_mirror_member, agent_port),
	TEXT(config_mirror_member, superserver_address),
	TEXT(config_mirror_member, private_address),
	PORT(config_mirror_member, port),
	TEXT(config_mirror_member, guid),
	TEXT(config_mirror_member, directory),
	NUMBER(config_mirror_member, type),
	FLAG(config_mirror_member, own),
};
static const struct column shadows[] = {
	TEXT(config_shadow, name), TEXT(config_shadow, address),
	PORT(config_shadow, port), FLAG(config_shadow, enabled),
	TEXT(config_shadow, ssl),  TEXT(config_shadow, journal_directory),
};
static const struct column shadow_maps[] = {
	TEXT(config_shadow_map, shadow),
	TEXT(config_shadow_map, name),
	TEXT(config_shadow_map, value),
};
static const struct column gateways[] = {
	TEXT(config_gateway, name),	     TEXT(config_gateway, type_text),
	PORT(config_gateway, port),	     TEXT(config_gateway, address),
	TEXT(config_gateway, resource),	     TEXT(config_gateway, path),
	TEXT(config_gateway, jvm_arguments), TEXT(config_gateway, home),
	TEXT(config_gateway, ssl_server),    TEXT(config_gateway, ssl_client),
	TEXT(config_gateway, log),	     TEXT(config_gateway, allowed),
};
static const struct column devices[] = {
	TEXT(config_device, section),
	TEXT(config_device, name),
	TEXT(config_device, path),
};
static const struct column archives[] = {
	TEXT(config_archive, name),
	TEXT(config_archive, value),
};
static const struct column actions[] = {
	TEXT(config_action, operation),
	TEXT(config_action, properties),
};

#define LIST(list, row) \
	{ \
#list, offsetof(struct config, list), sizeof(struct row), \
			offsetof(struct row, where), list, ARRAY_SIZE(list) \
	}

static const struct list lists[] = {
	LIST(databases, config_database),     LIST(namespaces, config_namespace),
	LIST(ecp_servers, config_ecp_server), LIST(license_servers, config_license_server),
	LIST(mirrors, config_mirror),	      LIST(mirror_members, config_mirror_member),
	LIST(shadows, config_shadow),	      LIST(shadow_maps, config_shadow_map),
	LIST(gateways, config_gateway),	      LIST(devices, config_device),
	LIST(archives, config_archive),	      LIST(actions, config_action),
};

static const char *const product_words[] = { [CONFIG_CACHE] = "cache", [CONFIG_IRIS] = "iris" };
_Static_assert(ARRAY_SIZE(product_words) == CONFIG_PRODUCT_MAX, "product_words");
static const char *const platform_words[] = {
	[CONFIG_PLATFORM_UNKNOWN] = "unknown",
	[CONFIG_UNIX] = "unix",
	[CONFIG_WINDOWS] = "windows",
};

/* A text of the file, but for what is nobody's to read in a report. */
static const char *shown(const char *key, const char *text)
{
	return *text && (strcasestr(key, "password") || strcasestr(text, "password")) ? "***"
										      : text;
}

static unsigned int line_of(const struct list *list, const char *row)
{
	return ((const struct location *)(row + list->where))->line;
}

/* ---- text ---- */

static void text_cell(const struct column *column, const char *row, struct buffer *buffer)
{
	const char *cell = row + column->member, *text;
	_cleanup_buffer_ struct buffer value = { 0 };

	switch (column->kind) {
	case CELL_TEXT:
		text = shown(column->name, *(const char *const *)cell);
		escape_text(&value, text, strlen(text));
		break;
	case CELL_PORT:
		if (*(const uint16_t *)cell)
			buffer_printf(&value, "%u", *(const uint16_t *)cell);
		break;
	case CELL_NUMBER:
		if (*(const unsigned int *)cell)
			buffer_printf(&value, "%u", *(const unsigned int *)cell);
		break;
	case CELL_SIGNED:
		if (*(const int *)cell)
			buffer_printf(&value, "%d", *(const int *)cell);
		break;
	case CELL_FLAG:
		if (*(const bool *)cell)
			buffer_add_string(&value, "yes");
		break;
	}
	if (value.length)
		buffer_printf(buffer, "  %s=%s", column->name, value.data);
}

static void text_list(const struct config *config, const struct list *list, struct buffer *buffer)
{
	const struct rows *rows = (const void *)((const char *)config + list->member);

	if (rows->count)
		buffer_printf(buffer, "\n%s\n", list->name);
	for (size_t i = 0; i < rows->count; i++) {
		const char *row = rows->items + i * list->size;

		buffer_printf(buffer, "%6u", line_of(list, row));
		for (size_t c = 0; c < list->column_count; c++)
			text_cell(&list->columns[c], row, buffer);
		buffer_add_char(buffer, '\n');
	}
}

static void text_parameter(const struct config *config, size_t id, struct buffer *buffer)
{
	const struct config_parameter *parameter = &config_parameters[id];
	const struct config_value *value = &config->parameters[id];
	const char *text = shown(parameter->key, value->text);
	char line[16] = "";

	if (value->where.line)
		snprintf(line, sizeof(line), "%u", value->where.line);
	buffer_printf(buffer, "%6s  %-7s  [%s] %s=", line,
		      vocabulary_word(&config_state_words, value->state), parameter->section,
		      parameter->key);
	escape_text(buffer, text, strlen(text));
	buffer_printf(buffer, "  (%s)\n", parameter->help);
}

void config_text_of(const struct config *config, struct buffer *buffer)
{
	escape_text(buffer, config->cpf->file, strlen(config->cpf->file));
	buffer_printf(buffer, "\n  kind      %s\n  product   %s\n  platform  %s\n\nparameters\n",
		      vocabulary_word(&cpf_kind_words, config->cpf->kind),
		      product_words[config->product], platform_words[config->platform]);
	for (size_t id = 0; id < CONFIG_PARAMETER_MAX; id++)
		text_parameter(config, id, buffer);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		text_list(config, &lists[i], buffer);
}

/* ---- JSON ---- */

static void json_text(struct buffer *buffer, const char *text)
{
	escape_json(buffer, text, strlen(text));
}

static void json_cell(const struct column *column, const char *row, struct buffer *buffer)
{
	const char *cell = row + column->member;

	buffer_printf(buffer, ",\"%s\":", column->name);
	switch (column->kind) {
	case CELL_TEXT:
		json_text(buffer, shown(column->name, *(const char *const *)cell));
		break;
	case CELL_PORT:
		buffer_printf(buffer, *(const uint16_t *)cell ? "%u" : "null",
			      *(const uint16_t *)cell);
		break;
	case CELL_NUMBER:
		buffer_printf(buffer, "%u", *(const unsigned int *)cell);
		break;
	case CELL_SIGNED:
		buffer_printf(buffer, "%d", *(const int *)cell);
		break;
	case CELL_FLAG:
		buffer_add_string(buffer, *(const bool *)cell ? "true" : "false");
		break;
	}
}

static void json_list(const struct config *config, const struct list *list, struct buffer *buffer)
{
	const struct rows *rows = (const void *)((const char *)config + list->member);

	buffer_printf(buffer, ",\"%s\":[", list->name);
	for (size_t i = 0; i < rows->count; i++) {
		const char *row = rows->items + i * list->size;

		buffer_printf(buffer, "%s{\"line\":%u", i ? "," : "", line_of(list, row));
		for (size_t c = 0; c < list->column_count; c++)
			json_cell(&list->columns[c], row, buffer);
		buffer_add_char(buffer, '}');
	}
	buffer_add_char(buffer, ']');
}

static void json_parameter(const struct config *config, size_t id, struct buffer *buffer)
{
	const struct config_parameter *parameter = &config_parameters[id];
	const struct config_value *value = &config->parameters[id];

	buffer_printf(buffer,
		      "%s{\"section\":\"%s\",\"key\":\"%s\",\"kind\":\"%s\",\"state\":\"%s\"",
		      id ? "," : "", parameter->section, parameter->key,
		      vocabulary_word(&config_kind_words, parameter->kind),
		      vocabulary_word(&config_state_words, value->state));
	buffer_add_string(buffer, ",\"value\":");
	if (config_known(config, (enum config_parameter_id)id))
		json_text(buffer, shown(parameter->key, value->text));
	else
		buffer_add_string(buffer, "null");
	buffer_printf(buffer,
		      value->where.line ? ",\"line\":%u,\"column\":%u}"
					: ",\"line\":null,\"column\":null}",
		      value->where.line, value->where.column);
}

void config_json_of(const struct config *config, struct buffer *buffer)
{
	buffer_add_string(buffer, "{\"file\":");
	json_text(buffer, config->cpf->file);
	buffer_printf(buffer,
		      ",\"kind\":\"%s\",\"product\":\"%s\",\"platform\":\"%s\",\"parameters\":[",
		      vocabulary_word(&cpf_kind_words, config->cpf->kind),
		      product_words[config->product], platform_words[config->platform]);
	for (size_t id = 0; id < CONFIG_PARAMETER_MAX; id++)
		json_parameter(config, id, buffer);
	buffer_add_char(buffer, ']');
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		json_list(config, &lists[i], buffer);
	buffer_add_string(buffer, "}\n");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CSP.ini of the CSP (Web) Gateway. Reserved sections are SYSTEM, SYSTEM_INDEX, APP_PATH_INDEX and
 * APP_PATH:/path; any other one is a server's by its name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/neighbours.h"
#include "instance/source.h"

#define APP_PATH "APP_PATH:"

/* One of [SYSTEM_INDEX] or [APP_PATH_INDEX], for when all sections are known. */
struct index_row {
	char *name;
	bool path, enabled;
	struct location where;
};

enum csp_section { SECTION_NONE, SECTION_SERVER, SECTION_PATH, SECTION_SERVERS, SECTION_PATHS };

struct csp_reading {
	struct csp *csp;
	struct source source;
	enum csp_section section;
	size_t current; /* server or path of the section */
	struct index_row *rows;
	size_t row_count;
	bool full; /* NEIGHBOUR_ROWS_MAX was told of */
	bool out_of_memory;
};

static char *copy(struct csp_reading *reading, const char *text, size_t length)
{
	char *string = strndup(text, length);

	if (!string)
		reading->out_of_memory = true;
	return string;
}

static void replace(struct csp_reading *reading, char **string, const char *text, size_t length)
{
	free(*string);
	*string = copy(reading, text, length);
}

/* Room for one more, zeroed. NULL: no memory, or too many (told once). */
static void *append(struct csp_reading *reading, void *array, size_t *count, size_t size,
		    const struct location *where)
{
	void **items = array, *grown;

	if (*count >= NEIGHBOUR_ROWS_MAX) {
		if (!reading->full)
			diagnostic_hint(
				diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR, where,
						"more than %d: from here on they are passed "
						"over",
						NEIGHBOUR_ROWS_MAX),
				"is it the right file?");
		reading->full = true;
		return NULL;
	}
	grown = reallocarray(*items, *count + 1, size);
	if (!grown) {
		reading->out_of_memory = true;
		return NULL;
	}
	*items = grown;
	return memset((char *)grown + (*count)++ * size, 0, size);
}

static void told_again(struct csp_reading *reading, const struct location *where,
		       const struct location *before, const char *name)
{
	struct diagnostic *diagnostic =
		diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING, where,
				"[%s] begins again: what it gives anew counts", name);

	diagnostic_related(diagnostic, before, "it began here");
	diagnostic_hint(diagnostic, "keep one of the two");
}

static void begin_server(struct csp_reading *reading, const char *name, size_t length,
			 const struct location *where)
{
	struct csp *csp = reading->csp;
	struct csp_server *server;

	reading->section = SECTION_SERVER;
	for (reading->current = 0; reading->current < csp->server_count; reading->current++) {
		server = &csp->servers[reading->current];
		if (strlen(server->name) != length || strncasecmp(server->name, name, length) != 0)
			continue;
		told_again(reading, where, &server->where, server->name);
		return;
	}
	server = append(reading, &csp->servers, &csp->server_count, sizeof(*server), where);
	if (!server) {
		reading->section = SECTION_NONE;
		return;
	}
	server->name = copy(reading, name, length);
	server->address = copy(reading, "", 0);
	server->enabled = true;
	server->where = *where;
	server->address_where.file = server->port_where.file = csp->file;
	/* Half an element must not be looked at by the next section. */
	if (reading->out_of_memory)
		reading->section = SECTION_NONE;
}

static void begin_path(struct csp_reading *reading, const char *name, size_t length,
		       const struct location *where)
{
	struct csp_path *path = append(reading, &reading->csp->paths, &reading->csp->path_count,
				       sizeof(*path), where);

	reading->section = SECTION_NONE;
	if (!path)
		return;
	path->path = copy(reading, name, length);
	path->server = copy(reading, "", 0);
	path->alternatives = copy(reading, "", 0);
	path->enabled = true;
	path->where = *where;
	reading->current = reading->csp->path_count - 1;
	if (!reading->out_of_memory)
		reading->section = SECTION_PATH;
}

static bool is(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static void read_heading(struct csp_reading *reading, const struct source_line *line)
{
	const char *close = memrchr(line->text, ']', line->length);
	const char *name = line->text + 1;
	size_t length = (size_t)((close ? close : line->text + line->length) - name);
	struct location where = source_location(&reading->source, line, 0, line->length);

	source_trim(&name, &length);
	if (!close || !length) {
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						&where, "a section's heading that is not whole"),
				"it is passed over, with what is in it: [NAME]");
		reading->section = SECTION_NONE;
		return;
	}
	if (is(name, length, "SYSTEM"))
		reading->section = SECTION_NONE;
	else if (is(name, length, "SYSTEM_INDEX"))
		reading->section = SECTION_SERVERS;
	else if (is(name, length, "APP_PATH_INDEX"))
		reading->section = SECTION_PATHS;
	else if (length >= strlen(APP_PATH) && strncasecmp(name, APP_PATH, strlen(APP_PATH)) == 0)
		begin_path(reading, name + strlen(APP_PATH), length - strlen(APP_PATH), &where);
	else
		begin_server(reading, name, length, &where);
}

struct csp_setting {
	const char *key, *value;
	size_t key_length, value_length;
	struct location where; /* of the value */
};

static void read_port(struct csp_reading *reading, const struct csp_setting *setting, uint16_t *ret)
{
	*ret = 0;
	if (source_port(setting->value, setting->value_length, ret))
		return;
	diagnostic_hint(
		diagnostics_add(reading->source.diagnostics, SEVERITY_ERROR, &setting->where,
				"`%.*s` is no port",
				setting->value_length < 100 ? (int)setting->value_length : 100,
				setting->value),
		"a port is a number from 1 to 65535");
}

static void read_server(struct csp_reading *reading, const struct csp_setting *setting)
{
	struct csp_server *server = &reading->csp->servers[reading->current];
	const char *key = setting->key;
	size_t length = setting->key_length;

	if (is(key, length, "Ip_Address")) {
		replace(reading, &server->address, setting->value, setting->value_length);
		server->address_where = setting->where;
	} else if (is(key, length, "TCP_Port")) {
		read_port(reading, setting, &server->port);
		server->port_where = setting->where;
	} else if (is(key, length, "Mirror_Aware")) {
		server->mirror_aware = is(setting->value, setting->value_length, "1") ||
				       is(setting->value, setting->value_length, "Enabled");
	} else if (is(key, length, "Connection_Security_Level")) {
		server->ssl = is(setting->value, setting->value_length, "10");
	}
	if (reading->out_of_memory)
		reading->section = SECTION_NONE;
}

static void read_path(struct csp_reading *reading, const struct csp_setting *setting)
{
	static const char alternative[] = "Alternative_Server";
	struct csp_path *path = &reading->csp->paths[reading->current];
	char *joined = NULL;

	if (is(setting->key, setting->key_length, "Default_Server")) {
		replace(reading, &path->server, setting->value, setting->value_length);
	} else if (setting->key_length >= strlen(alternative) && setting->value_length &&
		   strlen(path->alternatives) < 4096 &&
		   strncasecmp(setting->key, alternative, strlen(alternative)) == 0) {
		if (asprintf(&joined, "%s%s%.*s", path->alternatives,
			     *path->alternatives ? ";" : "", (int)setting->value_length,
			     setting->value) < 0) {
			reading->out_of_memory = true;
		} else {
			free(path->alternatives);
			path->alternatives = joined;
		}
	}
	if (reading->out_of_memory)
		reading->section = SECTION_NONE;
}

static void read_index(struct csp_reading *reading, const struct csp_setting *setting,
		       const struct location *where)
{
	struct index_row *row = append(reading, &reading->rows, &reading->row_count, sizeof(*row),
				       where);

	if (!row)
		return;
	row->name = copy(reading, setting->key, setting->key_length);
	row->path = reading->section == SECTION_PATHS;
	row->enabled = !is(setting->value, setting->value_length, "Disabled") &&
		       !is(setting->value, setting->value_length, "0");
	row->where = *where;
}

static void read_setting(struct csp_reading *reading, const struct source_line *line)
{
	const char *cut = memchr(line->text, '=', line->length);
	struct location where = source_location(&reading->source, line, 0, line->length);
	struct csp_setting setting = { .key = line->text };

	if (!cut || cut == line->text) {
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						&where,
						"passed over: neither a heading nor a setting"),
				"lines are [Section], key=value, or comments that begin with ;");
		return;
	}
	setting.key_length = (size_t)(cut - line->text);
	setting.value = cut + 1;
	setting.value_length = line->length - setting.key_length - 1;
	source_trim(&setting.key, &setting.key_length);
	source_trim(&setting.value, &setting.value_length);
	setting.where = source_location(&reading->source, line,
					(size_t)(setting.value - line->text), setting.value_length);
	if (reading->section == SECTION_SERVER)
		read_server(reading, &setting);
	else if (reading->section == SECTION_PATH)
		read_path(reading, &setting);
	else if (reading->section != SECTION_NONE)
		read_index(reading, &setting, &where);
}

static bool index_path(struct csp *csp, const struct index_row *row)
{
	bool known = false;

	for (size_t i = 0; i < csp->path_count; i++) {
		if (strcasecmp(csp->paths[i].path, row->name) != 0)
			continue;
		csp->paths[i].enabled = row->enabled;
		known = true;
	}
	return known;
}

static bool index_server(struct csp *csp, const struct index_row *row)
{
	for (size_t i = 0; i < csp->server_count; i++) {
		if (strcasecmp(csp->servers[i].name, row->name) != 0)
			continue;
		csp->servers[i].enabled = row->enabled;
		csp->servers[i].indexed = true;
		return true;
	}
	return false;
}

static void read_indexes(struct csp_reading *reading)
{
	for (size_t i = 0; i < reading->row_count; i++) {
		const struct index_row *row = &reading->rows[i];

		if (row->path ? index_path(reading->csp, row) : index_server(reading->csp, row))
			continue;
		diagnostic_hint(diagnostics_add(reading->source.diagnostics, SEVERITY_WARNING,
						&row->where, "`%s` has no section of its own",
						row->name),
				row->path ? "its settings are in [" APP_PATH "...]"
					  : "its address and port are in a section of its name");
	}
}

/* Sections that are neither in the index nor have an address or port are of other things. */
static void drop_others(struct csp *csp)
{
	size_t kept = 0;

	for (size_t i = 0; i < csp->server_count; i++) {
		struct csp_server *server = &csp->servers[i];

		if (server->indexed || server->address_where.line || server->port_where.line) {
			csp->servers[kept++] = *server;
		} else {
			free(server->name);
			free(server->address);
		}
	}
	csp->server_count = kept;
}

int csp_read(const char *file, const char *text, size_t length, struct diagnostics *diagnostics,
	     struct csp **ret)
{
	_cleanup_csp_ struct csp *csp = calloc(1, sizeof(*csp));
	struct csp_reading reading = { .csp = csp };
	size_t before = diagnostics->count;
	struct source_line line;
	int r;

	if (csp)
		csp->file = strdup(file);
	if (!csp || !csp->file)
		return -ENOMEM;
	r = source_begin(&reading.source, "CSP.ini", csp->file, text, length, NEIGHBOUR_SIZE_MAX,
			 diagnostics);
	while (!r && !reading.out_of_memory && source_next(&reading.source, &line)) {
		if (!line.length || source_comment(&line))
			continue;
		if (line.text[0] == '[')
			read_heading(&reading, &line);
		else
			read_setting(&reading, &line);
	}
	if (!r && reading.out_of_memory)
		r = -ENOMEM;
	if (!r) {
		read_indexes(&reading);
		drop_others(csp);
	}
	for (size_t i = 0; i < reading.row_count; i++)
		free(reading.rows[i].name);
	free(reading.rows);
	diagnostics_sort(diagnostics, before);
	if (!r)
		*ret = take_ptr(csp);
	return r;
}

int csp_read_file(const char *path, struct diagnostics *diagnostics, struct csp **ret)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r = source_load(path, SOURCE_FOUND, NEIGHBOUR_SIZE_MAX, diagnostics, &text);

	return r ? r : csp_read(path, text.data, text.length, diagnostics, ret);
}

struct csp *csp_free(struct csp *csp)
{
	for (size_t i = 0; csp && i < csp->server_count; i++) {
		free(csp->servers[i].name);
		free(csp->servers[i].address);
	}
	for (size_t i = 0; csp && i < csp->path_count; i++) {
		free(csp->paths[i].path);
		free(csp->paths[i].server);
		free(csp->paths[i].alternatives);
	}
	if (csp) {
		free(csp->servers);
		free(csp->paths);
		free(csp->file);
	}
	free(csp);
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What a config says as a whole: what names what, what kind of file it is, and answers to questions. */
#include "instance/decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- what names what ---- */

/* The rows of a list by name, whatever the case: look-ups do not walk a long list. */
struct names {
	struct name_row {
		const char *name;
		int index;
	} * rows;
	size_t count;
};

static int compare_names(const void *a, const void *b)
{
	const struct name_row *left = a, *right = b;

	return strcasecmp(left->name, right->name);
}

/* Each row of a list begins with its name. */
static struct names names_of(struct decode *decode, const void *items, size_t count, size_t size)
{
	struct names names = { .rows = calloc(count + 1, sizeof(*names.rows)), .count = count };

	if (!names.rows) {
		decode->out_of_memory = true;
		names.count = 0;
		return names;
	}
	for (size_t i = 0; i < count; i++) {
		names.rows[i].name = *(const char *const *)((const char *)items + i * size);
		names.rows[i].index = (int)i;
	}
	qsort(names.rows, count, sizeof(*names.rows), compare_names);
	return names;
}
#define NAMES_OF(decode, list) \
	names_of(decode, (decode)->config->list.items, (decode)->config->list.count, \
		 sizeof(*(decode)->config->list.items))

static void names_release(struct names *names)
{
	free(names->rows);
}
#define _cleanup_names_ __attribute__((cleanup(names_release)))

/* -1: none has the name. */
static int names_find(const struct names *names, const char *name)
{
	struct name_row key = { .name = name };
	const struct name_row *found = names->count ? bsearch(&key, names->rows, names->count,
							      sizeof(key), compare_names)
						    : NULL;

	return found ? found->index : -1;
}

/* `^SERVER^/directory/`: a database without a row of its own. */
static void use_implied(struct decode *decode, const struct names *servers, const char *database)
{
	size_t length = strcspn(database + 1, "^");
	const char *name = decode_copy(decode, database + 1, length);
	int found = *name && database[1 + length] ? names_find(servers, name) : -1;

	if (found >= 0)
		decode->config->ecp_servers.items[found].used = true;
}

static void check_namespace(struct decode *decode, const struct names *databases,
			    const struct names *servers, const struct config_namespace *namespace,
			    const char *database)
{
	if (*database == '^')
		use_implied(decode, servers, database);
	/* `%` begins what an instance fills in by itself. */
	if (!*database || *database == '%' || *database == '^' ||
	    names_find(databases, database) >= 0)
		return;
	diagnostic_hint(decode_warning(decode, &namespace->where,
				       "namespace `%s` is in database `%s`, which is not there",
				       namespace->name, database),
			"[Databases] has no such line");
}

static void check_namespaces(struct decode *decode)
{
	_cleanup_names_ struct names databases = NAMES_OF(decode, databases);
	_cleanup_names_ struct names servers = NAMES_OF(decode, ecp_servers);
	const struct config *config = decode->config;

	for (size_t i = 0; i < config->namespaces.count; i++) {
		const struct config_namespace *namespace = &config->namespaces.items[i];

		check_namespace(decode, &databases, &servers, namespace, namespace->globals);
		if (strcasecmp(namespace->routines, namespace->globals) != 0)
			check_namespace(decode, &databases, &servers, namespace,
					namespace->routines);
	}
}

static void check_databases(struct decode *decode)
{
	_cleanup_names_ struct names servers = NAMES_OF(decode, ecp_servers);
	struct config *config = decode->config;

	for (size_t i = 0; i < config->databases.count; i++) {
		struct config_database *database = &config->databases.items[i];

		if (!*database->server)
			continue;
		database->server_index = names_find(&servers, database->server);
		if (database->server_index >= 0) {
			config->ecp_servers.items[database->server_index].used = true;
			continue;
		}
		diagnostic_hint(decode_warning(decode, &database->where,
					       "database `%s` is on ECP server `%s`, which is not "
					       "there",
					       database->name, database->server),
				"[ECPServers] has no such line");
	}
}

static void check_mirror(struct decode *decode)
{
	_cleanup_names_ struct names mirrors = NAMES_OF(decode, mirrors);
	const struct config *config = decode->config;
	const struct config_value *join = &config->parameters[CONFIG_JOIN_MIRROR];

	if (join->state == CONFIG_GIVEN && join->number && !config->mirrors.count)
		diagnostic_hint(decode_warning(decode, &join->where,
					       "a mirror member, but [Mirrors] has no line"),
				"its peers and its arbiter are not known from this file");
	for (size_t i = 0; i < config->mirror_members.count; i++) {
		const struct config_mirror_member *member = &config->mirror_members.items[i];

		/* A reference shows the section without a mirror's name. */
		if (!*member->mirror && config->mirrors.count)
			continue;
		if (names_find(&mirrors, member->mirror) < 0)
			diagnostic_hint(decode_warning(decode, &member->where,
						       "`%s` is a member of mirror `%s`, which is "
						       "not there",
						       member->name, member->mirror),
					"[Mirrors] has no such line");
	}
}

static void check_shadow_maps(struct decode *decode)
{
	_cleanup_names_ struct names shadows = NAMES_OF(decode, shadows);
	const struct config *config = decode->config;

	for (size_t i = 0; i < config->shadow_maps.count; i++) {
		const struct config_shadow_map *map = &config->shadow_maps.items[i];

		/* Once for each section. */
		if (names_find(&shadows, map->shadow) >= 0 ||
		    (i && strcmp(map[-1].shadow, map->shadow) == 0))
			continue;
		diagnostic_hint(decode_warning(decode, &map->where,
					       "[MapShadows.%s] is of a shadow that is not there",
					       map->shadow),
				"[Shadows] has no such line");
	}
}

void decode_crosses(struct decode *decode)
{
	check_databases(decode);
	check_mirror(decode);
	/* A part of a configuration names what the rest of it has. */
	if (decode->cpf->kind == CPF_MERGE)
		return;
	check_namespaces(decode);
	check_shadow_maps(decode);
}

/* ---- what kind of file it is ---- */

static const struct {
	const char *what, *hint;
} kinds[] = {
	[CPF_CONFIGURATION] = { NULL, NULL },
	[CPF_BACKUP] = { "a backup copy, not the configuration in force",
			 "the one in force is cache.cpf or iris.cpf, or the fifth field of "
			 "`qlist`" },
	[CPF_LAST_GOOD] = { "the copy of the last good start, not the configuration in force",
			    "the one in force is cache.cpf or iris.cpf beside it" },
	[CPF_INSTALL] = { "the configuration as installed, not the one in force",
			  "the one in force is cache.cpf or iris.cpf beside it" },
	[CPF_REJECTED] = { "a configuration that a start rejected, not the one in force",
			   "the one in force is cache.cpf or iris.cpf beside it" },
	[CPF_MERGE] = { "a merge file, a part of a configuration and none by itself",
			"what it does not say is in the instance's cache.cpf or iris.cpf" },
};
_Static_assert(ARRAY_SIZE(kinds) == CPF_KIND_MAX, "kinds");

static void says_platform(struct decode *decode)
{
	const struct config_value *overview = &decode->config->parameters[CONFIG_OVERVIEW];
	bool windows = decode->config->platform == CONFIG_WINDOWS;
	bool said = *overview->text && (!windows || strcasestr(overview->text, "windows"));
	struct location first = { .file = decode->cpf->file, .line = 1, .column = 1 };

	if (windows)
		diagnostic_hint(decode_warning(decode, said ? &overview->where : &first,
					       "of an instance on Windows: none of this host"),
				"its directories, devices and Telnet settings mean nothing here");
	else if (said && decode->config->platform == CONFIG_PLATFORM_UNKNOWN)
		diagnostic_hint(decode_warning(decode, &overview->where,
					       "of an instance on `%s`: is it of this host?",
					       overview->text),
				"Linux is written `Linux/x86-64~UNIX`");
}

/* Of the references of Caché and IRIS, and of real files. */
static const char *const sections[] = {
	"Actions",
	"Archives",
	"Cluster",
	"ComPorts",
	"ConfigFile",
	"Conversions",
	"Databases",
	"Debug",
	"DeviceSubTypes",
	"Devices",
	"ECP",
	"ECPServers",
	"Gateways",
	"IO",
	"Journal",
	"LicenseServers",
	"Logging",
	"MagTapes",
	"Map",
	"MapMirrors",
	"MapShadows",
	"MirrorAsyncMemberSources",
	"MirrorMember",
	"Mirrors",
	"Miscellaneous",
	"Monitor",
	"Namespaces",
	"SQL",
	"Shadows",
	"SqlSysDatatypes",
	"SqlUserDatatypes",
	"Startup",
	"Telnet",
	"WorkQueues",
	"config",
};
#define SECTIONS_TOLD_MAX 20
static const struct vocabulary section_words = { sections, ARRAY_SIZE(sections) };

static bool section_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (strcasecmp(sections[i], name) == 0)
			return true;
	return false;
}

/* What is in a section that nobody knows has no effect: where its name is like another's, that is a mistake. */
static void says_sections(struct decode *decode)
{
	unsigned int told = 0;

	for (size_t i = 0; i < decode->cpf->section_count && told < SECTIONS_TOLD_MAX; i++) {
		const struct cpf_section *section = &decode->cpf->sections[i];
		struct location where = { decode->cpf->file, section->line, section->column, 1 };
		const char *near;

		if (section_known(section->name))
			continue;
		near = vocabulary_nearest(&section_words, section->name);
		diagnostic_hint(
			diagnostics_add(decode->diagnostics,
					near ? SEVERITY_WARNING : SEVERITY_NOTE, &where,
					"[%s] is no section that is known: what is in it is "
					"passed over",
					section->name),
			near ? "is it [%s]?" : "%s", near ? near : "a newer release may have it");
		told++;
	}
}

void decode_says(struct decode *decode)
{
	const struct config *config = decode->config;
	const struct cpf *cpf = decode->cpf;
	const struct cpf_section *actions = cpf_section(cpf, "Actions", NULL);
	struct location where = { .file = cpf->file, .line = 1, .column = 1 };

	if (kinds[cpf->kind].what)
		diagnostic_hint(decode_warning(decode, &where, "%s", kinds[cpf->kind].what), "%s",
				kinds[cpf->kind].hint);
	if (actions && config->parameters[CONFIG_VERSION].state == CONFIG_GIVEN) {
		where.line = actions->line;
		where.column = actions->column;
		where.length = 1;
		diagnostic_hint(
			decode_error(decode, &where,
				     "[Actions] belongs into a merge file: an instance does "
				     "not start with it"),
			"move it to a file of its own, and merge that");
	}
	says_platform(decode);
	says_sections(decode);
}

/* ---- questions ---- */

bool config_path(const char *paths, size_t *at, const char **ret_path, size_t *ret_length)
{
	while (paths[*at] == ':')
		++*at;
	if (!paths[*at])
		return false;
	*ret_path = paths + *at;
	*ret_length = strcspn(paths + *at, ":");
	*at += *ret_length;
	return true;
}

bool config_address_local(const char *address)
{
	return !*address || strcasecmp(address, "localhost") == 0 ||
	       strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ||
	       strcmp(address, "[::1]") == 0 || strcmp(address, "0:0:0:0:0:0:0:1") == 0 ||
	       strncasecmp(address, "::ffff:127.", 11) == 0;
}

int config_private_web_server(const struct config *config)
{
	if (!config_known(config, CONFIG_WEB_SERVER))
		return -1;
	return (int)config_number(config, CONFIG_WEB_SERVER);
}

uint16_t config_license_port(const struct config *config)
{
	return config->product == CONFIG_IRIS ? 4002 : 4001;
}

const struct config_database *config_database(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->databases.count; i++)
		if (strcasecmp(config->databases.items[i].name, name) == 0)
			return &config->databases.items[i];
	return NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections about others: ECP servers, license servers, mirrors, shadows, gateways. */
#include "instance/decode.h"

#include <string.h>
#include <strings.h>

#include "instance/source.h"

#define AGENT_PORT 2188
#define MIRROR_SWITCH_MAX 9

static const char *const gateway_words[] = {
	[CONFIG_GATEWAY_DOTNET] = ".NET",   [CONFIG_GATEWAY_JAVA] = "Java",
	[CONFIG_GATEWAY_JDBC] = "JDBC",	    [CONFIG_GATEWAY_XSLT] = "XSLT",
	[CONFIG_GATEWAY_PYTHON] = "Python", [CONFIG_GATEWAY_ML] = "ML",
	[CONFIG_GATEWAY_R] = "R",	    [CONFIG_GATEWAY_ODBC] = "ODBC",
	[CONFIG_GATEWAY_REMOTE] = "Remote", [CONFIG_GATEWAY_OTHER] = "other",
};
_Static_assert(ARRAY_SIZE(gateway_words) == CONFIG_GATEWAY_TYPE_MAX, "gateway_words");
const struct vocabulary config_gateway_words = { gateway_words, ARRAY_SIZE(gateway_words) };

static void split_commas(const struct cpf_setting *setting, struct decode_fields *ret)
{
	decode_split(setting, 0, strlen(setting->value), ',', ret);
}

/* `host|port`: the two parts of a field, as fields. */
static void split_bar(const struct decode_fields *fields, size_t field, struct decode_fields *ret)
{
	size_t at = field < fields->count ? fields->items[field].at : 0;
	size_t length = field < fields->count ? fields->items[field].length : 0;

	decode_split(fields->setting, at, at + length, '|', ret);
}

/* The place of a field; .line 0 if it is not given. */
static struct location given_where(const struct decode *decode, const struct decode_fields *fields,
				   size_t field)
{
	if (field < fields->count && fields->items[field].length)
		return decode_where(decode, fields, field);
	return (struct location){ .file = decode->cpf->file };
}

static void need_address(struct decode *decode, const struct decode_fields *fields, size_t field,
			 const char *address)
{
	struct location where = decode_where(decode, fields, field);

	if (!*address)
		diagnostic_hint(
			decode_warning(decode, &where, "`%s` has no address", fields->setting->key),
			"it cannot be reached as it stands");
}

static void read_ecp_server(struct decode *decode, const struct cpf_section *section,
			    const struct cpf_setting *setting)
{
	struct config_ecp_server *server = DECODE_APPEND(decode, &decode->config->ecp_servers);
	struct decode_fields fields;
	const char *mirror;

	(void)section;
	if (!server)
		return;
	decode_split_row(decode, setting, &fields);
	mirror = decode_text(decode, &fields, 2);
	*server = (struct config_ecp_server){
		.name = setting->key,
		.address = decode_text(decode, &fields, 0),
		.port = decode_port(decode, &fields, 1, 0),
		.mirror_connection = strcmp(mirror, "-1") == 0 ? -1 : strcmp(mirror, "1") == 0,
		.ssl = decode_text(decode, &fields, 3),
		.batch_mode = strcmp(decode_text(decode, &fields, 4), "1") == 0,
		.where = cpf_key_location(decode->cpf, setting),
		.port_where = given_where(decode, &fields, 1),
	};
	need_address(decode, &fields, 0, server->address);
}

/* `;` stands between two servers, and with a blank before it, and no `address,port` behind, before a comment. */
static bool license_comment(const struct decode *decode, const struct cpf_setting *setting,
			    size_t at, size_t length)
{
	const char *text = setting->value + at, *comma = memchr(text, ',', length);
	size_t mark = at;

	while (mark && setting->value[mark] != ';')
		mark--;
	return decode->config->product == CONFIG_IRIS && mark &&
	       source_blank(setting->value[mark - 1]) &&
	       (!comma || !strchr("0123456789", comma[1 + strspn(comma + 1, " \t")]));
}

static void read_license_server(struct decode *decode, const struct cpf_section *section,
				const struct cpf_setting *setting)
{
	struct decode_fields servers, fields;
	const char *directory = "";
	size_t first = decode->config->license_servers.count;

	(void)section;
	decode_split(setting, 0, strlen(setting->value), ';', &servers);
	for (size_t i = 0; i < servers.count; i++) {
		struct config_license_server *server;

		if (i &&
		    license_comment(decode, setting, servers.items[i].at, servers.items[i].length))
			break;
		/* An empty piece at the end of a list is nothing. */
		if (!servers.items[i].length && servers.count > 1)
			continue;
		server = DECODE_APPEND(decode, &decode->config->license_servers);
		if (!server)
			return;
		decode_split(setting, servers.items[i].at,
			     servers.items[i].at + servers.items[i].length, ',', &fields);
		*server = (struct config_license_server){
			.name = setting->key,
			.address = decode_text(decode, &fields, 0),
			.port = decode_port(decode, &fields, 1, 0),
			.where = cpf_key_location(decode->cpf, setting),
		};
		need_address(decode, &fields, 0, server->address);
		if (fields.count > 2)
			directory = decode_text(decode, &fields, 2);
	}
	for (size_t i = first; i < decode->config->license_servers.count; i++)
		decode->config->license_servers.items[i].key_directory = directory;
}

/* The field of the arbiter, `host|port`, in IRIS. Caché's reference has an agent's address and port there, and
 * the arbiter behind them: what is known by a port (and no small number, a switch of IRIS), or by a name, in
 * their places. */
#define MIRROR_ARBITER 9
static bool mirror_has_agent(const struct decode_fields *fields)
{
	const char *value = fields->setting->value;
	uint32_t number = 0;

	if (fields->count <= MIRROR_ARBITER + 1 ||
	    memchr(value + fields->items[MIRROR_ARBITER].at, '|',
		   fields->items[MIRROR_ARBITER].length))
		return false;
	if (decode_digits(value + fields->items[MIRROR_ARBITER + 1].at,
			  fields->items[MIRROR_ARBITER + 1].length, &number))
		return number > MIRROR_SWITCH_MAX;
	return fields->count > MIRROR_ARBITER + 2 && fields->items[MIRROR_ARBITER + 2].length &&
	       !decode_digits(value + fields->items[MIRROR_ARBITER + 2].at,
			      fields->items[MIRROR_ARBITER + 2].length, &number);
}

static void read_mirror(struct decode *decode, const struct cpf_section *section,
			const struct cpf_setting *setting)
{
	struct config_mirror *mirror = DECODE_APPEND(decode, &decode->config->mirrors);
	struct decode_fields fields, arbiter;
	size_t at = MIRROR_ARBITER;
	bool agent;

	(void)section;
	if (!mirror)
		return;
	decode_split_row(decode, setting, &fields);
	agent = mirror_has_agent(&fields);
	if (agent)
		at = MIRROR_ARBITER + 2;
	split_bar(&fields, at, &arbiter);
	*mirror = (struct config_mirror){
		.name = setting->key,
		.guid = decode_text(decode, &fields, 0),
		.primary = decode_text(decode, &fields, 3),
		.ssl = strcmp(decode_text(decode, &fields, 6), "1") == 0,
		.virtual_address = decode_text(decode, &fields, 7),
		.arbiter = decode_text(decode, &arbiter, 0),
		.arbiter_port = decode_port(decode, &arbiter, 1, AGENT_PORT),
		.agent_address = agent ? decode_text(decode, &fields, MIRROR_ARBITER) : "",
		.where = cpf_key_location(decode->cpf, setting),
		.arbiter_where = given_where(decode, &fields, at),
	};
	if (*mirror->agent_address)
		mirror->agent_port = decode_port(decode, &fields, MIRROR_ARBITER + 1, AGENT_PORT);
	/* `0` in the place of an address says that there is none. */
	if (strcmp(mirror->arbiter, "0") == 0)
		mirror->arbiter = "";
	if (strcmp(mirror->virtual_address, "0") == 0)
		mirror->virtual_address = "";
}

static void read_mirror_member(struct decode *decode, const struct cpf_section *section,
			       const struct cpf_setting *setting)
{
	struct config_mirror_member *member = DECODE_APPEND(decode,
							    &decode->config->mirror_members);
	const char *own = config_text(decode->config, CONFIG_MIRROR_SYSTEM_NAME);
	struct decode_fields fields;
	bool port;

	if (!member)
		return;
	decode_split_row(decode, setting, &fields);
	port = fields.count > 8 && fields.items[8].length;
	*member = (struct config_mirror_member){
		.mirror = section->argument ? section->argument : "",
		.name = setting->key,
		.agent_address = decode_text(decode, &fields, 0),
		.agent_port = decode_port(decode, &fields, 1, AGENT_PORT),
		.superserver_address = decode_text(decode, &fields, 3),
		.guid = decode_text(decode, &fields, 4),
		.directory = decode_text(decode, &fields, 5),
		.type = decode_number(decode, &fields, 6),
		.private_address = decode_text(decode, &fields, 7),
		.port = port ? decode_port(decode, &fields, 8, 0) : 0,
		.own = *own && strcasecmp(setting->key, own) == 0,
		.where = cpf_key_location(decode->cpf, setting),
	};
}

static void read_shadow(struct decode *decode, const struct cpf_section *section,
			const struct cpf_setting *setting)
{
	struct config_shadow *shadow = DECODE_APPEND(decode, &decode->config->shadows);
	struct decode_fields fields, source;

	(void)section;
	if (!shadow)
		return;
	decode_split_row(decode, setting, &fields);
	split_bar(&fields, 0, &source);
	*shadow = (struct config_shadow){
		.name = setting->key,
		.address = decode_text(decode, &source, 0),
		.port = decode_port(decode, &source, 1, 0),
		.enabled = strcmp(decode_text(decode, &fields, 1), "1") == 0,
		.journal_directory = decode_text(decode, &fields, 2),
		.ssl = decode_text(decode, &fields, 4),
		.where = cpf_key_location(decode->cpf, setting),
	};
}

static void read_shadow_map(struct decode *decode, const struct cpf_section *section,
			    const struct cpf_setting *setting)
{
	struct config_shadow_map *map = DECODE_APPEND(decode, &decode->config->shadow_maps);

	if (map)
		*map = (struct config_shadow_map){
			.shadow = section->argument ? section->argument : "",
			.name = setting->key,
			.value = setting->value,
			.where = cpf_key_location(decode->cpf, setting),
		};
}

static enum config_gateway_type gateway_type(const char *word)
{
	for (size_t i = 0; i < CONFIG_GATEWAY_OTHER; i++)
		if (strcasecmp(word, gateway_words[i]) == 0)
			return (enum config_gateway_type)i;
	return CONFIG_GATEWAY_OTHER;
}

static void read_gateway(struct decode *decode, const struct cpf_section *section,
			 const struct cpf_setting *setting)
{
	struct config_gateway *gateway = DECODE_APPEND(decode, &decode->config->gateways);
	struct decode_fields fields;
	struct location where;
	bool remote;

	(void)section;
	if (!gateway)
		return;
	split_commas(setting, &fields);
	gateway->type_text = decode_text(decode, &fields, 0);
	gateway->type = gateway_type(gateway->type_text);
	remote = gateway->type == CONFIG_GATEWAY_REMOTE;
	gateway->name = setting->key;
	gateway->port = decode_port(decode, &fields, 1, 0);
	gateway->resource = decode_text(decode, &fields, 2);
	gateway->path = remote ? "" : decode_text(decode, &fields, 3);
	gateway->address = remote ? decode_text(decode, &fields, 3) : "";
	gateway->jvm_arguments = decode_text(decode, &fields, 4);
	gateway->home = decode_text(decode, &fields, 5);
	gateway->ssl_server = decode_text(decode, &fields, 6);
	gateway->ssl_client = decode_text(decode, &fields, 7);
	gateway->log = decode_text(decode, &fields, 10);
	gateway->allowed = decode_text(decode, &fields, 11);
	gateway->where = cpf_key_location(decode->cpf, setting);
	gateway->port_where = given_where(decode, &fields, 1);
	if (gateway->type == CONFIG_GATEWAY_OTHER) {
		where = decode_where(decode, &fields, 0);
		diagnostic_hint(decode_warning(decode, &where, "`%s` is no known type of gateway",
					       gateway->type_text),
				".NET, Java, JDBC, XSLT, Python, ML, R, ODBC, Remote");
	}
}

void decode_peers(struct decode *decode)
{
	decode_section(decode, "ECPServers", read_ecp_server);
	decode_section(decode, "LicenseServers", read_license_server);
	decode_section(decode, "Mirrors", read_mirror);
	decode_section(decode, "MapMirrors", read_mirror_member);
	decode_section(decode, "Shadows", read_shadow);
	decode_section(decode, "MapShadows", read_shadow_map);
	decode_section(decode, "Gateways", read_gateway);
}

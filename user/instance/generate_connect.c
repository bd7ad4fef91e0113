/* SPDX-License-Identifier: GPL-2.0-only */
/* Services that the instance connects to. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "instance/generation.h"
#include "util/cleanup.h"

/* ------------------------------------------------------------------ the private web server */

static void web_own(struct generation *generation, enum service_id service)
{
	const char *address = config_text(generation->config, CONFIG_BIND_ADDRESS);
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_CONNECT,
					      services[service].id, NULL);

	draft_what(rule, "tcp/%u", config_number(generation->config, CONFIG_DEFAULT_PORT));
	draft_address(rule, "localhost");
	if (!config_address_local(address))
		generation_peer(generation, rule, address);
	draft_by(rule, "httpd");
	draft_why(rule, "pages come from SuperServer%s", generation_guide(generation, service));
}

void generation_web_to_instance(struct generation *generation, enum service_id service)
{
	const struct csp *csp = generation->input->csp;
	uint32_t port = config_number(generation->config, CONFIG_DEFAULT_PORT);

	if (!generation->web_started || !port) {
		draft_remark(generation->draft, service,
			     port ? NULL : "SuperServer's port cannot be read");
		return;
	}
	web_own(generation, service);
	for (size_t i = 0; csp && i < csp->server_count; i++) {
		const struct csp_server *server = &csp->servers[i];
		struct draft_entry *rule;

		if (config_address_local(server->address) &&
		    (!server->port || server->port == port))
			continue;
		rule = draft_rule(generation->draft, DRAFT_CONNECT, services[service].id,
				  server->name);
		draft_what(rule, "tcp/%u", server->port);
		if (config_address_local(server->address))
			draft_address(rule, "localhost");
		else
			generation_peer(generation, rule, server->address);
		draft_by(rule, "httpd");
		draft_why(rule, "%s%s", generation_place(generation, &server->where),
			  generation_guide(generation, service));
		if (!server->port)
			draft_doubt(rule, "%s has no port that is one",
				    generation_place(generation, &server->where));
		if (!server->enabled)
			draft_doubt(rule, "%s is not enabled",
				    generation_place(generation, &server->where));
	}
}

/* The line that says so, if there is one. */
static void switched_off(struct generation *generation, enum service_id service,
			 enum config_parameter_id id)
{
	const struct config_value *value = &generation->config->parameters[id];

	if (value->where.line && value->state == CONFIG_GIVEN)
		draft_remark(generation->draft, service, "%s is 0",
			     generation_parameter(generation, id));
	else
		draft_remark(generation->draft, service, NULL);
}

/* ------------------------------------------------------------------ SNMP */

void generation_snmp(struct generation *generation, enum service_id service)
{
	const struct snmpd *snmpd = generation->input->snmpd;
	bool tcp = false;

	if (!config_number(generation->config, CONFIG_SNMP_ENABLED)) {
		switched_off(generation, service, CONFIG_SNMP_ENABLED);
		return;
	}
	for (size_t i = 0; snmpd && i < snmpd->socket_count; i++) {
		const struct agentx_socket *socket = &snmpd->sockets[i];

		if (socket->transport != AGENTX_TCP)
			continue;
		tcp = true;
		generation_connect(generation, service, NULL,
				   *socket->address ? socket->address : "localhost", socket->port,
				   &socket->where, "agentXSocket, and [Monitor] SNMPEnabled");
	}
	if (tcp)
		return;
	generation_connect(generation, service, NULL, "localhost", AGENTX_PORT,
			   &generation->config->parameters[CONFIG_SNMP_ENABLED].where,
			   "[Monitor] SNMPEnabled");
	if (snmpd)
		draft_note(generation->draft, DRAFT_CONNECT, "snmp-agent",
			   "%s has no `agentXSocket TCP:...`: snmpd does not listen there.",
			   snmpd->file);
}

/* ------------------------------------------------------------------ ECP */

/* After a failover the connection goes to whichever member is the primary then. */
static void ecp_mirror(struct generation *generation, const struct config_ecp_server *server)
{
	_cleanup_free_ char *example = NULL;
	struct draft_entry *note = draft_note(
		generation->draft, DRAFT_CONNECT, "ecp-mirror",
		"%s: `%s` is a member of a mirror, and the connection goes to whichever member is "
		"the "
		"primary. The others' addresses are not in this file; each of them needs:",
		generation_place(generation, &server->where), server->name);

	draft_set(generation->draft, &example,
		  "- { id: ecp-member, allow: tcp/%u, to: MEMBER, by: DATABASE }\n", server->port);
	if (example)
		draft_example(note, example);
}

void generation_ecp(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;
	size_t used = 0;

	for (size_t i = 0; i < config->ecp_servers.count; i++) {
		const struct config_ecp_server *server = &config->ecp_servers.items[i];
		struct draft_entry *rule = generation_connect(generation, service, server->name,
							      server->address, server->port,
							      &server->where, "[ECPServers]");

		used++;
		if (!server->used)
			draft_doubt(rule, "%s: no database is on that server",
				    generation_place(generation, &server->where));
		else if (rule && server->mirror_connection == 1)
			ecp_mirror(generation, server);
	}
	if (!used)
		draft_remark(generation->draft, service, NULL);
}

/* ------------------------------------------------------------------ mirrors */

static void mirror_member(struct generation *generation, enum service_id service,
			  const struct config_mirror_member *member)
{
	const char *private = member->private_address, *public = member->superserver_address;

	/* Rules of their own: one of the names may not be known here. */
	generation_connect(generation, service, member->name, *private ? private : public,
			   member->port, &member->where, "[MapMirrors]");
	if (*private && *public && strcasecmp(private, public) != 0)
		generation_connect(generation, service, member->name, public, member->port,
				   &member->where, "[MapMirrors], its other address");
	if (*member->agent_address)
		generation_connect(generation, SERVICE_AGENT, member->name, member->agent_address,
				   member->agent_port, &member->where,
				   "[MapMirrors], the member's agent");
}

void generation_mirror(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;
	size_t others = 0;

	if (!config_number(config, CONFIG_JOIN_MIRROR)) {
		switched_off(generation, service, CONFIG_JOIN_MIRROR);
		return;
	}
	for (size_t i = 0; i < config->mirror_members.count; i++) {
		if (config->mirror_members.items[i].own)
			continue;
		others++;
		mirror_member(generation, service, &config->mirror_members.items[i]);
	}
	if (!others)
		draft_remark(generation->draft, service,
			     "%s, but [MapMirrors] has no member besides this one",
			     generation_parameter(generation, CONFIG_JOIN_MIRROR));
}

void generation_arbiter(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;
	size_t arbiters = 0;

	for (size_t i = 0; config_number(config, CONFIG_JOIN_MIRROR) && i < config->mirrors.count;
	     i++) {
		const struct config_mirror *mirror = &config->mirrors.items[i];

		if (*mirror->agent_address)
			generation_connect(generation, SERVICE_AGENT, mirror->name,
					   mirror->agent_address, mirror->agent_port,
					   &mirror->where, "[Mirrors], agent");
		if (!*mirror->arbiter)
			continue;
		arbiters++;
		generation_connect(
			generation, service, mirror->name, mirror->arbiter, mirror->arbiter_port,
			mirror->arbiter_where.line ? &mirror->arbiter_where : &mirror->where,
			"[Mirrors], arbiter");
	}
	if (!arbiters && *config_text(config, CONFIG_ARBITER_URL))
		draft_remark(
			generation->draft, service,
			"%s is `%s`, which a mirror is made with; no mirror of this instance has "
			"an arbiter yet",
			generation_parameter(generation, CONFIG_ARBITER_URL),
			config_text(config, CONFIG_ARBITER_URL));
	else if (!arbiters)
		draft_remark(generation->draft, service, NULL);
}

void generation_virtual_address(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;

	for (size_t i = 0; i < config->mirrors.count; i++) {
		if (!*config->mirrors.items[i].virtual_address)
			continue;
		draft_remark(generation->draft, service, "%s: %s. %s",
			     generation_place(generation, &config->mirrors.items[i].where),
			     config->mirrors.items[i].virtual_address, services[service].absent);
		return;
	}
	draft_remark(generation->draft, service, NULL);
}

/* ------------------------------------------------------------------ shadows */

void generation_shadow(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;

	for (size_t i = 0; i < config->shadows.count; i++) {
		const struct config_shadow *shadow = &config->shadows.items[i];
		struct draft_entry *rule = generation_connect(generation, service, shadow->name,
							      shadow->address, shadow->port,
							      &shadow->where, "[Shadows]");

		if (!shadow->enabled)
			draft_doubt(rule, "%s is not enabled",
				    generation_place(generation, &shadow->where));
	}
	if (!config->shadows.count)
		draft_remark(generation->draft, service, NULL);
}

/* ------------------------------------------------------------------ what IRIS may reach besides */

/* The configuration says that it does, and not where to. */
void generation_telemetry(struct generation *generation, enum service_id service)
{
	static const enum config_parameter_id switches[] = { CONFIG_OTEL_METRICS,
							     CONFIG_OTEL_LOGS };

	for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
		if (!config_number(generation->config, switches[i]))
			continue;
		draft_remark(generation->draft, service,
			     "%s is 1; where the collector is, the instance's environment says "
			     "(OTEL_EXPORTER_OTLP_ENDPOINT)",
			     generation_parameter(generation, switches[i]));
		return;
	}
	draft_remark(generation->draft, service, NULL);
}

/* How the text names host and port is not documented. */
void generation_sharding(struct generation *generation, enum service_id service)
{
	static const enum config_parameter_id urls[] = { CONFIG_SHARD_CLUSTER_URL,
							 CONFIG_SHARD_MANAGER_URL };

	for (size_t i = 0; i < ARRAY_SIZE(urls); i++) {
		const char *url = config_text(generation->config, urls[i]);

		if (!*url)
			continue;
		draft_remark(generation->draft, service,
			     "%s is `%s`; the other nodes are in the database",
			     generation_parameter(generation, urls[i]), url);
		return;
	}
	draft_remark(generation->draft, service, NULL);
}

/* How a row names its storage is not documented. */
void generation_archives(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;

	if (config->archives.count)
		draft_remark(generation->draft, service,
			     "%s `%s`: the row does not say where it is",
			     generation_section(generation, &config->archives.items[0].where,
						"Archives"),
			     config->archives.items[0].name);
	else
		draft_remark(generation->draft, service, NULL);
}

/* ------------------------------------------------------------------ names */

/* Whoever looks up names; a rule for each server, whose line is then told. */
void generation_names(struct generation *generation, enum service_id service)
{
	const struct name_servers *servers = generation->input->name_servers;

	for (size_t i = 0; servers && i < servers->count; i++) {
		struct draft_entry *rule = draft_rule(generation->draft, DRAFT_CONNECT,
						      services[service].id, NULL);

		draft_what(rule, "udp/53");
		draft_what(rule, "tcp/53");
		generation_peer(generation, rule, servers->items[i].address);
		generation_by_database(generation, rule);
		if (generation->web_started)
			draft_by(rule, "httpd");
		if (draft_has(generation->draft, "java"))
			draft_by(rule, "java");
		draft_by(rule, generation->license_server);
		for (size_t k = 0; k < generation->agent_count; k++)
			draft_by(rule, generation->agents[k]);
		draft_why(rule, "%s:%u nameserver", servers->file, servers->items[i].line);
	}
	if (!servers || !servers->count)
		draft_remark(generation->draft, service, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * License traffic: datagrams to the server, answers to the port that they came from, and for queries
 * a connection back to a TCP port that the asker chose. UDP, whatever TCP port has the same number.
 */
#include <stdio.h>
#include <string.h>

#include "instance/generation.h"

struct license_server {
	const char *name;
	const char *address;
	unsigned int port;
	const char *origin; /* good for the next few calls only */
};

/* The server of that number; without any in the file, the documented default. */
static bool server_at(struct generation *generation, size_t number, struct license_server *ret)
{
	const struct config *config = generation->config;
	const char *origin;

	if (!config->license_servers.count && number == 0) {
		*ret = (struct license_server){ NULL, "127.0.0.1", generation->iris ? 4002 : 4001,
						"no [LicenseServers]: the default" };
		return true;
	}
	if (number >= config->license_servers.count)
		return false;
	origin = generation_section(generation, &config->license_servers.items[number].where,
				    "LicenseServers");
	*ret = (struct license_server){
		config->license_servers.items[number].name,
		config->license_servers.items[number].address,
		config->license_servers.items[number].port,
		origin,
	};
	return true;
}

/* One server has rules without a suffix. */
static const char *server_suffix(const struct generation *generation,
				 const struct license_server *server)
{
	return generation->config->license_servers.count > 1 ? server->name : NULL;
}

static void license_bind(struct generation *generation, const struct license_server *server)
{
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_BIND,
					      services[SERVICE_LICENSE].id,
					      server_suffix(generation, server));

	draft_what(rule, "udp/%u", server->port);
	draft_by(rule, generation->license_server);
	draft_why(rule, "%s, an address of this host%s", server->origin,
		  generation_guide(generation, SERVICE_LICENSE));
	if (!server->port)
		draft_doubt(rule, "%s has no port that is one", server->origin);
	if (!generation_local(generation, server->address))
		draft_doubt(rule, "%s: %s is not this host, so the server is another's",
			    server->origin, server->address);
}

static void license_answers(struct generation *generation)
{
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_CONNECT, "license-answer",
					      NULL);

	draft_what(rule, "udp/ephemeral");
	draft_address(rule, "localhost");
	draft_by(rule, generation->license_server);
	draft_why(rule, "the license server answers to the port that was sent from%s",
		  generation_guide(generation, SERVICE_LICENSE));
}

static bool license_local(struct generation *generation, bool *ret_any)
{
	struct license_server server;
	bool local = false;

	*ret_any = false;
	for (size_t i = 0; server_at(generation, i, &server); i++) {
		if (!server.port)
			continue;
		*ret_any = true;
		local = local || generation_local(generation, server.address);
	}
	return local;
}

void generation_license(struct generation *generation, enum service_id service)
{
	struct license_server server;
	bool any, local = license_local(generation, &any);

	if (!any) {
		draft_remark(generation->draft, service, NULL);
		return;
	}
	for (size_t i = 0; server_at(generation, i, &server); i++) {
		struct draft_entry *rule;

		license_bind(generation, &server);
		rule = draft_rule(generation->draft, DRAFT_CONNECT, services[service].id,
				  server_suffix(generation, &server));
		draft_what(rule, "udp/%u", server.port);
		generation_peer(generation, rule, server.address);
		generation_by_database(generation, rule);
		draft_why(rule, "%s%s", server.origin, generation_guide(generation, service));
		if (!server.port)
			draft_doubt(rule, "%s has no port that is one", server.origin);
	}
	if (local) {
		license_answers(generation);
		draft_note(generation->draft, DRAFT_CONNECT, "license-others",
			   "if the license server of this host serves instances of other hosts, "
			   "their addresses belong to the rules of the license server's answers.");
	}
}

void generation_license_query(struct generation *generation, enum service_id service)
{
	struct draft_entry *rule;
	struct license_server server;
	bool any, local = license_local(generation, &any), remote = false;

	if (!any) {
		draft_remark(generation->draft, service, NULL);
		return;
	}
	rule = draft_rule(generation->draft, DRAFT_BIND, services[service].id, NULL);
	draft_what(rule, "tcp/ephemeral");
	for (size_t i = 0; server_at(generation, i, &server); i++) {
		remote = remote || (server.port && generation_one_host(server.address) &&
				    !config_address_local(server.address));
		/* Its own number is tried first. */
		if (generation->iris && server.port)
			draft_what(rule, "tcp/%u", server.port);
	}
	if (!remote)
		draft_address(rule, generation->loopback);
	generation_by_database(generation, rule);
	draft_why(rule, "the license server connects back with the answer to a query%s%s",
		  remote ? ", here from another address than this host's loopback" : "",
		  generation_guide(generation, service));
	if (!local)
		return;
	rule = draft_rule(generation->draft, DRAFT_CONNECT, services[service].id, NULL);
	draft_what(rule, "tcp/ephemeral");
	draft_address(rule, "localhost");
	draft_by(rule, generation->license_server);
	draft_why(rule, "answers to license queries%s", generation_guide(generation, service));
}

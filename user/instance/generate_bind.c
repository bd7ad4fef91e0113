/* SPDX-License-Identifier: GPL-2.0-only */
/* Services that are bound by the instance itself, its web server and the agent; and what comes in on
 * SuperServer's port. */
#include <stdio.h>
#include <string.h>

#include "instance/generation.h"

static uint32_t superserver_port(const struct generation *generation)
{
	return config_number(generation->config, CONFIG_DEFAULT_PORT);
}

void generation_superserver(struct generation *generation, enum service_id service)
{
	const char *address = config_text(generation->config, CONFIG_BIND_ADDRESS);
	bool bad_address = generation->config->parameters[CONFIG_BIND_ADDRESS].state == CONFIG_BAD;
	bool ipv4 = config_known(generation->config, CONFIG_IPV6) &&
		    !config_number(generation->config, CONFIG_IPV6);
	struct draft_entry *rule;

	if (!superserver_port(generation)) {
		draft_remark(generation->draft, service, "%s is no port",
			     generation_parameter(generation, CONFIG_DEFAULT_PORT));
		return;
	}
	rule = draft_rule(generation->draft, DRAFT_BIND, services[service].id, NULL);
	draft_what(rule, "tcp/%u", superserver_port(generation));
	if (*address)
		generation_peer(generation, rule, address);
	else if (ipv4)
		draft_address(rule, "0.0.0.0/0");
	if (bad_address)
		draft_doubt(rule, "%s is no address",
			    generation_parameter(generation, CONFIG_BIND_ADDRESS));
	generation_by_database(generation, rule);
	draft_why(rule, "%s%s%s", generation_parameter(generation, CONFIG_DEFAULT_PORT),
		  *address ? ", DefaultPortBindAddress"
		  : ipv4   ? ", IPv6=0"
			   : "",
		  generation_guide(generation, service));
}

void generation_extra_superservers(struct generation *generation, enum service_id service)
{
	const struct instance *instance = generation->instance;
	size_t made = 0;

	for (size_t i = 0; i < instance->superserver_count; i++) {
		struct draft_entry *rule;

		if (!instance->superservers[i] ||
		    instance->superservers[i] == superserver_port(generation))
			continue;
		rule = draft_rule(generation->draft, DRAFT_BIND, services[service].id, NULL);
		draft_what(rule, "tcp/%u", instance->superservers[i]);
		generation_by_database(generation, rule);
		draft_why(rule, "%s qlist, list of SuperServers%s",
			  generation_place(generation, &instance->superservers_where),
			  generation_guide(generation, service));
		made++;
	}
	if (made)
		return;
	if (instance->superserver_count)
		draft_remark(generation->draft, service, "%s lists none besides SuperServer",
			     generation_place(generation, &instance->superservers_where));
	else
		draft_remark(generation->draft, service, NULL);
}

/*
 * What the C library does when a name has several addresses: it connects a UDP socket to each, to see
 * which way it would go, and sends nothing. "Listen PORT" is such a name.
 */
static void web_look_up(struct generation *generation, enum service_id service)
{
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_CONNECT,
					      services[service].id, "look-up");

	draft_what(rule, "udp/any");
	draft_address(rule, "localhost");
	draft_by(rule, "httpd");
	draft_why(rule, "getaddrinfo() puts this host's addresses in order; nothing is sent");
}

void generation_web_server(struct generation *generation, enum service_id service)
{
	int started = config_private_web_server(generation->config);
	uint32_t port = config_number(generation->config, CONFIG_WEB_SERVER_PORT);
	bool recent = generation->iris &&
		      (generation->config->year > 2023 ||
		       (generation->config->year == 2023 && generation->config->release >= 2));
	const char *later = recent && port
				    ? ". From 2023.2 on WebServerPort is where tools find the "
				      "site's web server"
				    : "";
	struct draft_entry *rule;

	if (started < 0) {
		bool bad = generation->config->parameters[CONFIG_WEB_SERVER].state == CONFIG_BAD;

		draft_remark(generation->draft, service, "%s%s%s",
			     bad ? generation_parameter(generation, CONFIG_WEB_SERVER)
				 : "whether it is started is not said",
			     bad ? " is neither 0 nor 1" : "", later);
		return;
	}
	if (!started) {
		draft_remark(generation->draft, service, "%s is 0%s",
			     generation_parameter(generation, CONFIG_WEB_SERVER), later);
		return;
	}
	if (!port) {
		draft_remark(generation->draft, service, "%s is 1, but WebServerPort is no port",
			     generation_parameter(generation, CONFIG_WEB_SERVER));
		return;
	}
	rule = draft_rule(generation->draft, DRAFT_BIND, services[service].id, NULL);
	draft_what(rule, "tcp/%u", port);
	draft_by(rule, "httpd");
	draft_why(rule, "%s%s", generation_parameter(generation, CONFIG_WEB_SERVER_PORT),
		  generation_guide(generation, service));
	web_look_up(generation, service);
}

void generation_site_web_server(struct generation *generation, enum service_id service)
{
	const struct csp *csp = generation->input->csp;
	uint32_t port = superserver_port(generation);

	for (size_t i = 0; csp && i < csp->server_count; i++) {
		const struct csp_server *server = &csp->servers[i];

		if (server->port != port || !server->enabled ||
		    !generation_local(generation, server->address))
			continue;
		draft_remark(generation->draft, service,
			     "%s: a web server has its gateway to this instance. %s",
			     generation_place(generation, &server->where),
			     services[service].absent);
		return;
	}
	draft_remark(generation->draft, service, NULL);
}

void generation_telnet(struct generation *generation, enum service_id service)
{
	const struct config_value *port = &generation->config->parameters[CONFIG_TELNET_PORT];

	if (port->where.line)
		draft_remark(generation->draft, service, "%s: %s",
			     generation_place(generation, &port->where), services[service].absent);
	else
		draft_remark(generation->draft, service, NULL);
}

void generation_ecp_server(struct generation *generation, enum service_id service)
{
	const struct config_value *count = &generation->config->parameters[CONFIG_MAX_SERVER_CONN];

	if (count->where.line && config_known(generation->config, CONFIG_MAX_SERVER_CONN))
		draft_remark(
			generation->draft, service,
			"%s: up to %u may connect. They come in on SuperServer's port; 0, and the "
			"ECP service switched off, keep them out",
			generation_place(generation, &count->where), count->number);
	else
		draft_remark(generation->draft, service, NULL);
}

/* Which adapters there are only the database knows; whether any may be, the configuration. */
void generation_adapters(struct generation *generation, enum service_id service)
{
	const struct config_value *start =
		&generation->config->parameters[CONFIG_ENSEMBLE_AUTO_START];

	if (!start->where.line || !config_known(generation->config, CONFIG_ENSEMBLE_AUTO_START))
		draft_remark(generation->draft, service, NULL);
	else
		draft_remark(generation->draft, service,
			     start->number ? "%s is 1: productions start with the instance, and "
					     "adapters of all kinds with them. %s"
					   : "%s is 0: productions, and their adapters, start only "
					     "when somebody starts them. %s",
			     generation_parameter(generation, CONFIG_ENSEMBLE_AUTO_START),
			     services[service].absent);
}

/* ------------------------------------------------------------------ ISCAgent */

void generation_agent(struct generation *generation, enum service_id service)
{
	const struct iscagent *agent = generation->input->agent;
	struct draft_entry *rule;

	if (!generation->agent_used) {
		draft_remark(generation->draft, service, NULL);
		return;
	}
	rule = draft_rule(generation->draft, DRAFT_BIND, services[service].id, NULL);
	draft_what(rule, "tcp/%u", agent && agent->port ? agent->port : ISCAGENT_PORT);
	if (agent && !agent->port)
		draft_doubt(rule, "%s is no port",
			    generation_place(generation, &agent->port_where));
	if (agent && *agent->interface && strcmp(agent->interface, "*") != 0)
		generation_peer(generation, rule, agent->interface);
	for (size_t i = 0; i < generation->agent_count; i++)
		draft_by(rule, generation->agents[i]);
	if (!generation->agent_count)
		draft_doubt(rule, "no ISCAgent is at %s",
			    generation->input->agent_directory ? generation->input->agent_directory
							       : "its usual place");
	if (agent)
		draft_why(rule, "%s application_server%s",
			  agent->port_where.line ? generation_place(generation, &agent->port_where)
						 : agent->file,
			  generation_guide(generation, service));
	else
		draft_why(rule, "%s, the default port: no iscagent.conf%s",
			  generation_parameter(generation, CONFIG_JOIN_MIRROR),
			  generation_guide(generation, service));
}

/* ------------------------------------------------------------------ what was seen */

/* Does a rule of this draft allow the port? */
static bool port_listed(const struct draft *draft, const struct running_listener *listener)
{
	char port[16];

	snprintf(port, sizeof(port), "%s/%u", listener->udp ? "udp" : "tcp", listener->port);
	for (size_t i = 0; i < draft->count; i++)
		for (size_t k = 0;
		     draft->entries[i]->part == DRAFT_BIND && k < draft->entries[i]->what.count;
		     k++)
			if (strcmp(draft->entries[i]->what.items[k], port) == 0)
				return true;
	return false;
}

static void process_note(struct generation *generation, const struct running_process *process)
{
	const char *name = strrchr(process->executable, '/');

	for (size_t i = 0; i < process->listener_count; i++) {
		const struct running_listener *listener = &process->listeners[i];
		_cleanup_free_ char *example = NULL;
		struct draft_entry *note;

		if (port_listed(generation->draft, listener))
			continue;
		note = draft_note(generation->draft, DRAFT_BIND, "seen",
				  "%s was seen %s %s/%u, which no configuration explains. If it is "
				  "wanted:",
				  process->executable, listener->udp ? "with" : "listening on",
				  listener->udp ? "udp" : "tcp", listener->port);
		draft_set(generation->draft, &example, "- { id: seen-%u, allow: %s/%u, by: %s }\n",
			  listener->port, listener->udp ? "udp" : "tcp", listener->port,
			  name ? name + 1 : "?");
		if (example)
			draft_example(note, example);
	}
}

void generation_application(struct generation *generation, enum service_id service)
{
	const struct running *running = generation->input->running;

	draft_remark(generation->draft, service, NULL);
	for (size_t i = 0; running && i < running->count; i++)
		process_note(generation, &running->items[i]);
}

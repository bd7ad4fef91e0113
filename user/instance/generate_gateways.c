/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs in other languages that the instance starts and talks to. */
#include <stdio.h>
#include <string.h>

#include "instance/generation.h"
#include "instance/yaml.h"

struct gateway {
	const char *name; /* NULL: it has none */
	const char *program; /* of the draft */
	const char *address; /* "" this host */
	unsigned int port;
	const char *why;
};

static void gateway_rules(struct generation *generation, enum service_id service,
			  const struct gateway *gateway)
{
	bool here = config_address_local(gateway->address);
	struct draft_entry *bind = NULL, *connect;

	if (here) {
		bind = draft_rule(generation->draft, DRAFT_BIND, services[service].id,
				  gateway->name);
		draft_what(bind, "tcp/%u", gateway->port);
		draft_address(bind, "localhost");
		draft_by(bind, gateway->program);
		draft_why(bind, "%s", gateway->why);
	}
	connect = draft_rule(generation->draft, DRAFT_CONNECT, services[service].id, gateway->name);
	draft_what(connect, "tcp/%u", gateway->port);
	generation_peer(generation, connect, gateway->address);
	generation_by_database(generation, connect);
	draft_why(connect, "%s", gateway->why);
	if (here && !draft_has(generation->draft, gateway->program)) {
		const struct draft_entry *program = draft_find(generation->draft, gateway->program);

		draft_doubt(connect, "nobody can listen there: %s",
			    program && program->doubt ? program->doubt : gateway->program);
	}
	if (!gateway->port) {
		draft_doubt(bind, "its port is none");
		draft_doubt(connect, "its port is none");
	}
}

void generation_jdbc(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;
	uint32_t port = config_number(config, CONFIG_JDBC_GATEWAY_PORT);
	struct gateway gateway = {
		.program = "java",
		.address = config_text(config, CONFIG_JDBC_GATEWAY_ADDRESS),
		.port = port,
	};
	char why[700];

	if (!port || !config->parameters[CONFIG_JDBC_GATEWAY_PORT].where.line) {
		if (config->parameters[CONFIG_JDBC_GATEWAY_PORT].where.line)
			draft_remark(generation->draft, service, "%s is no port",
				     generation_parameter(generation, CONFIG_JDBC_GATEWAY_PORT));
		else
			draft_remark(generation->draft, service, NULL);
		return;
	}
	snprintf(why, sizeof(why), "%s%s",
		 generation_parameter(generation, CONFIG_JDBC_GATEWAY_PORT),
		 generation_guide(generation, service));
	gateway.why = why;
	gateway_rules(generation, service, &gateway);
}

/* ------------------------------------------------------------------ [Gateways] */

static bool is_java(const struct config_gateway *gateway)
{
	return gateway->type == CONFIG_GATEWAY_JAVA || gateway->type == CONFIG_GATEWAY_JDBC ||
	       gateway->type == CONFIG_GATEWAY_XSLT;
}

const char *generation_java_home(const struct config *config)
{
	const char *home = config_text(config, CONFIG_JAVA_HOME);

	for (size_t i = 0; !*home && i < config->gateways.count; i++)
		if (is_java(&config->gateways.items[i]))
			home = config->gateways.items[i].home;
	return home;
}

/* Its rules are those of `java`, which is another one. */
static void other_java(struct generation *generation, const struct config_gateway *row)
{
	_cleanup_buffer_ struct buffer lines = { 0 }, path = { 0 };
	struct draft_entry *note;

	if (!*row->home || strcmp(row->home, generation_java_home(generation->config)) == 0)
		return;
	note = draft_note(generation->draft, DRAFT_EXEC, "java-other",
			  "%s: the gateway `%s` runs the java of %s. The rules of `java` that are "
			  "meant for it need one more name:",
			  generation_place(generation, &row->where), row->name, row->home);
	buffer_printf(&path, "%s/bin/java", row->home);
	buffer_add_string(&lines, "executables: java-other: { path: ");
	if (!buffer_failed(&path))
		yaml_value(&lines, path.data);
	buffer_add_string(&lines, " }\nexec:        - { id: java-other, allow: java-other, by: "
				  "DATABASE }\n");
	if (buffer_failed(&lines) || buffer_failed(&path))
		generation->draft->failed = true;
	else
		draft_example(note, lines.data);
}

/* The program that listens for that type of gateway; NULL: the database itself, or it is elsewhere. */
static const char *gateway_program(struct generation *generation,
				   const struct config_gateway *gateway)
{
	static const struct {
		enum config_gateway_type type;
		const char *name, *path;
	} others[] = {
		{ CONFIG_GATEWAY_DOTNET, "dotnet", "/usr/bin/dotnet" },
		{ CONFIG_GATEWAY_PYTHON, "python", "/usr/bin/python3" },
		{ CONFIG_GATEWAY_ML, "python", "/usr/bin/python3" },
	};

	if (is_java(gateway))
		return "java";
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i].type != gateway->type)
			continue;
		if (!draft_find(generation->draft, others[i].name))
			generation_program(generation, others[i].name, others[i].path, false);
		return others[i].name;
	}
	return NULL;
}

static void gateway_program_rule(struct generation *generation, const char *program,
				 const char *place)
{
	struct draft_entry *rule;

	if (strcmp(program, "java") == 0)
		return; /* has its rule */
	rule = draft_rule(generation->draft, DRAFT_EXEC, "gateway", program);
	draft_what(rule, "%s", program);
	generation_by_database(generation, rule);
	draft_why(rule, "%s [Gateways]%s", place,
		  generation_guide(generation, SERVICE_LANGUAGE_GATEWAYS));
}

/* Whom the port is opened to may be said in the row, and is then not only this host. */
static void gateway_add(struct generation *generation, enum service_id service,
			const struct config_gateway *row)
{
	struct gateway gateway = { .name = row->name, .address = row->address, .port = row->port };
	char why[900];

	snprintf(why, sizeof(why), "%s [Gateways], type %s%s",
		 generation_place(generation, &row->where), row->type_text,
		 generation_guide(generation, service));
	gateway.why = why;
	if (row->type == CONFIG_GATEWAY_REMOTE) {
		if (config_address_local(row->address))
			draft_doubt(draft_rule(generation->draft, DRAFT_CONNECT,
					       services[service].id, row->name),
				    "%s is a remote gateway without an address of another host",
				    generation_place(generation, &row->where));
		else
			gateway_rules(generation, service, &gateway);
		return;
	}
	gateway.program = gateway_program(generation, row);
	if (!gateway.program) {
		draft_doubt(
			draft_rule(generation->draft, DRAFT_BIND, services[service].id, row->name),
			"%s: which program serves a gateway of type %s is not documented",
			generation_place(generation, &row->where), row->type_text);
		return;
	}
	if (is_java(row))
		other_java(generation, row);
	gateway_program_rule(generation, gateway.program,
			     generation_place(generation, &row->where));
	gateway_rules(generation, service, &gateway);
}

void generation_gateways(struct generation *generation, enum service_id service)
{
	const struct config *config = generation->config;

	if (!config->gateways.count)
		draft_remark(generation->draft, service, NULL);
	for (size_t i = 0; i < config->gateways.count; i++)
		gateway_add(generation, service, &config->gateways.items[i]);
}

/* Arguments are what a process makes them: a hint, and no rule. */
void generation_object_gateways(struct generation *generation, enum service_id service)
{
	const struct running *running = generation->input->running;

	for (size_t i = 0; running && i < running->count; i++) {
		struct java_arguments java = { 0 };

		if (!java_arguments_read(running->items[i].arguments,
					 running->items[i].arguments_length, &java))
			continue;
		if (java.port)
			draft_note(generation->draft, DRAFT_BIND, "seen-gateway",
				   "%s says of itself that it is the gateway `%s` of %s on tcp/%u.",
				   running->items[i].executable, java.name, java.instance,
				   java.port);
		java_arguments_release(&java);
	}
	draft_remark(generation->draft, service, NULL);
}

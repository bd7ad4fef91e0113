/* SPDX-License-Identifier: GPL-2.0-only */
/* What the services' functions share: how a reason is said, and who "the database" is. */
#include "instance/generation.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static char *place_next(struct generation *generation)
{
	return generation->places[generation->place++ % GENERATION_PLACES];
}

/* The file as people know it: by its name where it lies in the instance's directory. */
static const char *file_name(const struct generation *generation, const char *file)
{
	const char *directories[] = { generation->data, generation->root };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		size_t length = directories[i] ? strlen(directories[i]) : 0;

		if (length && strncmp(file, directories[i], length) == 0 && file[length] == '/')
			return file + length + 1;
	}
	return file;
}

const char *generation_place(struct generation *generation, const struct location *where)
{
	char *place = place_next(generation);
	const char *file = where->file ? file_name(generation, where->file) : "?";

	snprintf(place, sizeof(generation->places[0]), where->line ? "%s:%u" : "%s", file,
		 where->line);
	return place;
}

const char *generation_section(struct generation *generation, const struct location *where,
			       const char *section)
{
	char *place = (char *)generation_place(generation, where);
	size_t length = strlen(place);

	snprintf(place + length, sizeof(generation->places[0]) - length, " [%s]", section);
	return place;
}

const char *generation_parameter(struct generation *generation, enum config_parameter_id id)
{
	const struct config_parameter *parameter = &config_parameters[id];
	const struct config_value *value = &generation->config->parameters[id];
	char *place = place_next(generation);

	if (value->where.line)
		snprintf(place, sizeof(generation->places[0]), "%s:%u [%s] %s",
			 file_name(generation, value->where.file ? value->where.file : "?"),
			 value->where.line, parameter->section, parameter->key);
	else
		snprintf(place, sizeof(generation->places[0]), "%s has no [%s] %s: the default",
			 file_name(generation, generation->config->cpf->file), parameter->section,
			 parameter->key);
	return place;
}

const char *generation_guide(struct generation *generation, enum service_id service)
{
	char *place = place_next(generation);

	snprintf(place, sizeof(generation->places[0]),
		 *services[service].guide ? "; hardening guide %s" : "%s", services[service].guide);
	return place;
}

void generation_by_database(struct generation *generation, struct draft_entry *rule)
{
	draft_by(rule, generation->draft->database);
	if (generation->iris && draft_has(generation->draft, "iriscp"))
		draft_by(rule, "iriscp");
}

static bool literal(const char *address)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

/* An address or a name of one host, as the policy's grammar has them. */
bool generation_one_host(const char *address)
{
	static const char signs[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789.-";

	return literal(address) ||
	       (*address && !address[strspn(address, signs)] && strcasecmp(address, "any") != 0);
}

bool generation_local(const struct generation *generation, const char *address)
{
	struct resolved_address parsed = { 0 };

	if (*address && !generation_one_host(address))
		return false;
	if (config_address_local(address))
		return true;
	if (inet_pton(AF_INET, address, parsed.bytes) == 1)
		parsed.family = AF_INET;
	else if (inet_pton(AF_INET6, address, parsed.bytes) == 1)
		parsed.family = AF_INET6;
	else
		return false;
	for (size_t i = 0; i < generation->input->local_count; i++) {
		const struct resolved_address *local = &generation->input->local[i];

		if (local->family == parsed.family &&
		    memcmp(local->bytes, parsed.bytes, parsed.family == AF_INET ? 4 : 16) == 0)
			return true;
	}
	return false;
}

/* [2001:db8::1], as it is written where a port may follow: without the brackets. */
static const char *without_brackets(const char *address, char ret[INET6_ADDRSTRLEN])
{
	size_t length = strlen(address);
	uint8_t bytes[16];

	if (length < 4 || length > INET6_ADDRSTRLEN || address[0] != '[' ||
	    address[length - 1] != ']')
		return address;
	snprintf(ret, INET6_ADDRSTRLEN, "%.*s", (int)length - 2, address + 1);
	return inet_pton(AF_INET6, ret, bytes) == 1 ? ret : address;
}

/* As written where that is an address; a name of this host has two, and IPv6 may be off. */
void generation_peer(struct generation *generation, struct draft_entry *rule, const char *address)
{
	bool own = !*address || strcasecmp(address, "localhost") == 0;
	char inner[INET6_ADDRSTRLEN];

	address = without_brackets(address, inner);
	draft_address(rule, own ? generation->loopback : address);
	if (!own && !generation_one_host(address))
		draft_doubt(rule, "`%s` is not the address of one host", address);
}

struct draft_entry *generation_connect(struct generation *generation, enum service_id service,
				       const char *suffix, const char *address, unsigned int port,
				       const struct location *where, const char *what)
{
	struct draft_entry *rule = draft_rule(generation->draft, DRAFT_CONNECT,
					      services[service].id, suffix);

	if (port)
		draft_what(rule, "tcp/%u", port);
	else
		draft_doubt(rule, "%s has no port that is one",
			    generation_place(generation, where));
	if (*address)
		generation_peer(generation, rule, address);
	else
		draft_doubt(rule, "%s has no address", generation_place(generation, where));
	generation_by_database(generation, rule);
	draft_why(rule, "%s %s%s", generation_place(generation, where), what,
		  generation_guide(generation, service));
	return rule;
}

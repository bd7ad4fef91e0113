/* SPDX-License-Identifier: GPL-2.0-only */
/* What a database process is connected to, and listens on, against what the cpf says. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "instance/role_inside.h"
#include "util/cleanup.h"

/* Rows of a section that are looked at: more peers than an instance can have, and no more time than those take,
 * for whoever is governed may be able to write the cpf. */
#define PEERS_MAX 512

static size_t peers(size_t rows)
{
	return rows < PEERS_MAX ? rows : PEERS_MAX;
}

static bool same_address(const struct process_socket *socket, int family, const void *bytes)
{
	return socket->family == family &&
	       memcmp(socket->remote, bytes, family == AF_INET ? 4 : 16) == 0;
}

/* A name is not looked up here: what the policies name has been. */
static bool name_is(const struct facts *names, const struct process_socket *socket,
		    const char *text)
{
	for (size_t i = 0; names && i < names->name_count; i++) {
		const struct name_fact *name = &names->names[i];

		if (strcasecmp(name->name, text) != 0)
			continue;
		for (size_t k = 0; k < name->address_count; k++)
			if (same_address(socket, name->addresses[k].family,
					 name->addresses[k].bytes))
				return true;
	}
	return false;
}

static bool address_is(const struct role_instance *instance, const struct process_socket *socket,
		       const char *text)
{
	static const uint8_t six[16] = { [15] = 1 };
	size_t length = strlen(text);
	uint8_t bytes[16];
	char literal[64];

	if (!*text || strcasecmp(text, "localhost") == 0)
		return socket->family == AF_INET ? socket->remote[0] == 127
						 : same_address(socket, AF_INET6, six);
	/* [2001:db8::1] */
	if (length > 2 && length < sizeof(literal) && text[0] == '[' && text[length - 1] == ']')
		snprintf(literal, sizeof(literal), "%.*s", (int)length - 2, text + 1);
	else
		snprintf(literal, sizeof(literal), "%s", text);
	if (inet_pton(AF_INET, literal, bytes) == 1)
		return same_address(socket, AF_INET, bytes);
	if (inet_pton(AF_INET6, literal, bytes) == 1)
		return IN6_IS_ADDR_V4MAPPED((struct in6_addr *)bytes)
			       ? same_address(socket, AF_INET, bytes + 12)
			       : same_address(socket, AF_INET6, bytes);
	return name_is(instance->names, socket, text);
}

static bool any_peer(const struct role_instance *instance, const struct role_process *process,
		     const char *address, uint16_t port)
{
	for (size_t i = 0; port && i < process->socket_count; i++) {
		const struct process_socket *socket = &process->sockets[i];

		if (socket->protocol == IPPROTO_TCP && socket->remote_port == port &&
		    address_is(instance, socket, address))
			return true;
	}
	return false;
}

static bool ecp_peer(const struct role_instance *instance, const struct role_process *process)
{
	const struct config *config = instance->config;

	for (size_t i = 0; i < peers(config->ecp_servers.count); i++)
		if (any_peer(instance, process, config->ecp_servers.items[i].address,
			     config->ecp_servers.items[i].port))
			return true;
	return false;
}

static bool shadow_peer(const struct role_instance *instance, const struct role_process *process)
{
	const struct config *config = instance->config;

	for (size_t i = 0; i < peers(config->shadows.count); i++)
		if (config->shadows.items[i].enabled &&
		    any_peer(instance, process, config->shadows.items[i].address,
			     config->shadows.items[i].port))
			return true;
	return false;
}

static bool mirror_peer(const struct role_instance *instance, const struct role_process *process)
{
	const struct config *config = instance->config;

	for (size_t i = 0; i < peers(config->mirrors.count); i++) {
		const struct config_mirror *mirror = &config->mirrors.items[i];

		if ((*mirror->arbiter &&
		     any_peer(instance, process, mirror->arbiter, mirror->arbiter_port)) ||
		    (*mirror->agent_address &&
		     any_peer(instance, process, mirror->agent_address, mirror->agent_port)))
			return true;
	}
	for (size_t i = 0; i < peers(config->mirror_members.count); i++) {
		const struct config_mirror_member *member = &config->mirror_members.items[i];
		const struct {
			const char *address;
			uint16_t port;
		} addresses[] = { { member->agent_address, member->agent_port },
				  { member->private_address, member->port },
				  { member->superserver_address, member->port } };

		for (size_t k = 0; !member->own && k < ARRAY_SIZE(addresses); k++)
			if (*addresses[k].address &&
			    any_peer(instance, process, addresses[k].address, addresses[k].port))
				return true;
	}
	return false;
}

static bool from_mirror(const struct role_instance *instance, const struct process_socket *socket)
{
	const struct config *config = instance->config;

	for (size_t i = 0; i < peers(config->mirror_members.count); i++) {
		const struct config_mirror_member *member = &config->mirror_members.items[i];

		if (!member->own && *member->private_address &&
		    address_is(instance, socket, member->private_address))
			return true;
	}
	return false;
}

/* Somebody's connection to the SuperServer's port, taken over from it. */
static const struct process_socket *accepted(const struct role_process *process, uint16_t port)
{
	for (size_t i = 0; port && i < process->socket_count; i++) {
		const struct process_socket *socket = &process->sockets[i];

		if (socket->protocol == IPPROTO_TCP && !socket->listening && socket->remote_port &&
		    socket->local_port == port)
			return socket;
	}
	return NULL;
}

bool role_by_sockets(const struct role_instance *instance, struct role_process *process)
{
	const struct config *config = instance->config;
	uint16_t port = (uint16_t)config_number(config, CONFIG_DEFAULT_PORT);
	const struct process_socket *socket = accepted(process, port);
	struct role *role = &process->role;

	if (process->oldest_listener)
		role_set(role, ROLE_SUPERSERVER, ROLE_CERTAIN, "listens on [Startup] DefaultPort");
	else if (socket && from_mirror(instance, socket))
		role_set(role, ROLE_MIRROR_WORKER, ROLE_LIKELY, "its peer is in [MapMirrors]");
	else if (socket)
		role_set(role, ROLE_WORKER, ROLE_CLASS,
			 "its connection came to [Startup] DefaultPort");
	else if (shadow_peer(instance, process))
		role_set(role, ROLE_SHADOW, ROLE_CERTAIN, "connected to a source of [Shadows]");
	else if (ecp_peer(instance, process))
		role_set(role, ROLE_ECP_CLIENT, ROLE_LIKELY, "connected to one of [ECPServers]");
	else if (mirror_peer(instance, process))
		role_set(role, ROLE_MIRROR, ROLE_LIKELY,
			 "connected to a mirror's arbiter or member");
	else if (config_number(config, CONFIG_SNMP_ENABLED) && any_peer(instance, process, "", 705))
		role_set(role, ROLE_SNMP, ROLE_CERTAIN, "connected to the SNMP agent, tcp/705");
	else
		return false;
	return true;
}

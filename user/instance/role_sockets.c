/* SPDX-License-Identifier: GPL-2.0-only */
/* What a database process is connected to, and listens on, against what the cpf says. */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "instance/role_inside.h"

/* A host name in a cpf is not looked up: the port alone then tells too little. */
static bool address_is(const struct process_socket *socket, const char *text)
{
	static const uint8_t six[16] = { [15] = 1 };
	uint8_t bytes[16] = { 0 };
	unsigned int a, b, c, d;
	char more;

	if (config_address_local(text))
		return socket->family == AF_INET ? socket->remote[0] == 127
						 : memcmp(socket->remote, six, 16) == 0;
	if (sscanf(text, "%u.%u.%u.%u%c", &a, &b, &c, &d, &more) != 4 || (a | b | c | d) > 255)
		return false;
	bytes[0] = (uint8_t)a;
	bytes[1] = (uint8_t)b;
	bytes[2] = (uint8_t)c;
	bytes[3] = (uint8_t)d;
	return socket->family == AF_INET && memcmp(socket->remote, bytes, 4) == 0;
}

static bool peer_is(const struct process_socket *socket, const char *address, uint16_t port)
{
	return socket->protocol == IPPROTO_TCP && port && socket->remote_port == port &&
	       address_is(socket, address);
}

static bool any_peer(const struct role_process *process, const char *address, uint16_t port)
{
	for (size_t i = 0; i < process->socket_count; i++)
		if (peer_is(&process->sockets[i], address, port))
			return true;
	return false;
}

static bool ecp_peer(const struct config *config, const struct role_process *process)
{
	for (size_t i = 0; i < config->ecp_servers.count; i++)
		if (any_peer(process, config->ecp_servers.items[i].address,
			     config->ecp_servers.items[i].port))
			return true;
	return false;
}

static bool shadow_peer(const struct config *config, const struct role_process *process)
{
	for (size_t i = 0; i < config->shadows.count; i++)
		if (config->shadows.items[i].enabled &&
		    any_peer(process, config->shadows.items[i].address,
			     config->shadows.items[i].port))
			return true;
	return false;
}

static bool mirror_peer(const struct config *config, const struct role_process *process)
{
	for (size_t i = 0; i < config->mirrors.count; i++)
		if (any_peer(process, config->mirrors.items[i].arbiter,
			     config->mirrors.items[i].arbiter_port))
			return true;
	for (size_t i = 0; i < config->mirror_members.count; i++) {
		const struct config_mirror_member *member = &config->mirror_members.items[i];

		if (!member->own && (any_peer(process, member->agent_address, member->agent_port) ||
				     any_peer(process, member->private_address, member->port) ||
				     any_peer(process, member->superserver_address, member->port)))
			return true;
	}
	return false;
}

static bool from_mirror(const struct config *config, const struct process_socket *socket)
{
	for (size_t i = 0; i < config->mirror_members.count; i++) {
		const struct config_mirror_member *member = &config->mirror_members.items[i];

		if (!member->own && *member->private_address &&
		    address_is(socket, member->private_address))
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

bool role_by_sockets(const struct config *config, struct role_process *process)
{
	uint16_t port = (uint16_t)config_number(config, CONFIG_DEFAULT_PORT);
	const struct process_socket *socket = accepted(process, port);
	struct role *role = &process->role;

	if (process->oldest_listener)
		role_set(role, ROLE_SUPERSERVER, ROLE_CERTAIN, "listens on [Startup] DefaultPort");
	else if (socket && from_mirror(config, socket))
		role_set(role, ROLE_MIRROR_WORKER, ROLE_LIKELY, "its peer is in [MapMirrors]");
	else if (socket)
		role_set(role, ROLE_WORKER, ROLE_CLASS,
			 "its connection came to [Startup] DefaultPort");
	else if (shadow_peer(config, process))
		role_set(role, ROLE_SHADOW, ROLE_CERTAIN, "connected to a source of [Shadows]");
	else if (ecp_peer(config, process))
		role_set(role, ROLE_ECP_CLIENT, ROLE_LIKELY, "connected to one of [ECPServers]");
	else if (mirror_peer(config, process))
		role_set(role, ROLE_MIRROR, ROLE_LIKELY,
			 "connected to a mirror's arbiter or member");
	else if (config_number(config, CONFIG_SNMP_ENABLED) && any_peer(process, "", 705))
		role_set(role, ROLE_SNMP, ROLE_CERTAIN, "connected to the SNMP agent, tcp/705");
	else
		return false;
	return true;
}

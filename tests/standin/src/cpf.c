/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reader of cache.cpf: lines, [Section] and key=value split at the first '='. No comment signs
 * are looked for inside a line, because real values hold '#', ';' and '//'.
 */
#include "cpf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Longer lines occur (mappings); their tails are read as lines that match no key. */
#define CPF_LINE_SIZE 4096

static unsigned int port_of(const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (end == text || port == 0 || port > 65535)
		die("cache.cpf: not a port: %s", text);
	return (unsigned int)port;
}

static void copy(char *to, size_t size, const char *from)
{
	if ((size_t)snprintf(to, size, "%s", from) >= size)
		die("cache.cpf: too long: %s", from);
}

/* "address,port[,more]" of [LicenseServers] and [ECPServers]. */
static void peer_of(char address[static INET_ADDRSTRLEN], unsigned int *port, char *value)
{
	char *comma = strchr(value, ',');

	if (!comma)
		die("cache.cpf: not address,port: %s", value);
	*comma = '\0';
	copy(address, INET_ADDRSTRLEN, value);
	*port = port_of(comma + 1);
}

static void take(struct instance *in, const char *section, const char *key, char *value)
{
	bool startup = !strcasecmp(section, "Startup"), sql = !strcasecmp(section, "SQL");

	if (startup && !strcasecmp(key, "DefaultPort"))
		in->superserver = port_of(value);
	else if (startup && !strcasecmp(key, "DefaultPortBindAddress"))
		copy(in->bind_address, sizeof(in->bind_address), value);
	else if (startup && !strcasecmp(key, "WebServer"))
		in->web = !strcmp(value, "1");
	else if (startup && !strcasecmp(key, "WebServerPort"))
		in->web_port = port_of(value);
	else if (sql && !strcasecmp(key, "JDBCGatewayPort"))
		in->gateway_port = port_of(value);
	else if (sql && !strcasecmp(key, "JavaHome"))
		copy(in->java_home, sizeof(in->java_home), value);
	else if (!strcasecmp(section, "LicenseServers") && !in->license_port)
		peer_of(in->license_address, &in->license_port, value);
	else if (!strcasecmp(section, "ECPServers") && !in->ecp_port)
		peer_of(in->ecp_address, &in->ecp_port, value);
	else if (!strcasecmp(section, "Debug") && !strcasecmp(key, "UnlistedPort"))
		in->unlisted = port_of(value);
}

static void trim_end(char *line)
{
	size_t length = strlen(line);

	while (length && strchr(" \t\r\n", line[length - 1]))
		line[--length] = '\0';
}

static void cpf_read(struct instance *instance)
{
	char path[PATH_MAX], line[CPF_LINE_SIZE], section[VALUE_SIZE] = "";
	FILE *file;

	root_path(path, instance->root, "cache.cpf");
	file = fopen(path, "re");
	if (!file)
		die("cannot read %s", path);
	while (fgets(line, sizeof(line), file)) {
		char *equals;

		trim_end(line);
		if (line[0] == '[' && line[strlen(line) - 1] == ']') {
			snprintf(section, sizeof(section), "%.*s", (int)strlen(line) - 2, line + 1);
			continue;
		}
		equals = strchr(line, '=');
		if (!equals)
			continue;
		*equals = '\0';
		take(instance, section, line, equals + 1);
	}
	fclose(file);
}

/* The installer's answers. Only the workers' user is of interest, and the file may be missing. */
static void parameters_read(struct instance *instance)
{
	static const char key[] = "security_settings.cache_user: ";
	char path[PATH_MAX], line[VALUE_SIZE];
	FILE *file;

	root_path(path, instance->root, "parameters.isc");
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		trim_end(line);
		if (!strncmp(line, key, sizeof(key) - 1))
			copy(instance->user, sizeof(instance->user), line + sizeof(key) - 1);
	}
	fclose(file);
}

void instance_read(struct instance *instance, const char *root)
{
	memset(instance, 0, sizeof(*instance));
	copy(instance->root, sizeof(instance->root), root);
	cpf_read(instance);
	parameters_read(instance);
	if (!instance->superserver || !instance->license_port || !instance->gateway_port)
		die("%s/cache.cpf names no DefaultPort, JDBCGatewayPort or license server", root);
	if (!instance->bind_address[0])
		copy(instance->bind_address, sizeof(instance->bind_address), "0.0.0.0");
}

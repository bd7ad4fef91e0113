/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The instance as its cache.cpf describes it.
 *
 * The reader is the tolerant one of a program that takes its own configuration: it knows the keys it
 * needs and passes over the rest, whatever characters that has.
 */
#ifndef STANDIN_CPF_H
#define STANDIN_CPF_H

#include <netinet/in.h>

#include "base.h"

#define VALUE_SIZE 256

struct instance {
	char root[ROOT_MAX];
	char name[32]; /* not in the file: the start-up program is told, "-C cache.cpf*NAME" */
	char bind_address[INET_ADDRSTRLEN]; /* [Startup] DefaultPortBindAddress; empty is all */
	unsigned int superserver; /* [Startup] DefaultPort */
	bool web; /* [Startup] WebServer */
	unsigned int web_port; /* [Startup] WebServerPort */
	unsigned int gateway_port; /* [SQL] JDBCGatewayPort */
	char java_home[VALUE_SIZE]; /* [SQL] JavaHome */
	char license_address[INET_ADDRSTRLEN]; /* [LicenseServers], first row */
	unsigned int license_port;
	char ecp_address[INET_ADDRSTRLEN]; /* [ECPServers], first row; empty without one */
	unsigned int ecp_port;
	char user[32]; /* parameters.isc: effective user of SuperServer's workers; empty is ours */
	unsigned int unlisted; /* [Debug] UnlistedPort: first of the ports no policy lists */
};

/* Reads ROOT/cache.cpf and ROOT/parameters.isc; ends the program when a needed key is missing. */
void instance_read(struct instance *instance, const char *root);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* CSP.ini, and with the same bytes the other files and the command lines beside an instance. */
#include <string.h>

#include "instance/neighbours.h"
#include "printing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_csp(const char *text, size_t size, struct diagnostics *diagnostics)
{
	struct csp *csp = NULL;
	int r = csp_read("CSP.ini", text, size, diagnostics, &csp);

	assert((r == 0) == (csp != NULL) && (r == 0 || diagnostics->errors));
	for (size_t i = 0; csp && i < csp->server_count; i++)
		assert(*csp->servers[i].name && csp->servers[i].address &&
		       csp->servers[i].where.line);
	for (size_t i = 0; csp && i < csp->path_count; i++)
		assert(csp->paths[i].path && csp->paths[i].server && csp->paths[i].alternatives);
	csp_free(csp);
}

static void read_agents(const char *text, size_t size, struct diagnostics *diagnostics)
{
	struct iscagent *agent = NULL;
	struct snmpd *snmpd = NULL;

	if (iscagent_read("iscagent.conf", text, size, diagnostics, &agent) == 0)
		assert(agent->interface && *agent->user && agent->group && agent->groups);
	if (snmpd_read("snmpd.conf", text, size, diagnostics, &snmpd) == 0)
		for (size_t i = 0; i < snmpd->socket_count; i++)
			assert(snmpd->sockets[i].address);
	iscagent_free(agent);
	snmpd_free(snmpd);
}

static void read_arguments(const char *text, size_t size)
{
	struct database_arguments database;
	struct httpd_arguments httpd;
	struct java_arguments java;

	if (httpd_arguments_read(text, size, &httpd))
		httpd_arguments_release(&httpd);
	if (java_arguments_read(text, size, &java))
		java_arguments_release(&java);
	if (database_arguments_read(text, size, &database))
		database_arguments_release(&database);
	license_arguments_port(text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };

	read_csp((const char *)data, size, &diagnostics);
	read_agents((const char *)data, size, &diagnostics);
	read_arguments((const char *)data, size);
	check_printed(&diagnostics);
	diagnostics_release(&diagnostics);
	return 0;
}

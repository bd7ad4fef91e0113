/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The readers of an instance's files when memory runs out: what is only to be said may be dropped, but
 * what is answered is whole or nothing, and nothing is left behind.
 */
#include "memory/failing.h"

#include <string.h>

#include "instance/config.h"
#include "instance/neighbours.h"
#include "instance/registry.h"

static const char cpf[] =
	"[ConfigFile]\nProduct=IRIS\nVersion=2023.1\n[Startup]\nDefaultPort=1972\nDefaultPort=x\n"
	"PasswordHash=a,b\nipv6=1\n[startup]\nWebServer=1\n[ECPServers]\nE=h,1972\n[Databases]\n"
	"A=/a/,E\nB=/b/,GONE\n[Namespaces]\nN=A,C\n[LicenseServers]\nL=127.0.0.1,4002;h,4002,/k\n"
	"[Mirrors]\nM=G,2,1,A,8,0,1,10.0.0.1,0,arb|2188\n[MapMirrors.M]\nA=a,2188,,s,G,/"
	"d,0,p,1972\n"
	"[Shadows]\nS=h|1972,1,/j\n[Gateways]\nJ=Java,53272,R,/p\nX=Y,0\n[MagTapes]\n47=/dev/st0\n"
	"[Archives]\nZ=s3\n[config]\noverview=Windows (Intel)~Windows\n";

static int read_cpf(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	int r = config_read("iris.cpf", cpf, strlen(cpf), &diagnostics, &config);

	(void)context;
	assert_int_equal(r == 0, config != NULL);
	if (config)
		assert_int_equal(config->mirror_members.count, 1);
	config_free(config);
	diagnostics_release(&diagnostics);
	return r;
}

static const char lists[] = "N^/nonexistent/n^2023.1^running^iris.cpf^1972^0^0^ok^IRIS^F^P^/d^1,2\n"
			    "N^/nonexistent/n^1^down^c^x^^\n"
			    "Configuration 'B'  (default)\n directory: /nonexistent/b\n"
			    " conf file: iris.cpf (SuperServer port = 1973, WebServer = None)\n"
			    " mirroring: Member Type = F; Status = P\n state: ok\nwhat\n";

static int read_lists(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct registry *registry = registry_new();
	int r = registry ? registry_read(registry, "q", lists, strlen(lists), &diagnostics)
			 : -ENOMEM;

	(void)context;
	if (!r)
		r = registry_complete(registry, &diagnostics);
	registry_free(registry);
	diagnostics_release(&diagnostics);
	return r;
}

static const char neighbours[] =
	"[SYSTEM_INDEX]\nA=Enabled\nGONE=Enabled\n[A]\nIp_Address=h\nTCP_Port=x\n[a]\nTCP_Port=1\n"
	"[APP_PATH:/x]\nDefault_Server=A\nAlternative_Server_0=B\nAlternative_Server_1=C\n"
	"application_server.port=2188\napplication_server.interface_address=*\n"
	"privileges.user=u\nprivileges.group=g,h\nmaster agentx\n"
	"agentXSocket TCP:localhost:705,unix:/x,TCP:x:y\n";

static int read_csp(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct csp *csp = NULL;
	int r = csp_read("f", neighbours, strlen(neighbours), &diagnostics, &csp);

	(void)context;
	csp_free(csp);
	diagnostics_release(&diagnostics);
	return r;
}

static int read_iscagent(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct iscagent *agent = NULL;
	int r = iscagent_read("f", neighbours, strlen(neighbours), &diagnostics, &agent);

	(void)context;
	iscagent_free(agent);
	diagnostics_release(&diagnostics);
	return r;
}

static int read_snmpd(void *context)
{
	struct diagnostics diagnostics = { 0 };
	struct snmpd *snmpd = NULL;
	int r = snmpd_read("f", neighbours, strlen(neighbours), &diagnostics, &snmpd);

	(void)context;
	snmpd_free(snmpd);
	diagnostics_release(&diagnostics);
	return r;
}

static int read_arguments(void *context)
{
	static const char httpd[] = "httpd\0-f\0/f\0-c\0Listen 1\0-c\0Listen h:2";
	static const char java[] = "java\0com.intersystems.gateway.JavaGateway\0001\0/l\0h:i:n\0a";
	static const char cache[] = "cache\0-s/m\0-U\0N\0-w\0/w\0t^R";
	struct httpd_arguments h;
	struct java_arguments j;
	struct database_arguments d;
	int read = 0;

	(void)context;
	if (httpd_arguments_read(httpd, sizeof(httpd), &h)) {
		read += h.listen_count == 2;
		httpd_arguments_release(&h);
	}
	if (java_arguments_read(java, sizeof(java), &j)) {
		read++;
		java_arguments_release(&j);
	}
	if (database_arguments_read(cache, sizeof(cache), &d)) {
		read++;
		database_arguments_release(&d);
	}
	return read == 3 ? 0 : -ENOMEM;
}

static void test_readers(void **state)
{
	static int (*const acts[])(void *context) = { read_cpf,	     read_lists, read_csp,
						      read_iscagent, read_snmpd, read_arguments };

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		assert_true(sweep_any(acts[i], NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comments behind values, which the reference of IRIS allows, and rows that are written in two ways. The
 * files are hand-made after the documented syntax.
 */
#include "instance/config.h"

#include "instance/instances.h"

/* A file whose lines begin at the fourth, of which nothing is to be said. */
static struct config *read_good(const char *lines)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, IRIS_2023 "%s", lines) > 0);
	assert_int_equal(config_read("iris.cpf", text, strlen(text), &diagnostics, &config), 0);
	check_nothing_said(&diagnostics);
	return config;
}

/* A file whose lines begin at the fourth, of which this is to be said. */
static struct config *read_told(const char *lines, const struct said *said, size_t count)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, CACHE_2017 "%s", lines) > 0);
	assert_int_equal(config_read("cache.cpf", text, strlen(text), &diagnostics, &config), 0);
	check_said(&diagnostics, said, count);
	return config;
}

static void test_parameters(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[Startup]\nDefaultPort=1980 ; the port\nIPv6=1# on\nWebServer=1 // \"on\"\n"
		"WebServerPort=57772/* p */\nDefaultPortBindAddress=\"10.0.0.1\" ; lo, hi\n"
		"JobServers=; none\n[Telnet]\nDNSLookup=OFF /* no */\n");
	const struct config_value *address = &config->parameters[CONFIG_BIND_ADDRESS];

	(void)state;
	assert_int_equal(config_number(config, CONFIG_DEFAULT_PORT), 1980);
	assert_int_equal(config_number(config, CONFIG_IPV6), 1);
	assert_int_equal(config_private_web_server(config), 1);
	assert_int_equal(config_number(config, CONFIG_WEB_SERVER_PORT), 57772);
	assert_string_equal(address->text, "10.0.0.1");
	assert_int_equal(address->where.length, strlen("\"10.0.0.1\""));
	assert_int_equal(config->parameters[CONFIG_JOB_SERVERS].state, CONFIG_DEFAULT);
	assert_int_equal(config->parameters[CONFIG_TELNET_DNS].state, CONFIG_GIVEN);
	assert_int_equal(config_number(config, CONFIG_TELNET_DNS), 0);
}

/* Caché's reference has no comments behind values. */
static void test_of_iris(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_ERROR, 5, 13, "`1972 ; old` is no value of DefaultPort" },
		{ SEVERITY_ERROR, 7, 12, "`1972 # x` is no port" },
	};
	_cleanup_config_ struct config *config =
		read_told("[Startup]\nDefaultPort=1972 ; old\n[ECPServers]\nE=10.0.0.7,1972 # x\n",
			  said, ARRAY_SIZE(said));

	(void)state;
	assert_int_equal(config->parameters[CONFIG_DEFAULT_PORT].state, CONFIG_BAD);
}

/* Texts and directories may have the signs of a comment in them. */
static void test_kept(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[ECPServers]\nE=10.0.0.7,1972\n[Databases]\nD=/db #1/;x//y/,E\n"
		"[SQL]\nJDBCGatewayJVMArgs=-Da=b # c\n");

	(void)state;
	assert_string_equal(config->databases.items[0].directory, "/db #1/;x//y/");
	assert_string_equal(config->databases.items[0].server, "E");
	assert_string_equal(config_text(config, CONFIG_JDBC_GATEWAY_JVM_ARGS), "-Da=b # c");
}

static void test_rows(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[ECPServers]\nE=10.0.0.7,1972 # main, old\nF=10.0.0.8,1972;x\n"
		"G=10.0.0.9,1972,1 // as,a,mirror\n[Databases]\nD=/db/,F ; remote\nL=/l/ # x, "
		"NONE\n"
		"[Namespaces]\nN=D ; x\n[Shadows]\nS=10.0.0.1|1972,1 ; night\n"
		"[Gateways]\nJ=Java,53272 # j,%Gateway_Object\n");
	const struct config_ecp_server *servers = config->ecp_servers.items;

	(void)state;
	assert_int_equal(servers[0].port, 1972);
	assert_int_equal(servers[0].mirror_connection, 0);
	assert_int_equal(servers[1].port, 1972);
	assert_true(servers[1].used);
	assert_int_equal(servers[2].mirror_connection, 1);
	assert_string_equal(config->databases.items[1].directory, "/l/");
	assert_string_equal(config->namespaces.items[0].globals, "D");
	assert_true(config->shadows.items[0].enabled);
	assert_int_equal(config->gateways.items[0].port, 53272);
}

/* `;` stands between license servers too. */
static void test_licenses(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[LicenseServers]\nA=127.0.0.1,4002 ; default, old\nB=10.0.0.1,4002 ;"
		"10.0.0.2,4003; 10.0.0.3, 4004\nC=10.0.0.4,4005 # x, y\nD=10.0.0.5,4006 ;\n");
	const struct config_license_server *servers = config->license_servers.items;

	(void)state;
	assert_int_equal(config->license_servers.count, 6);
	assert_string_equal(servers[0].address, "127.0.0.1");
	assert_int_equal(servers[0].port, 4002);
	for (unsigned int i = 0; i < 5; i++) {
		char address[] = "10.0.0.0";

		address[7] = (char)('1' + i);
		assert_string_equal(servers[i + 1].address, address);
		assert_int_equal(servers[i + 1].port, 4002 + i);
	}
}

/* IRIS writes the arbiter as `host|port`, Caché's reference has an agent's address and port before it. */
static void test_arbiters(void **state)
{
	static const struct {
		const char *row, *arbiter;
		uint16_t arbiter_port;
		const char *agent;
		uint16_t agent_port;
	} cases[] = {
		{ "arb|2189,1", "arb", 2189, "", 0 },
		{ "arb|2189,1,2,2,1,1", "arb", 2189, "", 0 },
		{ "arb,1", "arb", 2188, "", 0 },
		{ "arb", "arb", 2188, "", 0 },
		{ ",1,0,0", "", 2188, "", 0 },
		{ "0,2,0", "", 2188, "", 0 },
		{ "agt,2190,arb,1", "arb", 2188, "agt", 2190 },
		{ "agt,2190,arb|2189,1", "arb", 2189, "agt", 2190 },
		{ "agt,2190,,1", "", 2188, "agt", 2190 },
		{ "agt,2190,0", "", 2188, "agt", 2190 },
		{ "agt,,arb,1", "arb", 2188, "agt", 2188 },
		{ ",,arb|2189,0", "arb", 2189, "", 0 },
		{ ",2188,arb", "arb", 2188, "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_config_ struct config *config = NULL;
		const struct config_mirror *mirror;

		assert_true(asprintf(&text, "[Mirrors]\nM=0A-1B,2,1,,8000,0,0,,0,%s ; x\n",
				     cases[i].row) > 0);
		config = read_good(text);
		mirror = &config->mirrors.items[0];
		assert_string_equal(mirror->arbiter, cases[i].arbiter);
		assert_int_equal(mirror->arbiter_port, cases[i].arbiter_port);
		assert_string_equal(mirror->agent_address, cases[i].agent);
		assert_int_equal(mirror->agent_port, cases[i].agent_port);
	}
}

/* A section that nobody knows is told of, loudly where it looks like another. */
static void test_sections(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 4, 1, "[ECPServer] is no section that is known" },
		{ SEVERITY_WARNING, 6, 1, "[MirrorMembers] is no section that is known" },
		{ SEVERITY_NOTE, 8, 1, "[Site] is no section that is known" },
	};
	_cleanup_config_ struct config *config =
		read_told("[ECPServer]\nE=10.0.0.7,1972\n[MirrorMembers]\nJoinMirror=1\n"
			  "[Site]\na=b\n[Map.USER]\nGlobal_A=B\n[SHADOWS]\n[Debug]\n",
			  said, ARRAY_SIZE(said));

	(void)state;
	assert_int_equal(config->ecp_servers.count, 0);
}

/* [MapMirrors] as Caché's reference shows it, without the mirror's name. */
static void test_members(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[Mirrors]\nM=0A-1B,2,1,,8000,0,0,,0,\n"
		"[MapMirrors]\nA=10.0.0.1,2188,,10.0.0.1,G,/i/,0,10.0.0.1,1972,,0,\n");

	(void)state;
	assert_int_equal(config->mirror_members.count, 1);
	assert_int_equal(config->mirror_members.items[0].port, 1972);
}

/* Old releases need not have written which one they are. */
static void test_whole(void **state)
{
	static const struct {
		const char *text;
		enum cpf_kind kind;
	} cases[] = {
		{ "[Databases]\nCACHESYS=/usr/cachesys/mgr/\n", CPF_CONFIGURATION },
		{ "[Databases]\nIRISSYS=/usr/irissys/mgr/\n", CPF_CONFIGURATION },
		{ "[Databases]\nUSER=/usr/cachesys/mgr/user/\n", CPF_MERGE },
		{ "[Databases]\nIRISSYS=/usr/irissys/mgr/\n[Actions]\nCreateUser:Name=x\n",
		  CPF_MERGE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		struct cpf *cpf = NULL;

		assert_int_equal(cpf_read("cache.cpf", cases[i].text, strlen(cases[i].text),
					  &diagnostics, &cpf),
				 0);
		assert_int_equal(cpf->kind, cases[i].kind);
		cpf_free(cpf);
		diagnostics_release(&diagnostics);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters), cmocka_unit_test(test_of_iris),
		cmocka_unit_test(test_kept),	   cmocka_unit_test(test_rows),
		cmocka_unit_test(test_licenses),   cmocka_unit_test(test_arbiters),
		cmocka_unit_test(test_whole),	   cmocka_unit_test(test_sections),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections of a cpf that are lists. No public file has mirrors or shadows with entries: those here are
 * hand-made after the documented syntax, as are the license server lists.
 */
#include "instance/config.h"

#include "instance/instances.h"

/* A file whose lines begin at the fourth; what is said is checked. */
static struct config *read_lines(const char *lines, const struct said *said, size_t count)
{
	struct diagnostics diagnostics = { 0 };
	struct config *config = NULL;
	_cleanup_free_ char *text = NULL;

	assert_true(asprintf(&text, IRIS_2023 "%s", lines) > 0);
	assert_int_equal(config_read("iris.cpf", text, strlen(text), &diagnostics, &config), 0);
	check_said(&diagnostics, said, count);
	return config;
}

static struct config *read_good(const char *lines)
{
	return read_lines(lines, NULL, 0);
}

static void test_databases(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[ECPServers]\nEAST=10.0.0.7,1972\nWEST=10.0.0.8,1972\n"
		"[Databases]\nLOCAL=/db/local/\nRELATIVE=irissys\n"
		"REMOTE=/db/remote/,east\nMOUNTED=/db/m/,,1,,,/db/stream/\n"
		"MIRRORED=:mirror:MIR:WARD,EAST\nSET=:DS:WARD\n");
	const struct config_database *databases = config->databases.items;

	(void)state;
	assert_int_equal(config->databases.count, 6);
	assert_string_equal(databases[0].name, "LOCAL");
	assert_string_equal(databases[0].directory, "/db/local/");
	assert_string_equal(databases[0].server, "");
	assert_int_equal(databases[0].server_index, -1);
	assert_int_equal(databases[0].where.line, 8);
	assert_false(databases[0].mount_required);
	assert_string_equal(databases[1].directory, "irissys");
	assert_string_equal(databases[2].server, "east");
	assert_int_equal(databases[2].server_index, 0);
	assert_true(databases[3].mount_required);
	assert_string_equal(databases[3].stream, "/db/stream/");
	assert_string_equal(databases[4].mirror, "MIR:WARD");
	assert_string_equal(databases[4].directory, "");
	assert_int_equal(databases[4].server_index, 0);
	assert_string_equal(databases[5].data_set, "WARD");
	assert_true(config->ecp_servers.items[0].used);
	assert_false(config->ecp_servers.items[1].used);
	assert_ptr_equal(config_database(config, "local"), &databases[0]);
	assert_null(config_database(config, "none"));
}

static void test_undefined(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 5, 1, "on ECP server `GONE`" },
		{ SEVERITY_WARNING, 8, 1, "namespace `N` is in database `OTHER`" },
		{ SEVERITY_WARNING, 9, 1, "namespace `O` is in database `C`" },
	};
	_cleanup_config_ struct config *config =
		read_lines("[Databases]\nA=/a/,GONE\nB=/b/\n[Namespaces]\nN=OTHER,b\nO=A,C\n"
			   "P=A\nQ=%DEFAULTDB\n",
			   said, ARRAY_SIZE(said));

	(void)state;
	assert_int_equal(config->databases.items[0].server_index, -1);
	assert_string_equal(config->databases.items[0].server, "GONE");
	assert_int_equal(config->namespaces.count, 4);
	assert_string_equal(config->namespaces.items[0].routines, "b");
	assert_string_equal(config->namespaces.items[2].routines, "");
	assert_int_equal(config->namespaces.items[3].where.line, 11);
}

/* `^SERVER^directory` in the place of a database's name. */
static void test_implied(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[ECPServers]\nEAST=10.0.0.7,1972\nWEST=10.0.0.8,1972\n"
		"[Namespaces]\nN=^^/db/n/\nO=^east^/db/o/\nP=^\nQ=^GONE^/x/\n");

	(void)state;
	assert_true(config->ecp_servers.items[0].used);
	assert_false(config->ecp_servers.items[1].used);
}

static void test_ecp(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_ERROR, 7, 10, "`70000` is no port" },
		{ SEVERITY_ERROR, 8, 1, "no port is given" },
		{ SEVERITY_WARNING, 9, 1, "`D` has no address" },
	};
	_cleanup_config_ struct config *config =
		read_lines("[ECPServers]\nA=ecp.example,1972,-1,TLS,1\n"
			   "A2=10.1.50.66, 41773 ,1\nB=host.b,70000\nC=host.c\nD=,1972\n",
			   said, ARRAY_SIZE(said));
	const struct config_ecp_server *servers = config->ecp_servers.items;

	(void)state;
	assert_int_equal(config->ecp_servers.count, 5);
	assert_string_equal(servers[0].address, "ecp.example");
	assert_int_equal(servers[0].port, 1972);
	assert_int_equal(servers[0].mirror_connection, -1);
	assert_string_equal(servers[0].ssl, "TLS");
	assert_true(servers[0].batch_mode);
	assert_int_equal(servers[0].port_where.column, 15);
	assert_int_equal(servers[1].port, 41773);
	assert_int_equal(servers[1].mirror_connection, 1);
	assert_string_equal(servers[1].ssl, "");
	assert_int_equal(servers[2].port, 0);
	assert_int_equal(servers[3].port, 0);
	assert_int_equal(servers[3].port_where.line, 0);
}

static void test_licenses(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_ERROR, 7, 10, "`4O02` is no port" },
	};
	_cleanup_config_ struct config *config =
		read_lines("[LicenseServers]\nLOCAL=127.0.0.1,4002\n"
			   "POOL=10.0.0.1,4002;10.0.0.2,4003,/keys;\nB=host.b,4O02\n",
			   said, ARRAY_SIZE(said));
	const struct config_license_server *servers = config->license_servers.items;

	(void)state;
	assert_int_equal(config->license_servers.count, 4);
	assert_string_equal(servers[0].address, "127.0.0.1");
	assert_int_equal(servers[0].port, 4002);
	assert_string_equal(servers[0].key_directory, "");
	assert_string_equal(servers[1].name, "POOL");
	assert_int_equal(servers[1].port, 4002);
	assert_string_equal(servers[1].key_directory, "/keys"); /* of the whole row */
	assert_string_equal(servers[2].address, "10.0.0.2");
	assert_int_equal(servers[2].port, 4003);
	assert_int_equal(servers[2].where.line, 6);
	assert_int_equal(servers[3].port, 0);
}

static void test_mirror(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[MirrorMember]\nJoinMirror=1\nSystemName=M_A\nVirtualAddressInterface=eth0\n"
		"[Mirrors]\nMIR=0A-1B,2,1,M_A,8000,0,1,10.9.0.99/24,0,arb.example|2189,0\n"
		"PLAIN=0A-1C,2,1,,8000,0,0,,0,,0\n"
		"[MapMirrors.MIR]\n"
		"M_A=agent-a,2188,,super-a,GUID-A,/iris/a/,0,priv-a,51773,,0,\n"
		"M_B=agent-b,,,super-b,GUID-B,/iris/b/,1,priv-b,51774,,0,\n"
		"M_R=,,,super-r,GUID-R,/iris/r/,2,,,,0,\n");
	const struct config_mirror *mirrors = config->mirrors.items;
	const struct config_mirror_member *members = config->mirror_members.items;

	(void)state;
	assert_int_equal(config->mirrors.count, 2);
	assert_string_equal(mirrors[0].guid, "0A-1B");
	assert_string_equal(mirrors[0].primary, "M_A");
	assert_true(mirrors[0].ssl);
	assert_string_equal(mirrors[0].virtual_address, "10.9.0.99/24");
	assert_string_equal(mirrors[0].arbiter, "arb.example");
	assert_int_equal(mirrors[0].arbiter_port, 2189);
	assert_int_equal(mirrors[0].arbiter_where.line, 9);
	assert_string_equal(mirrors[1].arbiter, "");
	assert_string_equal(mirrors[1].virtual_address, "");
	assert_int_equal(mirrors[1].arbiter_where.line, 0);
	assert_int_equal(config->mirror_members.count, 3);
	assert_string_equal(members[0].mirror, "MIR");
	assert_string_equal(members[0].agent_address, "agent-a");
	assert_string_equal(members[0].superserver_address, "super-a");
	assert_string_equal(members[0].guid, "GUID-A");
	assert_string_equal(members[0].directory, "/iris/a/");
	assert_string_equal(members[0].private_address, "priv-a");
	assert_int_equal(members[0].port, 51773);
	assert_true(members[0].own);
	assert_false(members[1].own);
	assert_int_equal(members[1].agent_port, 2188);
	assert_int_equal(members[1].type, 1);
	assert_int_equal(members[2].type, 2);
	assert_int_equal(members[2].port, 0);
	assert_int_equal(members[2].where.line, 14);
}

static void test_mirror_mistakes(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 5, 12, "[Mirrors] has no line" },
		{ SEVERITY_WARNING, 7, 1, "`M` is a member of mirror `GONE`" },
		{ SEVERITY_ERROR, 7, 5, "`agent` is no port" },
		{ SEVERITY_WARNING, 8, 1, "`N` is a member of mirror `GONE`" },
		{ SEVERITY_ERROR, 8, 18, "`two` is no number" },
	};

	(void)state;
	config_free(read_lines("[MirrorMember]\nJoinMirror=1\n[MapMirrors.GONE]\nM=a,agent\n"
			       "N=a,2188,,s,G,/d,two\n",
			       said, ARRAY_SIZE(said)));
}

static void test_shadows(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_ERROR, 7, 8, "`x` is no port" },
		{ SEVERITY_ERROR, 8, 1, "no port is given" },
	};
	_cleanup_config_ struct config *config =
		read_lines("[Shadows]\nS=10.0.0.9|1972,1,/shadow/journal/,3,TLS,FILTER,10\n"
			   "T=|56775,0\nU=host|x,1\nV=host\n",
			   said, ARRAY_SIZE(said));
	const struct config_shadow *shadows = config->shadows.items;

	(void)state;
	assert_int_equal(config->shadows.count, 4);
	assert_string_equal(shadows[0].address, "10.0.0.9");
	assert_int_equal(shadows[0].port, 1972);
	assert_true(shadows[0].enabled);
	assert_string_equal(shadows[0].journal_directory, "/shadow/journal/");
	assert_string_equal(shadows[0].ssl, "TLS");
	assert_string_equal(shadows[1].address, ""); /* this host */
	assert_int_equal(shadows[1].port, 56775);
	assert_false(shadows[1].enabled);
	assert_int_equal(shadows[3].port, 0);
}

/* How their rows are written is not documented: they are kept as they are, with their lines. */
static void test_shadow_maps(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 9, 1, "[MapShadows.GONE] is of a shadow that is not there" },
	};
	_cleanup_config_ struct config *config = read_lines("[Shadows]\nNight=10.0.0.9|1972,1\n"
							    "[MapShadows.NIGHT]\n/a b/=/c/,1;x\n"
							    "[MapShadows.GONE]\nA=1\nB=\n",
							    said, ARRAY_SIZE(said));
	const struct config_shadow_map *maps = config->shadow_maps.items;

	(void)state;
	assert_int_equal(config->shadow_maps.count, 3);
	assert_string_equal(maps[0].shadow, "NIGHT");
	assert_string_equal(maps[0].name, "/a b/");
	assert_string_equal(maps[0].value, "/c/,1;x");
	assert_int_equal(maps[0].where.line, 7);
	assert_string_equal(maps[2].shadow, "GONE");
	assert_string_equal(maps[2].value, "");
}

static void test_gateways(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 13, 7, "`Cobol` is no known type" },
		{ SEVERITY_ERROR, 13, 13, "`0` is no port" },
	};
	_cleanup_config_ struct config *config =
		read_lines("[Gateways]\n%DotNet Server=.NET,53372,%Gateway_Object,N6.0\n"
			   "%Java Server=Java,53272,%Gateway_Object,\"/a.jar,/b.jar\",-Xmx1g -Xrs,"
			   "/opt/jdk,S,C,,,/log/java.log,10.0.0.0/8,5,10\n"
			   "%JDBC Server=JDBC,53772,%Gateway_SQL,,,,,,,0\n"
			   "%XSLT Server=xslt,53672,%Gateway_Object\n"
			   "%Python Server=Python,53472,%Gateway_Object\n"
			   "%IntegratedML Server=ML,53572,%Gateway_ML\n"
			   "%R Server=R,53872,%Gateway_Object\n"
			   "Far=Remote,53300,%Gateway_Object,far.example\n"
			   "Other=Cobol,0,x\n",
			   said, ARRAY_SIZE(said));
	const struct config_gateway *gateways = config->gateways.items;

	(void)state;
	assert_int_equal(config->gateways.count, 9);
	assert_string_equal(gateways[0].name, "%DotNet Server");
	assert_int_equal(gateways[0].type, CONFIG_GATEWAY_DOTNET);
	assert_string_equal(gateways[0].path, "N6.0");
	assert_string_equal(gateways[0].resource, "%Gateway_Object");
	assert_int_equal(gateways[1].type, CONFIG_GATEWAY_JAVA);
	assert_int_equal(gateways[1].port, 53272);
	assert_string_equal(gateways[1].path, "/a.jar,/b.jar");
	assert_string_equal(gateways[1].jvm_arguments, "-Xmx1g -Xrs");
	assert_string_equal(gateways[1].home, "/opt/jdk");
	assert_string_equal(gateways[1].ssl_server, "S");
	assert_string_equal(gateways[1].ssl_client, "C");
	assert_string_equal(gateways[1].log, "/log/java.log");
	assert_string_equal(gateways[1].allowed, "10.0.0.0/8");
	assert_int_equal(gateways[2].type, CONFIG_GATEWAY_JDBC);
	assert_string_equal(gateways[2].log, "");
	assert_int_equal(gateways[3].type, CONFIG_GATEWAY_XSLT);
	assert_int_equal(gateways[4].type, CONFIG_GATEWAY_PYTHON);
	assert_int_equal(gateways[5].type, CONFIG_GATEWAY_ML);
	assert_int_equal(gateways[6].type, CONFIG_GATEWAY_R);
	assert_int_equal(gateways[7].type, CONFIG_GATEWAY_REMOTE);
	assert_string_equal(gateways[7].address, "far.example");
	assert_string_equal(gateways[7].path, "");
	assert_int_equal(gateways[8].type, CONFIG_GATEWAY_OTHER);
	assert_string_equal(gateways[8].type_text, "Cobol");
	assert_int_equal(gateways[8].port, 0);
	assert_int_equal(gateways[1].port_where.line, 6);
	assert_int_equal(gateways[1].port_where.column, 19);
}

static void test_devices(void **state)
{
	_cleanup_config_ struct config *config = read_good(
		"[MagTapes]\n47=/dev/st0\n48=\\\\.\\TAPE0\n"
		"[Devices]\n0=0^TRM^C-IRIS Terminal^^^^Principal device^\n"
		"|PRN|=|PRN|^OTH^P-DEC^^\"W\"^^Printer^\nLP=/dev/lp0^OTH^P-DEC^^^^\n"
		"[ComPorts]\nC1=/dev/ttyS0,x\n[Archives]\nS3=s3://bucket,key\n");

	(void)state;
	assert_int_equal(config->devices.count, 3);
	assert_string_equal(config->devices.items[0].section, "Devices");
	assert_string_equal(config->devices.items[0].name, "LP");
	assert_string_equal(config->devices.items[0].path, "/dev/lp0");
	assert_string_equal(config->devices.items[1].path, "/dev/st0");
	assert_int_equal(config->devices.items[1].where.line, 5);
	assert_string_equal(config->devices.items[2].path, "/dev/ttyS0");
	assert_int_equal(config->archives.count, 1);
	assert_string_equal(config->archives.items[0].value, "s3://bucket,key");
}

/* Of rows with one name the later counts. */
static void test_overridden(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 6, 1, "`A` of [ECPServers] is given again" },
	};
	_cleanup_config_ struct config *config = read_lines("[ECPServers]\nA=old,1\nA=new,2\n",
							    said, ARRAY_SIZE(said));

	(void)state;
	assert_int_equal(config->ecp_servers.count, 1);
	assert_string_equal(config->ecp_servers.items[0].address, "new");
}

static void test_paths(void **state)
{
	static const char paths[] = ":/a::/b c:/d:";
	static const char *const expected[] = { "/a", "/b c", "/d" };
	const char *path = NULL;
	size_t at = 0, length = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		assert_true(config_path(paths, &at, &path, &length));
		assert_int_equal(length, strlen(expected[i]));
		assert_memory_equal(path, expected[i], length);
	}
	assert_false(config_path(paths, &at, &path, &length));
	at = 0;
	assert_false(config_path("", &at, &path, &length));
}

static void test_local(void **state)
{
	static const char *const local[] = { "",	  "localhost",	     "LOCALHOST",
					     "127.0.0.1", "127.1.2.3",	     "::1",
					     "[::1]",	  "::ffff:127.0.0.1" };
	static const char *const remote[] = { "10.0.0.1", "128.0.0.1", "1270.example", "::2",
					      "localhost.example" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		assert_true(config_address_local(local[i]));
	for (size_t i = 0; i < ARRAY_SIZE(remote); i++)
		assert_false(config_address_local(remote[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_databases),	cmocka_unit_test(test_undefined),
		cmocka_unit_test(test_implied),		cmocka_unit_test(test_ecp),
		cmocka_unit_test(test_licenses),	cmocka_unit_test(test_mirror),
		cmocka_unit_test(test_mirror_mistakes), cmocka_unit_test(test_shadows),
		cmocka_unit_test(test_shadow_maps),	cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_devices),		cmocka_unit_test(test_overridden),
		cmocka_unit_test(test_paths),		cmocka_unit_test(test_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

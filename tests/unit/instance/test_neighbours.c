/* SPDX-License-Identifier: GPL-2.0-only */
/* The files and command lines beside an instance. */
#include "instance/neighbours.h"

#include "instance/instances.h"

/* ---- CSP.ini ---- */

static struct csp *read_csp(const char *text, const struct said *said, size_t count)
{
	struct diagnostics diagnostics = { 0 };
	struct csp *csp = NULL;

	assert_int_equal(csp_read("CSP.ini", text, strlen(text), &diagnostics, &csp), 0);
	check_said(&diagnostics, said, count);
	return csp;
}

static void test_csp(void **state)
{
	_cleanup_csp_ struct csp *csp =
		read_csp("[SYSTEM_INDEX]\r\nWARD=Enabled\r\nOFF=Disabled\r\n\r\n"
			 "[WARD]\r\nIp_Address=10.0.0.3\r\nTCP_Port=1972\r\n"
			 "Minimum_Server_Connections=3\r\n\r\n"
			 "[APP_PATH_INDEX]\r\n/=Enabled\r\n/csp=Disabled\r\n"
			 "[APP_PATH:/]\r\nDefault_Server=WARD\r\n"
			 "[APP_PATH:/csp]\r\nDefault_Server=off\r\nAlternative_Servers=FailOver\r\n"
			 "Alternative_Server_0=WARD\r\n"
			 "[SYSTEM]\r\nSM_Timeout=300\r\nPassword=x\r\n"
			 "; where others are\r\n"
			 "[OFF]\r\nip_address=ward.example\r\ntcp_port=51773\r\nMirror_Aware=1\r\n"
			 "Connection_Security_Level=10\r\n[LOG_SETTINGS]\r\nLevel=v9\r\n",
			 NULL, 0);

	(void)state;
	assert_int_equal(csp->server_count, 2); /* [LOG_SETTINGS] is none */
	assert_string_equal(csp->servers[0].name, "WARD");
	assert_string_equal(csp->servers[0].address, "10.0.0.3");
	assert_int_equal(csp->servers[0].port, 1972);
	assert_true(csp->servers[0].enabled);
	assert_true(csp->servers[0].indexed);
	assert_false(csp->servers[0].ssl);
	assert_int_equal(csp->servers[0].where.line, 5);
	assert_int_equal(csp->servers[0].port_where.line, 7);
	assert_int_equal(csp->servers[0].port_where.column, 10);
	assert_string_equal(csp->servers[1].address, "ward.example");
	assert_int_equal(csp->servers[1].port, 51773);
	assert_false(csp->servers[1].enabled);
	assert_true(csp->servers[1].mirror_aware);
	assert_true(csp->servers[1].ssl);
	assert_int_equal(csp->path_count, 2);
	assert_string_equal(csp->paths[0].path, "/");
	assert_string_equal(csp->paths[0].server, "WARD");
	assert_true(csp->paths[0].enabled);
	assert_string_equal(csp->paths[1].alternatives, "FailOver;WARD");
	assert_false(csp->paths[1].enabled);
}

static void test_csp_mistakes(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 2, 1, "`GONE` has no section" },
		{ SEVERITY_ERROR, 4, 10, "`99999` is no port" },
		{ SEVERITY_WARNING, 5, 1, "[A] begins again" },
		{ SEVERITY_WARNING, 7, 1, "neither a heading nor a setting" },
		{ SEVERITY_WARNING, 8, 1, "not whole" },
	};
	_cleanup_csp_ struct csp *csp =
		read_csp("[SYSTEM_INDEX]\nGONE=Enabled\n[A]\nTCP_Port=99999\n[a]\nIp_Address=h\n"
			 "what\n[B\nTCP_Port=1\n",
			 said, ARRAY_SIZE(said));

	(void)state;
	assert_int_equal(csp->server_count, 1);
	assert_int_equal(csp->servers[0].port, 0);
	assert_int_equal(csp->servers[0].port_where.line, 4);
	assert_string_equal(csp->servers[0].address, "h");
	assert_true(csp->servers[0].enabled);
	assert_false(csp->servers[0].indexed);
}

/* ---- iscagent.conf ---- */

static struct iscagent *read_agent(const char *text, const struct said *said, size_t count)
{
	struct diagnostics diagnostics = { 0 };
	struct iscagent *agent = NULL;

	assert_int_equal(iscagent_read(ISCAGENT_CONF, text, strlen(text), &diagnostics, &agent), 0);
	check_said(&diagnostics, said, count);
	return agent;
}

static void test_iscagent(void **state)
{
	struct iscagent *agent = read_agent("", NULL, 0);

	(void)state;
	assert_int_equal(agent->port, ISCAGENT_PORT);
	assert_int_equal(agent->port_where.line, 0);
	assert_string_equal(agent->interface, "");
	assert_string_equal(agent->user, "iscagent");
	assert_string_equal(agent->group, "iscagent");
	iscagent_free(agent);

	agent = read_agent("# the site's\napplication_server.port = 2199\n"
			   "application_server.interface_address=10.0.0.1\n"
			   "privileges.user=agent\nprivileges.group=agents, others\n"
			   "logging.service=syslog\n",
			   NULL, 0);
	assert_int_equal(agent->port, 2199);
	assert_int_equal(agent->port_where.line, 2);
	assert_int_equal(agent->port_where.column, 27);
	assert_string_equal(agent->interface, "10.0.0.1");
	assert_string_equal(agent->user, "agent");
	assert_string_equal(agent->group, "agents");
	assert_string_equal(agent->groups, "agents, others");
	iscagent_free(agent);
}

static void test_iscagent_mistakes(void **state)
{
	static const struct said said[] = {
		{ SEVERITY_WARNING, 2, 25, "`application_server.port` is given again" },
		{ SEVERITY_ERROR, 2, 25, "`port` is no port" },
		{ SEVERITY_WARNING, 3, 1, "no setting" },
		{ SEVERITY_WARNING, 4, 17, "`privileges.user` is empty" },
	};
	_cleanup_iscagent_ struct iscagent *agent = read_agent(
		"application_server.port=2188\napplication_server.port=port\nx\nprivileges.user=\n",
		said, ARRAY_SIZE(said));

	(void)state;
	assert_int_equal(agent->port, 0);
	assert_string_equal(agent->user, "iscagent");
}

/* ---- snmpd.conf ---- */

static void test_snmpd(void **state)
{
	static const struct {
		const char *line;
		enum agentx_transport transport;
		const char *address;
		uint16_t port;
	} cases[] = {
		{ "agentXSocket TCP:localhost:705", AGENTX_TCP, "localhost", 705 },
		{ "agentxsocket\ttcp:706", AGENTX_TCP, "", 706 },
		{ "agentXSocket tcp:localhost", AGENTX_TCP, "localhost", 705 },
		{ "agentXSocket tcp6:[::1]:707", AGENTX_TCP, "::1", 707 },
		{ "agentXSocket 708", AGENTX_TCP, "", 708 },
		{ "agentXSocket 127.0.0.1:709", AGENTX_TCP, "127.0.0.1", 709 },
		{ "agentXSocket udp:localhost:705", AGENTX_UDP, "localhost", 705 },
		{ "agentXSocket unix:/run/agentx", AGENTX_UNIX, "/run/agentx", 0 },
		{ "agentXSocket /var/agentx/master", AGENTX_UNIX, "/var/agentx/master", 0 },
		{ "agentXSocket \"TCP:localhost:705\"", AGENTX_TCP, "localhost", 705 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = { 0 };
		_cleanup_snmpd_ struct snmpd *snmpd = NULL;
		const struct agentx_socket *socket;

		assert_int_equal(snmpd_read(SNMPD_CONF, cases[i].line, strlen(cases[i].line),
					    &diagnostics, &snmpd),
				 0);
		check_nothing_said(&diagnostics);
		assert_int_equal(snmpd->socket_count, 1);
		assert_false(snmpd->master);
		socket = &snmpd->sockets[0];
		if (socket->transport != cases[i].transport || socket->port != cases[i].port ||
		    strcmp(socket->address, cases[i].address) != 0)
			fail_msg("%s: %d, %s, %u", cases[i].line, socket->transport,
				 socket->address, socket->port);
	}
}

static void test_snmpd_file(void **state)
{
	static const char text[] = "# agentXSocket tcp:1\nmaster   agentx\n"
				   "agentXSocket TCP:localhost:705,/var/agentx/master\n"
				   "agentXSocket tcp:localhost:http\nrocommunity public\n"
				   "includeDir /etc/snmp/snmpd.conf.d\nagentXSocket\n";
	static const struct said said[] = {
		{ SEVERITY_ERROR, 4, 14, "`http` is no port" },
		{ SEVERITY_NOTE, 6, 1, "not read" },
		{ SEVERITY_WARNING, 7, 1, "no address" },
	};
	struct diagnostics diagnostics = { 0 };
	_cleanup_snmpd_ struct snmpd *snmpd = NULL;

	(void)state;
	assert_int_equal(snmpd_read(SNMPD_CONF, text, strlen(text), &diagnostics, &snmpd), 0);
	check_said(&diagnostics, said, ARRAY_SIZE(said));
	assert_true(snmpd->master);
	assert_int_equal(snmpd->master_where.line, 2);
	assert_int_equal(snmpd->socket_count, 3);
	assert_int_equal(snmpd->sockets[1].transport, AGENTX_UNIX);
	assert_int_equal(snmpd->sockets[1].where.column, 32);
	assert_int_equal(snmpd->sockets[2].port, 0);
}

/* ---- command lines ---- */

#define ARGV(text) text, sizeof(text)

static void test_httpd(void **state)
{
	struct httpd_arguments httpd;

	(void)state;
	assert_true(
		httpd_arguments_read(ARGV("/usr/cachesys/httpd/bin/httpd\0-f\0"
					  "/usr/cachesys/httpd/conf/httpd.conf\0-d\0"
					  "/usr/cachesys/httpd\0-c\0Listen 57772\0-k\0start\0"
					  "-C\0listen 127.0.0.1:57773 https\0"
					  "-cListen [::1]:57774\0-c\0Listen x\0-c\0Timeout 3\0-f"),
				     &httpd));
	assert_string_equal(httpd.executable, "/usr/cachesys/httpd/bin/httpd");
	assert_string_equal(httpd.root, "/usr/cachesys/httpd");
	assert_string_equal(httpd.configuration, "");
	assert_int_equal(httpd.listen_count, 3);
	assert_string_equal(httpd.listens[0].address, "");
	assert_int_equal(httpd.listens[0].port, 57772);
	assert_string_equal(httpd.listens[1].address, "127.0.0.1");
	assert_int_equal(httpd.listens[1].port, 57773);
	assert_string_equal(httpd.listens[2].address, "::1");
	assert_int_equal(httpd.listens[2].port, 57774);
	httpd_arguments_release(&httpd);
	assert_false(httpd_arguments_read(ARGV("/bin/sh\0-c\0Listen 1"), &httpd));
	assert_false(httpd_arguments_read("", 0, &httpd));
}

static void test_java(void **state)
{
	struct java_arguments java;

	(void)state;
	assert_true(java_arguments_read(ARGV("/opt/jdk/bin/java\0-Xrs\0-classpath\0/a.jar\0"
					     "com.intersystems.gateway.JavaGateway\00053272\0/log\0"
					     "ward-db:WARD:%Java Server\000127.0.0.1\0"),
					&java));
	assert_string_equal(java.executable, "/opt/jdk/bin/java");
	assert_string_equal(java.main_class, "com.intersystems.gateway.JavaGateway");
	assert_int_equal(java.port, 53272);
	assert_string_equal(java.log, "/log");
	assert_string_equal(java.host, "ward-db");
	assert_string_equal(java.instance, "WARD");
	assert_string_equal(java.name, "%Java Server");
	assert_string_equal(java.address, "127.0.0.1");
	java_arguments_release(&java);
	/* Only a port; a name without a host; a port that is none. */
	assert_true(java_arguments_read(ARGV("java\0com.intersystems.gateway.JavaGateway\00053272"),
					&java));
	assert_int_equal(java.port, 53272);
	assert_string_equal(java.name, "");
	java_arguments_release(&java);
	assert_true(java_arguments_read(
		ARGV("java\0com.intersystems.gateway.JavaGateway\0x\0\0R Remote\0000.0.0.0"),
		&java));
	assert_int_equal(java.port, 0);
	assert_string_equal(java.host, "");
	assert_string_equal(java.name, "R Remote");
	java_arguments_release(&java);
	assert_false(java_arguments_read(ARGV("java\0-jar\0tomcat.jar"), &java));
}

static void test_license(void **state)
{
	(void)state;
	assert_int_equal(license_arguments_port(ARGV("/usr/cachesys/bin/clmanager\0004001")), 4001);
	assert_int_equal(license_arguments_port(ARGV("licmanager\0004002")), 4002);
	assert_int_equal(license_arguments_port(ARGV("/usr/cachesys/bin/clmanager")), 0);
	assert_int_equal(license_arguments_port(ARGV("/bin/sh\0004001")), 0);
}

static void test_database(void **state)
{
	struct database_arguments database;

	(void)state;
	assert_true(database_arguments_read(
		ARGV("/iris/sys/bin/irisdb\0-s/iris/sys/mgr\0-cj\0-p26\0StartEnsembleJob^Ens.Job"),
		&database));
	assert_string_equal(database.manager, "/iris/sys/mgr");
	assert_true(database.child_job);
	assert_int_equal(database.parent_job, 26);
	assert_string_equal(database.entry, "StartEnsembleJob^Ens.Job");
	assert_string_equal(database.namespace, "");
	database_arguments_release(&database);
	assert_true(database_arguments_read(
		ARGV("cache\0-w\0/home/ward\0-s\0/usr/cachesys/mgr\0-U\0%SYS\0-B\0^SECURITY\0x"),
		&database));
	assert_string_equal(database.directory, "/home/ward");
	assert_string_equal(database.manager, "/usr/cachesys/mgr");
	assert_string_equal(database.namespace, "%SYS");
	assert_string_equal(database.entry, "^SECURITY");
	assert_true(database.emergency);
	assert_false(database.child_job);
	database_arguments_release(&database);
	assert_true(database_arguments_read(ARGV("/x/bin/iriscp"), &database));
	database_arguments_release(&database);
	assert_false(database_arguments_read(ARGV("/usr/bin/cachefilesd"), &database));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csp),	 cmocka_unit_test(test_csp_mistakes),
		cmocka_unit_test(test_iscagent), cmocka_unit_test(test_iscagent_mistakes),
		cmocka_unit_test(test_snmpd),	 cmocka_unit_test(test_snmpd_file),
		cmocka_unit_test(test_httpd),	 cmocka_unit_test(test_java),
		cmocka_unit_test(test_license),	 cmocka_unit_test(test_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

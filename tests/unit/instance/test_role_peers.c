/* SPDX-License-Identifier: GPL-2.0-only */
/* Peers that a cpf gives as names, as IPv6 addresses or as this host: who is connected to one has its role,
 * and who is connected to another has none. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "instance/role.h"
#include "util/cleanup.h"

#define ROOT "/opt/site/cache"

/* Mirrors and shadows are written after the documented syntax: no real file with them is public. */
static const char cpf[] = "[ConfigFile]\nVersion=2017.1\n"
			  "[Databases]\nCACHESYS=/opt/site/cache/mgr/\nFAR=/data/,EAST\n"
			  "[Startup]\nDefaultPort=1972\n"
			  "[ECPServers]\nEAST=East.Example.org,1972,0\nSIX=2001:db8::7,1973,0\n"
			  "MAPPED=::ffff:10.3.0.9,1974,0\nBRACKETS=[2001:db8::8],1975,0\n"
			  "NEAR=127.0.0.2,1976,0\nHERE=localhost,1977,0\n"
			  "[MirrorMember]\nJoinMirror=1\nSystemName=A\n"
			  "[Mirrors]\nM=0A1B,2,1,A,5000,0,0,,0,arbiter|2188\n"
			  "N=0A1C,2,1,A,5000,0,0,,0,10.4.0.2,2190,10.4.0.3,1\n"
			  "[MapMirrors.M]\n"
			  "B=agent-b,2189,,public-b,G2,/opt/site/cache/,0,private-b,1978,,0,\n"
			  "[Shadows]\nS=source|1980,1,/j/,1,,,10\n";

static struct resolved_address addresses[6];
static struct name_fact looked_up[] = {
	{ (char *)"east.example.org", &addresses[0], 2, NULL },
	{ (char *)"arbiter", &addresses[2], 1, NULL },
	{ (char *)"private-b", &addresses[3], 1, NULL },
	{ (char *)"source", &addresses[4], 1, NULL },
	{ (char *)"agent-b", NULL, 0, (char *)"no such name" },
};
static const struct facts names = { .names = looked_up, .name_count = ARRAY_SIZE(looked_up) };

static struct config *config;

static void address(struct resolved_address *ret, const char *text)
{
	ret->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(ret->family, text, ret->bytes), 1);
}

static int setup(void **state)
{
	static const char *const texts[] = { "10.3.0.1", "2001:db8::1", "10.4.0.1", "10.5.0.2",
					     "10.6.0.1" };
	struct diagnostics diagnostics = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		address(&addresses[i], texts[i]);
	if (config_read("cache.cpf", cpf, strlen(cpf), &diagnostics, &config))
		return -1;
	diagnostics_release(&diagnostics);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	config = config_free(config);
	return 0;
}

static const char *role_with(const struct config *with, const struct facts *known,
			     uint16_t local_port, const char *remote, uint16_t port)
{
	static struct role_process process;
	struct role_instance of = { .root = ROOT, .config = with, .owner = 0, .names = known };
	struct resolved_address peer = { 0 };
	struct process_socket socket = { .protocol = IPPROTO_TCP,
					 .local_port = local_port,
					 .remote_port = port };

	address(&peer, remote);
	socket.family = peer.family;
	memcpy(socket.remote, peer.bytes, 16);
	process = (struct role_process){ .process = { .pid = 9,
						      .start = 9,
						      .executable = (char *)ROOT "/bin/cache",
						      .arguments = (char *)"" },
					 .sockets_known = true,
					 .sockets = &socket,
					 .socket_count = 1 };
	roles_tell(&of, &process, 1);
	process.sockets = NULL;
	return process.role.text;
}

static const char *role_of(const struct facts *known, uint16_t local_port, const char *remote,
			   uint16_t port)
{
	return role_with(config, known, local_port, remote, port);
}

static void peers_by_name(void **state)
{
	static const struct {
		const char *remote;
		uint16_t port;
		const char *role;
	} rows[] = {
		{ "10.3.0.1", 1972, "ECPCliR or ECPCliW" },
		{ "2001:db8::1", 1972, "ECPCliR or ECPCliW" },
		{ "10.3.0.1", 1973, "database process" },
		{ "10.3.0.2", 1972, "database process" },
		{ "10.4.0.1", 2188, "mirroring" },
		{ "10.5.0.2", 1978, "mirroring" },
		/* The name has no address that was ever found: no guess by the port. */
		{ "10.5.0.2", 2189, "database process" },
		{ "10.6.0.1", 1980, "SHDWCBLK" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_string_equal(role_of(&names, 40000, rows[i].remote, rows[i].port),
				    rows[i].role);
		/* And without the names nothing of all that is known. */
		assert_string_equal(role_of(NULL, 40000, rows[i].remote, rows[i].port),
				    "database process");
	}
}

static void a_member_that_comes(void **state)
{
	(void)state;
	assert_string_equal(role_of(&names, 1972, "10.5.0.2", 40000),
			    "SuperServer worker of a mirror");
	assert_string_equal(role_of(&names, 1972, "10.5.0.3", 40000), "SuperServer worker");
	assert_string_equal(role_of(NULL, 1972, "10.5.0.2", 40000), "SuperServer worker");
}

/* A row of [Mirrors] as Caché's reference has it: agent, its port, arbiter. */
static void an_agent(void **state)
{
	(void)state;
	assert_string_equal(role_of(NULL, 40000, "10.4.0.2", 2190), "mirroring");
	assert_string_equal(role_of(NULL, 40000, "10.4.0.3", 2188), "mirroring");
	assert_string_equal(role_of(NULL, 40000, "10.4.0.3", 2190), "database process");
}

static void peers_by_address(void **state)
{
	static const struct {
		const char *remote;
		uint16_t port;
		bool known;
	} rows[] = {
		{ "2001:db8::7", 1973, true }, { "2001:db8::8", 1973, false },
		{ "10.3.0.9", 1974, true },    { "2001:db8::8", 1975, true },
		{ "127.0.0.2", 1976, true },   { "127.0.0.3", 1976, false },
		{ "127.0.0.3", 1977, true },   { "::1", 1977, true },
		{ "::2", 1977, false },	       { "10.1.1.1", 1977, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(role_of(NULL, 40000, rows[i].remote, rows[i].port),
				    rows[i].known ? "ECPCliR or ECPCliW" : "database process");
}

/* ------------------------------------------------------------------ how many */

#define PEERS 512 /* rows of a section that are looked at; the one behind them is not */

/* A section with a row more, each at the address 10.9.HIGH.LOW of its number; what comes before and behind it. */
static struct config *crowded(const char *heading, const char *before, const char *behind)
{
	struct diagnostics diagnostics = { 0 };
	struct config *crowd = NULL;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	fprintf(stream, "[ConfigFile]\nVersion=2017.1\n[Startup]\nDefaultPort=1972\n%s\n", heading);
	for (unsigned int i = 1; i <= PEERS + 1; i++)
		fprintf(stream, "P%u=%s10.9.%u.%u%s\n", i, before, i >> 8, i & 255, behind);
	fclose(stream);
	assert_int_equal(config_read("cache.cpf", text, length, &diagnostics, &crowd), 0);
	diagnostics_release(&diagnostics);
	free(text);
	return crowd;
}

/* Whoever is governed may be able to write the cpf: it is not to cost more time than an instance's peers do. */
static void no_more_peers_than_there_can_be(void **state)
{
	static const struct {
		const char *heading, *before, *behind;
		uint16_t local_port, port;
		const char *role, *none;
	} rows[] = {
		{ "[ECPServers]", "", ",1979,0", 40000, 1979, "ECPCliR or ECPCliW",
		  "database process" },
		{ "[Shadows]", "", "|1980,1,/j/,1,,,10", 40000, 1980, "SHDWCBLK",
		  "database process" },
		{ "[Mirrors]", "0A1B,2,1,A,5000,0,0,,0,", "|2188", 40000, 2188, "mirroring",
		  "database process" },
		{ "[MapMirrors.M]", "", ",2189,,b,G2,/opt/site/cache/,0,b,1978,,0,", 40000, 2189,
		  "mirroring", "database process" },
		{ "[MapMirrors.M]", "b,2189,,b,G2,/opt/site/cache/,0,", ",1978,,0,", 1972, 40000,
		  "SuperServer worker of a mirror", "SuperServer worker" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct config *crowd = crowded(rows[i].heading, rows[i].before, rows[i].behind);

		assert_string_equal(
			role_with(crowd, NULL, rows[i].local_port, "10.9.2.0", rows[i].port),
			rows[i].role);
		assert_string_equal(
			role_with(crowd, NULL, rows[i].local_port, "10.9.2.1", rows[i].port),
			rows[i].none);
		config_free(crowd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peers_by_name),
		cmocka_unit_test(a_member_that_comes),
		cmocka_unit_test(an_agent),
		cmocka_unit_test(peers_by_address),
		cmocka_unit_test(no_more_peers_than_there_can_be),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

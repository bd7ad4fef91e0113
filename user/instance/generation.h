/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of generate(): what its parts share. */
#ifndef CW_INSTANCE_GENERATION_H
#define CW_INSTANCE_GENERATION_H

#include "host/chase.h"
#include "instance/generate.h"

#define GENERATION_NAMES_MAX 256 /* programs of one directory that are named one by one */
#define GENERATION_PLACES 4

struct generation {
	const struct generate_input *input;
	const struct instance *instance;
	const struct config *config;
	struct draft *draft;
	struct chase_trust trust;
	bool iris;
	const char *root;
	const char *data; /* where cpf and mgr are */
	const char *license_server; /* names of executables */
	const char *helper;
	/* Those of bin/ and of the agent: one with a wildcard, or each by itself. */
	char *tools[GENERATION_NAMES_MAX];
	size_t tool_count;
	char *agents[GENERATION_NAMES_MAX];
	size_t agent_count;
	char *helpers[GENERATION_NAMES_MAX]; /* of the host's other instances */
	size_t helper_count;
	bool agent_used; /* the agent's configuration, or a mirror, is there */
	bool web_started; /* private web server, and its program is here */
	const char *loopback; /* this host, for the database's traffic */
	char places[GENERATION_PLACES][600];
	size_t place;
};

/* ---- generation.c ---- */

/* `cache.cpf:12`: file and line, short below the instance's directory. Good for a few more calls. */
const char *generation_place(struct generation *generation, const struct location *where);
/* `cache.cpf:12 [LicenseServers]` */
const char *generation_section(struct generation *generation, const struct location *where,
			       const char *section);
/* `cache.cpf:12 [Startup] DefaultPort`, or that it is the default. */
const char *generation_parameter(struct generation *generation, enum config_parameter_id id);
/* `; hardening guide 3.1`, or nothing. */
const char *generation_guide(struct generation *generation, enum service_id service);
/* The database's executables into `by`. */
void generation_by_database(struct generation *generation, struct draft_entry *rule);
bool generation_local(const struct generation *generation, const char *address);
/* Is it the address or the name of one host? */
bool generation_one_host(const char *address);
/* The address of one host, from a configuration, into the rule. What is more than one host (`any`, a
 * network), or no address at all, is a doubt: nobody meant it. */
void generation_peer(struct generation *generation, struct draft_entry *rule, const char *address);
/* A rule `connect tcp/PORT to ADDRESS by the database`, with the service's id; a doubt where one of
 * the two is none. */
struct draft_entry *generation_connect(struct generation *generation, enum service_id service,
				       const char *suffix, const char *address, unsigned int port,
				       const struct location *where, const char *what);

/* ---- generate_files.c ---- */

/* Is the path one that a policy can have? */
bool generation_path_fits(const char *path);
struct draft_entry *generation_program(struct generation *generation, const char *name,
				       const char *path, bool entry);
/* The same below root. */
struct draft_entry *generation_own(struct generation *generation, const char *name,
				   const char *path, bool entry);
/* All files of a directory whose names begin with prefix; their names in the draft into names. */
void generation_pattern(struct generation *generation, const char *name, const char *directory,
			const char *prefix, bool entry, char *names[GENERATION_NAMES_MAX],
			size_t *count);
/* Is a gateway configured that java runs on this host? */
bool generation_java_wanted(const struct generation *generation);
/* All executables of the policy. */
void generation_files(struct generation *generation);

/* ---- generate_exec.c ---- */
void generation_exec(struct generation *generation);

/* ---- the services ---- */

typedef void generation_service(struct generation *generation, enum service_id service);
/* generate_bind.c */
generation_service generation_superserver, generation_extra_superservers, generation_web_server,
	generation_telnet, generation_ecp_server, generation_site_web_server,
	generation_application, generation_adapters, generation_agent;
/* generate_license.c */
generation_service generation_license, generation_license_query;
/* generate_gateways.c */
/* Where java is: of [SQL], or of the first row of [Gateways] that says so; "": none does. */
const char *generation_java_home(const struct config *config);
generation_service generation_jdbc, generation_gateways, generation_object_gateways;
/* generate_connect.c */
generation_service generation_web_to_instance, generation_snmp, generation_ecp, generation_mirror,
	generation_arbiter, generation_virtual_address, generation_shadow, generation_names,
	generation_telemetry, generation_sharding, generation_archives;

#endif

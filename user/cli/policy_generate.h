/* SPDX-License-Identifier: GPL-2.0-only */
/* `policy generate`: where what it knows comes from, and what it puts out. */
#ifndef CW_CLI_POLICY_GENERATE_H
#define CW_CLI_POLICY_GENERATE_H

#include <stddef.h>

#include "instance/generate.h"
#include "policy/diagnostics.h"
#include "policy/facts.h"
#include "util/buffer.h"

#define GENERATE_LIST_MAX 64 /* --from, --qlist */

struct generate_options {
	const char *instance, *root, *cpf;
	const char *csp_ini, *agent_conf, *snmpd_conf, *resolv_conf;
	const char *agent_directory;
	const char *from[GENERATE_LIST_MAX];
	size_t from_count;
	const char *qlist[GENERATE_LIST_MAX];
	size_t qlist_count;
	const char *output, *existing;
	bool force;
	bool merge;
	bool all;
};

/* Everything that a policy is made of; owned here. */
struct generate_sources {
	struct diagnostics diagnostics;
	struct registry *registry;
	struct config *config; /* of --cpf */
	struct config *config_before; /* the instance's own, in whose place it stands */
	bool foreign; /* --cpf of an instance that this host has not: its neighbours are not here */
	struct instance *instance; /* with --all none before generate_look() */
	char *root; /* as resolved from --root or --cpf */
	/* Of the instance. */
	struct csp *csp;
	struct iscagent *agent;
	struct snmpd *snmpd;
	struct name_servers name_servers;
	struct running running;
	struct facts network;
	char *agent_directory;
};

/* The instance, or with --all every one that is found. 0, or an exit status, reported. Release ret in
 * any case. */
int generate_find(const struct generate_options *options, struct generate_sources *ret);
/* What stands beside the instance, in the place of what stood beside another. The same. */
int generate_look(const struct generate_options *options, struct generate_sources *sources,
		  struct instance *instance);
void generate_sources_release(struct generate_sources *sources);

/* The policy to where the options say: a file (path NULL: standard output), into one that is there, or
 * only what it differs in. An exit status, reported. */
int generate_put(const struct generate_options *options, const char *path,
		 const struct draft *draft, const struct buffer *text);

#endif

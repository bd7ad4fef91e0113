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
};

/* Everything that a policy is made of; owned here. */
struct generate_sources {
	struct diagnostics diagnostics;
	struct registry *registry;
	struct config *config; /* of --cpf */
	struct config *config_before; /* the instance's own, in whose place it stands */
	struct instance *instance;
	struct csp *csp;
	struct iscagent *agent;
	struct snmpd *snmpd;
	struct name_servers name_servers;
	struct running running;
	struct facts network;
	char *agent_directory;
	char *root; /* as resolved from --root or --cpf */
};

/* 0 and ret filled; an exit status otherwise, reported. Release it in any case. */
int generate_gather(const struct generate_options *options, struct generate_sources *ret);
void generate_sources_release(struct generate_sources *sources);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what an instance and its host say of themselves to a policy: each service of
 * policy/services.def becomes rules, or a comment that says why it is none.
 *
 * Nothing is taken for granted that is not there: a rule speaks only of files that this host has and
 * that nobody but root and the owner can have written (or that are pinned, since a group can). But
 * for an instance of another host: then the policy says that nobody has looked.
 */
#ifndef CW_INSTANCE_GENERATE_H
#define CW_INSTANCE_GENERATE_H

#include <stddef.h>

#include "instance/draft.h"
#include "instance/neighbours.h"
#include "instance/registry.h"
#include "instance/running.h"
#include "policy/facts.h"

/* `nameserver` lines of resolv.conf. */
struct name_servers {
	char *file;
	struct {
		char *address;
		unsigned int line;
	} items[8];
	size_t count;
};
/* 0, -ENOMEM, or the error of open() and read(). */
int name_servers_read(const char *path, struct name_servers *ret);
void name_servers_release(struct name_servers *servers);

struct generate_input {
	const struct instance *instance; /* completed; its config is there */
	const struct csp *csp; /* these are NULL where there is none */
	const struct iscagent *agent;
	const struct snmpd *snmpd;
	const char *agent_directory; /* where ISCAgent* is; NULL: nowhere known */
	/* Of the host, this one among them: they share one agent. NULL: none known. */
	const struct registry *instances;
	const struct name_servers *name_servers;
	const struct running *running;
	const struct resolved_address *local; /* this host's addresses */
	size_t local_count;
	/* It is installed on another host: its files are those of the standard layout, and none is
	 * looked at. */
	bool foreign;
};

/*
 * 0 and *ret; -ENOMEM; else no policy can be made: *reterr_message (owned by the caller) says why,
 * *reterr_hint (static; NULL: none) what to do.
 */
int generate(const struct generate_input *input, struct draft **ret, char **reterr_message,
	     const char **reterr_hint);

#endif

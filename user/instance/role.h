/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process of an instance is for, told from outside, and how well that is known.
 *
 * Almost all processes of an instance execute one file; what tells them apart is whose uid they have,
 * what they listen on and are connected to, which locks they hold, what the log says of them, and what they
 * were started with. The kernel vouches for the first three; the log is written by many and arguments by
 * the process itself, so what rests on them is likely at best. Where nothing tells, the role is what is
 * certain (`database process`): no role is a guess, and no verdict depends on one.
 */
#ifndef CW_INSTANCE_ROLE_H
#define CW_INSTANCE_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/process.h"
#include "instance/config.h"
#include "policy/facts.h"
#include "util/vocabulary.h"

#define ROLE_TEXT_MAX 80 /* bytes of a role with its NUL */

enum role_strength {
	ROLE_CLASS, /* only what kind of process it is */
	ROLE_LIKELY, /* by what others than the kernel say, or by several weak signs */
	ROLE_CERTAIN, /* by what the kernel says */
	ROLE_TOLD, /* by the administrator's own listing */
	ROLE_STRENGTH_MAX,
};
extern const struct vocabulary role_strength_words; /* "class only", "likely", "certain", "told" */

/* name in code, as shown */
#define ROLES(X) \
	X(OTHER, "program") /* of another kind: a callout and what it started */ \
	X(DATABASE, "database process") \
	X(CONTROL, "CONTROL") \
	X(WRITE_DAEMON, "WRTDMN") \
	X(JOURNAL_DAEMON, "JRNDMN") \
	X(SUPERSERVER, "%SYS.SERVER") \
	X(WORKER, "SuperServer worker") \
	X(MIRROR_WORKER, "SuperServer worker of a mirror") \
	X(ECP_CLIENT, "ECPCliR or ECPCliW") \
	X(SHADOW, "SHDWCBLK") \
	X(MIRROR, "mirroring") \
	X(VIRTUAL_IP, "virtual IP") \
	X(SNMP, "^SNMP") \
	X(JOB, "job") \
	X(TERMINAL, "terminal") \
	X(LICENSE_SERVER, "license server") \
	X(WEB_SERVER, "private web server") \
	X(GATEWAY, "language gateway") \
	X(AGENT, "ISCAgent") \
	X(AGENT_HELPER, "ISCAgent's helper") \
	X(IMAGE_JOURNAL, "write image journal") \
	X(TOOL, "tool") /* another program of the instance's bin */

enum role_id {
#define ROLE_ID(id, name) ROLE_##id,
	ROLES(ROLE_ID)
#undef ROLE_ID
		ROLE_MAX,
};
extern const struct vocabulary role_words;

struct role {
	enum role_id id;
	enum role_strength strength;
	char text[ROLE_TEXT_MAX]; /* as shown: its word, and what is added ("job start^ROUTINE") */
	const char *evidence; /* static */
};

/* The log's word on a process: whose start-up line it wrote. Bits. */
enum role_logged {
	ROLE_LOGGED_START = 1, /* start-up of the instance */
	ROLE_LOGGED_WRITE_DAEMON = 2,
};

/* What is known of one process. */
struct role_process {
	struct process process;
	struct process_socket *sockets;
	size_t socket_count;
	bool sockets_known; /* could be looked at */
	bool lock_holder; /* of mgr/ilock */
	bool image_journal_open; /* the WIJ, for writing */
	unsigned int logged; /* enum role_logged */
	bool oldest; /* of the instance's database processes */
	bool oldest_listener; /* … of those that listen on the SuperServer's port */
	struct role role;
};

/* What is known of the instance. */
struct role_instance {
	const char *root; /* install directory */
	const struct config *config; /* NULL: no cpf could be read */
	uint32_t owner; /* uid; UINT32_MAX: not known */
	const struct facts *names; /* host names that were looked up, in any order; NULL: none */
};

/* Tell the roles of an instance's processes: by each one's own signs first, then by what is left. */
void roles_tell(const struct role_instance *instance, struct role_process *processes, size_t count);

/* By the process alone, no neighbours, sockets or locks: what an event of a short-lived one can say. */
void role_tell(const struct role_instance *instance, struct role_process *process);

/* A role from the administrator's listing. */
void role_told(struct role *role, const char *routine);

/* Does it execute the instance's database executable? */
bool role_is_database(const struct role_instance *instance, const struct process *process);

#endif

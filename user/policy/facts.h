/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a host says of the names in its policies: which files a path or glob stands for, which
 * addresses a host name has, which uid a user has. Filled by user/host (the daemon, `policy check`)
 * or by hand (tests); read by the compiler, which stays pure.
 *
 * Files have numbers (1 … CW_FILES_MAX - 1) that stay the same as long as the daemon runs: a number
 * belongs to a path, and the file that now stands there is admitted under it.
 */
#ifndef CW_POLICY_FACTS_H
#define CW_POLICY_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "policy/model.h"

enum file_trust {
	FILE_TRUSTED,
	FILE_MISSING, /* nothing there: watched for, refused until it appears */
	FILE_NOT_REGULAR,
	FILE_BAD_OWNER, /* it or a directory above it is owned by somebody else */
	FILE_WRITABLE, /* … or may be written by group or others */
	FILE_BAD_HASH, /* pinned, and its content is another */
	FILE_TOO_YOUNG, /* its ctime is younger than a tick: looked at again at once */
	FILE_UNREADABLE, /* reason_error tells */
	FILE_UNHASHED, /* pinned, and its new content has not been hashed yet */
	FILE_TRUST_MAX,
};
const char *file_trust_name(enum file_trust trust); /* one word, for -o json */

/* Nothing speaks against the file. One that is too young to tell counts: the daemon looks again a tick later and
 * admits it, and who only asks is not to be told of a trouble that is over by then. */
static inline bool file_trust_good(enum file_trust trust)
{
	return trust == FILE_TRUSTED || trust == FILE_TOO_YOUNG;
}

struct file_fact {
	uint32_t file; /* its number */
	char *path; /* as written in the policy or matched by its glob */
	char *resolved; /* links followed; NULL if missing */
	enum file_trust trust;
	char *reason; /* a sentence for people where not trusted, naming the culprit; else NULL */
	int reason_error;
	bool hashed;
	uint8_t sha256[32];
	struct verity_digest verity; /* length 0: not asked for, or the file has none */
	int hash_error; /* positive errno: it could not be hashed */
	bool named; /* by a policy; else it is only some script's interpreter */
	char *interpreter_path; /* as a script says; NULL: it is none, or says no absolute path */
	uint32_t interpreter; /* number of the file that is there; 0: none */
	struct cw_identity identity; /* status != 0 where the kernel was not asked */
	struct cw_identity seen; /* the same by stat() */
};

#define FILES_OF_PATTERN_MAX 4096

enum pattern_excess {
	PATTERN_WHOLE,
	PATTERN_TOO_WIDE, /* it matches more than FILES_OF_PATTERN_MAX files */
	PATTERN_UNNUMBERED, /* for some of its files no number was left */
};

/* One pattern of one policy: (policy index, executable index) -> files, in path order. */
struct pattern_fact {
	size_t policy;
	size_t executable;
	size_t *files; /* indexes into facts.files */
	size_t file_count;
	enum pattern_excess excess;
	bool kept; /* … of a policy that was in force by then: those of its files that had numbers stay */
};

struct resolved_address {
	uint8_t family;
	uint8_t bytes[16];
};

struct name_fact {
	char *name;
	struct resolved_address *addresses;
	size_t address_count;
	char *error; /* last look-up failed, why; addresses are then the last good ones */
};

struct id_fact {
	char *name;
	bool known;
	uint32_t id;
	bool assumed; /* known for a question's sake alone: this host has none of that name */
};

/* Where a policy's files are, as a whole: for a command that looks at a policy of another host. */
enum root_fact {
	ROOT_HERE, /* or not asked for: the daemon wants to know of every file */
	ROOT_MISSING, /* there is no such directory */
	ROOT_EMPTY, /* there is, with none of the directories that the policy names in it */
};

struct facts {
	uint8_t roots[CW_INSTANCES_MAX]; /* by policy: enum root_fact */
	struct file_fact *files;
	size_t file_count;
	struct pattern_fact *patterns;
	size_t pattern_count;
	char **link_directories; /* in which links are that lead to these files; none twice */
	size_t link_directory_count;
	struct name_fact *names; /* host names */
	size_t name_count;
	struct id_fact *users; /* names and numbers as written */
	size_t user_count;
	struct id_fact *groups;
	size_t group_count;
	struct resolved_address *local; /* this host's own addresses, loopback included */
	size_t local_count;
	uint16_t ephemeral_low, ephemeral_high; /* net.ipv4.ip_local_port_range */
};

void facts_release(struct facts *facts);

/* The file that a script leads to; NULL: none that is known. */
const struct file_fact *facts_interpreter(const struct facts *facts,
					  const struct file_fact *script);
/* One more file of a pattern, unless it is one already. 0 or -ENOMEM. */
int pattern_fact_add(struct pattern_fact *pattern, size_t file);

/*
 * Look-ups; NULL: not there. They search by halves: patterns stand in the order of (policy,
 * executable), names, users and groups in strcmp()'s.
 */
const struct pattern_fact *facts_pattern(const struct facts *facts, size_t policy,
					 size_t executable);
const struct name_fact *facts_name(const struct facts *facts, const char *name);
const struct id_fact *facts_user(const struct facts *facts, const char *name);
const struct id_fact *facts_group(const struct facts *facts, const char *name);

#endif

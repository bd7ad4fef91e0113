/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy file as it was read: names, numbers and positions, nothing resolved. What the names mean
 * on this host (files, addresses, uids) is in struct facts; the two together compile to an image.
 *
 * Ownership: a policy owns everything it points to; strings are NUL-terminated UTF-8 without NUL.
 */
#ifndef CW_POLICY_MODEL_H
#define CW_POLICY_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "policy/diagnostics.h"

#define POLICY_FILE_MAX \
	(4u << 20) /* bytes of one file: 100,000 prefixes; most have a few thousand */
#define POLICY_EXECUTABLES_MAX 1024
#define POLICY_LIST_MAX 100000 /* items of one list: ports, addresses, users */
#define POLICY_NAME_MAX \
	64 /* of instances, executables and rule ids: [A-Za-z0-9_.-], first alphanumeric */

/* A string of the file with its place. */
struct text {
	char *value;
	struct location where;
};

struct text_list {
	struct text *items;
	size_t count;
};

/* `name: { path: …, entry: …, sha256: … }` below executables. A path written straight into a rule
 * becomes an executable without a name (name.value NULL). */
/* What fs-verity measures: the root hash of a tree over the content, with its parameters. */
struct verity_digest {
	uint8_t algorithm; /* FS_VERITY_HASH_ALG_* of linux/fsverity.h: index of words_verity */
	uint8_t length; /* 0: there is none */
	uint8_t bytes[64];
};

struct executable {
	struct text name;
	struct text path; /* ${root} replaced; absolute; may be a glob (7): `*`, `?`, `[…]` */
	bool glob;
	bool entry;
	bool pinned; /* sha256 */
	uint8_t sha256[32];
	struct location sha256_where;
	struct verity_digest verity; /* length 0: not pinned */
	struct location verity_where;
	bool faulty; /* as of a rule; path.value may be NULL then */
};

/* Protocols of a port item, as a bit mask of 1 << enum cw_protocol; `any` is all of them. */
struct port_range {
	uint8_t protocols;
	bool ephemeral; /* low and high unused */
	uint16_t low, high;
	struct location where;
};

/* All ports, also the one that the kernel chooses. */
static inline bool port_range_is_any(const struct port_range *range)
{
	return !range->ephemeral && range->low <= 1 && range->high == UINT16_MAX;
}

enum { ON_STOP_KEEP, ON_STOP_RELEASE, ON_STOP_MAX };

enum address_kind {
	ADDRESS_PREFIX, /* family, bytes, prefix length */
	ADDRESS_LOCALHOST, /* 127.0.0.0/8 and ::1 */
	ADDRESS_NAME, /* resolved by facts */
};

struct address {
	enum address_kind kind;
	uint8_t family; /* AF_INET or AF_INET6 */
	uint8_t prefix; /* bits */
	uint8_t bytes
		[16]; /* network byte order; bits beyond the prefix are zero (the reader rejects others) */
	char *name;
	struct location where;
};

struct rule {
	struct text id; /* generated (`exec-3`) where the file gives none */
	struct text why; /* value NULL if none */
	uint8_t action; /* CW_ACTION_* */
	struct location where; /* of the rule's mapping */
	size_t *by; /* indexes into executables; count 0: any governed process */
	size_t by_count;
	size_t *targets; /* exec: indexes into executables */
	size_t target_count;
	struct port_range *ports; /* bind, connect */
	size_t port_count;
	struct address *addresses; /* `to` or `at`; count 0: any */
	size_t address_count;
	struct text *users; /* count 0: any */
	size_t user_count;
	bool faulty; /* of a half-read policy: it does not say all that its author meant */
};

struct rule_class {
	bool given; /* the key stands in the file */
	bool mode_given;
	uint8_t mode; /* CW_MODE_OFF for `off`; else its own or the file's */
	struct location where;
	struct rule *rules;
	size_t count;
	bool faulty; /* its mode may be another */
};

struct library_policy {
	bool given;
	bool mode_given;
	uint8_t mode;
	bool check_owners; /* `trust: owners`; false for `trust: any` */
	bool anonymous; /* `anonymous: allow` */
	size_t *except; /* indexes into executables */
	size_t except_count;
	struct location where;
};

struct sockets_policy {
	bool given;
	bool mode_given;
	uint8_t mode;
	uint16_t types[CW_FAMILIES_MAX]; /* as cw_instance.socket_types */
	struct location where;
};
/* What a family without a type stands for, as a bit a type. */
uint16_t policy_family_types(int family);

struct guard_bind {
	struct port_range *ports;
	size_t port_count;
	struct text_list users; /* let in */
	struct location where;
};

struct guard_connect {
	struct port_range *ports;
	size_t port_count;
	struct text_list users;
	struct location where;
};

struct guard_exec {
	size_t *executables;
	size_t executable_count;
	struct text_list users;
	struct location where;
};

struct guard_policy {
	bool given;
	bool mode_given;
	uint8_t mode;
	struct location where;
	struct guard_bind bind;
	struct guard_connect connect;
	struct guard_exec exec;
};

struct policy {
	bool faulty; /* half-read */
	char *file; /* name for diagnostics and events */
	struct text instance;
	struct text root; /* value NULL if not given */
	uint8_t mode; /* of the file */
	struct location mode_where;
	struct text owner; /* value NULL: only root */
	struct text_list trust_groups;
	struct executable *executables;
	size_t executable_count;
	struct rule_class classes[CW_RULE_CLASSES];
	struct library_policy library;
	struct sockets_policy sockets;
	struct guard_policy guard;
	uint8_t on_undecided; /* CW_VERDICT_ALLOW or CW_VERDICT_DENY */
	uint32_t allow_partial; /* bit per enum cw_operation */
	struct location allow_partial_where;
	uint8_t on_stop; /* ON_STOP_*; where not given: keep if the file's mode is enforce */
	bool on_stop_given;
};

/*
 * Read one policy. text need not be NUL-terminated; name is copied. Every mistake is added to
 * diagnostics. Returns 0 and *ret_policy (owned by the caller) when there was no error, -EINVAL when
 * there was (diagnosed), -ENOMEM.
 */
int policy_read(const char *name, const char *text, size_t length, struct diagnostics *diagnostics,
		struct policy **ret_policy);
/*
 * The same; and of what has mistakes (-EINVAL) *reterr_half is what could be read, or NULL. It is for
 * image_diagnose() only: its parts that are faulty say so, and names in it may be missing.
 */
int policy_read_half(const char *name, const char *text, size_t length,
		     struct diagnostics *diagnostics, struct policy **ret_policy,
		     struct policy **reterr_half);
struct policy *policy_free(struct policy *policy);

/* What is wrong with a host's name (RFC 1123, section 2.1), NUL or a blank behind it; NULL if nothing is. */
const char *host_name_mistake(const char *name, size_t length);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that policies name: found, looked at, identified, and hashed where a policy pins a hash.
 */
#ifndef CW_HOST_FILES_H
#define CW_HOST_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/registry.h"
#include "policy/facts.h"
#include "policy/model.h"

/*
 * Who says what a file is. The daemon asks the kernel through the accessor that its hooks use;
 * identify() returns 0 or a negative errno and fills ret but for status. Without it stat() answers,
 * good enough for a command that only shows it: such an identity has status EOPNOTSUPP, and is never
 * to be admitted.
 */
struct file_identifier {
	int (*identify)(void *context, int fd, struct cw_identity *ret);
	void *context;
	bool hash_all; /* not only where a hash is pinned */
	bool hash_later; /* what has to be hashed is FILE_UNHASHED meanwhile: reading takes its time */
	bool in_force; /* previous is of these very policies: a pattern that got too wide keeps its files */
};

/* SHA-256 of the file behind a descriptor (O_PATH will do). 0 or a negative errno. */
int file_hash(int fd, uint8_t ret[32]);

/* What fs-verity says of it: length 0 where the file, or its file system, has no digest. 0 or a negative
 * errno. */
int file_measure(int fd, struct verity_digest *ret);

/*
 * Files and patterns of facts, whose users and groups are there already. previous (NULL: none) saves
 * hashing what has not changed. Patterns that are too much for the tables say so (excess). 0; -ENOMEM.
 */
int files_gather(struct policy *const *policies, size_t count, struct file_registry *registry,
		 const struct file_identifier *identifier, const struct facts *previous,
		 struct facts *facts);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a path to a file, looking on the way at everyone who could have made it another file.
 *
 * The path is walked from the root, name by name, on descriptors; links are followed here and not by
 * the kernel, so that the directories of links are looked at like all others. What is reported about
 * a directory or file is what was found on the very descriptor that the walk went through.
 */
#ifndef CW_HOST_CHASE_H
#define CW_HOST_CHASE_H

#include <stddef.h>
#include <stdint.h>

#include "policy/facts.h"

/* Who, besides root, may own what is walked through; whose group may write it. */
struct chase_trust {
	uint32_t owner; /* 0: nobody besides root */
	const uint32_t *groups;
	size_t group_count;
};

struct chased {
	int fd; /* O_PATH; -1 if nothing was found */
	char *resolved; /* without links; NULL if nothing was found */
	enum file_trust trust; /* first reason not to trust it; group-writable ones are below */
	char *reason; /* NULL if trusted */
	int error; /* positive errno behind FILE_MISSING, FILE_UNREADABLE */
	char *group_reason; /* a group that is not trusted may write it: outweighed by a pinned hash */
	char **link_directories; /* what each link that was followed is in, itself without links */
	size_t link_count;
};

void chased_release(struct chased *chased);

/* 0 or -ENOMEM; everything else is a fact about the path, in *ret. The path is absolute. */
int chase(const char *path, const struct chase_trust *trust, struct chased *ret);

#endif

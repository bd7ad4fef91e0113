/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the registry: registry.c keeps the instances, and each source has a file of its own:
 * registry_text.c (qlist, list), registry_scan.c, registry_processes.c; registry_complete.c looks at
 * the files, registry_accounts.c at whose they are.
 */
#ifndef CW_INSTANCE_REGISTRY_INSIDE_H
#define CW_INSTANCE_REGISTRY_INSIDE_H

#include <limits.h>
#include <sys/stat.h>

#include "instance/registry.h"

/* Replace an owned string. False: no memory. */
bool instance_set(char **string, const char *text, size_t length);

/* A copy of the name that lives as long as the registry; NULL: no memory. */
const char *registry_file(struct registry *registry, const char *name);

/* As registry_root(), but root is what is seen behind prefix (NULL: nothing). NULL: no memory or
 * REGISTRY_INSTANCES_MAX (diagnosed). */
struct instance *registry_place(struct registry *registry, const char *prefix, const char *root,
				struct diagnostics *diagnostics);

/* The same, but never a new one; NULL: it is not known. */
struct instance *registry_known(const struct registry *registry, const char *prefix,
				const char *root);

/* An absolute path without empty, `.` and last `/` parts; false: it is not absolute, or too long. */
bool registry_normal(const char *path, size_t length, char ret[PATH_MAX]);

/* prefix, root and name together; false: too long. */
bool instance_path(const struct instance *instance, const char *directory, const char *name,
		   char ret[PATH_MAX]);

/* Has the directory the executable of a database, and which; false: neither. at: openat()'s. */
bool registry_has_executable(int at, enum config_product *ret);

/* owner, user, group. 0 or -ENOMEM. */
int registry_accounts(struct instance *instance);

void instance_free(struct instance *instance);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policy files from disk to models. A file decides what may run on this host, so it is read only if
 * nobody besides root and the caller may have written it; nothing else that may stand at its path (a
 * FIFO, a device, a link, 100 MiB) makes us wait or swell.
 */
#ifndef CW_HOST_POLICYFILE_H
#define CW_HOST_POLICYFILE_H

#include <stddef.h>

#include "policy/diagnostics.h"
#include "policy/model.h"

#define POLICY_FILES_MAX 1024 /* of one directory */

struct policy_list {
	struct policy **items; /* in the order of their files */
	size_t count;
	struct policy **halves; /* what could be read of those with mistakes */
	size_t half_count;
};
void policy_list_release(struct policy_list *list);

/*
 * Read a file, or the *.yaml of a directory in the order of their names, and add what they say to the
 * list. Every file is read even if another has mistakes; of *.yml there is a warning. 0; -EINVAL (diagnosed); -ENOMEM.
 */
int policy_list_read(struct policy_list *list, const char *path, struct diagnostics *diagnostics);

#endif

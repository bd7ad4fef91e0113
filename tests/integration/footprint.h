/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon holds: memory and descriptors. */
#ifndef CW_FOOTPRINT_H
#define CW_FOOTPRINT_H

#include <stdbool.h>

struct footprint {
	unsigned long long resident; /* KiB of its own: a file's pages come and go */
	unsigned int descriptors;
};

struct footprint daemon_footprint(void);
/* Wait until it holds no more descriptors than that. For a moment it may hold one more: a client that
 * comes, a file that is looked at. */
bool footprint_await_descriptors(const struct footprint *most);

#endif

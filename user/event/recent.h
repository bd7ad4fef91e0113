/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deviations told lately, whole: when more of the same are told as a number, what the kernel does not repeat
 * (paths, arguments, ancestry) is found here. What is not there any more is missing there, and no more.
 */
#ifndef CW_EVENT_RECENT_H
#define CW_EVENT_RECENT_H

#include <stdint.h>

#include "event/record.h"
#include "util/cleanup.h"

#define RECENT_KEPT 64 /* of some 2 KiB; one place for each value of a hash */

struct recent;

struct recent *recent_new(void);
struct recent *recent_free(struct recent *recent);
DEFINE_CLEANUP(struct recent *, recent_free);
#define _cleanup_recent_ _cleanup_(cleanup_recent_free)

void recent_remember(struct recent *recent, const struct cw_deviation *deviation);

/*
 * The event of several: like `same`, whose time and thread are 0, at the given time. Views of what recent
 * holds, or of *ret_bare where that is nothing; valid until the next call.
 */
struct record recent_record(struct recent *recent, const struct cw_record *same, uint64_t time,
			    struct cw_record *ret_bare);

#endif

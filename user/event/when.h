/* SPDX-License-Identifier: GPL-2.0-only */
/* Points in time, as events print them and as people ask for them. Nanoseconds since 1970, UTC. */
#ifndef CW_EVENT_WHEN_H
#define CW_EVENT_WHEN_H

#include <stddef.h>
#include <stdint.h>

/* RFC 3339: as event_time() prints it, or with fewer digits or another offset. 0 or -EINVAL. */
int event_time_parse(const char *text, size_t length, int64_t *ret_nanoseconds);

/*
 * What --since takes: RFC 3339, also without an offset (then the local time zone's), without seconds or
 * without a time of day; a time of today alone; `today`, `yesterday` (local midnight), `now`; how long ago, as
 * `90s`, `10m`, `2h ago`, `7d`; `@` and seconds since 1970. 0 or -EINVAL.
 */
int when_parse(const char *text, int64_t now, int64_t *ret_nanoseconds);

#endif

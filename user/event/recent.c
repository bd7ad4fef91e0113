/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/recent.h"

#include <stdint.h>
#include <string.h>

struct recent {
	struct {
		struct cw_record same; /* of size 0: nothing is kept here */
		struct cw_deviation deviation;
	} kept[RECENT_KEPT];
};

struct recent *recent_new(void)
{
	return calloc(1, sizeof(struct recent));
}

struct recent *recent_free(struct recent *recent)
{
	free(recent);
	return NULL;
}

/* FNV-1a; padding is zero by the contract of abi.h. */
static size_t record_place(const struct cw_record *same)
{
	const unsigned char *bytes = (const unsigned char *)same;
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < sizeof(*same); i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return (hash ^ hash >> 16) % RECENT_KEPT;
}

void recent_remember(struct recent *recent, const struct cw_deviation *deviation)
{
	struct cw_record same = deviation->record;
	size_t place;

	same.time = 0;
	same.tid = 0;
	place = record_place(&same);
	recent->kept[place].same = same;
	recent->kept[place].deviation = *deviation;
}

struct record recent_record(struct recent *recent, const struct cw_record *same, uint64_t time,
			    struct cw_record *ret_bare)
{
	size_t place = record_place(same);
	struct cw_deviation *deviation = &recent->kept[place].deviation;

	if (memcmp(&recent->kept[place].same, same, sizeof(*same)) == 0) {
		deviation->record.time = time;
		return (struct record){ &deviation->record, deviation };
	}
	*ret_bare = *same;
	ret_bare->time = time;
	ret_bare->tid = same->pid; /* some thread of the process */
	return (struct record){ ret_bare, NULL };
}

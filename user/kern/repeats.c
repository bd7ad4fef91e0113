/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hooks counted instead of recording it, told as numbers. A hook may add while we read; what it adds
 * is told the next time. An entry that has been quiet and is told goes, so that the map has room.
 *
 * Counts that are about to be told stand in the ledger until they have been, some at a time, since what they
 * are told to takes a moment: whoever comes after a kill in between tells the same again, under the same
 * sequence numbers.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "kern/internal.h"
#include "util/fault.h"

#define QUIET (2 * CW_REPEAT_WINDOW)
#define REPEAT_LEAST 32 /* of every version */
#define KEY_MOST \
	(CW_TELLING_SIZE - offsetof(struct cw_telling, same)) /* the room that one has there */

static uint64_t boot_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int repeats_open(struct repeats *ret, int counts, int told, struct rings *rings,
		 const struct kern_repeat_handler *handler)
{
	struct bpf_map_info info = { 0 }, other = { 0 };
	__u32 length = sizeof(info), other_length = sizeof(other);

	if (counts < 0 || told < 0 || bpf_obj_get_info_by_fd(counts, &info, &length) ||
	    bpf_obj_get_info_by_fd(told, &other, &other_length))
		return -EUCLEAN;
	if (info.key_size < CW_RECORD_LEAST || info.key_size > KEY_MOST ||
	    other.key_size != info.key_size || info.value_size < REPEAT_LEAST ||
	    info.value_size > REPEAT_MOST || other.value_size != sizeof(struct cw_repeat_told))
		return -EUCLEAN;
	*ret = (struct repeats){ .counts = counts,
				 .told = told,
				 .key_size = info.key_size,
				 .rings = rings,
				 .handler = handler };
	return 0;
}

/* A key, perhaps of another version, as our own. */
static void record_of(const struct repeats *repeats, const void *key, struct cw_record *ret)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, key, repeats->key_size < sizeof(*ret) ? repeats->key_size : sizeof(*ret));
	ret->size = sizeof(struct cw_deviation);
	ret->more = CW_RECORD_MORE;
}

/* ------------------------------------------------------------------ telling */

static void tellings_deliver(const struct repeats *repeats)
{
	const struct kern_repeat_handler *handler = repeats->handler;
	struct cw_ledger *ledger = repeats->rings->ledger;
	struct cw_tellings *tellings = &ledger->tellings;
	uint64_t sequence = tellings->sequence, told = tellings->told;

	for (uint64_t i = 0; i < tellings->count; i++) {
		const struct cw_telling *telling = &tellings->telling[i];
		struct kern_repeat repeat = { telling->count, telling->first, telling->last };
		struct cw_record same;

		record_of(repeats, &telling->same, &same);
		handler->tell(handler->context, &same, &repeat, ++sequence);
		fault_point("repeat-told");
	}
	handler->settle(handler->context);
	/* What cannot be noted (there is no memory for it) will be told again, hence counts as told then. */
	for (uint64_t i = 0; i < tellings->count; i++)
		if (bpf_map_update_elem(repeats->told, &tellings->telling[i].same,
					&tellings->telling[i].up_to, BPF_ANY))
			told -= tellings->telling[i].count;
	ledger->repeats_told = told;
	if (repeats->rings->batch.sequence < sequence)
		repeats->rings->batch.sequence = sequence;
	rings_note(repeats->rings);
	fault_point("repeats-noted");
	__atomic_store_n(&tellings->count, 0, __ATOMIC_RELEASE);
}

static void tellings_begin(const struct repeats *repeats, uint64_t count)
{
	struct cw_ledger *ledger = repeats->rings->ledger;
	struct cw_tellings *tellings = &ledger->tellings;

	if (!count)
		return;
	tellings->sequence = repeats->rings->batch.sequence;
	tellings->told = ledger->repeats_told;
	for (uint64_t i = 0; i < count; i++)
		tellings->told += tellings->telling[i].count;
	__atomic_store_n(&tellings->count, count, __ATOMIC_RELEASE);
	fault_point("repeats-begun");
	tellings_deliver(repeats);
}

void repeats_resume(const struct repeats *repeats)
{
	const struct cw_tellings *tellings = &repeats->rings->ledger->tellings;

	if (tellings->count && tellings->count <= CW_TELLINGS)
		tellings_deliver(repeats);
}

/* ------------------------------------------------------------------ what there is to tell */

/* As the version of the map has it: our struct is its beginning, or the other way round. */
union key {
	struct cw_record record;
	char bytes[KEY_MOST];
};

union repeat {
	struct cw_repeat ours;
	char bytes[REPEAT_MOST];
};

/* An entry of the map, as it was read. */
struct entry {
	union key key;
	struct cw_repeat repeat;
	uint64_t told;
	uint64_t age; /* since one was recorded */
};

/* Each in turn. Not endless, should the map change under the walk. */
struct walk {
	union key next;
	bool more;
	unsigned int left;
};

/* What a killed daemon left of an entry that is gone is of no other. */
static uint64_t told_of(const struct repeats *repeats, const union key *key, uint64_t since)
{
	struct cw_repeat_told told;

	return !bpf_map_lookup_elem(repeats->told, key, &told) && told.since == since ? told.count
										      : 0;
}

static struct walk walk_begin(const struct repeats *repeats)
{
	struct walk walk = { .left = 4 * CW_REPEATS_MAX };

	walk.more = bpf_map_get_next_key(repeats->counts, NULL, &walk.next) == 0;
	return walk;
}

static bool walk_next(const struct repeats *repeats, struct walk *walk, struct entry *ret)
{
	while (walk->more && walk->left) {
		uint64_t now = boot_clock();
		union repeat repeat = { 0 };

		walk->left--;
		*ret = (struct entry){ .key = walk->next };
		walk->more = bpf_map_get_next_key(repeats->counts, &ret->key, &walk->next) == 0;
		if (bpf_map_lookup_elem(repeats->counts, &ret->key, &repeat))
			continue;
		ret->repeat = repeat.ours;
		ret->told = told_of(repeats, &ret->key, ret->repeat.since);
		ret->age = now > ret->repeat.opened ? now - ret->repeat.opened : 0;
		return true;
	}
	return false;
}

static void telling_fill(struct cw_telling *telling, const struct entry *entry)
{
	const struct cw_repeat *repeat = &entry->repeat;

	memcpy(&telling->same, &entry->key, sizeof(entry->key));
	telling->count = repeat->count - entry->told;
	/* It may have been recorded once more since the last that was counted. */
	telling->first = repeat->opened < repeat->last ? repeat->opened : repeat->last;
	telling->last = repeat->last;
	telling->up_to = (struct cw_repeat_told){ repeat->since, repeat->count };
}

/*
 * Gone, unless a hook has counted since we looked: then it is left to the next time. Before 5.14 a hash cannot
 * say what it deletes; there it goes with its process, or when the map begins to fill (crowded).
 */
static void entry_forget(const struct repeats *repeats, const struct entry *entry, bool crowded)
{
	union repeat last;
	int r = bpf_map_lookup_and_delete_elem(repeats->counts, &entry->key, &last);

	if (r == -ENOENT)
		return;
	if (r) {
		if (!crowded && (!kill((pid_t)entry->key.record.pid, 0) || errno != ESRCH))
			return;
		bpf_map_delete_elem(repeats->counts, &entry->key);
	} else if (last.ours.count > entry->told) {
		bpf_map_update_elem(repeats->counts, &entry->key, &last, BPF_NOEXIST);
		return;
	}
	bpf_map_delete_elem(repeats->told, &entry->key);
}

void repeats_tell(const struct repeats *repeats, bool all)
{
	struct cw_telling *telling = repeats->rings->ledger->tellings.telling;
	struct walk walk = walk_begin(repeats);
	size_t seen = 0, begun = 0;
	struct entry entry;

	while (walk_next(repeats, &walk, &entry)) {
		seen++;
		if (entry.repeat.count > entry.told && (all || entry.age >= CW_REPEAT_WINDOW))
			telling_fill(&telling[begun++], &entry);
		else if (entry.repeat.count <= entry.told && entry.age >= QUIET)
			entry_forget(repeats, &entry, seen > CW_REPEATS_MAX / 2);
		if (begun < CW_TELLINGS)
			continue;
		tellings_begin(repeats, begun);
		begun = 0;
	}
	tellings_begin(repeats, begun);
}

/* ------------------------------------------------------------------ of a kern */

static int kern_repeats(struct kern *kern, const struct kern_repeat_handler *handler,
			struct repeats *ret)
{
	return repeats_open(ret, bpf_map__fd(kern->skeleton->maps.repeats),
			    bpf_map__fd(kern->skeleton->maps.repeats_told), &kern->rings, handler);
}

void kern_repeats_tell(struct kern *kern, bool all, const struct kern_repeat_handler *handler)
{
	struct repeats repeats;

	if (!kern_repeats(kern, handler, &repeats))
		repeats_tell(&repeats, all);
}

void kern_repeats_resume(struct kern *kern, const struct kern_repeat_handler *handler)
{
	struct repeats repeats;

	if (!kern_repeats(kern, handler, &repeats))
		repeats_resume(&repeats);
}

void kern_repeats_count(struct kern *kern, uint64_t *ret_told, uint64_t *ret_waiting)
{
	struct repeats repeats;
	struct entry entry;
	struct walk walk;

	*ret_told = kern_repeats_told(kern);
	*ret_waiting = 0;
	if (kern_repeats(kern, NULL, &repeats))
		return;
	walk = walk_begin(&repeats);
	while (walk_next(&repeats, &walk, &entry))
		if (entry.repeat.count > entry.told)
			*ret_waiting += entry.repeat.count - entry.told;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Counted deviations are told from maps of the test's own: what is noted, and what there is no room to note. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kern/internal.h"
#include "util/cleanup.h"

#define ENTRIES 3
#define ROOM 2 /* in `repeats_told` */

/* A set's maps, without its rings and hooks. */
struct fixture {
	int counts, told;
	struct cw_ledger ledger;
	struct rings rings;
	struct repeats repeats;
	struct kern_repeat_handler handler;
	uint64_t of[ENTRIES]; /* what was told of each, all together */
	unsigned int times[ENTRIES];
	uint64_t last; /* sequence number */
	unsigned int settled;
};

static void on_repeat(void *context, const struct cw_record *record,
		      const struct kern_repeat *repeat, uint64_t sequence)
{
	struct fixture *fixture = context;

	assert_in_range(record->pid, 0, ENTRIES - 1);
	assert_int_equal(sequence, fixture->last + 1);
	fixture->last = sequence;
	fixture->of[record->pid] += repeat->count;
	fixture->times[record->pid]++;
}

static void on_settle(void *context)
{
	struct fixture *fixture = context;

	fixture->settled++;
}

/* Entry N was counted 10 to the Nth times, by the process N; it never gets old enough to be forgotten. */
static void count(const struct fixture *fixture)
{
	struct cw_repeat repeat = { .since = 1, .opened = UINT64_MAX, .count = 1 };

	for (uint32_t i = 0; i < ENTRIES; i++, repeat.count *= 10) {
		struct cw_record key = { .pid = i };

		assert_int_equal(bpf_map_update_elem(fixture->counts, &key, &repeat, BPF_ANY), 0);
	}
}

static int setup(void **state)
{
	static struct fixture fixture;
	LIBBPF_OPTS(bpf_map_create_opts, sparing, .map_flags = BPF_F_NO_PREALLOC);

	fixture = (struct fixture){
		.counts = bpf_map_create(BPF_MAP_TYPE_HASH, "cw_test_counts",
					 sizeof(struct cw_record), sizeof(struct cw_repeat),
					 ENTRIES, NULL),
		.told = bpf_map_create(BPF_MAP_TYPE_HASH, "cw_test_told", sizeof(struct cw_record),
				       sizeof(struct cw_repeat_told), ROOM, &sparing),
		.rings = { .ledger = &fixture.ledger },
		.handler = { on_repeat, on_settle, &fixture },
	};
	*state = &fixture;
	return repeats_open(&fixture.repeats, fixture.counts, fixture.told, &fixture.rings,
			    &fixture.handler);
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	close_fd(fixture->counts);
	close_fd(fixture->told);
	return 0;
}

/* The entry that there was no room for: the one that was told twice. */
static uint32_t not_noted(const struct fixture *fixture)
{
	uint32_t found = ENTRIES;

	for (uint32_t i = 0; i < ENTRIES; i++)
		if (fixture->times[i] != 1) {
			assert_int_equal(fixture->times[i], 2);
			assert_int_equal(found, ENTRIES);
			found = i;
		}
	assert_int_not_equal(found, ENTRIES);
	return found;
}

static void make_room(const struct fixture *fixture, uint32_t forgotten)
{
	struct cw_record key = { .pid = forgotten };

	assert_int_equal(bpf_map_delete_elem(fixture->counts, &key), 0);
	assert_int_equal(bpf_map_delete_elem(fixture->told, &key), 0);
}

/* It is told again and again, and counts as told once: when it can be noted. Sequence numbers do not come twice. */
static void test_no_room(void **state)
{
	struct fixture *fixture = *state;
	uint32_t left;

	count(fixture);
	repeats_tell(&fixture->repeats, true);
	assert_int_equal(fixture->settled, 1);
	for (uint32_t i = 0; i < ENTRIES; i++)
		assert_int_equal(fixture->times[i], 1);
	assert_int_equal(fixture->of[0] + fixture->of[1] + fixture->of[2], 111);
	repeats_tell(&fixture->repeats, true);
	left = not_noted(fixture);
	assert_int_equal(fixture->ledger.repeats_told, 111 - fixture->of[left] / 2);
	assert_int_equal(fixture->ledger.tellings.count, 0);
	make_room(fixture, left ? 0 : 1);
	repeats_tell(&fixture->repeats, true);
	assert_int_equal(fixture->times[left], 3);
	assert_int_equal(fixture->ledger.repeats_told, 111);
	repeats_tell(&fixture->repeats, true);
	assert_int_equal(fixture->times[left], 3);
	assert_int_equal(fixture->last, ENTRIES + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What became of every judged operation, and of what was none: a count for each processor in the map, and
 * what the sets that were replaced had counted, in the ledger.
 */
#include <errno.h>
#include <string.h>

#include "kern/internal.h"
#include "util/fault.h"

/* A map of one value for each processor, by whichever version it was made. */
struct percpu {
	int map;
	int cpus;
	uint32_t cells;
	size_t stride;
	size_t size; /* of a value */
	char *values;
};

static int percpu_open(struct percpu *ret, int map, size_t least)
{
	struct percpu percpu = { .map = map, .cpus = libbpf_num_possible_cpus() };
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);
	int r = bpf_obj_get_info_by_fd(map, &info, &length);

	if (r)
		return r;
	if (info.type != BPF_MAP_TYPE_PERCPU_ARRAY || info.value_size < least || percpu.cpus <= 0)
		return -EUCLEAN;
	percpu.cells = info.max_entries;
	percpu.size = info.value_size;
	percpu.stride = (percpu.size + 7) & ~(size_t)7;
	percpu.values = calloc((size_t)percpu.cpus, percpu.stride);
	if (!percpu.values)
		return -ENOMEM;
	*ret = percpu;
	return 0;
}

/* The first `size` bytes of a cell, numbers all of them, added up over the processors. */
static int percpu_add(const struct percpu *percpu, uint32_t cell, size_t size, __u64 *sums)
{
	int r = bpf_map_lookup_elem(percpu->map, &cell, percpu->values);

	for (int cpu = 0; !r && cpu < percpu->cpus; cpu++) {
		uint64_t value[CW_COUNTER_LEAST / sizeof(uint64_t)];

		memcpy(value, percpu->values + (size_t)cpu * percpu->stride, size);
		for (size_t i = 0; i < size / sizeof(uint64_t); i++)
			sums[i] += value[i];
	}
	return r;
}

static const struct cw_carried *carried(const struct cw_ledger *ledger)
{
	return &ledger->carried[ledger->carried_current & 1];
}

/* ------------------------------------------------------------------ counters */

static int counters_add(int map, struct cw_carried *to)
{
	struct percpu percpu;
	int r = percpu_open(&percpu, map, CW_COUNTER_LEAST);

	if (r)
		return r;
	for (uint32_t cell = 0; !r && cell < percpu.cells && cell < CW_CARRIED_CELLS; cell++) {
		__u64 sums[CW_COUNTER_LEAST / sizeof(uint64_t)] = { 0 };

		r = percpu_add(&percpu, cell, CW_COUNTER_LEAST, sums);
		to->counters[cell].recorded += sums[1];
		to->counters[cell].unwanted += sums[2];
		to->counters[cell].suppressed += sums[3];
		to->counters[cell].lost += sums[4];
	}
	free(percpu.values);
	return r;
}
_Static_assert(offsetof(struct cw_counter, recorded) == 8 &&
		       offsetof(struct cw_counter, lost) == 32,
	       "counters");

int kern_counters(struct kern *kern, struct cw_counter counters[CW_COUNTERS])
{
	struct cw_carried all = *carried(kern->ledger);
	int r = counters_add(bpf_map__fd(kern->skeleton->maps.counters), &all);

	for (uint32_t cell = 0; !r && cell < CW_COUNTERS; cell++) {
		struct cw_counter *sum = &counters[cell];

		*sum = (struct cw_counter){ .recorded = all.counters[cell].recorded,
					    .unwanted = all.counters[cell].unwanted,
					    .suppressed = all.counters[cell].suppressed,
					    .lost = all.counters[cell].lost };
		sum->judged = sum->recorded + sum->unwanted + sum->suppressed + sum->lost;
	}
	return r;
}

uint64_t kern_lost_told(const struct kern *kern)
{
	return kern->ledger->lost_told + carried(kern->ledger)->lost_told;
}

void kern_lost_tell(struct kern *kern, uint64_t lost)
{
	kern->ledger->lost_told = lost - carried(kern->ledger)->lost_told;
}

uint64_t kern_repeats_told(const struct kern *kern)
{
	return kern->ledger->repeats_told + carried(kern->ledger)->repeats_told;
}

/* ------------------------------------------------------------------ faults */

static int faults_add(int map, __u64 faults[CW_CARRIED_FAULTS])
{
	struct percpu percpu;
	int r = percpu_open(&percpu, map, sizeof(uint64_t));

	if (r)
		return r;
	for (uint32_t i = 0; !r && i < percpu.cells && i < CW_CARRIED_FAULTS; i++)
		r = percpu_add(&percpu, i, sizeof(uint64_t), &faults[i]);
	free(percpu.values);
	return r;
}

int kern_faults(struct kern *kern, uint64_t faults[CW_FAULT_MAX])
{
	struct cw_carried all = *carried(kern->ledger);
	int r = faults_add(bpf_map__fd(kern->skeleton->maps.faults), all.faults);

	all.faults[CW_FAULT_SKIPPED] += skipped_of_ours(kern);
	for (size_t i = 0; !r && i < CW_FAULT_MAX; i++)
		faults[i] = all.faults[i];
	return r;
}

/* ------------------------------------------------------------------ of a set that was replaced */

static uint64_t map_number(int map)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	return map < 0 || bpf_obj_get_info_by_fd(map, &info, &length) ? 0 : info.id;
}

bool counters_carried(const struct cw_ledger *ledger, int map)
{
	return map_number(map) && carried(ledger)->from == map_number(map);
}

int counters_carry(struct cw_ledger *to, const struct counted *from)
{
	const struct cw_carried *theirs = carried(from->ledger);
	uint64_t other = !(to->carried_current & 1);
	struct cw_carried all = *carried(to);
	int r;

	if (from->counters < 0 || counters_carried(to, from->counters))
		return 0;
	all.from = map_number(from->counters);
	all.lost_told += from->ledger->lost_told + theirs->lost_told;
	all.repeats_told += from->ledger->repeats_told + theirs->repeats_told;
	for (size_t i = 0; i < CW_CARRIED_FAULTS; i++)
		all.faults[i] += theirs->faults[i];
	for (size_t i = 0; i < CW_CARRIED_CELLS; i++) {
		all.counters[i].recorded += theirs->counters[i].recorded;
		all.counters[i].unwanted += theirs->counters[i].unwanted;
		all.counters[i].suppressed += theirs->counters[i].suppressed;
		all.counters[i].lost += theirs->counters[i].lost;
	}
	r = counters_add(from->counters, &all);
	if (!r && from->faults >= 0)
		r = faults_add(from->faults, all.faults);
	if (r)
		return r;
	all.faults[CW_FAULT_SKIPPED] += skipped_of_set(from->set);
	to->carried[other] = all;
	__atomic_store_n(&to->carried_current, other, __ATOMIC_RELEASE);
	fault_point("counters-carried");
	return 0;
}

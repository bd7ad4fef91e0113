/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map, once. Who writes what:
 *
 *   images      daemon publishes, hooks read        the policies in force (see abi.h)
 *   files       daemon admits, hooks read           which file is which executable
 *   subjects    hooks and iterator write            which process is governed, by which instance
 *   counters    hooks write, daemon reads           what became of every judged operation
 *   faults      hooks write, daemon reads           early returns that are not verdicts
 *   deviations  hooks write, daemon reads           records that wake the daemon at once
 *   events      hooks write, daemon reads           allowed operations, batched
 *   repeats     hooks write, daemon reads           deviations that were counted and not recorded again
 *   repeats_told  daemon writes                     … and how many of them it has told
 *   identity    identity program writes             answers to the daemon's questions
 *   ledger      daemon writes and reads             what the next daemon must know
 *   file_names  daemon writes and reads             … of file numbers
 */
#ifndef CW_MAPS_BPF_H
#define CW_MAPS_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

#include "abi.h"

/* The shape of one image; user space makes inner maps of exactly this shape. */
struct cw_image_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CW_PAGES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, CW_PAGE_SIZE);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, CW_IMAGES);
	__uint(key_size, sizeof(__u32));
	__array(values, struct cw_image_map);
} images SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries,
	       2 * CW_FILES_MAX); /* while files are replaced, old and new stand together */
	__type(key, struct cw_file_key);
	__type(value, struct cw_file);
} files SEC(".maps");

/*
 * An array over all pids, 32 MiB: to find a label in it takes no hash and no call, a fork never waits
 * for memory, and it is never full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CW_PID_MAX);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cw_subject);
} subjects SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_COUNTERS);
	__type(key, __u32);
	__type(value, struct cw_counter);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CW_FAULT_MAX);
	__type(key, __u32);
	__type(value, __u64);
} faults SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} deviations SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20); /* the reader maps it, so it counts as the daemon's memory */
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, CW_REPEATS_MAX);
	__type(key, struct cw_record);
	__type(value, struct cw_repeat);
} repeats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2 * CW_REPEATS_MAX); /* a killed daemon may leave some behind */
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cw_record);
	__type(value, struct cw_repeat_told);
} repeats_told SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cw_identity);
} identity SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct cw_ledger);
} ledger SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4 * CW_FILES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct cw_name_key);
	__type(value, struct cw_name_part);
} file_names SEC(".maps");

/* Set by the loader before the programs are loaded. */
const volatile __u8 attached_backend = CW_BACKEND_LSM;

/* Which of the images counts, and when that becomes the one before (nanoseconds since boot; 0: never). */
__u32 image_slot;
__u64 fall_back_at;

/* CW_ENTRY_BIT() of all files that are entries; the daemon writes both. */
struct cw_control control;
__u64 entry_files[CW_ENTRY_WORDS];
/* Of a script, by its file number, the number of its interpreter; 0: that is not known, or it is none. */
__u16 interpreters[CW_FILES_MAX];

static __always_inline void fault(__u32 kind)
{
	__u64 *count = bpf_map_lookup_elem(&faults, &kind);

	if (count)
		__sync_fetch_and_add(count, 1);
}

#endif

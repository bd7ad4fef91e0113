/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loading the programs, in two halves at once: nearly all of a start is the kernel's reading of each program, for
 * which it takes no lock, and libbpf's fitting of them to the kernel. Each half is an object of its own, opened from
 * the same bytes, which uses the maps that are there and is closed when the kernel has its programs.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "kern/internal.h"

#define HALVES 2

struct half {
	struct kern *kern; /* borrowed: each half writes the descriptors of its own programs */
	const struct bpf_object_open_opts *options;
	const void *bytes;
	size_t size;
	const unsigned char *half_of; /* by row of the table */
	unsigned int number;
	int r; /* when it has ended */
};

static bool row_of_half(const struct half *half, size_t row)
{
	return row_wanted(&program_rows[row], half->kern->backend, half->kern->turns) &&
	       half->half_of[row] == half->number;
}

/* Both objects are of the same bytes: their maps stand in the same order. */
static int maps_share(struct bpf_object *object, struct bpf_object *with)
{
	struct bpf_map *map = NULL, *shared = NULL;
	int r = 0;

	while (!r && (map = bpf_object__next_map(object, map))) {
		shared = bpf_object__next_map(with, shared);
		r = bpf_map__reuse_fd(map, bpf_map__fd(shared));
	}
	return r;
}

static void programs_select(const struct half *half, struct bpf_object *object)
{
	for (size_t i = 0; i < program_row_count; i++)
		if (row_of_half(half, i))
			bpf_program__set_autoload(
				bpf_object__find_program_by_name(object, program_rows[i].name),
				true);
}

static int programs_take(const struct half *half, struct bpf_object *object)
{
	for (size_t i = 0; i < program_row_count; i++) {
		struct bpf_program *program;

		if (!row_of_half(half, i))
			continue;
		program = bpf_object__find_program_by_name(object, program_rows[i].name);
		half->kern->programs[i] = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 3);
		if (half->kern->programs[i] < 0)
			return -errno;
	}
	return 0;
}

static int half_load(const struct half *half)
{
	struct bpf_object *object = bpf_object__open_mem(half->bytes, half->size, half->options);
	int r = object ? maps_share(object, half->kern->skeleton->obj) : -errno;

	if (!r) {
		programs_select(half, object);
		r = bpf_object__load(object);
	}
	if (!r)
		r = programs_take(half, object);
	bpf_object__close(object);
	return r;
}

static void *half_thread(void *context)
{
	struct half *half = context;

	half->r = half_load(half);
	return NULL;
}

/*
 * What loading takes, in microseconds where it was measured (6.18); only how they compare matters. An instruction of a
 * program that traces takes the kernel longer, and libbpf reads all types of the kernel for the sake of one.
 */
#define COST_TRACING 4
#define COST_OTHER 3
#define COST_TYPES 11000

struct costs {
	size_t of[KERN_PROGRAMS_MAX]; /* by row; 0: not wanted, or given away */
	bool traces[KERN_PROGRAMS_MAX];
	size_t tracing, others; /* sums */
};

static void costs_estimate(const struct kern *kern, struct costs *ret)
{
	*ret = (struct costs){ 0 };
	for (size_t i = 0; i < program_row_count; i++) {
		const struct bpf_program *program =
			bpf_object__find_program_by_name(kern->skeleton->obj, program_rows[i].name);
		enum bpf_prog_type type = bpf_program__type(program);

		if (!row_wanted(&program_rows[i], kern->backend, kern->turns))
			continue;
		ret->traces[i] = type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_LSM;
		ret->of[i] = bpf_program__insn_cnt(program) *
			     (ret->traces[i] ? COST_TRACING : COST_OTHER);
		*(ret->traces[i] ? &ret->tracing : &ret->others) += ret->of[i];
	}
}

/* What traces stays in one half, if that is not too much for one: the other needs no types then. All else, the costliest
 * first, goes to the half that has less so far. */
static void programs_part(const struct kern *kern, unsigned char half_of[KERN_PROGRAMS_MAX])
{
	size_t load[HALVES] = { 0 };
	struct costs left;

	costs_estimate(kern, &left);
	if (left.tracing <= left.others) {
		load[0] = left.tracing + COST_TYPES;
		for (size_t i = 0; i < program_row_count; i++)
			if (left.traces[i])
				left.of[i] = 0;
	}
	for (;;) {
		size_t most = 0;

		for (size_t i = 0; i < program_row_count; i++)
			if (left.of[i] > left.of[most])
				most = i;
		if (!left.of[most])
			return;
		half_of[most] = load[1] < load[0];
		load[half_of[most]] += left.of[most];
		left.of[most] = 0;
	}
}

/* Where one processor is all there is, two halves take longer than the whole. */
static bool one_processor(void)
{
	cpu_set_t allowed;

	return !sched_getaffinity(0, sizeof(allowed), &allowed) && CPU_COUNT(&allowed) == 1;
}

int halves_load(struct kern *kern, const struct bpf_object_open_opts *options, const void *bytes,
		size_t size)
{
	unsigned char half_of[KERN_PROGRAMS_MAX] = { 0 };
	struct half halves[HALVES];
	bool running = false;
	pthread_t thread;

	for (unsigned int i = 0; i < HALVES; i++)
		halves[i] = (struct half){ .kern = kern,
					   .options = options,
					   .bytes = bytes,
					   .size = size,
					   .half_of = half_of,
					   .number = i };
	if (!one_processor()) {
		programs_part(kern, half_of);
		running = !pthread_create(&thread, NULL, half_thread, &halves[1]);
	}
	/* The first has all then. */
	if (!running)
		memset(half_of, 0, sizeof(half_of));
	half_thread(&halves[0]);
	if (running)
		pthread_join(thread, NULL);
	return halves[0].r ? halves[0].r : halves[1].r;
}

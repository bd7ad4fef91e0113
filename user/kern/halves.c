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

/* The longest first, each to the half that has less so far: how long a program is tells well enough how long the
 * kernel reads in it. */
static void programs_part(const struct kern *kern, unsigned char half_of[KERN_PROGRAMS_MAX])
{
	size_t left[KERN_PROGRAMS_MAX] = { 0 }, load[HALVES] = { 0 };

	for (size_t i = 0; i < program_row_count; i++)
		if (row_wanted(&program_rows[i], kern->backend, kern->turns))
			left[i] = bpf_program__insn_cnt(bpf_object__find_program_by_name(
				kern->skeleton->obj, program_rows[i].name));
	for (;;) {
		size_t longest = 0;

		for (size_t i = 0; i < program_row_count; i++)
			if (left[i] > left[longest])
				longest = i;
		if (!left[longest])
			return;
		half_of[longest] = load[1] < load[0];
		load[half_of[longest]] += left[longest];
		left[longest] = 0;
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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What loading costs: most of a start is the verifier, which walks at some microsecond an instruction, in two programs
 * at once (user/kern/halves.c). Every backend that the kernel lets load is measured; attaching is not needed for that.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "kern/internal.h"
#include "policy/words.h"

#define TIMES 3

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Instructions that the verifier walked: kernels from 5.16 on tell. */
static void verified(const struct kern *kern, struct result *result)
{
	const char *most_name = "";
	unsigned int all = 0, most = 0;

	for (size_t i = 0; i < program_row_count; i++) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (kern->programs[i] < 0 ||
		    bpf_obj_get_info_by_fd(kern->programs[i], &info, &size))
			continue;
		all += info.verified_insns;
		if (info.verified_insns > most) {
			most = info.verified_insns;
			most_name = program_rows[i].name;
		}
	}
	snprintf(result->detail, sizeof(result->detail), "%u instructions verified, most %u by %s",
		 all, most, most_name);
}

int load_run(struct report *report)
{
	struct kern_probe probe;

	kern_probe(&probe);
	for (enum cw_backend backend = 0; backend < CW_BACKEND_MAX; backend++) {
		struct result result = { .suite = "load", .unit = "ms", .value = 1e9 };
		struct kern *kern;

		snprintf(result.name, sizeof(result.name), "%s",
			 vocabulary_word(&words_backend, backend));
		for (int i = 0; i < TIMES; i++) {
			double start = now_ms(), took;

			if (kern_load(&probe, backend, false, &kern))
				break;
			took = now_ms() - start;
			result.value = took < result.value ? took : result.value;
			verified(kern, &result);
			kern_free(kern);
		}
		if (result.value < 1e9)
			report_add(report, &result);
	}
	return 0;
}

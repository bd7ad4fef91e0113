/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures of the cgroup backend: what the caller pays, in nanoseconds. */
#include "bench.h"
#include "util/cleanup.h"

static const enum act_id calls[] = { ACT_CONNECT, ACT_TURNS, ACT_BIND, ACT_SEND };
static const enum act_id execs[] = { ACT_EXEC };

static const enum variant_id call_variants[] = {
	VARIANT_NONE,	 VARIANT_EMPTY,	    VARIANT_MINIMAL,  VARIANT_RECORDING, VARIANT_UNGOVERNED,
	VARIANT_RULES_1, VARIANT_RULES_512, VARIANT_PREFIXES, VARIANT_RECORDED,
};

static const enum variant_id exec_variants[] = {
	VARIANT_NONE,	    VARIANT_EMPTY,     VARIANT_RECORDING,
	VARIANT_UNGOVERNED, VARIANT_RULES_512, VARIANT_RECORDED,
};

#define OVERHEAD(act, name, over, under, target) \
	{ \
		name, act, over, VARIANT_NONE, under, VARIANT_NONE, target \
	}
#define CALLER(act) \
	OVERHEAD(act, "ungoverned / empty", VARIANT_UNGOVERNED, VARIANT_EMPTY, 1.25), \
		OVERHEAD(act, "governed / empty", VARIANT_RULES_512, VARIANT_EMPTY, 1.5), \
		OVERHEAD(act, "recorded / minimal record", VARIANT_RECORDED, VARIANT_RECORDING, \
			 1.25)

/* A program's own time is what the caller pays above an empty program in the same place; ratios of it
 * leave the cost of getting there out, and are harsher for that. What decide() costs shows where nothing
 * is remembered. */
static const struct figure call_figures[] = {
	{ "512 rules / 1 rule", ACT_TURNS, VARIANT_RULES_512, VARIANT_EMPTY, VARIANT_RULES_1,
	  VARIANT_EMPTY, 1.25 },
	{ "100,000 prefixes / 1 rule", ACT_TURNS, VARIANT_PREFIXES, VARIANT_EMPTY, VARIANT_RULES_1,
	  VARIANT_EMPTY, 2.5 },
	{ "ungoverned, above empty", ACT_CONNECT, VARIANT_UNGOVERNED, VARIANT_EMPTY, VARIANT_MAX,
	  VARIANT_MAX, 40 },
	{ "governed, 512 rules, above empty", ACT_TURNS, VARIANT_RULES_512, VARIANT_EMPTY,
	  VARIANT_MAX, VARIANT_MAX, 120 },
	CALLER(ACT_CONNECT),
	OVERHEAD(ACT_TURNS, "governed / empty", VARIANT_RULES_512, VARIANT_EMPTY, 0),
	CALLER(ACT_BIND),
	CALLER(ACT_SEND),
};

static const struct figure exec_figures[] = { CALLER(ACT_EXEC) };

#define NATIVE(act_list, variant_list, figure_list) \
	.suite = "native", .unit = "ns", .backend = CW_BACKEND_CGROUP, .whole_exec = true, \
	.lead_in = true, .acts = (act_list), .act_count = ARRAY_SIZE(act_list), \
	.variants = (variant_list), .variant_count = ARRAY_SIZE(variant_list), \
	.figures = (figure_list), .figure_count = ARRAY_SIZE(figure_list), .batches = 100, \
	.rounds_loaded = 4

const struct plan plan_native = {
	NATIVE(calls, call_variants, call_figures),
	.batch = { [ACT_CONNECT] = 100, [ACT_TURNS] = 100, [ACT_BIND] = 100, [ACT_SEND] = 100 },
};

/* An exec takes some fifty times what our programs take of it, and no two rounds agree on it. */
const struct plan plan_native_exec = {
	NATIVE(execs, exec_variants, exec_figures),
	.batch = { [ACT_EXEC] = 4 },
	.rounds = 6,
};

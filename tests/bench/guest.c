/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures of lsm and fmod_ret: guest instructions a hook run, where QEMU's clock counts them. */
#include "bench.h"
#include "util/cleanup.h"

static const enum act_id act_list[] = { ACT_CONNECT, ACT_TURNS, ACT_BIND, ACT_SEND,
					ACT_EXEC,    ACT_MMAP,	ACT_OPEN };

static const enum variant_id variant_list[] = {
	VARIANT_NONE,	    VARIANT_EMPTY,   VARIANT_MINIMAL,
	VARIANT_UNGOVERNED, VARIANT_RULES_1, VARIANT_RULES_512,
};

#define HOOK_RUN(act, name, over, under, target) \
	{ \
		name, act, over, VARIANT_NONE, under, VARIANT_NONE, target \
	}
#define HOOK(act) \
	HOOK_RUN(act, "ungoverned / empty", VARIANT_UNGOVERNED, VARIANT_EMPTY, 2.5), \
		HOOK_RUN(act, "governed / minimal look-up", VARIANT_RULES_512, VARIANT_MINIMAL, \
			 2), \
		HOOK_RUN(act, "512 rules / 1 rule", VARIANT_RULES_512, VARIANT_RULES_1, 1.1)

static const struct figure figures[] = {
	HOOK(ACT_CONNECT),
	HOOK_RUN(ACT_TURNS, "governed / minimal look-up", VARIANT_RULES_512, VARIANT_MINIMAL, 0),
	HOOK_RUN(ACT_TURNS, "512 rules / 1 rule", VARIANT_RULES_512, VARIANT_RULES_1, 1.1),
	HOOK(ACT_BIND),
	HOOK(ACT_SEND),
	HOOK(ACT_EXEC),
	HOOK(ACT_MMAP),
	HOOK(ACT_OPEN),
};

/* Few acts a batch: the kernel makes random numbers for some thirty connects at once, and enough batches are to go
 * without. */
#define PLAN(name, which) \
	{ \
		.suite = name, .unit = "insn", .backend = which, .whole_exec = false, \
		.exec_by_statistics = true, .acts = act_list, .act_count = ARRAY_SIZE(act_list), \
		.variants = variant_list, .variant_count = ARRAY_SIZE(variant_list), \
		.figures = figures, .figure_count = ARRAY_SIZE(figures), \
		.batch = { [ACT_CONNECT] = 4, [ACT_TURNS] = 4, [ACT_BIND] = 4, [ACT_SEND] = 4, \
			   [ACT_EXEC] = 1,    [ACT_MMAP] = 2,  [ACT_OPEN] = 2 }, \
		.batches = 151, \
	}

const struct plan plan_guest[CW_BACKEND_MAX] = {
	PLAN("lsm", CW_BACKEND_LSM),
	PLAN("fmod_ret", CW_BACKEND_FMOD_RET),
	PLAN("cgroup", CW_BACKEND_CGROUP),
};

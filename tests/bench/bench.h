/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark's tables. An act is a system call of the benchmark's own process, repeated; a variant
 * is a state of the kernel side (nothing attached, empty programs, ours with this or that policy).
 * Every act is timed in every variant, in rounds, so that what changes on the machine meanwhile meets
 * all alike; a figure is a quotient of differences between variants, paired round by round.
 *
 *	bench.c     driver: rounds, figures
 *	report.c    medians, lines of the report
 *	acts.c      the acts
 *	variants.c  the variants: small objects beside this program
 *	governed.c  the variants of the real kernel side
 *	native.c    figures of the cgroup backend, in nanoseconds
 *	guest.c     figures of lsm and fmod_ret, in guest instructions (QEMU's -icount)
 *	load.c      what loading costs
 *	daemon.c    figures of the daemon
 *	reading.c   what reading an instance's configuration costs
 */
#ifndef CW_BENCH_H
#define CW_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "abi.h"

#define BENCH_PORT 47 /* what the acts connect to and send to */
#define BENCH_ADDRESS 0x7f630163 /* 127.99.1.99 */

enum act_id {
	ACT_CONNECT,
	ACT_TURNS,
	ACT_BIND,
	ACT_SEND,
	ACT_EXEC,
	ACT_MMAP,
	ACT_OPEN,
	ACT_MAX,
};

struct act {
	const char *name;
	int (*open)(void);
	int (*once)(void);
	void (*close)(void);
};
extern const struct act acts[ACT_MAX];

/* Full exec (fork, exec, exit) or one that ends after the hook: see acts.c. */
extern bool act_exec_whole;
/* The file that ACT_EXEC executes, ACT_MMAP maps and ACT_OPEN opens. */
const char *act_file(void);
/* The peer of every other ACT_TURNS, in host byte order: what the kernel side remembers of the one displaces
 * what it remembers of the other. */
extern uint32_t act_other_peer;

enum variant_id {
	VARIANT_NONE,
	VARIANT_EMPTY,
	VARIANT_MINIMAL,
	VARIANT_RECORDING, /* minimal programs that record without waking */
	VARIANT_UNGOVERNED,
	VARIANT_RULES_1,
	VARIANT_RULES_512,
	VARIANT_PREFIXES,
	VARIANT_RECORDED,
	VARIANT_MAX,
};

struct variant {
	const char *name;
	int (*enter)(enum variant_id variant);
	void (*leave)(void);
	/* Between batches: empties rings, so that none is ever full. NULL: nothing to do. */
	void (*between)(void);
};
extern const struct variant variants[VARIANT_MAX];

/* (over - base) / (under - base of under); under VARIANT_MAX: over - base in the unit itself. */
struct figure {
	const char *name;
	enum act_id act;
	enum variant_id over, over_base;
	enum variant_id under, under_base;
	double target;
};

struct plan {
	const char *suite;
	const char *unit;
	enum cw_backend backend;
	bool whole_exec;
	bool lead_in; /* some acts before each timing: what emptying a ring left in the caches is no part of an act */
	bool exec_by_statistics; /* see statistics_time() */
	const enum act_id *acts;
	size_t act_count;
	const enum variant_id *variants;
	size_t variant_count;
	const struct figure *figures;
	size_t figure_count;
	unsigned int batch[ACT_MAX]; /* acts in one timing */
	unsigned int batches; /* timings of one act in one round */
	unsigned int rounds; /* times what the command line says; 0: once */
	unsigned int rounds_loaded; /* after so many all is loaded anew; 0: never */
};
extern const struct plan plan_native, plan_native_exec, plan_guest[CW_BACKEND_MAX];

/* One line of the report. */
struct result {
	const char *suite;
	char name[96];
	double value; /* the ratio; or what is bounded, in unit */
	double target; /* 0: for information */
	bool at_least; /* the target is a lower bound */
	const char *unit; /* "x" for ratios */
	char detail[160];
};

struct report {
	FILE *json; /* NULL: only to be read */
	unsigned int results, missed;
};
void report_add(struct report *report, const struct result *result);

int variants_open(enum cw_backend backend);
/* Whether this is the program that ACT_EXEC is judged by. */
bool variants_exec(const char *program);
void variants_close(void);
int governed_open(enum cw_backend backend);
void governed_close(void);
int governed_enter(enum variant_id variant);
void governed_leave(void);
void governed_between(void);

int load_run(struct report *report);
int worker_run(unsigned int rate);
int daemon_run(struct report *report, const char *program);
int reading_run(struct report *report, const char *directory);

/* The median of values, which it sorts. */
double median(double *values, size_t count);
/* Of timings, which it sorts, the tenth percentile. */
double least_disturbed(double *timings, size_t count);

#endif

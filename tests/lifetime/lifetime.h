/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in force outlives the daemon: shared by the scenes. The world, the daemon and the acts are
 * those of the integration tests.
 */
#ifndef CW_LIFETIME_H
#define CW_LIFETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct variants {
	const char *faulty; /* with the places where it can be killed */
	const char *other; /* … and other programs */
	const char *
		next; /* … of a next version of the contract, with larger records, labels, counters */
};
extern struct variants variants;

void scene_order(void);
void order_release(void); /* … at the end of a run that did not come so far */
void scene_adopt(void);
void scene_stop(void);
void scene_times(void);
void scene_faults(void);
void scene_kills(void);
void scene_reloads(void);
void scene_unwritten(void);
void scene_upgrades(void);

/* The policy `kept`: enforces, and refuses what probe() tries. */
#define KEPT_HEAD "version: 1\ninstance: kept\nroot: @ROOT@\nallow_partial: @PARTIAL@\n"
#define KEPT_BODY \
	"executables:\n  entry: { path: \"${root}/bin/entry\", entry: true }\n" \
	"  worker: { path: \"${root}/bin/worker\", entry: true }\n" \
	"exec: off\nsockets: off\nlibrary: off\nbind: off\n" \
	"connect:\n  - { id: one, allow: udp/29400 }\n"
extern const char kept[];

/* An act that `kept` refuses. */
bool refused(void);
bool passes(void);
/* Nothing pinned, no daemon: where every scene begins and ends. */
void clean(void);
/* Entries of a directory below the pin directory ("" : of itself). */
size_t pins_count(const char *name);
/* Of all that was denied, by the status: a column's sum. */
unsigned long long status_denied(const char *column);
/* Start with `kept` in force. */
bool start_kept(void);

/* ------------------------------------------------------------------ worker.c, by its other end */

struct counts { /* shared with the worker */
	uint64_t refused, passed, stop;
};
struct worker {
	struct counts *counts;
	pid_t pid;
};
/* Connects to port after port until it is stopped, so many times to each, with a rest after each time
 * (microseconds). */
void worker_start(struct worker *worker, unsigned int rest, unsigned int times);
void worker_stop(struct worker *worker);
/* Wait until it has done that many more. */
bool worker_await(struct worker *worker, uint64_t more);

/* ------------------------------------------------------------------ records */

struct records {
	uint64_t first, last; /* sequence numbers */
	size_t count, distinct,
		holes; /* lines; sequence numbers; those missing between first and last */
	unsigned long long operations; /* that the distinct ones stand for */
	size_t contradictions; /* one number for two records */
	size_t others, unnamed; /* that tell of no refusal, or name no executable of a policy */
	unsigned int *ports; /* operations on each port, 65536 */
};
const char *records_path(void);
/* What daemons printed to daemon_how.records. */
void records_read(const char *path, struct records *ret);
void records_release(struct records *records);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The recorder: what is told also goes to disk. The loop hands lines over and never waits; a thread of
 * its own waits for the disk. Between them is a bounded queue: when the disk is full, read-only or slow, lines that
 * do not fit are lost, counted, and the recording says so at the place where they are missing.
 *
 * A thread, and not non-blocking writes: there is no such thing for files. A thread, and not a process: the
 * queue is then memory that both see, and nothing is copied through a pipe.
 */
#ifndef CW_RECORDING_RECORDER_H
#define CW_RECORDING_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recording/writer.h"
#include "util/cleanup.h"

/* word, what it means */
#define RECORD_WHAT(X) \
	X(NOTHING, "nothing") \
	X(DEVIATIONS, "deviations") \
	X(ALL, "all")
enum record_what {
#define RECORD_WHAT_ID(id, word) RECORD_##id,
	RECORD_WHAT(RECORD_WHAT_ID)
#undef RECORD_WHAT_ID
		RECORD_WHAT_MAX,
};
extern const struct vocabulary record_what;

struct recorder_options {
	const char *log_dir; /* made if it is missing; borrowed */
	enum record_what what;
	struct writer_limits limits;
};

/* 1 MiB waits while another is written: a disk may stand still for 500 deviations a MiB. Allowed
 * operations fill only half, so that a flood of them cannot displace a deviation. */
#define RECORDER_QUEUE_MAX (1u << 20)

struct recorder_statistics {
	enum record_what what;
	const char *log_dir;
	int error; /* negative errno: it cannot be written now */
	int trouble; /* negative errno: old segments cannot be compressed or removed now */
	uint64_t recorded; /* events that are in the recording */
	uint64_t lost; /* events that are not and never will be */
	uint64_t waiting; /* bytes */
	uint64_t unwritten; /* events in them; at the end, those that never were written */
	uint64_t displaced; /* how often the directory was moved or removed, and begun anew */
	uint64_t handed; /* sequence number of the last event that was not lost */
};
struct recorder;

/* A recording that cannot be written now is no error: it is tried again for as long as the daemon runs.
 * 0 or -ENOMEM. */
int recorder_new(const struct recorder_options *options, struct recorder **ret_recorder);
/* The thread; after privileges were dropped, for it inherits those of the caller. */
int recorder_start(struct recorder *recorder);
/* The daemon ends: nothing is added after this. sequence: the last that it gave. */
void recorder_end(struct recorder *recorder, uint64_t sequence);
/* Give the disk a moment for what waits; false: it did not answer, and has to be left alone. */
bool recorder_wait(struct recorder *recorder, struct recorder_statistics *ret_statistics);
struct recorder *recorder_free(struct recorder *recorder); /* after recorder_wait() */

/* One line of event_json(). Never waits for the disk. What was in the recording at the start is not added
 * again: a daemon that was killed may have recorded what the next is given once more. */
void recorder_add(struct recorder *recorder, const char *line, size_t length, uint64_t sequence,
		  bool deviation);

/* The highest number in the recording at the start, or when it could be read first. */
uint64_t recorder_floor(const struct recorder *recorder);

void recorder_statistics(struct recorder *recorder, struct recorder_statistics *ret_statistics);

/* An earlier daemon ended before so many were written, the last of them this number. Before recorder_start(). */
void recorder_interrupted(struct recorder *recorder, uint64_t count, uint64_t last);

/* The kernel lost so many that should be here, and now never will be: noted where the recording is now. */
void recorder_missed(struct recorder *recorder, uint64_t count);

/* Once a second: what was lost is noted in the recording, also where no other event comes. */
void recorder_tick(struct recorder *recorder);

#endif

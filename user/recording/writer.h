/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing a recording: whole lines are appended to the last segment, which is closed when it is large or old
 * enough, compressed, and removed when there is too much of it all. Everything here may block for as
 * long as a disk does; the daemon calls it from a thread of its own.
 */
#ifndef CW_RECORDING_WRITER_H
#define CW_RECORDING_WRITER_H

#include "recording/segment.h"

#define WRITER_SYNC_NEVER UINT64_MAX

struct writer_limits {
	uint64_t segment_size; /* bytes of one segment, uncompressed */
	uint64_t segment_age; /* seconds from its first line */
	uint64_t total_size; /* bytes of all, as they are on disk; the last segment always stays */
	uint64_t total_age; /* seconds since a segment was last written */
	uint64_t sync; /* seconds that a line may wait to be safe from a power cut; 0: none */
};

struct writer;

/* What a writer found when it began. */
struct writer_found {
	uint64_t sequence; /* the highest in the recording; 0: it is empty */
	uint64_t torn; /* bytes of a line that a crash cut off, now removed */
};

/*
 * One writer a directory: it is locked. 0; -EWOULDBLOCK: somebody else writes there; other errors of the
 * system. The directory must exist.
 */
int writer_new(const char *log_dir, const struct writer_limits *limits,
	       struct writer_found *ret_found, struct writer **ret_writer);
struct writer *writer_free(struct writer *writer);

/* The directory is no longer what its path names: it was moved, removed or mounted over. Nothing more should be
 * written there. */
bool writer_displaced(const struct writer *writer);

/*
 * Append whole lines. *ret_written: bytes of them, whole lines again, that are in the recording, also where an
 * error is returned; the rest may be tried again.
 */
int writer_write(struct writer *writer, const char *lines, size_t length, size_t *ret_written);

/*
 * What is due besides writing, a slice of some milliseconds at a time: sync, compress, remove. now: seconds since
 * 1970. 1: there is more of it; 0: nothing for now; or an error, after which it is tried again later.
 */
int writer_tend(struct writer *writer, int64_t now);

/* Make safe what was written, whatever `sync` says. */
int writer_sync(struct writer *writer);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The last segment of a recording, as whoever goes on with it finds it. */
#ifndef CW_RECORDING_LAST_H
#define CW_RECORDING_LAST_H

#include "recording/segment.h"

/*
 * Open it to append, if it is plain and ours; what a crash left behind its last whole line is removed, so many bytes.
 * *ret_size: bytes of whole lines. 0 also where nothing can be gone on with: then *ret_fd and the others stay as they
 * are. Else an error of the system.
 */
int last_open(int directory, int *ret_fd, struct segment *ret_segment, uint64_t *ret_size,
	      uint64_t *ret_torn);

/* The highest sequence number in the recording, 0 if there is none; no lock, nothing is repaired. */
int last_sequence(const char *log_dir, uint64_t *ret_sequence);

#endif

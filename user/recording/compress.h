/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One closed segment becomes a .gz, a slice at a time. The compressed one appears whole, by rename, before
 * the plain one goes: whoever is interrupted leaves a .tmp, which compress_clean() removes.
 */
#ifndef CW_RECORDING_COMPRESS_H
#define CW_RECORDING_COMPRESS_H

#include "recording/segment.h"

struct compress;

/* directory is borrowed. sync: make the result safe before the plain one is removed. */
int compress_new(int directory, const struct segment *segment, bool sync,
		 struct compress **ret_compress);
/* Interrupted, it leaves nothing behind. */
struct compress *compress_free(struct compress *compress);

/* 1: call again; 0: done; or an error: it cannot be done now. */
int compress_step(struct compress *compress);

/* Remove what interrupted ones left: .tmp, and plain segments that are there compressed as well. */
int compress_clean(int directory);

#endif

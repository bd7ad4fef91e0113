/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool of rule vectors: rows of consecutive vectors, one a class. Rows that are equal share their
 * place, and a row may begin with what the pool already ends in.
 *
 * A row that is empty for every class needs no room: ROW_EMPTY lies behind the pool, which decide()
 * reads as CW_VECTOR_EMPTY.
 */
#ifndef CW_POLICY_VECTORS_H
#define CW_POLICY_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "policy/dimension.h"

#define ROW_EMPTY CW_VECTORS_MAX

struct row_place {
	uint32_t start;
	uint32_t length;
};

struct pool {
	struct cw_page_vectors *page;
	uint32_t used;
	struct row_place *rows; /* those written, for sharing */
	size_t row_count, row_capacity;
};

/* Writes vectors 0 (empty) and 1 (full). */
void pool_init(struct pool *pool, struct cw_page_vectors *page);
void pool_release(struct pool *pool);

/* Rows of length vectors: 0 and where it begins; -ENOSPC, -ENOMEM. */
int pool_add(struct pool *pool, const uint64_t (*vectors)[CW_WORDS], size_t length,
	     uint32_t *ret_row);
/* The row of a list over the classes of its dimension. */
int pool_row(struct pool *pool, const struct dimension *dimension, const struct list *list,
	     uint32_t *ret_row);

#endif

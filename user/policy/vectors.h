/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pool of rule vectors: rows of consecutive vectors, one a class. Rows that are equal share their
 * place, and a row may begin with what the pool already ends in.
 *
 * A row that is empty for every class needs no room: it is CW_VECTOR_EMPTY with a mask of 0.
 */
#ifndef CW_POLICY_VECTORS_H
#define CW_POLICY_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "policy/dimension.h"

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

/* Where a row begins, and what a class is masked with to find its vector there (struct cw_rules). */
struct row {
	uint32_t start;
	uint16_t mask;
};
#define ROW_EMPTY ((struct row){ CW_VECTOR_EMPTY, 0 })
#define ROW_FULL ((struct row){ CW_VECTOR_FULL, 0 })

/* Rows of length vectors: 0 and the row; -ENOSPC, -ENOMEM. */
int pool_add(struct pool *pool, const uint64_t (*vectors)[CW_WORDS], size_t length,
	     struct row *ret_row);
/* The row of a list over the classes of its dimension. */
int pool_row(struct pool *pool, const struct dimension *dimension, const struct list *list,
	     struct row *ret_row);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/vectors.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

#define VECTOR_BYTES (CW_WORDS * sizeof(uint64_t))

void pool_init(struct pool *pool, struct cw_page_vectors *page)
{
	*pool = (struct pool){ .page = page, .used = 2 };
	memset(page->vector[CW_VECTOR_FULL], 0xff, VECTOR_BYTES);
	page->summary[CW_VECTOR_FULL] = 0xff;
}

void pool_release(struct pool *pool)
{
	free(pool->rows);
	*pool = (struct pool){ 0 };
}

static bool row_is_empty(const uint64_t (*vectors)[CW_WORDS], size_t length)
{
	static const uint64_t zero[CW_WORDS];

	for (size_t i = 0; i < length; i++)
		if (memcmp(vectors[i], zero, VECTOR_BYTES) != 0)
			return false;
	return true;
}

static bool pool_find(const struct pool *pool, const uint64_t (*vectors)[CW_WORDS], size_t length,
		      struct row *ret_row)
{
	for (size_t i = 0; i < pool->row_count; i++) {
		const struct row_place *row = &pool->rows[i];

		if (row->length == length &&
		    memcmp(pool->page->vector[row->start], vectors, length * VECTOR_BYTES) == 0) {
			*ret_row = (struct row){ row->start, CW_MASK_CLASS };
			return true;
		}
	}
	return false;
}

/*
 * How many vectors at the pool's end are the beginning of the row: found in linear time by the
 * prefix function of Knuth, Morris and Pratt, run over the row and then over the end of the pool.
 */
static int pool_overlap(const struct pool *pool, const uint64_t (*vectors)[CW_WORDS], size_t length,
			size_t *ret)
{
	size_t tail = pool->used - 2 < length ? pool->used - 2 : length;
	const __u64(*end)[CW_WORDS] = (const __u64(*)[CW_WORDS])pool->page->vector +
				      (pool->used - tail);
	_cleanup_free_ uint32_t *border = calloc(length + 1, sizeof(*border));
	size_t matched = 0;

	if (!border)
		return -ENOMEM;
	for (size_t i = 1; i < length; i++) {
		while (matched && memcmp(vectors[i], vectors[matched], VECTOR_BYTES) != 0)
			matched = border[matched];
		if (memcmp(vectors[i], vectors[matched], VECTOR_BYTES) == 0)
			matched++;
		border[i + 1] = (uint32_t)matched;
	}
	matched = 0;
	for (size_t i = 0; i < tail; i++) {
		if (matched == length)
			matched = border[matched];
		while (matched && memcmp(end[i], vectors[matched], VECTOR_BYTES) != 0)
			matched = border[matched];
		if (memcmp(end[i], vectors[matched], VECTOR_BYTES) == 0)
			matched++;
	}
	*ret = matched;
	return 0;
}

static int pool_remember(struct pool *pool, uint32_t start, size_t length)
{
	if (pool->row_count == pool->row_capacity) {
		size_t capacity = pool->row_capacity ? pool->row_capacity * 2 : 32;
		struct row_place *rows = realloc(pool->rows, capacity * sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		pool->rows = rows;
		pool->row_capacity = capacity;
	}
	pool->rows[pool->row_count++] = (struct row_place){ start, (uint32_t)length };
	return 0;
}

static void pool_append(struct pool *pool, const uint64_t *vector)
{
	uint8_t summary = 0;

	for (int word = 0; word < CW_WORDS; word++)
		if (vector[word])
			summary |= 1u << word;
	/* Memory that stays zero is memory that need not exist. */
	if (summary)
		memcpy(pool->page->vector[pool->used], vector, VECTOR_BYTES);
	pool->page->summary[pool->used++] = summary;
}

int pool_add(struct pool *pool, const uint64_t (*vectors)[CW_WORDS], size_t length,
	     struct row *ret_row)
{
	size_t overlap = 0;
	uint32_t start;
	int r;

	if (row_is_empty(vectors, length)) {
		*ret_row = ROW_EMPTY;
		return 0;
	}
	if (pool_find(pool, vectors, length, ret_row))
		return 0;
	r = pool_overlap(pool, vectors, length, &overlap);
	if (r)
		return r;
	start = pool->used - (uint32_t)overlap;
	if (start + length > CW_VECTORS_MAX)
		return -ENOSPC;
	r = pool_remember(pool, start, length);
	if (r)
		return r;
	for (size_t i = overlap; i < length; i++)
		pool_append(pool, vectors[i]);
	*ret_row = (struct row){ start, CW_MASK_CLASS };
	return 0;
}

int pool_row(struct pool *pool, const struct dimension *dimension, const struct list *list,
	     struct row *ret_row)
{
	size_t length = dimension->classes.count;
	_cleanup_free_ uint64_t(*vectors)[CW_WORDS] = malloc(length * sizeof(*vectors));

	if (!vectors)
		return -ENOMEM;
	dimension_vectors(dimension, list, vectors);
	return pool_add(pool, (const uint64_t(*)[CW_WORDS])vectors, length, ret_row);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Merging: any existing text (up to a line `---`) and any made one give a text or an error. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#undef NDEBUG
#include <assert.h>

#include "policy/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buffer_ struct buffer existing = { 0 }, made = { 0 }, ret = { 0 }, told = { 0 };
	const char *text = (const char *)data;
	const char *between = size ? memmem(text, size, "\n---\n", 5) : NULL;
	size_t first = between ? (size_t)(between - text) + 1 : size;
	int r;

	buffer_add(&existing, text, first);
	buffer_add_char(&existing, '\n');
	if (between)
		buffer_add(&made, between + 5, size - first - 4);
	buffer_add_char(&made, '\n');
	if (memchr(made.data, 0, made.length))
		return 0; /* the printer writes none */
	merge_mark(&existing);
	merge_mark(&made);
	assert(!buffer_failed(&made));
	r = merge_policy(existing.data, existing.length, &made, &ret, &told);
	assert((r == 0 && ret.length) || r == -ENODATA || r == -E2BIG || r == -EINVAL);
	return 0;
}

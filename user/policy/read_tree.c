/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory of a file's tree: taken in blocks, given back at once. */
#include <stdlib.h>

#include "policy/read.h"

#define TREE_BLOCK 65536

struct tree_block {
	struct tree_block *next;
	size_t used, size;
	char memory[] __attribute__((aligned(16)));
};

void tree_release(struct tree *tree)
{
	while (tree->blocks) {
		struct tree_block *block = tree->blocks;

		tree->blocks = block->next;
		free(block);
	}
	*tree = (struct tree){ 0 };
}

void *tree_allocate(struct reader *reader, struct tree *tree, size_t size)
{
	struct tree_block *block = tree->blocks;
	void *memory;

	size = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < size) {
		size_t room = size > TREE_BLOCK ? size : TREE_BLOCK;

		block = calloc(1, sizeof(*block) + room);
		if (!block) {
			reader->out_of_memory = true;
			return NULL;
		}
		block->size = room;
		block->next = tree->blocks;
		tree->blocks = block;
	}
	memory = block->memory + block->used;
	block->used += size;
	return memory;
}

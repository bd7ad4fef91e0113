/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#define REGISTRY_SLOTS (2 * CW_FILES_MAX)

struct file_registry {
	uint32_t count; /* highest number + 1; 0 is CW_FILE_UNKNOWN */
	char *paths[CW_FILES_MAX];
	uint16_t slots[REGISTRY_SLOTS]; /* open addressing; 0: free */
};
_Static_assert(CW_FILES_MAX <= UINT16_MAX, "a slot holds a file number");

struct file_registry *file_registry_new(void)
{
	struct file_registry *registry = calloc(1, sizeof(*registry));

	if (registry)
		registry->count = CW_FILE_UNKNOWN + 1;
	return registry;
}

struct file_registry *file_registry_free(struct file_registry *registry)
{
	for (uint32_t number = 1; registry && number < registry->count; number++)
		free(registry->paths[number]);
	free(registry);
	return NULL;
}

/* FNV-1a. */
static size_t registry_hash(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *path; path++)
		hash = (hash ^ (uint8_t)*path) * 0x100000001b3ull;
	return (size_t)(hash ^ hash >> 32) % REGISTRY_SLOTS;
}

/* Where a path is, or would be. */
static size_t registry_slot(const struct file_registry *registry, const char *path)
{
	size_t at = registry_hash(path);

	while (registry->slots[at] && strcmp(registry->paths[registry->slots[at]], path) != 0)
		at = (at + 1) % REGISTRY_SLOTS;
	return at;
}

int file_registry_restore(struct file_registry *registry, uint32_t number, const char *path)
{
	size_t at = registry_slot(registry, path);

	if (number == CW_FILE_UNKNOWN || number >= CW_FILES_MAX)
		return -ENOSPC;
	if (registry->slots[at] || registry->paths[number])
		return -EEXIST;
	registry->paths[number] = strdup(path);
	if (!registry->paths[number])
		return -ENOMEM;
	registry->slots[at] = (uint16_t)number;
	if (number >= registry->count)
		registry->count = number + 1;
	return 0;
}

int file_registry_number(struct file_registry *registry, const char *path, uint32_t *ret)
{
	size_t at = registry_slot(registry, path);
	uint32_t number = registry->slots[at];
	int r = 0;

	if (!number) {
		number = registry->count;
		r = file_registry_restore(registry, number, path);
	}
	if (!r)
		*ret = number;
	return r;
}

void file_registry_forget(struct file_registry *registry, uint32_t from)
{
	for (uint32_t number = from; number < registry->count; number++) {
		free(registry->paths[number]);
		registry->paths[number] = NULL;
	}
	if (from >= registry->count)
		return;
	registry->count = from;
	/* A slot that is freed alone would cut off those that had to go on behind it. */
	memset(registry->slots, 0, sizeof(registry->slots));
	for (uint32_t number = 1; number < registry->count; number++)
		if (registry->paths[number])
			registry->slots[registry_slot(registry, registry->paths[number])] =
				(uint16_t)number;
}

uint32_t file_registry_count(const struct file_registry *registry)
{
	return registry->count;
}

const char *file_registry_path(const struct file_registry *registry, uint32_t number)
{
	return number < registry->count ? registry->paths[number] : NULL;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The reader of `qlist` and `list`: any bytes give instances in their bounds, or an error. */
#include <string.h>

#include "instance/registry.h"
#include "printing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_instance(const struct instance *instance)
{
	size_t length = strlen(instance->root);

	assert(instance->root[0] == '/' && (length == 1 || instance->root[length - 1] != '/'));
	assert(!strstr(instance->root, "//"));
	assert(instance->name && *instance->name && instance->state < INSTANCE_STATE_MAX);
	assert(!instance->data || instance->data[0] == '/');
	assert(instance->superserver_count <= REGISTRY_PORTS_MAX);
	for (size_t i = 0; i < instance->superserver_count; i++)
		assert(instance->superservers[i]);
	assert(instance->where.file && instance->where.line && instance->where.column);
	assert(instance->sources & (INSTANCE_FROM_QLIST | INSTANCE_FROM_LIST));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics diagnostics = { 0 };
	struct registry *registry = registry_new();
	int r = registry_read(registry, "qlist", (const char *)data, size, &diagnostics);

	assert(r == 0 || diagnostics.errors);
	assert(registry->count <= REGISTRY_INSTANCES_MAX);
	for (size_t i = 0; i < registry->count; i++)
		check_instance(registry->instances[i]);
	registry_free(registry);
	check_printed(&diagnostics);
	diagnostics_release(&diagnostics);
	return 0;
}

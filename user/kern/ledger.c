/* SPDX-License-Identifier: GPL-2.0-only */
/* What one daemon leaves to the next: the ledger, and the paths of file numbers, in parts. */
#include <string.h>

#include "kern/internal.h"

#define PARTS_MAX 17 /* of the longest path */

struct cw_ledger *kern_ledger(struct kern *kern)
{
	return kern->ledger;
}

int kern_file_name_set(struct kern *kern, uint32_t file, const char *path)
{
	int map = bpf_map__fd(kern->skeleton->maps.file_names);
	size_t length = strlen(path) + 1;

	for (uint32_t part = 0; part * CW_NAME_PART < length; part++) {
		struct cw_name_key key = { .file = file, .part = part };
		struct cw_name_part value = { 0 };
		size_t left = length - (size_t)part * CW_NAME_PART;
		int r;

		memcpy(value.text, path + (size_t)part * CW_NAME_PART,
		       left < CW_NAME_PART ? left : CW_NAME_PART);
		r = bpf_map_update_elem(map, &key, &value, BPF_ANY);
		if (r)
			return r;
	}
	return 0;
}

/* The whole path; false if a part is missing, as when a daemon was killed while it wrote. */
static bool name_read(int map, uint32_t file, char path[PARTS_MAX * CW_NAME_PART])
{
	for (uint32_t part = 0; part < PARTS_MAX; part++) {
		struct cw_name_key key = { .file = file, .part = part };
		char *at = path + (size_t)part * CW_NAME_PART;

		if (bpf_map_lookup_elem(map, &key, at))
			return false;
		if (memchr(at, '\0', CW_NAME_PART))
			return true;
	}
	return false;
}

int file_names_read(int map, int (*each)(void *context, uint32_t file, const char *path),
		    void *context)
{
	char path[PARTS_MAX * CW_NAME_PART];
	struct cw_name_key key, next;
	bool more = bpf_map_get_next_key(map, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		if (key.part == 0 && name_read(map, key.file, path)) {
			int r = each(context, key.file, path);

			if (r)
				return r;
		}
	}
	return 0;
}

int kern_file_names(struct kern *kern, int (*each)(void *context, uint32_t file, const char *path),
		    void *context)
{
	return file_names_read(bpf_map__fd(kern->skeleton->maps.file_names), each, context);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the objects that the compiler made are opened: from a copy of their bytes, in which a little is changed before
 * libbpf reads it.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kern/internal.h"

void *object_copy(const void *bytes, size_t size, const struct kern_code *code)
{
	void *copy = malloc(size);
	int r = 0;

	if (!copy)
		return NULL;
	memcpy(copy, bytes, size);
	if (code)
		r = code_make(copy, size, code);
	if (!r)
		return copy;
	free(copy);
	errno = -r;
	return NULL;
}

/* Opened, libbpf has copied all that it needs. */
static int skeleton_open(struct bpf_object_skeleton *skeleton, void *bytes)
{
	const void *original = skeleton->data;
	int r;

	skeleton->data = bytes;
	r = bpf_object__open_skeleton(skeleton, NULL);
	skeleton->data = original;
	return r;
}

int object_open(struct bpf_object_skeleton *skeleton, const struct kern_code *code)
{
	_cleanup_free_ void *bytes = object_copy(skeleton->data, skeleton->data_sz, code);

	return bytes ? skeleton_open(skeleton, bytes) : -errno;
}

/* What is to be fitted to the kernel stands in a section of this name, which libbpf then does not find. */
static void fitting_hide(char *bytes)
{
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)bytes;
	Elf64_Shdr *sections = (Elf64_Shdr *)(bytes + header->e_shoff);
	const char *names = bytes + sections[header->e_shstrndx].sh_offset;

	for (size_t i = 0; i < header->e_shnum; i++)
		if (strcmp(names + sections[i].sh_name, ".BTF.ext") == 0)
			sections[i].sh_name++;
}

int object_open_maps(struct bpf_object_skeleton *skeleton)
{
	_cleanup_free_ void *bytes = object_copy(skeleton->data, skeleton->data_sz, NULL);

	if (!bytes)
		return -errno;
	fitting_hide(bytes);
	return skeleton_open(skeleton, bytes);
}

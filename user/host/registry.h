/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of files. A path gets the next number when it is first asked for and keeps it as long as
 * the registry lives: processes carry the numbers of what they execute, so none is ever given anew.
 */
#ifndef CW_HOST_REGISTRY_H
#define CW_HOST_REGISTRY_H

#include <stdint.h>

struct file_registry;

struct file_registry *file_registry_new(void); /* NULL: no memory */
struct file_registry *file_registry_free(struct file_registry *registry);

/* 0; -ENOMEM; -ENOSPC: CW_FILES_MAX files are known already. */
int file_registry_number(struct file_registry *registry, const char *path, uint32_t *ret);
/* Give a path the number that it had before; -EEXIST: one of them is taken. */
int file_registry_restore(struct file_registry *registry, uint32_t number, const char *path);
/* Take back the numbers from this one on, which nobody has seen yet. */
void file_registry_forget(struct file_registry *registry, uint32_t from);
/* The highest number given + 1. */
uint32_t file_registry_count(const struct file_registry *registry);
/* The path of a number; NULL if it has none. Owned by the registry. */
const char *file_registry_path(const struct file_registry *registry, uint32_t number);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process table of an instance; see table.h.
 */
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <sys/shm.h>
#include <unistd.h>

static struct table *table;

static int attach(int id)
{
	void *memory = shmat(id, NULL, 0);

	if (memory == (void *)-1)
		return -errno;
	table = memory;
	return 0;
}

static int id_read(const char *root)
{
	char path[PATH_MAX];
	FILE *file;
	int id = -1;

	root_path(path, root, "mgr/cache.shid");
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (fscanf(file, "%d", &id) != 1 || id < 0)
		id = -EINVAL;
	fclose(file);
	return id;
}

int table_create(const char *root)
{
	char path[PATH_MAX];
	/* A worker of another user has it attached since before it changed its user. */
	int r, id = shmget(IPC_PRIVATE, sizeof(struct table), IPC_CREAT | 0600);

	if (id < 0)
		return -errno;
	r = attach(id);
	root_path(path, root, "mgr/cache.shid");
	/* A segment id has the shape of a pid, and wants the same care against half-read files. */
	if (!r)
		r = pidfile_write(path, id);
	if (r)
		shmctl(id, IPC_RMID, NULL);
	return r;
}

int table_attach(const char *root)
{
	int id = id_read(root);

	return id < 0 ? id : attach(id);
}

void table_remove(const char *root)
{
	char path[PATH_MAX];
	int id = id_read(root);

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	root_path(path, root, "mgr/cache.shid");
	unlink(path);
}

struct table *table_get(void)
{
	return table;
}

int table_enter(const char *routine)
{
	for (int row = 0; table && row < TABLE_ROWS; row++) {
		pid_t none = 0;

		/* Any process of the instance may be looking for a row at this moment. */
		if (!__atomic_compare_exchange_n(&table->rows[row].pid, &none, getpid(), false,
						 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			continue;
		snprintf(table->rows[row].routine, sizeof(table->rows[row].routine), "%s", routine);
		return row + 1;
	}
	return table ? -ENOSPC : -EINVAL;
}

void table_leave(pid_t pid)
{
	for (int row = 0; table && row < TABLE_ROWS; row++)
		if (table->rows[row].pid == pid)
			__atomic_store_n(&table->rows[row].pid, 0, __ATOMIC_SEQ_CST);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "work.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static char work[] = "/run/cw-protect.XXXXXX"; /* numbers of processes come again */
static bool made;

bool work_make(void)
{
	made = mkdtemp(work) != NULL;
	return made && !chmod(work, 0755);
}

const char *in_work(const char *name)
{
	static char path[4][128];
	static unsigned int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", work, name);
	return path[turn];
}

static int remove_one(const char *path, const struct stat *file, int type, struct FTW *place)
{
	(void)file;
	(void)type;
	(void)place;
	return remove(path);
}

void work_remove(void)
{
	if (made)
		nftw(work, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

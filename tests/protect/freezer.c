/* SPDX-License-Identifier: GPL-2.0-only */
#include "freezer.h"

#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char freezer[128];

static bool put(const char *name, const char *text)
{
	char path[256];
	int fd;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", freezer, name);
	fd = open(path, O_WRONLY);
	good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

bool frozen(void)
{
	char path[256], text[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.events", freezer);
	file = fopen(path, "r");
	if (!file)
		return false;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return strstr(text, "frozen 1");
}

bool freeze(pid_t process)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	struct mntent *mount;
	char pid[16];

	while (mounts && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "cgroup2") == 0)
			snprintf(freezer, sizeof(freezer), "%s/cw-protect", mount->mnt_dir);
	if (mounts)
		endmntent(mounts);
	snprintf(pid, sizeof(pid), "%d", (int)process);
	return *freezer && !mkdir(freezer, 0755) && put("cgroup.procs", pid) &&
	       put("cgroup.freeze", "1");
}

void freezer_remove(void)
{
	rmdir(freezer);
}

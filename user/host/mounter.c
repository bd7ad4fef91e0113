/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/mounter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "util/cleanup.h"

#define FUSE_MAGIC 0x65735546

/* A line is
 *	36 35 98:0 /root /mount/point rw,noatime shared:1 - TYPE SOURCE rw,user_id=0,group_id=0
 * with spaces in its words written as \040 (proc(5)). */
static bool line_of(const char *line, dev_t device)
{
	unsigned int major_number, minor_number;

	return sscanf(line, "%*u %*u %u:%u", &major_number, &minor_number) == 2 &&
	       makedev(major_number, minor_number) == device;
}

/* virtiofs has the magic number too, and no such option: its host answers for it. */
static uint32_t line_mounter(const char *line)
{
	const char *behind = strstr(line, " - "), *option;

	if (!behind || strncmp(behind, " - fuse", 7) != 0)
		return 0;
	/* Behind the type and the source, which the one who mounts may choose: the kernel's own words. */
	option = strchr(behind + 3, ' ');
	option = option ? strchr(option + 1, ' ') : NULL;
	if (!option)
		return UINT32_MAX;
	for (; (option = strstr(option, "user_id=")); option++) {
		char *end;
		unsigned long uid;

		if (option[-1] != ',' && option[-1] != ' ')
			continue;
		uid = strtoul(option + strlen("user_id="), &end, 10);
		if (*end == ',' || *end == '\n' || !*end)
			return (uint32_t)uid;
	}
	return UINT32_MAX;
}

uint32_t mounter_find(FILE *mountinfo, dev_t device)
{
	_cleanup_free_ char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, mountinfo) > 0)
		if (line_of(line, device))
			return line_mounter(line);
	return UINT32_MAX;
}

uint32_t mounter_of(int fd, dev_t device)
{
	_cleanup_fclose_ FILE *mountinfo = NULL;
	struct statfs filesystem;

	if (fstatfs(fd, &filesystem) || filesystem.f_type != FUSE_MAGIC)
		return 0;
	mountinfo = fopen("/proc/self/mountinfo", "re");
	return mountinfo ? mounter_find(mountinfo, device) : UINT32_MAX;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "footprint.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "daemon.h"

struct footprint daemon_footprint(void)
{
	struct footprint size = { 0 };
	char path[64], line[128];
	struct dirent *entry;
	DIR *directory;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)daemon_pid());
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "RssAnon:", 8) == 0)
			size.resident = strtoull(line + 8, NULL, 10);
	}
	if (file)
		fclose(file);
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)daemon_pid());
	directory = opendir(path);
	while (directory && (entry = readdir(directory)))
		size.descriptors++;
	if (directory)
		closedir(directory);
	return size;
}

static bool descriptors_are(void *context)
{
	return daemon_footprint().descriptors <= ((const struct footprint *)context)->descriptors;
}

bool footprint_await_descriptors(const struct footprint *most)
{
	return wait_until(descriptors_are, (void *)most);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bin/cwdimj MGR: processes the write image journal before an instance starts and after it stops.
 * Ours looks at the file, says so in the console log, and ends.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base.h"

int main(int argc, char **argv)
{
	char root[ROOT_MAX], path[PATH_MAX];
	struct stat journal;

	if (argc != 2)
		die("usage: cwdimj MGR");
	(void)argv;
	root_find(root);
	root_path(path, root, "mgr/CACHE.WIJ");
	if (stat(path, &journal))
		die("no write image journal: %s", path);
	console(root, 0, "WriteDaemon.UsingWIJFile", "Using WIJ file: %s", path);
	return 0;
}

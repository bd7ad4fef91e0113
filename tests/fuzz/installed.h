/* SPDX-License-Identifier: GPL-2.0-only */
/* An install directory with nothing but bin/cache, for as long as the fuzzer runs. */
#ifndef CW_TESTS_INSTALLED_H
#define CW_TESTS_INSTALLED_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char installed_root[] = "/tmp/cachewarden-fuzz-XXXXXX";
static char installed_program[64];

static inline void installed_clear(void)
{
	unlink(installed_program);
	*strrchr(installed_program, '/') = '\0';
	rmdir(installed_program);
	rmdir(installed_root);
}

static inline const char *installed(void)
{
	FILE *file;

	if (*installed_program)
		return installed_root;
	assert(mkdtemp(installed_root) && chmod(installed_root, 0755) == 0);
	snprintf(installed_program, sizeof(installed_program), "%s/bin", installed_root);
	assert(mkdir(installed_program, 0755) == 0);
	snprintf(installed_program, sizeof(installed_program), "%s/bin/cache", installed_root);
	file = fopen(installed_program, "we");
	assert(file && fclose(file) == 0);
	atexit(installed_clear);
	return installed_root;
}

#endif

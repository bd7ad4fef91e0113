/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A table of cases, as `policy test --cases` reads it: whatever stands there is judged with a policy that
 * is in order, or diagnosed.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/policy_cases.h"
#include "util/log.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
	"version: 1\ninstance: CACHE\nroot: /usr/cachesys\nmode: enforce\n"
	"executables:\n  cache: { path: \"${root}/bin/cache\", entry: true }\n  sh: /bin/sh\n"
	"exec:\n  - { id: sh, allow: sh, by: cache }\n"
	"bind:\n  - { id: super, allow: tcp/1972, by: cache }\n"
	"connect:\n  - { id: ecp, allow: tcp/1972, to: 10.0.0.0/8 }\n";

static char policy_path[32], table_path[32];
static int table;

static void policy_remove(void)
{
	unlink(policy_path);
}

static void policy_put(void)
{
	int fd = open(policy_path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, policy, sizeof(policy) - 1) == sizeof(policy) - 1);
	close(fd);
	atexit(policy_remove);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	/* A policy is not read through a link, but the table may be. */
	snprintf(policy_path, sizeof(policy_path), "/tmp/cw-fuzz-%d.yaml", (int)getpid());
	policy_put();
	table = memfd_create("table", MFD_CLOEXEC);
	snprintf(table_path, sizeof(table_path), "/proc/self/fd/%d", table);
	log_set_level(LOG_LEVEL_ERROR);
	/* What it prints is not looked at; libFuzzer has its own idea of standard error by now. */
	stderr = fopen("/dev/null", "w");
	return freopen("/dev/null", "w", stdout) && stderr ? 0 : 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int status;

	assert(ftruncate(table, 0) == 0 && pwrite(table, data, size, 0) == (ssize_t)size);
	status = policy_test_cases(policy_path, table_path, size & 1);
	assert(status >= CLI_YES && status <= CLI_CANNOT);
	return 0;
}

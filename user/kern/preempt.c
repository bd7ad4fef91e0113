/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * May tasks be preempted within programs that run on trampolines (bpf/turn.bpf.h)? The kernel tells in debugfs, which
 * may not be mounted, or be locked down; else what it was booted with tells, or what it was built with. Where
 * nothing does, they may: a turn too many costs some time, one too few an operation that nobody judges.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "kern/internal.h"

#define CONFIG_LINE 256

/* The mode in force is in brackets: "none voluntary (full)". */
static enum preempt preempt_in_force(void)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/debug/sched/preempt", "re");
	char line[128];

	if (!file || !fgets(line, sizeof(line), file))
		return PREEMPT_UNKNOWN;
	return strstr(line, "(full)") || strstr(line, "(lazy)") ? PREEMPT_YES : PREEMPT_NO;
}

/* Documentation/admin-guide/kernel-parameters.txt: the last one counts. */
enum preempt preempt_booted(const char *cmdline)
{
	static const char parameter[] = "preempt=";
	enum preempt found = PREEMPT_UNKNOWN;

	for (const char *at = cmdline; (at = strstr(at, parameter)); at += strlen(parameter)) {
		const char *value = at + strlen(parameter);
		size_t length = strcspn(value, " \n");

		if (at != cmdline && at[-1] != ' ')
			continue;
		if ((length == 4 && !strncmp(value, "none", length)) ||
		    (length == 9 && !strncmp(value, "voluntary", length)))
			found = PREEMPT_NO;
		else if (length == 4 &&
			 (!strncmp(value, "full", length) || !strncmp(value, "lazy", length)))
			found = PREEMPT_YES;
	}
	return found;
}

/* kernel/Kconfig.preempt: one of them is set. The file may be compressed by gzip. */
enum preempt preempt_built(const char *path)
{
	static const struct {
		const char *line;
		enum preempt preempt;
	} choices[] = {
		{ "CONFIG_PREEMPT_NONE=y\n", PREEMPT_NO },
		{ "CONFIG_PREEMPT_VOLUNTARY=y\n", PREEMPT_NO },
		{ "CONFIG_PREEMPT_LAZY=y\n", PREEMPT_YES },
		{ "CONFIG_PREEMPT=y\n", PREEMPT_YES },
	};
	enum preempt found = PREEMPT_UNKNOWN;
	gzFile file = gzopen(path, "re");
	char line[CONFIG_LINE];

	if (!file)
		return found;
	while (found == PREEMPT_UNKNOWN && gzgets(file, line, sizeof(line)))
		for (size_t i = 0; i < ARRAY_SIZE(choices); i++)
			if (!strcmp(line, choices[i].line))
				found = choices[i].preempt;
	gzclose(file);
	return found;
}

static enum preempt booted(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/cmdline", "re");
	char line[4096];

	return file && fgets(line, sizeof(line), file) ? preempt_booted(line) : PREEMPT_UNKNOWN;
}

/* Where kernels and distributions leave it. */
static enum preempt built(const char *release)
{
	/* The release stands between the two. */
	static const struct {
		const char *before, *after;
	} places[] = {
		{ "/boot/config-", "" },
		{ "/lib/modules/", "/config" },
		{ "/usr/lib/kernel/config-", "" },
	};
	enum preempt found = preempt_built("/proc/config.gz");

	for (size_t i = 0; i < ARRAY_SIZE(places) && found == PREEMPT_UNKNOWN; i++) {
		char path[256];

		snprintf(path, sizeof(path), "%s%s%s", places[i].before, release, places[i].after);
		found = preempt_built(path);
	}
	return found;
}

bool kernel_preempts(const struct utsname *name)
{
	enum preempt found;

	if (!strstr(name->version, "PREEMPT"))
		return false;
	if (!strstr(name->version, "PREEMPT_DYNAMIC"))
		return true;
	found = preempt_in_force();
	/* From 7.0 on there are only kernels that preempt, where it matters, whatever they are told. */
	if (found == PREEMPT_UNKNOWN && strtoul(name->release, NULL, 10) >= 7)
		return true;
	if (found == PREEMPT_UNKNOWN)
		found = booted();
	if (found == PREEMPT_UNKNOWN)
		found = built(name->release);
	return found != PREEMPT_NO;
}

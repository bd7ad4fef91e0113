/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places where the tests kill the daemon. In what is installed they are nothing; the tests build it once
 * more with CW_FAULT_POINTS, and name the place in the environment: CW_FAULT=NAME, or NAME:N for the
 * N-th time it is passed.
 */
#ifndef CW_UTIL_FAULT_H
#define CW_UTIL_FAULT_H

#ifdef CW_FAULT_POINTS

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static inline void fault_point(const char *name)
{
	const char *wanted = getenv("CW_FAULT");
	size_t length = strlen(name);
	static unsigned long passed;

	if (!wanted || strncmp(wanted, name, length) != 0 ||
	    (wanted[length] && wanted[length] != ':'))
		return;
	passed++;
	if (passed >= (wanted[length] ? strtoul(wanted + length + 1, NULL, 10) : 1))
		raise(SIGKILL);
}

#else

static inline void fault_point(const char *name)
{
	(void)name;
}

#endif

#endif

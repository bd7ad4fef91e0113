/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that runs out at a chosen moment. The linker puts these in the place of the C library's own
 * functions in all that is ours (--wrap, see tests/unit/unit.mk); libraries keep theirs.
 */
#ifndef CW_TESTS_FAILING_H
#define CW_TESTS_FAILING_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

static long memory_left = -1; /* how many allocations still succeed; negative: all */
static bool memory_once; /* after one refusal there is memory again */
static bool memory_failed; /* one has been refused */

static inline bool memory_refused(void)
{
	if (memory_left < 0)
		return false;
	if (memory_left > 0) {
		memory_left--;
		return false;
	}
	memory_failed = true;
	if (memory_once)
		memory_left = -1;
	errno = ENOMEM;
	return true;
}

/* One function of the C library: what it is declared as, and what is called in its place. */
#define FAILING(type, name, parameters, arguments, refusal) \
	type __real_##name parameters; \
	type __wrap_##name parameters; \
	type __wrap_##name parameters \
	{ \
		return memory_refused() ? (refusal) : __real_##name arguments; \
	}

FAILING(void *, malloc, (size_t size), (size), NULL)
FAILING(void *, calloc, (size_t count, size_t size), (count, size), NULL)
FAILING(void *, realloc, (void *memory, size_t size), (memory, size), NULL)
FAILING(void *, reallocarray, (void *memory, size_t count, size_t size), (memory, count, size),
	NULL)
FAILING(char *, strdup, (const char *text), (text), NULL)
FAILING(char *, strndup, (const char *text, size_t length), (text, length), NULL)
FAILING(int, vasprintf, (char **to, const char *format, va_list args), (to, format, args), -1)
FAILING(int, __vasprintf_chk, (char **to, int flag, const char *format, va_list args),
	(to, flag, format, args), -1)

int __wrap_asprintf(char **to, const char *format, ...);
int __wrap_asprintf(char **to, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = __wrap_vasprintf(to, format, args);
	va_end(args);
	return length;
}

int __wrap___asprintf_chk(char **to, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **to, int flag, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = __wrap___vasprintf_chk(to, flag, format, args);
	va_end(args);
	return length;
}

#endif

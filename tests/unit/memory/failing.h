/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that runs out at a chosen moment. The linker puts these in the place of the C library's own
 * functions in all that is ours (--wrap, see tests/unit/unit.mk); libraries keep theirs.
 */
#ifndef CW_TESTS_FAILING_H
#define CW_TESTS_FAILING_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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

/* ------------------------------------------------------------------ the sweep */

#define SWEEP_MAX 100000

/* With that many allocations: what the act answers. */
static inline int with(long allocations, bool once, int (*act)(void *context), void *context)
{
	int r;

	memory_failed = false;
	memory_once = once;
	memory_left = allocations;
	r = act(context);
	memory_left = -1;
	return r;
}

/* Grow the memory until an act succeeds that was never refused any; whenever it was, once or from then
 * on, it must have said so. Returns how many allocations it needs. */
static inline long sweep(int (*act)(void *context), void *context)
{
	for (long allocations = 0; allocations < SWEEP_MAX; allocations++) {
		for (int once = 0; once < 2; once++) {
			int r = with(allocations, once, act, context);

			if (!memory_failed) {
				assert_int_equal(r, 0);
				return allocations;
			}
			if (r != -ENOMEM)
				fail_msg("allocation %ld is refused: %d, not -ENOMEM", allocations,
					 r);
		}
	}
	fail_msg("it never has enough");
	return 0;
}

/* For those that make do with less: whatever they answer but a crash, and 0 when they have all. */
static inline long sweep_any(int (*act)(void *context), void *context)
{
	for (long allocations = 0; allocations < SWEEP_MAX; allocations++) {
		for (int once = 0; once < 2; once++) {
			int r = with(allocations, once, act, context);

			if (memory_failed)
				continue;
			assert_int_equal(r, 0);
			return allocations;
		}
	}
	fail_msg("it never has enough");
	return 0;
}

#endif

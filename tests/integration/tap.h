/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP on standard output; the plan comes at the end. */
#ifndef CW_TAP_H
#define CW_TAP_H

#include <stdbool.h>

/* Prints the result and returns ok. */
bool tap_ok(bool ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tap_skip(const char *reason, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A comment about the result just printed. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line that is not TAP. */
void tap_line(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The whole run cannot go on: says why, and ends the process after `leave` was called. */
__attribute__((noreturn, format(printf, 1, 2))) void tap_bail(const char *format, ...);
extern void (*tap_leave)(void);
/* From here on SIGINT and SIGTERM are a reason to bail out, so that nothing stays behind. */
void tap_interruptible(void);
/* The plan; the exit status. */
int tap_end(void);

#endif

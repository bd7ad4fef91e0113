/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned int count, failed;
void (*tap_leave)(void);

bool tap_ok(bool ok, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", ok ? "" : "not ", ++count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	fflush(stdout);
	failed += !ok;
	return ok;
}

void tap_skip(const char *reason, const char *format, ...)
{
	va_list args;

	printf("ok %u - ", ++count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(" # SKIP %s\n", reason);
	fflush(stdout);
}

void tap_note(const char *format, ...)
{
	va_list args;

	fputs("#   ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	fflush(stdout);
}

void tap_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	fflush(stdout);
}

void tap_bail(const char *format, ...)
{
	va_list args;

	fputs("Bail out! ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("");
	fflush(stdout);
	if (tap_leave)
		tap_leave();
	exit(1);
}

int tap_end(void)
{
	printf("1..%u\n", count);
	return failed ? 1 : 0;
}

/* Waits for the signals that end us, so that nothing stays behind: the daemon, the stand-in, mounts. */
static void *interruption(void *signals)
{
	int signal;

	sigwait(signals, &signal);
	tap_bail("interrupted");
}

static sigset_t interruptions;

/* Children have the mask that everybody has. */
static void unblock(void)
{
	sigprocmask(SIG_UNBLOCK, &interruptions, NULL);
}

void tap_interruptible(void)
{
	pthread_t thread;

	sigemptyset(&interruptions);
	sigaddset(&interruptions, SIGINT);
	sigaddset(&interruptions, SIGTERM);
	sigprocmask(SIG_BLOCK, &interruptions, NULL);
	if (pthread_atfork(NULL, NULL, unblock) ||
	    pthread_create(&thread, NULL, interruption, &interruptions))
		tap_bail("no thread");
}

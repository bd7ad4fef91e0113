/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Preloaded into the daemon under test: of a crash that comes once in a hundred guests, its log then tells where
 * it was. Each line is PROGRAM(+OFFSET): `addr2line -e PROGRAM OFFSET` names the place.
 */
#include <execinfo.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define FRAMES 24

static void crashed(int number)
{
	static const char words[] = "crashed at:\n";
	void *frames[FRAMES];
	int count = backtrace(frames, FRAMES);

	if (write(STDERR_FILENO, words, strlen(words)) > 0)
		backtrace_symbols_fd(frames, count, STDERR_FILENO);
	raise(number); /* now for good: SA_RESETHAND */
}

static void __attribute__((constructor)) crash_watch(void)
{
	static const int numbers[] = { SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_RESETHAND | SA_NODEFER };
	void *frame;

	backtrace(&frame, 1); /* the first call loads what it needs: no work for a handler */
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
}

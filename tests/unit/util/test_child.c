/* SPDX-License-Identifier: GPL-2.0-only */
/* What a child of ours has of its parent's. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/child.h"

/* What the child finds, and sends back. */
struct found {
	int descriptors; /* above standard error, beside the one that this goes through */
	int death_signal;
	bool blocked; /* is any signal? */
};

static void __attribute__((noreturn)) look(int to)
{
	struct found found = { 0 };
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	sigset_t mask;

	while (directory && (entry = readdir(directory))) {
		int fd = atoi(entry->d_name);

		found.descriptors += fd > STDERR_FILENO && fd != to && fd != dirfd(directory);
	}
	prctl(PR_GET_PDEATHSIG, &found.death_signal);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	found.blocked = sigismember(&mask, SIGTERM) || sigismember(&mask, SIGHUP);
	_exit(write(to, &found, sizeof(found)) != sizeof(found));
}

static int child_of(pid_t parent, struct found *ret)
{
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		look(child_begin(parent, ends[1]));
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (!WEXITSTATUS(status))
		assert_int_equal(read(ends[0], ret, sizeof(*ret)), sizeof(*ret));
	close(ends[0]);
	return WEXITSTATUS(status);
}

static void test_alone(void **state)
{
	struct found found = { .descriptors = -1 };
	sigset_t blocked, before;
	int others[2];

	(void)state;
	assert_int_equal(pipe(others), 0);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	assert_int_equal(child_of(getpid(), &found), 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(found.descriptors, 0);
	assert_int_equal(found.death_signal, SIGKILL);
	assert_false(found.blocked);
	close(others[0]);
	close(others[1]);
}

/* Who says that its parent is somebody else has lost it before it could ask to end with it. */
static void test_orphan(void **state)
{
	struct found found;

	(void)state;
	assert_int_equal(child_of(1, &found), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_orphan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

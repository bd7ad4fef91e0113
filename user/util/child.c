/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

int child_begin(pid_t parent, int keep)
{
	sigset_t none;
	int kept;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	kept = dup2(keep, STDERR_FILENO + 1);
	close_range((unsigned int)kept + 1, ~0u, 0);
	return kept;
}

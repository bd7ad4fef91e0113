/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Many at once, on few processors: where the kernel preempts tasks within tracing programs, others then pass
 * by these programs. What passed is counted by who did it; who is killed for it did not get what it wanted.
 */
#include "crowd.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acts.h"

#define CHILDREN 64

struct tally {
	atomic_uint begun, passed, refused, other;
};

static void crowd_one(const struct act *act, struct tally *tally, unsigned int times)
{
	while (times--) {
		int error;

		tally->begun++;
		error = act->make();
		if (!error)
			tally->passed++;
		else if (error == EACCES || error == EPERM)
			tally->refused++;
		else
			tally->other++;
	}
	_exit(0);
}

bool crowd_try(const struct act *act, unsigned int times, struct crowd *ret)
{
	struct tally *tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[CHILDREN];
	int status;

	*ret = (struct crowd){ 0 };
	if (tally == MAP_FAILED)
		return false;
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (!children[i])
			crowd_one(act, tally, times);
	}
	/* The daemon is a child of ours as well. */
	for (int i = 0; i < CHILDREN; i++)
		if (waitpid(children[i], &status, 0) == children[i] && WIFSIGNALED(status))
			ret->killed++;
	ret->wanted = CHILDREN * times;
	ret->begun = tally->begun;
	ret->passed = tally->passed;
	ret->refused = tally->refused;
	ret->other = tally->other;
	munmap(tally, sizeof(*tally));
	return true;
}

#define PREEMPTION "/sys/kernel/debug/sched/preempt"

bool crowd_passes_by(const char *backend)
{
	FILE *file = fopen(PREEMPTION, "r");
	char line[128] = "";

	if (strcmp(backend, "fmod_ret") != 0 || !file || !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	return strstr(line, "(full)") || strstr(line, "(lazy)");
}

bool preemption_pretend(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		return false;
	fputs("none voluntary (full)\n", file);
	fclose(file);
	return !mount(path, PREEMPTION, NULL, MS_BIND, NULL);
}

void preemption_pretend_no_more(void)
{
	umount2(PREEMPTION, 0);
}

bool kernel_casts(void)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, " bpf_rdonly_cast\n");
	if (file)
		fclose(file);
	return found;
}

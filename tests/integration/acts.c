/* SPDX-License-Identifier: GPL-2.0-only */
#include "acts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"
#include "world.h"

#define WORDS_MAX 64

static void become(const char *who, const char *act, int output, int mailbox)
{
	char path[PATH_MAX], *text = strdup(act), *argv[WORDS_MAX + 2];
	size_t count = 0;

	snprintf(path, sizeof(path), "%s%s", strchr(who, '/') ? "" : "bin/", who);
	argv[count++] = path;
	for (char *word = strtok(text, " "); word && count < WORDS_MAX; word = strtok(NULL, " "))
		argv[count++] = word;
	argv[count] = NULL;
	if (chdir(world.root) || dup2(output, STDOUT_FILENO) < 0 ||
	    (mailbox >= 0 && dup2(mailbox, 3) < 0))
		_exit(125);
	execv(path, argv);
	_exit(126);
}

void act_start(struct running *running, const char *who, const char *act)
{
	int output[2], mailbox[2];

	*running = (struct running){ .pid = -1 };
	if (pipe2(output, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, mailbox))
		tap_bail("no pipes: %s", strerror(errno));
	running->pid = fork();
	if (running->pid < 0)
		tap_bail("no process: %s", strerror(errno));
	if (!running->pid)
		become(who, act, output[1], mailbox[1]);
	close(output[1]);
	close(mailbox[1]);
	running->output = output[0];
	running->handing = mailbox[0];
}

/* Until everybody has closed it: also orphans. False when that takes too long. */
static bool output_read(struct running *running)
{
	struct pollfd readable = { .fd = running->output, .events = POLLIN };

	for (;;) {
		ssize_t got;

		if (poll(&readable, 1, WAIT_SECONDS * 1000) <= 0)
			return false;
		got = read(running->output, running->text + running->length,
			   sizeof(running->text) - 1 - running->length);
		if (got <= 0)
			return true;
		running->length += (size_t)got;
	}
}

static void outcome_parse(struct outcome *outcome, const char *text)
{
	int pid;

	if (sscanf(text, "done %d", &pid) == 1)
		outcome->kind = OUTCOME_DONE;
	else if (sscanf(text, "killed %d", &pid) == 1)
		outcome->kind = OUTCOME_KILLED;
	else if (sscanf(text, "failed %d %31s %d", &pid, outcome->step, &outcome->error) == 3)
		outcome->kind = OUTCOME_FAILED;
	else
		return;
	outcome->who = pid;
}

struct outcome act_wait(struct running *running)
{
	struct outcome outcome = { .kind = OUTCOME_ODD, .pid = running->pid, .who = running->pid };
	int status = 0;

	if (!output_read(running))
		kill(running->pid, SIGKILL);
	else
		outcome_parse(&outcome, running->text);
	while (waitpid(running->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (outcome.kind == OUTCOME_ODD && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		outcome.kind = OUTCOME_KILLED;
	/* Another program, which the actor has become and which is no copy of it. */
	else if (outcome.kind == OUTCOME_ODD && WIFEXITED(status) && !WEXITSTATUS(status))
		outcome.kind = OUTCOME_DONE;
	else if (outcome.kind == OUTCOME_ODD && WIFEXITED(status) && WEXITSTATUS(status) == 126)
		strcpy(outcome.step, "start"); /* the exec of the actor itself */
	close(running->output);
	close(running->handing);
	return outcome;
}

void act_end(struct running *running)
{
	kill(running->pid, SIGKILL);
	act_wait(running);
}

struct outcome act_run(const char *who, const char *act)
{
	struct running running;

	act_start(&running, who, act);
	return act_wait(&running);
}

static void hand_over(int mailbox, int descriptor)
{
	char data = 'x', control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec part = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	if (sendmsg(mailbox, &message, MSG_NOSIGNAL) != 1)
		tap_note("handing over: %s", strerror(errno));
}

struct outcome act_run_handed(const char *who, const char *act, int descriptor)
{
	struct running running;

	act_start(&running, who, act);
	hand_over(running.handing, descriptor);
	return act_wait(&running);
}

pid_t act_teller(const char *name)
{
	FILE *file = fopen(world_path("%s", name), "re");
	int pid = 0;

	if (!file || fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

void gate_open(void)
{
	int fd = open(world_path("gate"), O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "x", 1) != 1)
		tap_note("nobody waits");
	close(fd);
}

const char *outcome_text(const struct outcome *outcome)
{
	static char texts[4][128];
	static unsigned int next;
	char *text = texts[next++ % 4];

	switch (outcome->kind) {
	case OUTCOME_DONE:
		return "done";
	case OUTCOME_KILLED:
		return "killed";
	case OUTCOME_FAILED:
		snprintf(text, sizeof(texts[0]), "%s: %s", outcome->step,
			 strerrorname_np(outcome->error) ? strerrorname_np(outcome->error) : "?");
		return text;
	default:
		snprintf(text, sizeof(texts[0]), "no answer%s%s", *outcome->step ? " of " : "",
			 outcome->step);
		return text;
	}
}

int program_run(char *const argv[], char **ret_output)
{
	int output[2], status;
	char *text = NULL;
	size_t length = 0;
	pid_t pid;
	ssize_t got;

	if (pipe2(output, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(output[1], STDOUT_FILENO);
		dup2(output[1], STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(output[1]);
	do {
		text = realloc(text, length + 65536);
		if (!text)
			abort();
		got = read(output[0], text + length, 65535);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	text[length] = '\0';
	close(output[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (ret_output)
		*ret_output = text;
	else
		free(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool wait_until(bool (*happened)(void *context), void *context)
{
	time_t end = time(NULL) + WAIT_SECONDS;

	while (!happened(context)) {
		if (time(NULL) > end)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 30000000 }, NULL);
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "tap.h"
#include "world.h"

#define START_SECONDS 150 /* software emulation: the verifier alone takes half a minute */

static pid_t pid = -1;
static int notify = -1;

pid_t daemon_pid(void)
{
	return pid;
}

static void notify_open(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (notify >= 0)
		return;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", world_path("notify"));
	notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify < 0 || bind(notify, (struct sockaddr *)&address, sizeof(address)))
		tap_bail("notify socket: %s", strerror(errno));
}

struct daemon_how daemon_how;

void unit_bounds(void)
{
	static const int unit[] = { UNIT_CAPABILITIES };

	/* LimitMEMLOCK=, which up to 5.10 maps count against; whoever has every capability is held to no limit. */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		bool kept = false;

		for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
			kept |= unit[i] == capability;
		if (!kept)
			prctl(PR_CAPBSET_DROP, capability);
	}
}

static void daemon_exec(void)
{
	const char *records = daemon_how.records;
	int log = open(world_path("daemon.log"), O_CREAT | O_WRONLY | O_APPEND, 0600), out = log;
	char *argv[24] = { (char *)"cachewarden", (char *)"run", (char *)"--backend",
			   (char *)backend_names[world.backend] };
	const char *options[] = { "--policy",
				  world_path("policy.d"),
				  "--runtime-dir",
				  world_path("run"),
				  "--pin-dir",
				  world_path("bpf/pins"),
				  "--log-dir",
				  world_path("log"),
				  records ? "--tail" : NULL,
				  records ? "--output=json" : NULL,
				  "--group=" GROUP,
				  daemon_how.option };
	size_t count = 4;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i])
			argv[count++] = (char *)options[i];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unit_bounds();
	if (!access(world.crash, R_OK))
		setenv("LD_PRELOAD", world.crash, 1);
	setenv("NOTIFY_SOCKET", world_path("notify"), 1);
	if (daemon_how.fault)
		setenv("CW_FAULT", daemon_how.fault, 1);
	if (records)
		out = open(records, O_CREAT | O_WRONLY | O_APPEND, 0600);
	dup2(out, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execv(daemon_how.program ? daemon_how.program : world.program, argv);
	_exit(127);
}

/* The next message of systemd's protocol that says so, or false at the daemon's end. */
static bool notify_await(const char *wanted)
{
	time_t end = time(NULL) + START_SECONDS;
	struct pollfd readable = { .fd = notify, .events = POLLIN };

	while (time(NULL) < end) {
		char text[512];
		ssize_t length = recv(notify, text, sizeof(text) - 1, 0);
		siginfo_t info = { 0 };

		if (length > 0) {
			text[length] = '\0';
			if (strstr(text, wanted))
				return true;
			continue;
		}
		if (!waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
			return false;
		poll(&readable, 1, 50);
	}
	return false;
}

bool daemon_ready(void)
{
	return notify_await("READY=1");
}

/* What another that was killed may have said is not this one's. */
void daemon_launch(void)
{
	char text[512];

	notify_open();
	while (recv(notify, text, sizeof(text), 0) > 0)
		;
	pid = fork();
	if (!pid)
		daemon_exec();
}

bool daemon_start(void)
{
	daemon_launch();
	if (pid > 0 && daemon_ready())
		return true;
	daemon_notes();
	if (pid > 0) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	pid = -1;
	return false;
}

int daemon_refuses(char **ret_output)
{
	char *const argv[] = { (char *)world.program,
			       (char *)"run",
			       (char *)"--backend",
			       (char *)backend_names[world.backend],
			       (char *)"--policy",
			       strdup(world_path("policy.d")),
			       (char *)"--runtime-dir",
			       strdup(world_path("other")),
			       (char *)"--pin-dir",
			       strdup(world_path("bpf/other")),
			       (char *)"--record",
			       (char *)"nothing",
			       NULL };

	return program_run(argv, ret_output);
}

int daemon_stop(int signal)
{
	if (pid <= 0)
		return -1;
	kill(pid, signal);
	kill(pid, SIGCONT);
	return daemon_wait();
}

int daemon_wait(void)
{
	time_t end = time(NULL) + WAIT_SECONDS;
	int status;

	if (pid <= 0)
		return -1;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (time(NULL) > end) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
			pid = -1;
			return -1;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	pid = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The end of its log in one line: what the C library says when it gives up, and where that was (crash.c). */
static void last_words(char *to, size_t size)
{
	FILE *log = fopen(world_path("daemon.log"), "r");
	size_t length = 0;

	if (log && (!fseek(log, -(long)(size - 1), SEEK_END) || !fseek(log, 0, SEEK_SET)))
		length = fread(to, 1, size - 1, log);
	if (log)
		fclose(log);
	to[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (to[i] == '\n')
			to[i] = '|';
}

const char *daemon_ended(void)
{
	static char text[2048];
	char words[1800];
	siginfo_t info = { 0 };

	if (pid <= 0)
		return "there is no daemon";
	/* What a crash leaves is there a moment after the sockets have closed. */
	for (int i = 0; i < 20 && !info.si_pid; i++) {
		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT))
			return "the daemon is no child of ours";
		if (!info.si_pid)
			nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
	}
	if (!info.si_pid)
		return "the daemon lives";
	last_words(words, sizeof(words));
	snprintf(text, sizeof(text), "the daemon %s %d; its last words: %s",
		 info.si_code == CLD_EXITED ? "ended with status" : "was ended by signal",
		 info.si_status, words);
	return text;
}

void daemon_notes(void)
{
	FILE *log = fopen(world_path("daemon.log"), "r");
	char line[512];

	while (log && fgets(line, sizeof(line), log)) {
		line[strcspn(line, "\n")] = '\0';
		tap_note("daemon: %s", line);
	}
	if (log)
		fclose(log);
}

bool daemon_said(const char *text)
{
	FILE *log = fopen(world_path("daemon.log"), "r");
	char line[512];
	bool found = false;

	while (log && fgets(line, sizeof(line), log))
		found |= strstr(line, text) != NULL;
	if (log)
		fclose(log);
	return found;
}

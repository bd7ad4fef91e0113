/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Self-protection: what a root that is not the daemon may do to it, first without --protect (each act must
 * succeed, or the refusal would prove nothing), then with it; and that `status`, `disarm` and `stop` work
 * all the same, `disarm` also when the daemon hangs.
 *
 *	protect CACHEWARDEN BACKEND	(as root, where a bpf file system is mounted on /sys/fs/bpf; TAP)
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "acts.h"
#include "crowd.h"
#include "freezer.h"
#include "told.h"
#include "work.h"

#define WAIT_SECONDS 120 /* software emulation */
#define CROWD_TIMES 100

static const char *program, *backend;
pid_t daemon_pid;
static unsigned int number;

static void __attribute__((format(printf, 2, 3))) ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok %u - ", good ? "" : "not ", ++number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

static void bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	work_remove();
	if (daemon_pid)
		execl(program, program, "disarm", "--pin-dir", PINS, (char *)NULL);
	exit(1);
}

/* ------------------------------------------------------------------ the daemon and its clients */

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool await(bool (*happened)(void))
{
	time_t end = time(NULL) + WAIT_SECONDS;

	bool good;

	while (!(good = happened()) && time(NULL) < end)
		poll(NULL, 0, 50);
	return good;
}

static int run_words(const char *output, char **argv)
{
	int status;
	pid_t child = fork();

	if (!child) {
		int fd = open(output, O_CREAT | O_TRUNC | O_WRONLY, 0600);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	if (waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *output, ...)
{
	char *argv[16] = { (char *)program };
	size_t count = 1;
	va_list args;

	va_start(args, output);
	while ((argv[count] = va_arg(args, char *)))
		count++;
	va_end(args);
	return run_words(output, argv);
}

/* By somebody governed. */
static int disarm_inside(void)
{
	const char *argv[] = { in_work("inside"), program, "disarm", "--pin-dir", PINS, NULL };

	return run_words(in_work("out"), (char **)argv);
}

static bool answers(void)
{
	return run(in_work("out"), "status", "--runtime-dir", in_work("run"), NULL) == 0;
}

static bool up(void)
{
	if (waitpid(daemon_pid, NULL, WNOHANG) == daemon_pid) {
		daemon_pid = -1;
		bail("the daemon has ended");
	}
	return answers();
}

static void daemon_begin(const char *protect)
{
	daemon_pid = fork();
	if (!daemon_pid) {
		int fd = open(in_work("log"), O_CREAT | O_APPEND | O_WRONLY, 0600);

		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		execl(program, program, "run", "--backend", backend, "--policy", in_work("policy"),
		      "--runtime-dir", in_work("run"), "--pin-dir", PINS, "--record", "nothing",
		      "--tail", "-o", "json", protect, (char *)NULL);
		_exit(127);
	}
	if (!await(up))
		bail("the daemon does not answer");
}

static bool gone(void)
{
	return waitpid(daemon_pid, NULL, WNOHANG) == daemon_pid;
}

static void policy_put(void)
{
	FILE *file, *inside = fopen(in_work("inside"), "w");

	mkdir(in_work("policy"), 0755);
	file = fopen(in_work("policy/p.yaml"), "w");
	if (!file || !inside)
		bail("policy");
	fprintf(file,
		"version: 1\ninstance: protect\nmode: enforce\nexecutables:\n"
		"  inside: { path: %s, entry: true }\non_stop: keep\n"
		"exec: off\nbind: off\nconnect: off\nlibrary: off\nsockets: off\n"
		"guard:\n  bind: [tcp/29799]\n",
		in_work("inside"));
	fclose(file);
	chmod(in_work("policy/p.yaml"), 0644);
	fputs("#!/bin/sh\nexec \"$@\"\n", inside);
	fclose(inside);
	chmod(in_work("inside"), 0755);
}

static bool possible[ACTS_MAX];

static void control_round(void)
{
	for (size_t i = 0; i < act_count; i++) {
		int error = acts[i].make();

		possible[i] = !error;
		ok(!error, "not protected: %s (%s)", acts[i].name, strerror(error));
	}
}

static unsigned int protected_round(void)
{
	unsigned int refused = 0;

	for (size_t i = 0; i < act_count; i++) {
		int error = acts[i].make();
		int wanted = acts[i].harmless ? 0 : EACCES;

		/* ptrace has its own word for it. */
		if (error == EPERM)
			error = EACCES;
		ok(error == wanted && possible[i], "protected: %s: %s (%s)", acts[i].name,
		   acts[i].harmless ? "allowed" : "refused", strerror(error));
		refused += !acts[i].harmless;
	}
	return refused;
}

/* ------------------------------------------------------------------ what was told */

static unsigned int events_wanted;

static bool all_told(void)
{
	return events_told(NULL) >= events_wanted;
}

static bool adds_up(void)
{
	static char text[65536];
	size_t length;
	FILE *file;

	if (!answers())
		return false;
	file = fopen(in_work("out"), "r");
	length = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	text[length] = '\0';
	if (file)
		fclose(file);
	return strstr(text, ": adds up") && strstr(text, "tamper");
}

/* What passed all the same is told as what was not refused, or ended whoever did it. Repeats are told a second
 * later, those of all acts at once. */
static void crowd_round(void)
{
	unsigned int through = events_told("none");

	for (size_t i = 0; i < crowd_act_count; i++) {
		const struct act *act = &crowd_acts[i].act;
		struct crowd crowd;
		bool good;

		good = crowd_try(act, CROWD_TIMES, &crowd) && !crowd.other;
		if (!crowd_acts[i].told_at_least || !crowd_passes_by(backend))
			good = good && !crowd.passed;
		ok(good, "protected: many at once: %s: none passed", act->name);
		printf("# %u of %u tried: %u refused, %u passed, %u neither; %u killed\n",
		       crowd.begun, crowd.wanted, crowd.refused, crowd.passed, crowd.other,
		       crowd.killed);
		events_wanted += crowd.begun;
		through += crowd.passed;
	}
	ok(await(all_told) && events_told(NULL) == events_wanted && events_told("none") == through,
	   "protected: many at once: all are events, and what passed is told as such");
	printf("# %u events of %u, %u of %u that passed\n", events_told(NULL), events_wanted,
	       events_told("none"), through);
}

/* ------------------------------------------------------------------ a daemon that hangs */

/* What everyone else may not do while verdicts are in force: 0 or errno. */
static int bind_guarded(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(29799),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = bind(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;

	close(fd);
	return error;
}

/* A link goes a while after its last pin and descriptor. */
static bool unguarded(void)
{
	return bind_guarded() == 0;
}

static void hanging_round(void)
{
	daemon_begin("--protect");
	ok(bind_guarded() == EACCES, "in force: a guarded port is refused");
	ok(freeze(daemon_pid) && await(frozen), "the daemon hangs");
	ok(bind_guarded() == EACCES, "hanging: verdicts are in force");
	ok(kill(daemon_pid, SIGKILL) && (errno == EACCES || errno == EPERM) &&
		   act_map_write() == EACCES,
	   "hanging: it is protected");
	ok(run(in_work("out"), "disarm", "--pin-dir", PINS, NULL) == 0 && !is_there(SET),
	   "hanging: `disarm` takes the pins out");
	ok(await(unguarded) && frozen(), "hanging, disarmed: nothing is judged any more");
	ok(kill(daemon_pid, SIGKILL) == 0 && await(gone), "hanging, disarmed: it can be killed");
	freezer_remove();
}

/* Where no last turn can be had, that is said. */
static void preempted_round(void)
{
	bool told = false, wanted = preemption_pretend(in_work("preempt")) && !kernel_casts() &&
				    strcmp(backend, "fmod_ret") == 0;
	char line[1024];
	FILE *log;

	hanging_round();
	log = fopen(in_work("log"), "r");
	while (log && fgets(line, sizeof(line), log))
		told = told || strstr(line, "warning: this kernel preempts tasks within");
	if (log)
		fclose(log);
	ok(told == wanted, "a kernel that preempts, and has no last turn: %s",
	   wanted ? "told" : "not so here, and not told");
	preemption_pretend_no_more();
}

static void clean(void)
{
	run(in_work("out"), "disarm", "--pin-dir", PINS, NULL);
	while (umount2(in_work("mount"), 0) == 0)
		continue;
	unlink(SET "/own");
	rmdir(SET "/empty");
	rmdir(SET);
	rmdir(PINS);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	program = argv[1];
	backend = argv[2];
	if (!work_make())
		bail("a directory in /run");
	policy_put();
	/* Kernels before 5.11 count maps as locked memory, and two of the acts make one. */
	setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });

	daemon_begin(NULL);
	control_round();
	ok(run(in_work("out"), "stop", "--release", "--runtime-dir", in_work("run"), NULL) == 0 &&
		   await(gone),
	   "not protected: stopped");
	clean();

	daemon_begin("--protect");
	events_wanted = protected_round();
	ok(await(all_told) && events_told("refused") == events_wanted,
	   "protected: %u attempts are events", events_wanted);
	printf("# %u events\n", events_told(NULL));
	ok(adds_up(), "protected: the counters add up");
	crowd_round();
	ok(adds_up(), "protected: many at once: the counters add up");
	ok(answers(), "protected: the daemon still answers");
	ok(run(in_work("out"), "stop", "--runtime-dir", in_work("run"), NULL) == 0 && await(gone),
	   "protected: `stop` works, and leaves the pins");
	ok(is_there(SET "/map_ledger") && act_unlink() == 0 && act_map_write() == 0,
	   "no daemon: nobody is kept from the pins");

	rmdir(SET "/empty");
	unlink_theirs();
	daemon_begin("--protect");
	ok(act_map_write() == EACCES, "the next daemon, which took over: protected");
	ok(disarm_inside() && is_there(SET) && act_map_write() == EACCES,
	   "protected: `disarm` by somebody governed: refused");
	ok(run(in_work("out"), "disarm", "--pin-dir", PINS, NULL) == 0 && !is_there(SET),
	   "protected: `disarm` takes the pins out while the daemon lives");
	ok(await(gone), "disarmed: the daemon ends");
	clean();

	preempted_round();
	clean();
	work_remove();
	ok(!is_there(in_work("")), "nothing of all this is left in /run");
	printf("1..%u\n", number);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon costs: how long it takes to govern and to reload, what it holds in memory, how many events a second
 * one client can be told. Everything lives in a folder of its own below /run, and is gone afterwards. This program is
 * also the governed process: a copy of it, which the policy calls an entry, connects as fast as it is told to.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/log.h"

#define STARTS 5
#define RELOADS 9
#define READY_SECONDS 30
#define RULES 512

struct stage {
	const char *program;
	char folder[64];
	char worker[96], policy[96];
	char runtime[112]; /* as an option */
	int notify;
	pid_t daemon;
};

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* ------------------------------------------------------------------ the stage */

static int policy_write(const struct stage *stage, unsigned int turn)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	_cleanup_fclose_ FILE *file = fopen(stage->policy, "we");

	if (!file)
		return -errno;
	buffer_printf(&text,
		      "version: 1\ninstance: BENCH\nmode: enforce\non_stop: release\n"
		      "executables:\n  self: { path: \"%s\", entry: true }\n"
		      "allow_partial: [library, receive, exec, listen]\nexec: off\nlibrary: off\n"
		      "bind: off\nconnect:\n",
		      stage->worker);
	for (unsigned int i = 1; i < RULES; i++)
		buffer_printf(&text, "  - { allow: udp/%u, to: 127.99.%u.0/24, by: self }\n",
			      1000 + i, (i + turn) % 256);
	buffer_printf(&text, "  - { allow: udp/%d, to: 127.99.0.0/16, by: self }\n", BENCH_PORT);
	if (buffer_failed(&text) || fwrite(text.data, 1, text.length, file) != text.length)
		return -EIO;
	return fchmod(fileno(file), 0644) ? -errno : 0;
}

static int file_copy(const char *from, const char *to)
{
	_cleanup_close_ int in = open(from, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	char block[65536];
	ssize_t n;

	if (in < 0 || out < 0)
		return -errno;
	while ((n = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)n) != n)
			return -EIO;
	return n < 0 ? -errno : 0;
}

static int stage_open(struct stage *stage, const char *program)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r;

	*stage = (struct stage){ .program = program, .notify = -1 };
	strcpy(stage->folder, "/run/cachewarden-bench.XXXXXX");
	if (!mkdtemp(stage->folder) || chmod(stage->folder, 0755))
		return -errno;
	snprintf(stage->worker, sizeof(stage->worker), "%s/worker", stage->folder);
	snprintf(stage->policy, sizeof(stage->policy), "%s/policy.yaml", stage->folder);
	snprintf(stage->runtime, sizeof(stage->runtime), "--runtime-dir=%s/run", stage->folder);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", stage->folder);
	r = file_copy("/proc/self/exe", stage->worker);
	if (!r)
		r = policy_write(stage, 0);
	if (r)
		return r;
	stage->notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (stage->notify < 0 ||
	    bind(stage->notify, (struct sockaddr *)&address, sizeof(address)) ||
	    setenv("NOTIFY_SOCKET", address.sun_path, 1))
		return -errno;
	return 0;
}

static void stage_close(struct stage *stage)
{
	static const char *const names[] = { "worker", "policy.yaml", "notify", "run/socket",
					     "run" };
	char path[128];

	close_fd(stage->notify);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", stage->folder, names[i]);
		remove(path);
	}
	rmdir(stage->folder);
}

static pid_t spawn(const char *const *arguments, int output)
{
	pid_t child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* who measures may be interrupted */
	if (output >= 0)
		dup2(output, STDOUT_FILENO);
	execv(arguments[0], (char *const *)arguments);
	_exit(127);
}

/* Waits for READY=1; what comes before it is not of interest. */
static int ready_wait(const struct stage *stage)
{
	struct pollfd poller = { .fd = stage->notify, .events = POLLIN };
	double deadline = now_ms() + READY_SECONDS * 1e3;
	char text[512];
	ssize_t n;

	while (now_ms() < deadline) {
		if (waitpid(stage->daemon, NULL, WNOHANG) == stage->daemon)
			return -ECHILD;
		if (poll(&poller, 1, 100) <= 0)
			continue;
		n = recv(stage->notify, text, sizeof(text) - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		if (strstr(text, "READY=1"))
			return 0;
	}
	return -ETIMEDOUT;
}

static int daemon_start(struct stage *stage, double *ret_ms)
{
	char policy[128];
	const char *arguments[] = {
		stage->program, "run", "--backend=cgroup", "--record=nothing", stage->runtime,
		policy,		NULL
	};
	double start = now_ms();
	int r;

	snprintf(policy, sizeof(policy), "--policy=%s", stage->policy);
	stage->daemon = spawn(arguments, -1);
	r = ready_wait(stage);
	*ret_ms = now_ms() - start;
	return r;
}

static void daemon_stop(const struct stage *stage)
{
	kill(stage->daemon, SIGTERM);
	waitpid(stage->daemon, NULL, 0);
}

/* ------------------------------------------------------------------ start, memory, reload */

static void report_middle(struct report *report, const char *name, double *values, size_t count,
			  double target)
{
	struct result result = {
		.suite = "daemon", .unit = "ms", .target = target, .value = median(values, count)
	};

	snprintf(result.name, sizeof(result.name), "%s", name);
	snprintf(result.detail, sizeof(result.detail), "of %zu: %.0f to %.0f ms", count, values[0],
		 values[count - 1]);
	report_add(report, &result);
}

static int starts_measure(struct stage *stage, struct report *report)
{
	double times[STARTS];

	for (int i = 0; i < STARTS; i++) {
		int r;

		if (i)
			daemon_stop(stage);
		r = daemon_start(stage, &times[i]);
		if (r)
			return log_err(r, "start %s", stage->program);
	}
	report_middle(report, "exec to READY=1", times, STARTS, 200);
	return 0;
}

static void memory_measure(const struct stage *stage, struct report *report)
{
	struct result result = { .suite = "daemon", .unit = "MiB", .target = 16 };
	char path[64], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", stage->daemon);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			result.value = strtod(line + 6, NULL) / 1024;
	if (file)
		fclose(file);
	snprintf(result.name, sizeof(result.name), "resident, 512 rules");
	report_add(report, &result);
}

static int reloads_measure(struct stage *stage, struct report *report)
{
	const char *arguments[] = { stage->program, "reload", stage->runtime, NULL };
	double times[RELOADS];

	for (int i = 0; i < RELOADS; i++) {
		double start;
		int status, r = policy_write(stage, (unsigned int)i + 1);

		if (r)
			return r;
		start = now_ms();
		if (waitpid(spawn(arguments, open("/dev/null", O_WRONLY | O_CLOEXEC)), &status, 0) <
			    0 ||
		    status)
			return log_err(-EPROTO, "reload");
		times[i] = now_ms() - start;
	}
	report_middle(report, "reload, 512 rules", times, RELOADS, 50);
	return 0;
}

/* ------------------------------------------------------------------ events */

/* The governed process: rate connects a second for a second, a millisecond's worth at a time. */
int worker_run(unsigned int rate)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_port = htons(BENCH_PORT),
				    .sin_addr.s_addr = htonl(BENCH_ADDRESS) };
	int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
	double start = now_ms();
	unsigned int done = 0;

	while (done < rate) {
		unsigned int due = (unsigned int)((now_ms() - start) * rate / 1000);

		if (due > rate)
			due = rate;
		for (; done < due; done++)
			if (connect(descriptor, (struct sockaddr *)&peer, sizeof(peer)))
				return 1;
		pause_ms(1);
	}
	return 0;
}

static double cpu_ms(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
		   &system) != 2)
		user = system = 0;
	fclose(file);
	return (double)(user + system) * 1e3 / (double)sysconf(_SC_CLK_TCK);
}

/* Lines that speak of a connect, until none has come for a second. */
static unsigned int lines_count(int from)
{
	static char block[1 << 16];
	struct pollfd poller = { .fd = from, .events = POLLIN };
	unsigned int lines = 0;
	ssize_t n;

	while (poll(&poller, 1, 1000) > 0 && (n = read(from, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += block[i] == '\n';
	return lines;
}

struct flood {
	unsigned int rate, seen;
	double daemon_ms, client_ms;
};

static int flood_run(struct stage *stage, struct flood *flood)
{
	char rate[16];
	const char *tail[] = { stage->program,	      "tail",	      "-o", "json",
			       "--operation=connect", stage->runtime, NULL };
	const char *worker[] = { stage->worker, "worker", rate, NULL };
	struct rusage usage;
	int pipes[2], status;
	double before;
	pid_t client;

	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	fcntl(pipes[1], F_SETPIPE_SZ, 1 << 20);
	snprintf(rate, sizeof(rate), "%u", flood->rate);
	client = spawn(tail, pipes[1]);
	close(pipes[1]);
	pause_ms(300);
	before = cpu_ms(stage->daemon);
	status = spawn(worker, -1);
	flood->seen = lines_count(pipes[0]);
	waitpid(status, &status, 0);
	flood->daemon_ms = cpu_ms(stage->daemon) - before;
	kill(client, SIGTERM);
	close(pipes[0]);
	wait4(client, NULL, 0, &usage);
	flood->client_ms = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
			   (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
	return status ? -EPROTO : 0;
}

/* Doubles the rate until something is lost. */
static int events_measure(struct stage *stage, struct report *report)
{
	struct result result = { .suite = "daemon", .unit = "/s" };
	struct flood best = { 0 };

	for (unsigned int rate = 5000; rate <= 1280000; rate += rate / 2) {
		struct flood flood = { .rate = rate };
		int r = flood_run(stage, &flood);

		if (r)
			return log_err(r, "events at %u/s", rate);
		if (flood.seen < rate) {
			snprintf(result.detail, sizeof(result.detail), "%u of %u lost at %u/s; ",
				 rate - flood.seen, rate, rate);
			break;
		}
		best = flood;
	}
	result.value = best.rate;
	snprintf(result.name, sizeof(result.name), "events to one client, none lost");
	if (best.seen)
		snprintf(result.detail + strlen(result.detail),
			 sizeof(result.detail) - strlen(result.detail),
			 "an event costs the daemon %.1f, the client %.1f us",
			 best.daemon_ms * 1e3 / best.seen, best.client_ms * 1e3 / best.seen);
	report_add(report, &result);
	return 0;
}

int daemon_run(struct report *report, const char *program)
{
	struct stage stage;
	int r = stage_open(&stage, program);

	if (r)
		return log_err(r, "prepare %s", stage.folder);
	r = starts_measure(&stage, report);
	if (!r)
		memory_measure(&stage, report);
	r = r ? r : reloads_measure(&stage, report);
	r = r ? r : events_measure(&stage, report);
	daemon_stop(&stage);
	stage_close(&stage);
	return r;
}

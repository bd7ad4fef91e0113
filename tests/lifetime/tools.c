/* SPDX-License-Identifier: GPL-2.0-only */
/* What the scenes share. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../integration/acts.h"
#include "../integration/daemon.h"
#include "../integration/json.h"
#include "../integration/tap.h"
#include "../integration/world.h"
#include "lifetime.h"

const char kept[] = KEPT_HEAD "mode: enforce\n" KEPT_BODY;

#define ACT "socket udp, connect 127.0.0.1:" UNLISTED

bool refused(void)
{
	struct outcome outcome = act_run("entry", ACT);

	return outcome.kind == OUTCOME_FAILED && strcmp(outcome.step, "connect") == 0 &&
	       outcome.error == (world.backend == CGROUP ? EPERM : EACCES);
}

bool passes(void)
{
	return act_run("entry", ACT).kind == OUTCOME_DONE;
}

static int program(const char *command, const char *option)
{
	char *const argv[] = { (char *)world.program, (char *)command, (char *)option, NULL };
	char *output = NULL;
	int status = program_run(argv, &output);

	free(output);
	return status;
}

void clean(void)
{
	char option[PATH_MAX];

	daemon_how = (struct daemon_how){ 0 };
	if (daemon_pid() > 0)
		daemon_stop(SIGKILL);
	snprintf(option, sizeof(option), "--pin-dir=%s", world_path("bpf/pins"));
	program("disarm", option);
	/* Numbers go on from what was recorded. */
	world_command("rm -rf %s", world_path("log"));
	unlink(world_path("records"));
	unlink(world_path("daemon.log"));
}

size_t pins_count(const char *name)
{
	DIR *stream = opendir(world_path("bpf/pins/%s", name));
	struct dirent *entry;
	size_t count = 0;

	while (stream && (entry = readdir(stream)))
		count += *entry->d_name != '.';
	if (stream)
		closedir(stream);
	return count;
}

bool start_kept(void)
{
	policy_write("kept", kept);
	return daemon_start() && status_await_trust(NULL);
}

unsigned long long status_denied(const char *column)
{
	struct json status;
	unsigned long long sum = 0;

	daemon_status(&status);
	for (int i = 0; json_get(&status, "counters.%d.operation", i); i++)
		if (strcmp(json_get(&status, "counters.%d.verdict", i), "deny") == 0)
			sum += json_number(&status, 0, "counters.%d.%s", i, column);
	json_release(&status);
	return sum;
}

/* ------------------------------------------------------------------ the worker */

void worker_start(struct worker *worker, unsigned int rest, unsigned int times)
{
	const char *path = world_path("counts.%d", rand());
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char number[16], again[16];

	if (fd < 0 || ftruncate(fd, sizeof(*worker->counts)))
		tap_bail("%s: %s", path, strerror(errno));
	worker->counts = mmap(NULL, sizeof(*worker->counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      0);
	close(fd);
	snprintf(number, sizeof(number), "%u", rest);
	snprintf(again, sizeof(again), "%u", times);
	worker->pid = fork();
	if (!worker->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(world_path("bin/worker"), "worker", path, number, again, NULL);
		_exit(127);
	}
}

void worker_stop(struct worker *worker)
{
	__atomic_store_n(&worker->counts->stop, 1, __ATOMIC_RELEASE);
	waitpid(worker->pid, NULL, 0);
}

struct waiting {
	struct worker *worker;
	uint64_t until;
};

static bool worker_did(void *context)
{
	const struct waiting *waiting = context;
	const struct counts *counts = waiting->worker->counts;

	return __atomic_load_n(&counts->refused, __ATOMIC_ACQUIRE) +
		       __atomic_load_n(&counts->passed, __ATOMIC_ACQUIRE) >=
	       waiting->until;
}

bool worker_await(struct worker *worker, uint64_t more)
{
	struct waiting waiting = { worker,
				   worker->counts->refused + worker->counts->passed + more };

	return wait_until(worker_did, &waiting);
}

/* ------------------------------------------------------------------ records */

const char *records_path(void)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", world_path("records"));
	return path;
}

/* A line that a daemon was killed in is followed by the next one's without an end. */
static const char *line_whole(const char *line)
{
	static const char begin[] = "{\"time\":";
	const char *next = line;

	while ((next = strstr(next + 1, begin)))
		line = next;
	return line;
}

struct seen {
	uint64_t sequence;
	unsigned long long port, pid, operations;
	bool refused, named;
};

static struct seen *seen_grow(struct seen *seen, size_t capacity)
{
	struct seen *more = realloc(seen, capacity * sizeof(*seen));

	if (!more)
		tap_bail("no memory");
	return more;
}

static int seen_order(const void *a, const void *b)
{
	const struct seen *one = a, *other = b;

	return one->sequence < other->sequence ? -1 : one->sequence > other->sequence;
}

static void records_count(struct records *records, struct seen *seen)
{
	if (!seen || !records->count)
		return;
	qsort(seen, records->count, sizeof(*seen), seen_order);
	for (size_t i = 0; i < records->count; i++) {
		const struct seen *before = i ? &seen[i - 1] : NULL;

		if (before && before->sequence == seen[i].sequence) {
			records->contradictions += before->port != seen[i].port ||
						   before->pid != seen[i].pid;
			continue;
		}
		if (before)
			records->holes += seen[i].sequence - before->sequence - 1;
		records->distinct++;
		records->operations += seen[i].operations;
		records->others += !seen[i].refused;
		records->unnamed += !seen[i].named;
		records->ports[seen[i].port & 0xffff] += (unsigned int)seen[i].operations;
	}
	records->first = seen[0].sequence;
	records->last = seen[records->count - 1].sequence;
}

static bool is_refusal(const struct json *event)
{
	return strcmp(json_get(event, "verdict"), "deny") == 0 &&
	       strcmp(json_get(event, "effect"), "refused") == 0;
}

void records_read(const char *path, struct records *ret)
{
	FILE *file = fopen(path, "r");
	struct seen *seen = NULL;
	size_t capacity = 0, size = 0;
	char *line = NULL;

	*ret = (struct records){ .ports = calloc(65536, sizeof(*ret->ports)) };
	while (file && getline(&line, &size, file) > 0) {
		struct json event;

		if (!strchr(line, '\n') || !json_read(line_whole(line), &event))
			continue;
		if (!seen || ret->count == capacity) {
			capacity = capacity ? 2 * capacity : 1024;
			seen = seen_grow(seen, capacity);
		}
		seen[ret->count++] = (struct seen){ json_number(&event, 0, "seq"),
						    json_number(&event, 0, "target.port"),
						    json_number(&event, 0, "process.pid"),
						    json_number(&event, 0, "count"),
						    is_refusal(&event),
						    json_get(&event, "process.executable") };
		json_release(&event);
	}
	if (file)
		fclose(file);
	free(line);
	records_count(ret, seen);
	free(seen);
}

void records_release(struct records *records)
{
	free(records->ports);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of deviations and what every act has in common: its child, its outcome, its line.
 *
 * A line reads `act NAME: RESULT: what was tried (ERRNO)`. RESULT tells three things apart that a
 * test must not confuse: done, refused (EACCES, EPERM, a withheld socket) or killed, and untried,
 * which is everything that has nothing to do with a policy.
 */
#include "acts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"

const struct act acts[ACT_MAX] = {
#define ACT_ROW(symbol, name, operation, executable, place, says) \
	[ACT_##symbol] = { name, operation, executable, place, says },
	ACTS(ACT_ROW)
#undef ACT_ROW
};

struct outcome {
	int error;
	char what[WHAT_SIZE];
};

enum act_id act_find(const char *name)
{
	enum act_id id = 0;

	while (id < ACT_MAX && strcmp(acts[id].name, name) != 0)
		id++;
	return id;
}

static const char *result_of(int error)
{
	switch (error) {
	case 0:
		return "done";
	case ACT_KILLED:
		return "killed";
	case ACT_WITHHELD:
	case -EACCES:
	case -EPERM:
		return "refused";
	default:
		return "untried";
	}
}

static const char *error_name(int error)
{
	const char *name;

	if (!error)
		return "OK";
	if (error == ACT_KILLED)
		return "SIGKILL";
	if (error == ACT_WITHHELD)
		return "MSG_CTRUNC";
	name = strerrorname_np(-error);
	return name ? name : "unknown errno";
}

void act_run(enum act_id id, act_function *function, const struct instance *instance,
	     int descriptor, char *line, size_t size)
{
	struct outcome *outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t child;

	if (outcome == MAP_FAILED)
		die("no memory for an act: %s", strerror(errno));
	outcome->error = -ECHILD;
	child = fork();
	if (child < 0)
		die("no process for an act: %s", strerror(errno));
	if (!child) {
		signals_reset();
		signal(SIGPIPE, SIG_IGN);
		outcome->error = function(instance, descriptor, outcome->what);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		outcome->error = ACT_KILLED;
	snprintf(line, size, "act %s: %s: %s (%s)", acts[id].name, result_of(outcome->error),
		 outcome->what, error_name(outcome->error));
	munmap(outcome, sizeof(*outcome));
}

static const char *type_name(int type)
{
	return type == SOCK_STREAM ? "tcp" : "udp";
}

int act_try_bind(int type, const char *address, unsigned int port, char what[WHAT_SIZE])
{
	struct sockaddr_in name = net_address(address, port);
	int r = 0, descriptor = socket(AF_INET, type, 0);

	snprintf(what, WHAT_SIZE, "bind %s %s:%u", type_name(type), address, port);
	if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&name, sizeof(name)))
		r = -errno;
	if (descriptor >= 0)
		close(descriptor);
	return r;
}

int act_try_connect(int type, const char *address, unsigned int port, char what[WHAT_SIZE])
{
	struct sockaddr_in name = net_address(address, port);
	int r = 0, descriptor = socket(AF_INET, type, 0);

	snprintf(what, WHAT_SIZE, "connect %s %s:%u", type_name(type), address, port);
	if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&name, sizeof(name)))
		r = -errno;
	if (descriptor >= 0)
		close(descriptor);
	return r;
}

__attribute__((noreturn)) static void exec_child(const char *path, int descriptor,
						 char *const arguments[], int report)
{
	static char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
	int error, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	if (descriptor >= 0)
		syscall(SYS_execveat, descriptor, "", arguments, environment, AT_EMPTY_PATH);
	else
		execve(path, arguments, environment);
	error = errno;
	if (write(report, &error, sizeof(error)) != sizeof(error))
		_exit(126);
	_exit(127);
}

int act_try_exec(const char *path, int descriptor, char *const arguments[])
{
	int report[2], error = 0, status = 0;
	ssize_t count;
	pid_t child;

	/* Closed by a successful exec: end of file without a number is success, or a kill. */
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (!child)
		exec_child(path, descriptor, arguments, report[1]);
	close(report[1]);
	count = read(report[0], &error, sizeof(error));
	close(report[0]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (count == sizeof(error))
		return -error;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return ACT_KILLED;
	return 0;
}

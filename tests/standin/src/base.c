/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every stand-in program needs; see base.h for what each function promises.
 */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

void root_path(char path[static PATH_MAX], const char *root, const char *relative)
{
	if (snprintf(path, PATH_MAX, "%s/%s", root, relative) >= PATH_MAX)
		die("path too long: %s/%s", root, relative);
}

void root_find(char root[static ROOT_MAX])
{
	char path[PATH_MAX], probe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (length < 0)
		die("cannot tell where this program is: %s", strerror(errno));
	path[length] = '\0';
	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (strlen(path) >= ROOT_MAX)
			continue;
		root_path(probe, path, "cache.cpf");
		if (!access(probe, F_OK)) {
			memcpy(root, path, strlen(path) + 1);
			return;
		}
	}
	die("no cache.cpf in any directory above this program");
}

void console(const char *root, int severity, const char *category, const char *format, ...)
{
	char path[PATH_MAX], text[512], line[768], stamp[32];
	struct timespec now;
	struct tm broken;
	va_list arguments;
	int file, length;

	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &broken);
	strftime(stamp, sizeof(stamp), "%m/%d/%y-%H:%M:%S", &broken);
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	length = snprintf(line, sizeof(line), "%s:%03ld (%d) %d [%s] %s\n", stamp,
			  now.tv_nsec / 1000000, (int)getpid(), severity, category, text);
	root_path(path, root, "mgr/cconsole.log");
	file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (file < 0)
		return; /* a worker under another user has nothing to say there */
	/* One write a line: the processes of an instance share the file. */
	if (write(file, line, (size_t)length) != length)
		fprintf(stderr, "%s: %s: short write\n", program_invocation_short_name, path);
	close(file);
}

int pidfile_write(const char *path, pid_t pid)
{
	char beside[PATH_MAX + 8];
	FILE *file;

	snprintf(beside, sizeof(beside), "%s.new", path);
	file = fopen(beside, "we");
	if (!file)
		return -errno;
	fprintf(file, "%d\n", (int)pid);
	if (fclose(file) || rename(beside, path))
		return -errno;
	return 0;
}

pid_t pidfile_read(const char *path)
{
	FILE *file = fopen(path, "re");
	int pid = 0;

	if (!file)
		return -errno;
	if (fscanf(file, "%d", &pid) != 1 || pid <= 1)
		pid = -EINVAL;
	fclose(file);
	return pid;
}

static int events_await(const char *path, int watch, int maker, int timeout_ms)
{
	struct pollfd ready[] = {
		{ .fd = watch, .events = POLLIN },
		{ .fd = maker, .events = POLLIN }, /* poll passes over a descriptor of -1 */
	};
	char event[4096];

	while (access(path, F_OK)) {
		int count = poll(ready, ARRAY_SIZE(ready), timeout_ms);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (!count)
			return -ETIMEDOUT;
		if (count > 0 && ready[1].revents)
			return access(path, F_OK) ? -ECHILD : 0;
		if (read(watch, event, sizeof(event)) < 0 && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

int file_await(const char *path, pid_t maker, int timeout_ms)
{
	int r, process = -1, watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	char directory[PATH_MAX];

	if (watch < 0)
		return -errno;
	if (maker)
		process = (int)syscall(SYS_pidfd_open, maker, 0);
	snprintf(directory, sizeof(directory), "%s", path);
	*strrchr(directory, '/') = '\0';
	/* Watched before the first look: a file made between the two is not missed. */
	if (inotify_add_watch(watch, directory, IN_CREATE | IN_MOVED_TO) < 0)
		r = -errno;
	else
		r = events_await(path, watch, process, timeout_ms);
	if (process >= 0)
		close(process);
	close(watch);
	return r;
}

bool process_runs_from(pid_t pid, const char *root)
{
	char link[64], path[PATH_MAX];
	size_t length = strlen(root);
	ssize_t count;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	count = readlink(link, path, sizeof(path) - 1);
	if (count < 0)
		return false;
	path[count] = '\0';
	return !strncmp(path, root, length) && path[length] == '/';
}

static int pidfd_await(int process, int timeout_ms)
{
	struct pollfd ended = { .fd = process, .events = POLLIN };
	int count;

	do {
		count = poll(&ended, 1, timeout_ms);
	} while (count < 0 && errno == EINTR);
	return count > 0 ? 0 : count < 0 ? -errno : -ETIMEDOUT;
}

int process_await_end(pid_t pid, int timeout_ms)
{
	int process = (int)syscall(SYS_pidfd_open, pid, 0), r;

	if (process < 0)
		return errno == ESRCH ? 0 : -errno;
	r = pidfd_await(process, timeout_ms);
	close(process);
	return r;
}

int process_end(pid_t pid)
{
	/* The descriptor keeps the identity: a reused pid is never signalled. */
	int process = (int)syscall(SYS_pidfd_open, pid, 0), r;

	if (process < 0)
		return errno == ESRCH ? 0 : -errno;
	syscall(SYS_pidfd_send_signal, process, SIGTERM, NULL, 0);
	r = pidfd_await(process, WAIT_MS / 2);
	if (r == -ETIMEDOUT) {
		syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
		r = pidfd_await(process, WAIT_MS / 2);
	}
	close(process);
	return r;
}

void detach_streams(void)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (null < 0)
		return;
	for (int stream = 0; stream <= 2; stream++)
		dup2(null, stream);
	if (null > 2)
		close(null);
}

void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

int user_find(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	FILE *file = fopen("/etc/passwd", "re");
	char line[1024], user[64];
	unsigned int uid, gid;
	int r = -ENOENT;

	if (!file)
		return -errno;
	while (r && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63[^:]:%*[^:]:%u:%u:", user, &uid, &gid) != 3 ||
		    strcmp(user, name) != 0)
			continue;
		*ret_uid = uid;
		*ret_gid = gid;
		r = 0;
	}
	fclose(file);
	return r;
}

void signals_reset(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGINT, SIG_DFL);
}

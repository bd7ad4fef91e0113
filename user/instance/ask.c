/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vendor's control program asked for its own list: only when an operator wants it so. It runs with
 * this process's rights, so it is run only where nobody but root can have written it or the
 * directories on the way to it; without a terminal, with an environment of our own, and not for long.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/chase.h"
#include "instance/registry_inside.h"
#include "util/buffer.h"

#define ASK_SECONDS 20 /* it asks each instance in turn */

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

_Noreturn static void ask_child(const char *program, int output)
{
	char *const argv[] = { (char *)program, (char *)"qlist", NULL };
	char *const environment[] = { (char *)"PATH=/usr/bin:/bin:/usr/sbin:/sbin",
				      (char *)"LC_ALL=C", NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0)
		_exit(127);
	execve(program, argv, environment);
	_exit(127);
}

/* What comes out of the pipe until its end. 0, -ETIMEDOUT, -EFBIG or another errno. */
static int ask_read(int fd, struct buffer *text)
{
	int64_t deadline = milliseconds() + ASK_SECONDS * 1000;
	char piece[4096];

	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - milliseconds();
		ssize_t size;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&ready, 1, (int)left) < 0 && errno != EINTR)
			return -errno;
		if (!ready.revents)
			continue;
		size = read(fd, piece, sizeof(piece));
		if (size < 0 && errno != EINTR)
			return -errno;
		if (size == 0)
			return buffer_failed(text) ? -ENOMEM : 0;
		if (size > 0)
			buffer_add(text, piece, (size_t)size);
		if (text->length > REGISTRY_TEXT_MAX)
			return -EFBIG;
	}
}

static int ask_run(const char *program, struct buffer *text, int *ret_status)
{
	_cleanup_close_ int output = -1;
	int ends[2], r, status = 0;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	output = ends[0];
	child = fork();
	if (child == 0)
		ask_child(program, ends[1]);
	close(ends[1]);
	if (child < 0)
		return -errno;
	r = ask_read(output, text);
	/* It made a session of its own, so what it started goes with it. */
	if (r)
		kill(-child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	*ret_status = status;
	return r;
}

static void refuse(struct diagnostics *diagnostics, const char *file, const char *why,
		   const char *hint)
{
	struct location where = { .file = file };

	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where, "not run: %s", why),
			"%s", hint);
}

static int ask_trusted(struct registry *registry, const char *path, const char *program,
		       struct diagnostics *diagnostics)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	_cleanup_free_ char *name = NULL;
	struct location where = { .file = registry_file(registry, path) };
	int status = 0, r;

	if (!where.file || asprintf(&name, "%s qlist", path) < 0)
		return -ENOMEM;
	r = ask_run(program, &text, &status);
	if (r == -ENOMEM)
		return r;
	if (r || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		diagnostic_hint(
			diagnostics_add(diagnostics, SEVERITY_ERROR, &where,
					r ? "`qlist` was not answered: %s" : "`qlist` failed%s",
					r ? strerror(-r) : ""),
			"does it answer you? then give its output with --qlist");
		return 0;
	}
	r = registry_read(registry, name, text.data ? text.data : "", text.length, diagnostics);
	return r == -EINVAL ? 0 : r;
}

/* One program. *ret_asked: it is there. 0 or -ENOMEM: what else goes wrong is diagnosed. */
static int ask_one(struct registry *registry, const char *path, bool *ret_asked,
		   struct diagnostics *diagnostics)
{
	const struct chase_trust root_alone = { 0 };
	struct chased chased;
	int r = chase(path, &root_alone, &chased);

	*ret_asked = false;
	if (r)
		return r;
	if (chased.trust != FILE_MISSING) {
		*ret_asked = true;
		if (chased.reason || chased.group_reason)
			refuse(diagnostics, registry_file(registry, path),
			       chased.reason ? chased.reason : chased.group_reason,
			       "run it yourself, and give its output with --qlist");
		else
			r = ask_trusted(registry, path, chased.resolved, diagnostics);
	}
	chased_release(&chased);
	return r;
}

int registry_ask(struct registry *registry, struct diagnostics *diagnostics)
{
	static const char *const shared[] = { "/usr/bin/ccontrol", "/usr/bin/iris" };
	static const char *const own[] = { "bin/ccontrol", "bin/iris" };
	bool asked[ARRAY_SIZE(shared)], any = false, there;
	/* Those that are known already: answers may add others, which need not be asked. */
	size_t count = registry->count;
	char path[PATH_MAX];
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(shared); i++) {
		r = ask_one(registry, shared[i], &asked[i], diagnostics);
		any |= !r && asked[i];
	}
	for (size_t i = 0; !r && i < count; i++)
		for (size_t p = 0; !r && p < ARRAY_SIZE(own); p++) {
			const struct instance *instance = registry->instances[i];

			/* A container's program is not for this host to run. */
			if (asked[p] || instance->prefix ||
			    !instance_path(instance, instance->root, own[p], path))
				continue;
			r = ask_one(registry, path, &there, diagnostics);
			any |= !r && there;
		}
	if (!r && !any)
		refuse(diagnostics, registry_file(registry, "ccontrol, iris"),
		       "neither is in /usr/bin nor in an instance's bin",
		       "with --scan, instances that do not run are found too");
	return r;
}

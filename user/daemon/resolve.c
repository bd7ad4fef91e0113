/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A name server may take its time: so a child looks host names up, with a copy of everything, and sends back one line
 * an address (or an error) through a pipe. When policies are loaded it is waited for a little; what has not been
 * answered then, and all names on a schedule, is looked up while the daemon goes on serving.
 *
 * What the last answers were is in a file as well (host/answers.h), as long as verdicts are in force: a daemon that is
 * started while name servers are down goes on from there, and not from nothing.
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

#include "daemon/daemon.h"
#include "host/answers.h"
#include "host/names.h"
#include "util/child.h"
#include "util/cleanup.h"
#include "util/log.h"

#define NAME_TEXT 256
#define ERROR_TEXT 128
#define RESOLVE_MILLISECONDS 3000 /* what a load waits for name servers */

/* At most PIPE_BUF bytes, so that a write is whole or not at all. */
struct answer_line {
	char name[NAME_TEXT];
	char error
		[ERROR_TEXT]; /* empty, or why the look-up failed: the address is then an old one */
	struct resolved_address address; /* family 0: none */
};

static void line_send(int to, const struct name_fact *name, const struct resolved_address *address)
{
	struct answer_line line = { 0 };

	snprintf(line.name, sizeof(line.name), "%s", name->name);
	snprintf(line.error, sizeof(line.error), "%s", name->error ? name->error : "");
	if (address)
		line.address = *address;
	if (write(to, &line, sizeof(line)) != sizeof(line))
		_exit(1);
}

/* One name after the other, each told when it is known. */
static void __attribute__((noreturn))
resolver(const struct policy_list *list, const struct facts *previous, int to)
{
	struct name_set names = { 0 };

	if (names_collect(list->items, list->count, &names))
		_exit(1);
	for (size_t i = 0; i < names.count; i++) {
		struct name_fact name = { .name = (char *)names.names[i] };

		if (name_look_up(&name, previous ? facts_name(previous, name.name) : NULL))
			_exit(1);
		if (!name.address_count)
			line_send(to, &name, NULL);
		for (size_t j = 0; j < name.address_count; j++)
			line_send(to, &name, &name.addresses[j]);
	}
	_exit(0);
}

/* Returns the end of the pipe to read from, or a negative error. */
static int resolver_begin(const struct policy_list *list, const struct facts *previous,
			  pid_t *ret_child)
{
	pid_t parent = getpid(), child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	child = fork();
	if (!child) {
		/* Only the daemon's end must not wait. */
		fcntl(ends[1], F_SETFL, 0);
		resolver(list, previous, child_begin(parent, ends[1]));
	}
	close(ends[1]);
	if (child < 0) {
		int r = -errno;

		close(ends[0]);
		return r;
	}
	*ret_child = child;
	return ends[0];
}

int resolve_begin(struct daemon *daemon)
{
	int fd;

	if (daemon->resolver_fd >= 0 || !daemon->governing.facts.name_count)
		return 0; /* the last one is still at it, or there is nothing to look up */
	fd = resolver_begin(&daemon->governing.list, &daemon->governing.facts, &daemon->resolver);
	if (fd < 0)
		return fd;
	daemon->resolver_fd = fd;
	return 0;
}

static int answer_add(struct facts *answers, struct answer_line *line)
{
	struct name_fact *name;

	line->name[NAME_TEXT - 1] = '\0';
	line->error[ERROR_TEXT - 1] = '\0';
	name = answers_add(answers, line->name, line->address.family ? &line->address : NULL);
	if (!name)
		return -ENOMEM;
	if (*line->error && !name->error)
		name->error = strdup(line->error);
	return 0;
}

/* A line, where there is one. 1: there was; 0: that was the last; -EAGAIN: the next is still to come; -E2BIG: there is
 * more than is taken. */
static int answer_read(int fd, struct facts *answers, size_t *lines)
{
	struct answer_line line;
	ssize_t length;
	int r;

	do {
		length = read(fd, &line, sizeof(line));
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length != sizeof(line))
		return length ? -EIO : 0;
	if (++*lines > ANSWERS_MAX)
		return -E2BIG;
	r = answer_add(answers, &line);
	return r ? r : 1;
}

/* The child's end, and whether all was well; on an error it is ended. */
static int resolver_end(pid_t child, int r)
{
	int status = 0;

	if (r)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return !r && (!WIFEXITED(status) || WEXITSTATUS(status)) ? -EIO : r;
}

/* All lines that come in this time. -ETIME: it was up before the last. */
static int answers_await(int fd, pid_t child, int milliseconds, struct facts *answers)
{
	struct timespec now;
	size_t lines = 0;
	int64_t until;
	int r;

	clock_gettime(CLOCK_MONOTONIC, &now);
	until = now.tv_sec * 1000ll + now.tv_nsec / 1000000 + milliseconds;
	do {
		struct pollfd polled = { .fd = fd, .events = POLLIN };
		int64_t left;

		clock_gettime(CLOCK_MONOTONIC, &now);
		left = until - (now.tv_sec * 1000ll + now.tv_nsec / 1000000);
		r = left <= 0 || poll(&polled, 1, (int)left) == 0
			    ? -ETIME
			    : answer_read(fd, answers, &lines);
	} while (r > 0 || r == -EAGAIN);
	return resolver_end(child, r);
}

int resolve_failed(int error)
{
	if (error != -E2BIG)
		return log_err(error, "look up the host names of the policies");
	log_err(0, "the host names of the policies have more than %d addresses together",
		ANSWERS_MAX);
	return error;
}

int resolve_end(struct daemon *daemon, struct facts *ret_names)
{
	int r;

	do {
		r = answer_read(daemon->resolver_fd, &daemon->answers, &daemon->answer_lines);
	} while (r > 0);
	if (r == -EAGAIN)
		return r;
	r = resolver_end(daemon->resolver, r);
	daemon->resolver_fd = daemon_unpoll(daemon, daemon->resolver_fd);
	if (r)
		facts_release(&daemon->answers);
	else
		*ret_names = daemon->answers;
	daemon->answers = (struct facts){ 0 };
	daemon->answer_lines = 0;
	return r;
}

void resolve_stop(struct daemon *daemon)
{
	if (daemon->resolver_fd < 0)
		return;
	resolver_end(daemon->resolver, -EINTR);
	daemon->resolver_fd = daemon_unpoll(daemon, daemon->resolver_fd);
	facts_release(&daemon->answers);
	daemon->answer_lines = 0;
}

/* Who has not answered keeps what it had, and says so. Answers come in the order of the names. */
static int answers_fill(const struct name_set *names, const struct facts *previous,
			struct facts *answers)
{
	for (size_t i = answers->name_count; i < names->count; i++) {
		struct name_fact *fact = answers_add(answers, names->names[i], NULL);
		int r = fact ? name_failed(fact, previous ? facts_name(previous, fact->name) : NULL,
					   NAME_UNANSWERED)
			     : -ENOMEM;

		if (r)
			return r;
	}
	return 0;
}

int resolve_now(struct daemon *daemon, const struct policy_list *list, const struct facts *previous,
		struct facts *ret_names)
{
	struct name_set names = { 0 };
	int fd = -1, r = names_collect(list->items, list->count, &names);
	pid_t child = -1;

	*ret_names = (struct facts){ 0 };
	if (!r && names.count) {
		r = fd = resolver_begin(list, previous, &child);
		if (fd >= 0)
			r = answers_await(fd, child, RESOLVE_MILLISECONDS, ret_names);
		close_fd(fd);
	}
	/* Those that are left are looked up beside the loop, which begins soon. */
	daemon->resolve_soon = r == -ETIME || r == -EIO;
	if (daemon->resolve_soon)
		r = answers_fill(&names, previous, ret_names);
	free(names.names);
	if (r)
		facts_release(ret_names);
	return r;
}

/* ------------------------------------------------------------------ the file */

void resolve_recall(struct daemon *daemon)
{
	struct diagnostics diagnostics = { 0 };
	int r = answers_load(daemon->options.runtime_dir, &diagnostics, &daemon->remembered,
			     &daemon->recalled);

	diagnostics_print(&diagnostics, stderr, false);
	diagnostics_release(&diagnostics);
	if (r && r != -ENOENT && r != -EINVAL)
		log_warning(r, "read what host names resolved to for the daemon before");
}

/* The loop goes on whatever becomes of it. Where it went (a daemon that was stopping while we started took its own away)
 * it is written again. It is tried again at each look at the host, and told of once. */
void resolve_remember(struct daemon *daemon)
{
	struct buffer *before = &daemon->remembered;
	struct buffer text = { 0 };
	int r = answers_print(&daemon->governing.facts, &text);

	if (!r && (text.length != before->length ||
		   (text.length && (memcmp(text.data, before->data, text.length) != 0 ||
				    !answers_there(daemon->options.runtime_dir)))))
		r = answers_save(daemon->options.runtime_dir, &text);
	if (!r) {
		buffer_release(before);
		*before = text;
		text = (struct buffer){ 0 };
	}
	buffer_release(&text);
	if (r && !daemon->remember_error) {
		log_warning(r, "write %s/" ANSWERS_FILE, daemon->options.runtime_dir);
		log_hint("a daemon that is started while name servers are down will not know what "
			 "host names resolve to; it is tried again each minute");
	}
	daemon->remember_error = r;
}

void resolve_forget(struct daemon *daemon)
{
	const struct buffer none = { 0 };
	int r = daemon->remembered.length ? answers_save(daemon->options.runtime_dir, &none) : 0;

	if (r)
		log_warning(r, "remove %s/" ANSWERS_FILE, daemon->options.runtime_dir);
}

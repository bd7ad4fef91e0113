/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SuperServer: one process listens on DefaultPort and forks a worker for each connection.
 *
 * Workers run as the effective user of the installation. They speak two languages, as the real port
 * does: a line protocol for clients ("HELLO" is answered with the worker's pid), and enough HTTP for
 * the private web server.
 */
#include "cache.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "table.h"

/* The effective user of SuperServer's workers, looked up once. */
struct user {
	uid_t uid;
	gid_t gid;
};

static void effective_user_take(const struct instance *instance, const struct user *user)
{
	if (!instance->user[0])
		return;
	if (setgroups(0, NULL) || setgid(user->gid) || setuid(user->uid))
		die("cannot become %s: %s", instance->user, strerror(errno));
	/* The kernel forgets this wish at a change of user. */
	die_with_parent();
}

static void page_write(int client, const struct instance *instance)
{
	char line[LINE_SIZE];

	while (!line_read(client, line, WAIT_MS) && line[0])
		; /* the request's other header lines */
	line_write(client,
		   "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r");
	line_write(client, "%s worker %d", instance->name, (int)getpid());
}

static void worker_serve(int client, const struct instance *instance)
{
	char line[LINE_SIZE];

	while (!line_read(client, line, -1)) {
		if (!strncmp(line, "GET ", 4)) {
			page_write(client, instance);
			return;
		}
		if (!strcmp(line, "HELLO"))
			line_write(client, "%s worker %d", instance->name, (int)getpid());
		else
			line_write(client, "<SYNTAX> %s", line);
	}
}

__attribute__((noreturn)) static void worker_run(int listener, int client,
						 const struct instance *instance,
						 const struct user *user)
{
	close(listener);
	signals_reset();
	die_with_parent();
	table_enter("%SYS.cspServer");
	effective_user_take(instance, user);
	worker_serve(client, instance);
	table_leave(getpid());
	_exit(0);
}

/* Only here so that accept() is interrupted. */
static void child_ended(int signal)
{
	(void)signal;
}

int superserver_run(const struct instance *instance)
{
	struct sigaction interrupt = { .sa_handler = child_ended };
	int listener = tcp_listen(instance->bind_address, instance->superserver), r;
	struct user user = { 0 };
	char path[PATH_MAX];

	if (listener < 0)
		return listener;
	r = instance->user[0] ? user_find(instance->user, &user.uid, &user.gid) : 0;
	if (r)
		return r;
	sigaction(SIGCHLD, &interrupt, NULL);
	root_path(path, instance->root, "mgr/superserver.pid");
	r = pidfile_write(path, getpid());
	if (r)
		return r;
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		pid_t ended;

		while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
			table_leave(ended);
		if (client < 0 && errno != EINTR && errno != ECONNABORTED)
			return -errno;
		if (client < 0)
			continue;
		if (!fork())
			worker_run(listener, client, instance, &user);
		close(client);
	}
}

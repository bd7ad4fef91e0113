/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * standin/outsider: what the driver cannot do in a shell, done by a process that no policy governs.
 *
 *   outsider list                            the acts, tab-separated
 *   outsider act ROOT NAME                   one act; 0 tried, 77 could not be tried, 1 nobody answered
 *   outsider day ROOT NAME AGENT-PORT        the ordinary day, inside and visitors
 *   outsider hold ROOT PIDFILE               a client that stays connected to SuperServer
 *   outsider taken PROTOCOL/PORT…            names those in use on this host; 1 when there is one
 *   outsider end DIRECTORY PIDFILE…          ends those that execute a file below the directory
 *   outsider await PID                       returns when the process has ended; 1 when it does not
 *   outsider sweep ROOT                      what a killed instance left: processes, shared memory
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "outside.h"
#include "table.h"

#define EXIT_UNTRIED 77

static int list(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (enum act_id id = 0; id < ACT_MAX; id++)
		printf("%s\t%s\t%s\t%s\n", acts[id].name, acts[id].operation, acts[id].executable,
		       acts[id].says);
	return 0;
}

static int act(int argc, char **argv)
{
	struct instance instance;
	char line[512];
	enum act_id id;
	int r;

	(void)argc;
	id = act_find(argv[1]);
	if (id == ACT_MAX)
		die("no such act: %s", argv[1]);
	instance_read(&instance, argv[0]);
	r = act_anywhere(id, &instance, line, sizeof(line));
	if (r) {
		printf("act %s: untried: ask the instance (%s)\n", argv[1], strerrorname_np(-r));
		return 1;
	}
	puts(line);
	return strstr(line, ": untried: ") ? EXIT_UNTRIED : 0;
}

static int day(int argc, char **argv)
{
	struct instance instance;
	char line[512];
	ssize_t count;
	int connection, failed = 0, lines = 0;

	(void)argc;
	instance_read(&instance, argv[0]);
	snprintf(instance.name, sizeof(instance.name), "%s", argv[1]);
	connection = command_ask(instance.root, "day");
	if (connection < 0)
		die("instance does not answer: %s", strerror(-connection));
	while ((count = recv(connection, line, sizeof(line) - 1, 0)) > 0) {
		line[count] = '\0';
		puts(line);
		lines++;
		failed += strstr(line, ": ok") == NULL;
	}
	fflush(stdout);
	failed += visits_run(&instance, (unsigned int)atoi(argv[2]));
	return failed || !lines;
}

static int hold(int argc, char **argv)
{
	struct instance instance;
	char line[LINE_SIZE];
	int r, descriptor;
	pid_t pid;

	(void)argc;
	instance_read(&instance, argv[0]);
	descriptor = tcp_connect("127.0.0.1", instance.superserver);
	r = descriptor < 0 ? descriptor : line_write(descriptor, "HELLO");
	if (!r)
		r = line_read(descriptor, line, WAIT_MS);
	if (r)
		die("SuperServer does not answer: %s", strerror(-r));
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (pid)
		return pidfile_write(argv[1], pid) ? 1 : 0;
	detach_streams();
	/* Until SuperServer closes, or the driver ends it. */
	line_read(descriptor, line, -1);
	return 0;
}

/* Looks only, at /proc/net: a trial bind would itself be an outsider's bind of an instance port. */
static bool taken_in(const char *table, unsigned int port, bool listening)
{
	char line[512];
	bool found = false;
	FILE *file = fopen(table, "re");

	if (!file)
		return false; /* no IPv6 here */
	while (!found && fgets(line, sizeof(line), file)) {
		unsigned int local, state;

		if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x", &local, &state) != 2)
			continue;
		found = local == port && (!listening || state == 0x0a);
	}
	fclose(file);
	return found;
}

static int taken(int argc, char **argv)
{
	int count = 0;

	for (int i = 0; i < argc; i++) {
		bool tcp = !strncmp(argv[i], "tcp/", 4);
		unsigned int port = (unsigned int)atoi(argv[i] + 4);

		if (!taken_in(tcp ? "/proc/net/tcp" : "/proc/net/udp", port, tcp) &&
		    !taken_in(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, tcp))
			continue;
		printf("%s\n", argv[i]);
		count++;
	}
	return count > 0;
}

static int end(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		pid_t pid = pidfile_read(argv[i]);

		if (pid > 0 && process_runs_from(pid, argv[0]) && process_end(pid)) {
			printf("process %d of %s does not end\n", (int)pid, argv[i]);
			failed = 1;
		}
		unlink(argv[i]);
	}
	return failed;
}

static int await(int argc, char **argv)
{
	(void)argc;
	return process_await_end(atoi(argv[0]), WAIT_MS) ? 1 : 0;
}

static int sweep(int argc, char **argv)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	(void)argc;
	while (processes && (entry = readdir(processes))) {
		pid_t pid = isdigit(entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (!pid || pid == getpid() || !process_runs_from(pid, argv[0]))
			continue;
		printf("process %d was left; ended\n", (int)pid);
		process_end(pid);
	}
	if (processes)
		closedir(processes);
	table_remove(argv[0]);
	return 0;
}

static const struct {
	const char *name;
	int arguments; /* at least */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "list", 0, list },   { "act", 2, act }, { "day", 3, day },	 { "hold", 2, hold },
	{ "taken", 1, taken }, { "end", 2, end }, { "sweep", 1, sweep }, { "await", 1, await },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].arguments)
			return commands[i].run(argc - 2, argv + 2);
	die("usage: outsider list | act | day | hold | taken | end | await | sweep …");
}

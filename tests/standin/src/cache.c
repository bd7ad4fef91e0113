/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bin/cache: the one executable that is nearly all of an instance. Its argv tells what it is:
 *
 *   cache -s. -B -c c -C ROOT/cache.cpf*NAME -W 1 -g2   start-up; forks the control process
 *   cache -sROOT/mgr -cj -p7 tag^ROUTINE                a process made by JOB
 *   cache -sROOT/mgr -U %SYS ^RTN                       a terminal
 *   cache -cV                                           the status call
 *
 * "-s DIR" in two words occurs as well as "-sDIR" in one.
 */
#include "cache.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "table.h"

struct arguments {
	bool version, start, job;
	const char *name;
	const char *name_space;
	const char *entry;
};

static void arguments_read(struct arguments *arguments, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(word, "-cV")) {
			arguments->version = true;
		} else if (!strcmp(word, "-B")) {
			arguments->start = true;
		} else if (!strcmp(word, "-cj")) {
			arguments->job = true;
		} else if (!strcmp(word, "-C")) {
			const char *star = strchr(next, '*');

			arguments->name = star ? star + 1 : "CACHE";
			i++;
		} else if (!strcmp(word, "-U")) {
			arguments->name_space = next;
			i++;
		} else if (!strcmp(word, "-s") || !strcmp(word, "-w") || !strcmp(word, "-c") ||
			   !strcmp(word, "-W")) {
			i++; /* a value that means nothing here */
		} else if (word[0] != '-') {
			arguments->entry = word;
		}
	}
}

/* A terminal runs its routine and ends; ours counts the instance's processes. */
static int terminal_run(const struct instance *instance, const struct arguments *arguments)
{
	int row, r, count = 0;

	r = table_attach(instance->root);
	if (r)
		die("instance is not running (%s)", strerror(-r));
	row = table_enter(arguments->entry ? arguments->entry : "terminal");
	if (row < 0)
		die("no job number left");
	for (int i = 0; i < TABLE_ROWS; i++)
		count += table_get()->rows[i].pid != 0;
	printf("%s job %d: %d processes\n", arguments->name_space ? arguments->name_space : "USER",
	       row, count);
	table_leave(getpid());
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .name = "CACHE" };
	struct instance instance;
	char root[ROOT_MAX];

	arguments_read(&arguments, argc, argv);
	if (arguments.version) {
		puts("Cache stand-in for UNIX, made for tests");
		return 0;
	}
	root_find(root);
	instance_read(&instance, root);
	snprintf(instance.name, sizeof(instance.name), "%s", arguments.name);
	if (arguments.start)
		return start_up(&instance);
	if (arguments.job && arguments.entry)
		return job_run(&instance, arguments.entry);
	return terminal_run(&instance, &arguments);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The actor's own part: from a line to steps, from a result to a line. */
#include "actor.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 64

static const struct actor_step *const tables[] = {
	socket_steps,	address_steps, uring_steps, process_steps, memory_steps,  reach_steps,
	disguise_steps, beside_steps,  claim_steps, kernel_steps,  pretend_steps,
};

static const struct actor_step *step_find(const char *name)
{
	for (size_t table = 0; table < sizeof(tables) / sizeof(tables[0]); table++) {
		for (const struct actor_step *step = tables[table]; step->name; step++) {
			if (strcmp(step->name, name) == 0)
				return step;
		}
	}
	fprintf(stderr, "actor: no such step: %s\n", name);
	exit(2);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
	char line[128];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	/* In one write: several processes may share the pipe. */
	if (write(STDOUT_FILENO, line, (size_t)length) != length)
		_exit(3);
}

void actor_run(struct actor *actor, char **words)
{
	while (*words) {
		const struct actor_step *step = step_find(*words++);
		int error;

		for (int i = 0; i < step->arguments; i++) {
			if (!words[i]) {
				fprintf(stderr, "actor: %s takes %d arguments\n", step->name,
					step->arguments);
				exit(2);
			}
		}
		actor->rest = words + step->arguments;
		error = step->run(actor, words);
		if (error) {
			say("failed %d %s %d\n", (int)getpid(), step->name, error);
			return;
		}
		if (step->last)
			break;
		words = actor->rest;
	}
	say("done %d\n", (int)getpid());
}

void actor_finish(struct actor *actor, char **words)
{
	actor_run(actor, words);
	_exit(0);
}

void actor_end_as(int child, int status)
{
	if (WIFSIGNALED(status))
		say("killed %d\n", child);
	_exit(0);
}

int main(int argc, char **argv)
{
	struct actor actor = { .socket = -1 };
	char *words[WORDS_MAX + 1] = { NULL };
	size_t count = 0;

	/* A killed actor must not leave a core. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < argc; i++) {
		for (char *word = strtok(argv[i], " "); word; word = strtok(NULL, " ")) {
			size_t length = strlen(word);

			if (length > 1 && word[length - 1] == ',')
				word[length - 1] = '\0';
			if (count == WORDS_MAX)
				return 2;
			words[count++] = word;
		}
	}
	actor_finish(&actor, words);
}

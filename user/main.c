/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of commands, and dispatch by it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/explain.h"
#include "cli/policy.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/vocabulary.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "run", cli_run, "the daemon: load policies, govern, report" },
	{ "tail", cli_tail, "live events, with filters" },
	{ "status", cli_status, "what is in force, on which backend, counters, losses" },
	{ "ps", cli_ps, "the governed processes, with their roles" },
	{ "mode", cli_mode, "audit or enforce, per instance" },
	{ "reload", cli_reload, "put the policy files in force" },
	{ "stop", cli_stop, "end the daemon" },
	{ "disarm", cli_disarm, "take out everything that is pinned, daemon or not" },
	{ "doctor", cli_doctor, "what this kernel can do, which backend, what to change" },
	{ "explain", cli_explain, "which rule decided an event, and what would allow it" },
	{ "instances", cli_instances, "the instances of this host, and what is known of them" },
	{ "policy", cli_policy, "make, check, learn, replay, show or test policies" },
};

static void usage(FILE *to)
{
	fputs("usage: cachewarden COMMAND [OPTION]… [OPERAND]…\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`cachewarden COMMAND --help` tells more.\n", to);
}

static void unknown(const char *word)
{
	const char *names[ARRAY_SIZE(commands)];
	const struct vocabulary vocabulary = { names, ARRAY_SIZE(commands) };
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		names[i] = commands[i].name;
	nearest = vocabulary_nearest(&vocabulary, word);
	fprintf(stderr, "cachewarden: error: there is no command '%s'\n", word);
	if (nearest)
		fprintf(stderr, "cachewarden: hint: did you mean `%s`?\n", nearest);
	else
		usage(stderr);
}

static int dispatch_command(int argc, char **argv)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (strcmp(argv[0], commands[i].name) == 0)
			return commands[i].run(argc, argv);
	unknown(argv[0]);
	return CLI_BAD_USAGE;
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return CLI_BAD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    (strcmp(argv[1], "help") == 0 && argc == 2)) {
		usage(stdout);
		return CLI_YES;
	}
	if (strcmp(argv[1], "help") == 0) { /* as many expect it */
		bool part = argc > 3 && strcmp(argv[2], "policy") == 0;
		char *asked[] = { argv[2], part ? argv[3] : (char *)"--help", (char *)"--help",
				  NULL };

		return dispatch_command(3, asked);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
		puts("cachewarden " CW_VERSION);
		return CLI_YES;
	}
	if (strcmp(argv[1], "--canary") == 0) /* the self-test executes itself */
		return CLI_YES;
	return dispatch_command(argc - 1, argv + 1);
}

/* An answer that could not be written is none: whoever reads the exit status must not take it for one. A
 * reader that has had enough is no error. */
static int finish(int status)
{
	bool lost = ferror(stdout);

	errno = 0;
	if (fflush(stdout) && errno != EPIPE)
		lost = true;
	if (!lost)
		return status;
	/* An earlier write that failed has left its mark, and no reason. */
	log_err(-errno, errno ? "standard output" : "standard output: not all could be written");
	return status > CLI_NO ? status : CLI_CANNOT;
}

int main(int argc, char **argv)
{
	return finish(dispatch(argc, argv));
}

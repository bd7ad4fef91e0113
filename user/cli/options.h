/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Options of a command as a table, from which getopt_long's tables and --help are made, and the
 * options that commands share, parsed in one place.
 *
 *	enum { OPTION_COUNT = 1 };
 *	static const struct cli_option options[] = {
 *		{ "count", 'n', "N", "end after N events", OPTION_COUNT },
 *		{ NULL },
 *	};
 *	const struct cli_usage cli_tail_usage = { "tail", "", "show events …", options, CLI_OUTPUT };
 *
 *	struct cli_parser parser = { .usage = &cli_tail_usage, .argc = argc, .argv = argv };
 *	int id;
 *
 *	while ((id = cli_parse(&parser)) > 0) { … parser.value … }
 *	if (id == CLI_LEAVE)
 *		return parser.status;
 *	… operands: argv[parser.operand] up to argc; shared options: parser.common
 */
#ifndef CW_CLI_OPTIONS_H
#define CW_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit statuses of every command. */
enum cli_status {
	CLI_YES = 0,
	CLI_NO = 1, /* a denied `policy test`, a failed `check` */
	CLI_BAD_USAGE = 2, /* or bad input */
	CLI_CANNOT = 3, /* this host cannot do it, or the daemon cannot be reached */
};

struct cli_option {
	const char *name; /* without dashes; NULL ends the table */
	char letter; /* 0: none */
	const char *argument; /* its name in --help; NULL: the option takes none */
	const char *help; /* lower case, no full stop */
	int id; /* 1 … 999, from an enum of the command */
};

/* Which of the shared options a command has. Others it refuses, rather than ignoring them. */
enum cli_shared {
	CLI_OUTPUT = 1 << 0, /* -o text|json */
	CLI_RUNTIME_DIR = 1 << 1,
	CLI_LOG_DIR = 1 << 2,
	CLI_PIN_DIR = 1 << 3,
	CLI_POLICY = 1 << 4, /* file or directory */
};

struct cli_usage {
	const char *name; /* "tail"; of a command with subcommands "policy check" */
	const char *operands; /* as shown: "FILE…"; "" if there are none */
	const char *summary; /* one line */
	const struct cli_option *options; /* NULL: none of its own */
	unsigned int shared; /* enum cli_shared */
	const char *notes; /* printed below the options; NULL if there is nothing to add */
};

/* Each from its option, else from what systemd sets for a unit (RUNTIME_DIRECTORY, LOGS_DIRECTORY,
 * CONFIGURATION_DIRECTORY), else built in. */
struct cli_common {
	bool json;
	const char *runtime_dir;
	const char *log_dir;
	const char *pin_dir;
	const char *policy;
	char policy_buffer[256]; /* CONFIGURATION_DIRECTORY/policy.d */
	char runtime_buffer[256];
	char log_buffer[256];
};

struct cli_parser {
	const struct cli_usage *usage; /* these three are set by the caller, the rest zero */
	int argc;
	char **argv; /* argv[0] is the command's own name */
	struct cli_common common;
	const char *value; /* argument of the option last returned */
	int operand; /* when the options are at their end: index of the first operand */
	int status; /* with CLI_LEAVE */
	bool started;
};

#define CLI_OPERANDS 0
#define CLI_LEAVE (-1)

/* The id of the next option; CLI_OPERANDS at their end; CLI_LEAVE where the command is to return
 * parser->status: --help was answered, or bad usage was reported. */
int cli_parse(struct cli_parser *parser);

/* Report bad usage, point to --help; returns CLI_BAD_USAGE. */
int cli_bad_usage(const struct cli_usage *usage, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What --help prints: synopsis, summary, options, notes. */
void cli_help(const struct cli_usage *usage, FILE *to);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of options.h, turned into what getopt_long() wants at each call: the tables are short, and
 * nothing need be kept between calls but getopt's own place.
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/log.h"
#include "util/vocabulary.h"

#define OPTIONS_MAX 48 /* of one command, shared ones included */

enum {
	SHARED_OUTPUT = 1000,
	SHARED_RUNTIME_DIR,
	SHARED_LOG_DIR,
	SHARED_PIN_DIR,
	SHARED_POLICY,
	SHARED_HELP
};

static const struct shared_option {
	unsigned int mask; /* 0: every command has it */
	struct cli_option option;
} shared_options[] = {
	{ CLI_OUTPUT,
	  { "output", 'o', "text|json", "how to print (default text)", SHARED_OUTPUT } },
	{ CLI_RUNTIME_DIR,
	  { "runtime-dir", 0, "DIR", "the daemon's socket (default /run/cachewarden)",
	    SHARED_RUNTIME_DIR } },
	{ CLI_LOG_DIR,
	  { "log-dir", 0, "DIR", "recorded events (default /var/log/cachewarden)",
	    SHARED_LOG_DIR } },
	{ CLI_PIN_DIR,
	  { "pin-dir", 0, "DIR", "pinned programs and maps (default /sys/fs/bpf/cachewarden)",
	    SHARED_PIN_DIR } },
	{ CLI_POLICY,
	  { "policy", 0, "PATH", "policy file or directory (default /etc/cachewarden/policy.d)",
	    SHARED_POLICY } },
	{ 0, { "help", 'h', NULL, "say this", SHARED_HELP } },
};

/* The n-th option of a command, its own before the shared ones; NULL behind the last. */
static const struct cli_option *usage_option(const struct cli_usage *usage, size_t n)
{
	for (const struct cli_option *own = usage->options; own && own->name; own++) {
		if (n-- == 0)
			return own;
	}
	for (size_t i = 0; i < ARRAY_SIZE(shared_options); i++) {
		const struct shared_option *shared = &shared_options[i];

		if (shared->mask && !(shared->mask & usage->shared))
			continue;
		if (n-- == 0)
			return &shared->option;
	}
	return NULL;
}

void cli_help(const struct cli_usage *usage, FILE *to)
{
	const struct cli_option *option;
	int width = 0;

	fprintf(to, "cachewarden %s [OPTION…]%s%s\n%s\n\n", usage->name,
		*usage->operands ? " " : "", usage->operands, usage->summary);
	for (size_t i = 0; (option = usage_option(usage, i)); i++) {
		int length = (int)(strlen(option->name) +
				   (option->argument ? strlen(option->argument) + 1 : 0));

		width = length > width ? length : width;
	}
	for (size_t i = 0; (option = usage_option(usage, i)); i++) {
		const char *argument = option->argument ? option->argument : "";

		if (option->letter)
			fprintf(to, "  -%c, ", option->letter);
		else
			fputs("      ", to);
		fprintf(to, "--%s%s%-*s  %s\n", option->name, *argument ? "=" : "",
			width - (int)strlen(option->name) - (*argument ? 1 : 0), argument,
			option->help);
	}
	if (usage->notes)
		fprintf(to, "\n%s\n", usage->notes);
}

int cli_bad_usage(const struct cli_usage *usage, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	log_message(LOG_LEVEL_ERROR, 0, "%s: %s", usage->name, message);
	log_hint("cachewarden %s --help", usage->name);
	return CLI_BAD_USAGE;
}

/* The first directory of one of systemd's colon-separated lists, with a suffix; else the default. A
 * relative one is no answer of systemd's and is passed over. */
static const char *common_directory(const char *variable, const char *suffix, const char *fallback,
				    char *buffer, size_t size)
{
	const char *list = getenv(variable);
	int length;

	if (!list || *list != '/')
		return fallback;
	length = snprintf(buffer, size, "%.*s%s", (int)strcspn(list, ":"), list, suffix);
	return length > 0 && (size_t)length < size ? buffer : fallback;
}

static void common_init(struct cli_common *common)
{
	common->runtime_dir = common_directory("RUNTIME_DIRECTORY", "", "/run/cachewarden",
					       common->runtime_buffer,
					       sizeof(common->runtime_buffer));
	common->log_dir = common_directory("LOGS_DIRECTORY", "", "/var/log/cachewarden",
					   common->log_buffer, sizeof(common->log_buffer));
	common->policy = common_directory("CONFIGURATION_DIRECTORY", "/policy.d",
					  "/etc/cachewarden/policy.d", common->policy_buffer,
					  sizeof(common->policy_buffer));
	common->pin_dir = "/sys/fs/bpf/cachewarden";
}

static int parser_leave(struct cli_parser *parser, int status)
{
	parser->status = status;
	return CLI_LEAVE;
}

/* One of the shared options: 0 when it was taken, else CLI_LEAVE. */
static int parser_shared(struct cli_parser *parser, int id, const char *value)
{
	switch (id) {
	case SHARED_OUTPUT:
		if (strcmp(value, "json") != 0 && strcmp(value, "text") != 0)
			return parser_leave(
				parser, cli_bad_usage(parser->usage,
						      "--output is text or json, not '%s'", value));
		parser->common.json = strcmp(value, "json") == 0;
		return 0;
	case SHARED_RUNTIME_DIR:
		parser->common.runtime_dir = value;
		return 0;
	case SHARED_LOG_DIR:
		parser->common.log_dir = value;
		return 0;
	case SHARED_PIN_DIR:
		parser->common.pin_dir = value;
		return 0;
	case SHARED_POLICY:
		parser->common.policy = value;
		return 0;
	default:
		cli_help(parser->usage, stdout);
		return parser_leave(parser, CLI_YES);
	}
}

static int parser_unknown(struct cli_parser *parser, const char *given)
{
	const char *words[OPTIONS_MAX];
	struct vocabulary known = { words, 0 };
	const struct cli_option *option;
	const char *nearest = NULL;

	while (known.count < OPTIONS_MAX && (option = usage_option(parser->usage, known.count)))
		words[known.count++] = option->name;
	if (strncmp(given, "--", 2) != 0)
		return parser_leave(parser,
				    cli_bad_usage(parser->usage, "no such option: -%c", optopt));
	if (vocabulary_value(&known, given + 2, strcspn(given + 2, "=")) >= 0)
		return parser_leave(parser, cli_bad_usage(parser->usage, "%.*s takes no argument",
							  (int)strcspn(given, "="), given));
	nearest = vocabulary_nearest(&known, given + 2);
	return parser_leave(parser, cli_bad_usage(parser->usage, "no such option: %s%s%s%s", given,
						  nearest ? " (did you mean --" : "",
						  nearest ? nearest : "", nearest ? "?)" : ""));
}

/* getopt_long()'s tables; option i of the usage has the value LONG_FIRST + i, above every letter. */
#define LONG_FIRST 0x100
struct getopt_tables {
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 2];
};

static void parser_tables(const struct cli_usage *usage, struct getopt_tables *tables)
{
	const struct cli_option *option;
	size_t letter = 0;

	*tables = (struct getopt_tables){ 0 };
	tables->letters[letter++] = ':'; /* a missing argument is told from an unknown option */
	for (size_t i = 0; i < OPTIONS_MAX && (option = usage_option(usage, i)); i++) {
		tables->longs[i].name = option->name;
		tables->longs[i].has_arg = option->argument ? required_argument : no_argument;
		tables->longs[i].val = LONG_FIRST + (int)i;
		if (option->letter)
			tables->letters[letter++] = option->letter;
		if (option->letter && option->argument)
			tables->letters[letter++] = ':';
	}
}

static int parser_id(const struct cli_usage *usage, int got)
{
	const struct cli_option *option;

	for (size_t i = 0; (option = usage_option(usage, i)); i++) {
		if (got == LONG_FIRST + (int)i || (option->letter && got == option->letter))
			return option->id;
	}
	return CLI_OPERANDS;
}

int cli_parse(struct cli_parser *parser)
{
	struct getopt_tables tables;
	int id;

	if (!parser->started) {
		parser->started = true;
		common_init(&parser->common);
		opterr = 0;
		optind = 0; /* glibc: begin anew, whatever was parsed before */
	}
	parser_tables(parser->usage, &tables);
	do {
		int got = getopt_long(parser->argc, parser->argv, tables.letters, tables.longs,
				      NULL);

		if (got == -1) {
			parser->operand = optind;
			return CLI_OPERANDS;
		}
		if (got == ':')
			return parser_leave(parser,
					    cli_bad_usage(parser->usage, "%s needs an argument",
							  parser->argv[optind - 1]));
		if (got == '?')
			return parser_unknown(parser, parser->argv[optind - 1]);
		id = parser_id(parser->usage, got);
		parser->value = optarg;
		if (id < SHARED_OUTPUT)
			return id;
	} while (parser_shared(parser, id, optarg) == 0);
	return CLI_LEAVE;
}

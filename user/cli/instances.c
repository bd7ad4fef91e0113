/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * instances: what there is on this host, from processes, from lists that an operator has, from what
 * lies in directories. Reads; runs nothing unless it is asked to.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/config_show.h"
#include "cli/instances_show.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/terminal.h"

enum {
	OPTION_QLIST = 1,
	OPTION_SCAN,
	OPTION_NO_PROCESSES,
	OPTION_ASK,
	OPTION_CPF,
};

static const struct cli_option options[] = {
	{ "qlist", 0, "FILE", "read what `qlist` or `list` printed; - is standard input",
	  OPTION_QLIST },
	{ "scan", 0, "DIR", "look for installed instances in DIR and below it", OPTION_SCAN },
	{ "no-processes", 0, NULL, "do not look at running processes", OPTION_NO_PROCESSES },
	{ "ask-instance", 0, NULL, "run the instances' own `ccontrol qlist` or `iris qlist`",
	  OPTION_ASK },
	{ "cpf", 0, "FILE", "show what a cpf says instead: each parameter and row with its line",
	  OPTION_CPF },
	{ NULL },
};

const struct cli_usage cli_instances_usage = {
	.name = "instances",
	.operands = "",
	.summary = "The instances of this host: directory, version, state, ports, cpf, and whose "
		   "they are.",
	.options = options,
	.shared = CLI_OUTPUT,
	.notes = "FILE and DIR may be given several times. What is wrong in a file is told "
		 "on standard error. Exit status 1: no instance was found, or the cpf has errors; "
		 "2: a file or directory "
		 "that was named cannot be read.",
};

struct finding {
	struct registry *registry;
	struct diagnostics diagnostics;
	bool bad; /* what was named could not be read */
	bool processes, ask;
	const char *cpf; /* is to be shown instead */
	int error; /* -ENOMEM */
};

static void keep(struct finding *finding, int r)
{
	if (r == -ENOMEM)
		finding->error = r;
	else if (r)
		finding->bad = true;
}

/* The status to leave with, or -1. */
static int read_options(struct finding *finding, struct cli_parser *parser)
{
	int id;

	while ((id = cli_parse(parser)) > 0) {
		if (id == OPTION_QLIST)
			keep(finding, registry_read_file(finding->registry, parser->value,
							 &finding->diagnostics));
		else if (id == OPTION_SCAN)
			keep(finding, registry_scan(finding->registry, parser->value,
						    &finding->diagnostics));
		else if (id == OPTION_NO_PROCESSES)
			finding->processes = false;
		else if (id == OPTION_ASK)
			finding->ask = true;
		else if (id == OPTION_CPF)
			finding->cpf = parser->value;
	}
	if (id == CLI_LEAVE)
		return parser->status;
	if (parser->operand < parser->argc)
		return cli_bad_usage(&cli_instances_usage, "unexpected '%s'",
				     parser->argv[parser->operand]);
	return -1;
}

static void find(struct finding *finding)
{
	if (!finding->error && finding->processes)
		keep(finding,
		     registry_processes(finding->registry, "/proc", &finding->diagnostics));
	if (!finding->error && finding->ask)
		keep(finding, registry_ask(finding->registry, &finding->diagnostics));
	if (!finding->error)
		keep(finding, registry_complete(finding->registry, &finding->diagnostics));
}

static int print(const struct finding *finding, bool json)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	for (size_t i = 0; i < finding->registry->count; i++) {
		if (i && !json)
			buffer_add_char(&buffer, '\n');
		(json ? instance_json : instance_text)(finding->registry->instances[i], &buffer);
	}
	if (buffer_failed(&buffer))
		return -ENOMEM;
	if (buffer.length)
		fwrite(buffer.data, 1, buffer.length, stdout);
	return 0;
}

static int conclude(const struct finding *finding)
{
	if (finding->error) {
		log_err(finding->error, "find the instances");
		return CLI_CANNOT;
	}
	if (finding->bad)
		return CLI_BAD_USAGE;
	if (finding->registry->count)
		return CLI_YES;
	fputs("cachewarden: no instance was found\n", stderr);
	log_hint("one that does not run is found with --scan=/usr --scan=/opt, or with --qlist");
	return CLI_NO;
}

static int show_cpf(struct finding *finding, bool json)
{
	_cleanup_config_ struct config *config = NULL;
	_cleanup_buffer_ struct buffer buffer = { 0 };
	int r = config_read_file(finding->cpf, &finding->diagnostics, &config);

	if (!r)
		(json ? config_json_of : config_text_of)(config, &buffer);
	if (r == -ENOMEM || buffer_failed(&buffer)) {
		log_err(-ENOMEM, "show a cpf");
		return CLI_CANNOT;
	}
	if (buffer.length)
		fwrite(buffer.data, 1, buffer.length, stdout);
	diagnostics_print(&finding->diagnostics, stderr, terminal_colour(stderr));
	if (r)
		return CLI_BAD_USAGE;
	return finding->diagnostics.errors ? CLI_NO : CLI_YES;
}

int cli_instances(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_instances_usage, .argc = argc, .argv = argv };
	struct finding finding = { .registry = registry_new(), .processes = true };
	int status = finding.registry ? read_options(&finding, &parser) : CLI_CANNOT;

	if (status < 0 && finding.cpf) {
		status = show_cpf(&finding, parser.common.json);
	} else if (status < 0) {
		find(&finding);
		if (!finding.error)
			finding.error = print(&finding, parser.common.json);
		diagnostics_print(&finding.diagnostics, stderr, terminal_colour(stderr));
		status = conclude(&finding);
	}
	registry_free(finding.registry);
	diagnostics_release(&finding.diagnostics);
	return status;
}

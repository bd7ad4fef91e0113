/* SPDX-License-Identifier: GPL-2.0-only */
/* run: the daemon, in the foreground; systemd or a terminal holds it. */
#include <string.h>

#include "cli/cli.h"
#include "daemon/daemon.h"
#include "policy/words.h"

enum { RUN_BACKEND = 1, RUN_GROUP, RUN_TAIL, RUN_RECOVER };

static const struct cli_option run_options[] = {
	{ "backend", 'b', "NAME",
	  "lsm, fmod_ret, cgroup or auto (the first that passes its self-test)", RUN_BACKEND },
	{ "group", 'g', "GROUP", "who besides root may talk to the daemon", RUN_GROUP },
	{ "tail", 't', NULL, "print deviations to standard output as well", RUN_TAIL },
	{ "recover", 0, NULL, "put a new set in the place of pins that are not what they should be",
	  RUN_RECOVER },
	{ NULL },
};

const struct cli_usage cli_run_usage = {
	.name = "run",
	.operands = "",
	.summary = "The daemon: load policies, govern, report, until SIGTERM or SIGINT; SIGHUP "
		   "reloads.",
	.options = run_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR | CLI_PIN_DIR | CLI_POLICY,
};

int cli_run(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_run_usage, .argc = argc, .argv = argv };
	struct daemon_options options = { .backend = -1 };
	int id;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == RUN_GROUP)
			options.group = parser.value;
		else if (id == RUN_TAIL)
			options.tail = true;
		else if (id == RUN_RECOVER)
			options.recover = true;
		else if (strcmp(parser.value, "auto") != 0) {
			options.backend = vocabulary_value(&words_backend, parser.value,
							   strlen(parser.value));
			if (options.backend < 0)
				return cli_bad_usage(&cli_run_usage, "there is no backend '%s'",
						     parser.value);
		}
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(&cli_run_usage, "unexpected '%s'", argv[parser.operand]);
	options.policy = parser.common.policy;
	options.runtime_dir = parser.common.runtime_dir;
	options.pin_dir = parser.common.pin_dir;
	options.json = parser.common.json;
	return daemon_run(&options);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* status, mode, reload and stop: one request each, worded by its options. */
#include "cli/client.h"

#include <stdio.h>
#include <string.h>

#include "abi.h"
#include "util/number.h"

#define DAY 86400

/* Parse the options of a command that has none of its own, nor operands. */
static int plain_call(const struct cli_usage *usage, int argc, char **argv,
		      enum ipc_command command)
{
	struct cli_parser parser = { .usage = usage, .argc = argc, .argv = argv };
	struct ipc_request request = { .command = command };

	if (cli_parse(&parser) == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(usage, "unexpected '%s'", argv[parser.operand]);
	return cli_call(&parser.common, &request);
}

const struct cli_usage cli_status_usage = {
	.name = "status",
	.operands = "",
	.summary = "What is in force, on which backend, and what became of every record.",
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
};

int cli_status(int argc, char **argv)
{
	return plain_call(&cli_status_usage, argc, argv, IPC_STATUS);
}

const struct cli_usage cli_reload_usage = {
	.name = "reload",
	.operands = "",
	.summary = "Read the policy files again and put them in force; a mistake in one changes "
		   "nothing.",
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
};

int cli_reload(int argc, char **argv)
{
	return plain_call(&cli_reload_usage, argc, argv, IPC_RELOAD);
}

enum { STOP_RELEASE = 1 };

static const struct cli_option stop_options[] = {
	{ "release", 0, NULL, "take every verdict out, whatever the policies say of on_stop",
	  STOP_RELEASE },
	{ NULL },
};

const struct cli_usage cli_stop_usage = {
	.name = "stop",
	.operands = "",
	.summary = "End the daemon. What policies keep (on_stop) goes on being judged without it.",
	.options = stop_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
};

int cli_stop(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_stop_usage, .argc = argc, .argv = argv };
	struct ipc_request request = { .command = IPC_STOP };
	int id;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == STOP_RELEASE && !request.option_count)
			cli_request_add(&request, "release", "");
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(&cli_stop_usage, "unexpected '%s'", argv[parser.operand]);
	return cli_call(&parser.common, &request);
}

enum { MODE_CONFIRM = 1, MODE_FOR };

static const struct cli_option mode_options[] = {
	{ "confirm", 0, "TIME", "fall back unless `mode confirm` follows within TIME (90s, 5m)",
	  MODE_CONFIRM },
	{ "for", 0, "TIME", "fall back after TIME", MODE_FOR },
	{ NULL },
};

const struct cli_usage cli_mode_usage = {
	.name = "mode",
	.operands = "audit|enforce|confirm [INSTANCE…]",
	.summary = "Change the mode of instances, of all where none is named.\n"
		   "It lasts as long as what is pinned.",
	.options = mode_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
};

int cli_mode(int argc, char **argv)
{
	static const char *const names[] = { [MODE_CONFIRM] = "confirm", [MODE_FOR] = "for" };
	struct cli_parser parser = { .usage = &cli_mode_usage, .argc = argc, .argv = argv };
	struct ipc_request request = { .command = IPC_MODE };
	char seconds[3][24] = { 0 };
	uint64_t number;
	const char *mode;
	int id;

	while ((id = cli_parse(&parser)) > 0) {
		if (number_parse_seconds(parser.value, 1, DAY, &number))
			return cli_bad_usage(
				&cli_mode_usage,
				"--%s is a time up to a day, as 90s, 5m or 2h, not '%s'", names[id],
				parser.value);
		snprintf(seconds[id], sizeof(seconds[id]), "%llu", (unsigned long long)number);
	}
	if (id == CLI_LEAVE)
		return parser.status;
	mode = parser.operand < argc ? argv[parser.operand] : "";
	if (strcmp(mode, "audit") != 0 && strcmp(mode, "enforce") != 0 &&
	    strcmp(mode, "confirm") != 0)
		return cli_bad_usage(&cli_mode_usage, "expected audit, enforce or confirm%s%s%s",
				     *mode ? ", not '" : "", mode, *mode ? "'" : "");
	if (*seconds[MODE_CONFIRM] && *seconds[MODE_FOR])
		return cli_bad_usage(&cli_mode_usage, "either --confirm or --for");
	if (strcmp(mode, "confirm") == 0 &&
	    (*seconds[MODE_CONFIRM] || *seconds[MODE_FOR] || parser.operand + 1 < argc))
		return cli_bad_usage(&cli_mode_usage,
				     "confirm stands alone: it confirms the last change of mode");
	if (argc - parser.operand > CW_INSTANCES_MAX)
		return cli_bad_usage(&cli_mode_usage, "too many instances");
	cli_request_add(&request, "mode", mode);
	for (id = MODE_CONFIRM; id <= MODE_FOR; id++) {
		if (*seconds[id])
			cli_request_add(&request, names[id], seconds[id]);
	}
	for (int i = parser.operand + 1; i < argc; i++)
		cli_request_add(&request, "instance", argv[i]);
	return cli_call(&parser.common, &request);
}

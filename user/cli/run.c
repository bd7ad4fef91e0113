/* SPDX-License-Identifier: GPL-2.0-only */
/* run: the daemon, in the foreground; systemd or a terminal holds it. */
#include <string.h>

#include "cli/cli.h"
#include "daemon/daemon.h"
#include "policy/words.h"
#include "util/number.h"

enum {
	RUN_BACKEND = 1,
	RUN_GROUP,
	RUN_TAIL,
	RUN_RECOVER,
	RUN_PROTECT,
	RUN_RECORD,
	RUN_SEGMENT_SIZE,
	RUN_SEGMENT_AGE,
	RUN_RECORD_SIZE,
	RUN_RECORD_AGE,
	RUN_RECORD_SYNC
};

static const struct cli_option run_options[] = {
	{ "backend", 'b', "NAME",
	  "lsm, fmod_ret, cgroup or auto (the first that passes its self-test)", RUN_BACKEND },
	{ "group", 'g', "GROUP", "who besides root may talk to the daemon", RUN_GROUP },
	{ "tail", 't', NULL,
	  "print events to standard output as well: deviations, and what the recording or a tail "
	  "wants",
	  RUN_TAIL },
	{ "recover", 0, NULL, "put a new set in the place of pins that are not what they should be",
	  RUN_RECOVER },
	{ "protect", 0, NULL,
	  "let nobody else signal or trace us, write our maps, remove our pins (lsm, fmod_ret)",
	  RUN_PROTECT },
	{ "record", 0, "WHAT", "deviations (default); all: allowed operations too; or nothing",
	  RUN_RECORD },
	{ "segment-size", 0, "SIZE", "begin another segment at this size (default 16M)",
	  RUN_SEGMENT_SIZE },
	{ "segment-age", 0, "TIME", "and at this age (default 1d)", RUN_SEGMENT_AGE },
	{ "record-size", 0, "SIZE", "keep so much of the recording at most (default 1G)",
	  RUN_RECORD_SIZE },
	{ "record-age", 0, "TIME", "and nothing older than this (default 90d)", RUN_RECORD_AGE },
	{ "record-sync", 0, "WHEN",
	  "how long a power cut may reach back: TIME (default 1s), always or never",
	  RUN_RECORD_SYNC },
	{ NULL },
};

const struct cli_usage cli_run_usage = {
	.name = "run",
	.operands = "",
	.summary = "The daemon: load policies, govern, report, until SIGTERM or SIGINT; SIGHUP "
		   "reloads.",
	.options = run_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR | CLI_LOG_DIR | CLI_PIN_DIR | CLI_POLICY,
};

#define MIBIBYTE (1ull << 20)
#define YEAR (366 * 86400ull)

static const struct recorder_options recorder_defaults = {
	.what = RECORD_DEVIATIONS,
	.limits = { .segment_size = 16 * MIBIBYTE,
		    .segment_age = 86400,
		    .total_size = 1024 * MIBIBYTE,
		    .total_age = 90 * 86400,
		    .sync = 1 },
};

#define A_SIZE " is a size from 64K on, as 512K, 16M or 1G"
#define A_TIME ", as 30s, 10m, 12h or 90d"
static const char *const recorder_words[] = {
	[RUN_RECORD] = "--record is nothing, deviations or all",
	[RUN_SEGMENT_SIZE] = "--segment-size" A_SIZE,
	[RUN_SEGMENT_AGE] = "--segment-age is a time up to a year" A_TIME,
	[RUN_RECORD_SIZE] = "--record-size" A_SIZE,
	[RUN_RECORD_AGE] = "--record-age is a time up to 100 years" A_TIME,
	[RUN_RECORD_SYNC] = "--record-sync is always, never or a time up to a day" A_TIME,
};

/* The recorder's options; false: a bad value, and *status says so. */
static bool run_recorder(const struct cli_parser *parser, int id, struct recorder_options *options,
			 int *status)
{
	struct writer_limits *limits = &options->limits;
	const char *value = parser->value;
	int what, r = 0;

	if (id == RUN_RECORD) {
		what = vocabulary_value(&record_what, value, strlen(value));
		options->what = what < 0 ? RECORD_NOTHING : (enum record_what)what;
		r = what < 0 ? what : 0;
	} else if (id == RUN_SEGMENT_SIZE) {
		r = number_parse_size(value, 65536, 1ull << 40, &limits->segment_size);
	} else if (id == RUN_SEGMENT_AGE) {
		r = number_parse_seconds(value, 1, YEAR, &limits->segment_age);
	} else if (id == RUN_RECORD_SIZE) {
		r = number_parse_size(value, 65536, 1ull << 50, &limits->total_size);
	} else if (id == RUN_RECORD_AGE) {
		r = number_parse_seconds(value, 1, 100 * YEAR, &limits->total_age);
	} else if (strcmp(value, "always") == 0) {
		limits->sync = 0;
	} else if (strcmp(value, "never") == 0) {
		limits->sync = WRITER_SYNC_NEVER;
	} else {
		r = number_parse_seconds(value, 1, 86400, &limits->sync);
	}
	if (!r)
		return true;
	*status = cli_bad_usage(parser->usage, "%s, not '%s'", recorder_words[id], value);
	return false;
}

static bool run_backend(const struct cli_parser *parser, struct daemon_options *options,
			int *status)
{
	if (strcmp(parser->value, "auto") == 0)
		return true;
	options->backend = vocabulary_value(&words_backend, parser->value, strlen(parser->value));
	if (options->backend < 0)
		*status = cli_bad_usage(parser->usage,
					"--backend is lsm, fmod_ret, cgroup or auto, not '%s'",
					parser->value);
	return options->backend >= 0;
}

int cli_run(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_run_usage, .argc = argc, .argv = argv };
	struct daemon_options options = { .backend = -1, .recorder = recorder_defaults };
	int id, status;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == RUN_GROUP)
			options.group = parser.value;
		else if (id == RUN_TAIL)
			options.tail = true;
		else if (id == RUN_RECOVER)
			options.recover = true;
		else if (id == RUN_PROTECT)
			options.protect = true;
		else if (id == RUN_BACKEND) {
			if (!run_backend(&parser, &options, &status))
				return status;
		} else if (!run_recorder(&parser, id, &options.recorder, &status))
			return status;
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(&cli_run_usage, "unexpected '%s'", argv[parser.operand]);
	options.policy = parser.common.policy;
	options.runtime_dir = parser.common.runtime_dir;
	options.pin_dir = parser.common.pin_dir;
	options.recorder.log_dir = parser.common.log_dir;
	options.json = parser.common.json;
	return daemon_run(&options);
}

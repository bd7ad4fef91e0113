/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disarm: everything out, for the night when enforcing is the trouble. It asks no daemon: that may be
 * dead or hang. What is pinned holds every verdict alone, so to remove the pins is enough.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "host/answers.h"
#include "ipc/client.h"
#include "kern/kern.h"
#include "util/log.h"

const struct cli_usage cli_disarm_usage = {
	.name = "disarm",
	.operands = "",
	.summary = "Take out everything that is pinned: from then on nothing is judged. Needs no "
		   "daemon.",
	.shared = CLI_PIN_DIR | CLI_RUNTIME_DIR,
	.notes = "A daemon that runs notices and ends. Exit status 1: nothing was pinned. Verdicts "
		 "that "
		 "are not\npinned end with their daemon. To keep it out over a reboot: `systemctl "
		 "disable cachewarden`,\nor cachewarden=off on the kernel's command line.",
};

/* Nothing was pinned there, and yet somebody may judge: a daemon whose pins are elsewhere, or that has none. */
static void tell_of_daemon(const char *runtime_dir)
{
	char number[16] = "PID";
	pid_t pid = 0;

	if (ipc_client_probe(runtime_dir, &pid))
		return;
	if (pid)
		snprintf(number, sizeof(number), "%d", (int)pid);
	log_warning(0,
		    "the daemon that serves %s (process %s) goes on judging: its pins are "
		    "elsewhere, or it has none",
		    runtime_dir, pid ? number : "unknown");
	log_hint("verdicts that are not pinned end with it: `cachewarden stop --release`, or if it "
		 "hangs `kill -9 %s`; else name its --pin-dir",
		 number);
}

/* What host names were is kept for a daemon to come as long as verdicts are. One that runs notices by itself. */
static void forget_names(const char *runtime_dir)
{
	const struct buffer none = { 0 };
	_cleanup_buffer_ struct buffer text = { 0 };
	struct diagnostics ignored = { 0 };
	struct facts names = { 0 };
	pid_t pid;
	int r;

	if (!ipc_client_probe(runtime_dir, &pid))
		return;
	/* Whatever else has that name is not ours to remove. */
	r = answers_load(runtime_dir, &ignored, &text, &names);
	diagnostics_release(&ignored);
	facts_release(&names);
	if (!r)
		r = answers_save(runtime_dir, &none);
	if (r && r != -ENOENT && r != -EINVAL)
		log_warning(r, "remove %s/" ANSWERS_FILE, runtime_dir);
}

int cli_disarm(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_disarm_usage, .argc = argc, .argv = argv };
	struct kern_pin_counts counts;
	const char *directory;
	int r;

	if (cli_parse(&parser) == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(&cli_disarm_usage, "unexpected '%s'", argv[parser.operand]);
	directory = parser.common.pin_dir;
	r = kern_disarm(directory, &counts);
	if (r && r != -ENOENT) {
		log_err(r, "take out what is pinned in %s", directory);
		if (r == -EACCES || r == -EPERM)
			log_hint("run as root");
		return CLI_CANNOT;
	}
	if (!counts.links && !counts.programs && !counts.maps) {
		printf("nothing is pinned in %s\n", directory);
		tell_of_daemon(parser.common.runtime_dir);
		return CLI_NO;
	}
	printf("disarmed: %u links, %u programs and %u maps taken out of %s\n", counts.links,
	       counts.programs, counts.maps, directory);
	forget_names(parser.common.runtime_dir);
	return CLI_YES;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* policy show: the rules of policy files with what their names are on this host, or what is in force. */
#include <errno.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/policy.h"
#include "event/show.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/log.h"

const struct cli_usage cli_policy_show_usage = {
	.name = "policy show",
	.operands = "[FILE…]",
	.summary = "Show the rules of policy files with the files, addresses and users they mean "
		   "here.",
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
	.notes = "FILE is a policy or a directory of *.yaml. Without FILE: what the daemon has in "
		 "force.",
};

static int show_print(const struct show_report *report, bool json)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	if (json)
		show_json(report, &buffer);
	else
		show_text(report, &buffer);
	if (buffer_failed(&buffer)) {
		log_err(-ENOMEM, "print the policies");
		return CLI_CANNOT;
	}
	if (buffer.length)
		fwrite(buffer.data, 1, buffer.length, stdout);
	return CLI_YES;
}

static int show_files(const struct cli_common *common, const char *const *paths, size_t count)
{
	struct load_options options = { .hash_all = true };
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	struct show_report report = { 0 };
	int r = policy_load(&loaded, paths, count, &options);

	if (r)
		return policy_load_failed(&loaded, r);
	report.set = &loaded.set;
	report.facts = &loaded.facts;
	return show_print(&report, common->json);
}

int cli_policy_show(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_policy_show_usage, .argc = argc, .argv = argv };
	int r;

	while ((r = cli_parse(&parser)) > 0)
		continue;
	if (r == CLI_LEAVE)
		return parser.status;
	if (parser.operand == argc) {
		struct ipc_request request = { .command = IPC_SHOW };

		return cli_call(&parser.common, &request);
	}
	return show_files(&parser.common, (const char *const *)argv + parser.operand,
			  (size_t)(argc - parser.operand));
}

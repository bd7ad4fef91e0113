/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/policy_operation.h"

#include <string.h>

const struct cli_option operation_options[] = {
	{ "by", 'b', "NAME|PATH", "the executable that acts, by its name in the policy or its path",
	  OPERATION_BY },
	{ "script", 0, "PATH", "the script that it interprets", OPERATION_SCRIPT },
	{ "user", 'u', "USER", "the effective user (default: one whom no rule names)",
	  OPERATION_USER },
	{ "instance", 'i', "NAME", "whose process acts, if FILE holds several instances",
	  OPERATION_INSTANCE },
	{ "outside", 0, NULL, "the acting process is not governed", OPERATION_OUTSIDE },
	{ "cases", 'c', "TABLE", "judge the operations of a table, and compare", OPERATION_CASES },
	{ NULL },
};

const char operation_notes[] =
	"Operations:\n"
	"  exec PATH                              a script as well: then by its interpreter\n"
	"  library PATH|anonymous                 a file, or memory without one, mapped "
	"executable\n"
	"  socket FAMILY TYPE                     unix, inet, inet6, … and stream, dgram, raw, …\n"
	"  connect|send PROTOCOL ADDRESS:PORT     tcp (mptcp), udp (udplite), sctp, other; "
	"[ADDRESS]:PORT\n"
	"  bind|listen PROTOCOL ADDRESS:PORT      port 0 or `ephemeral`: the kernel chooses\n"
	"  receive bound|connected PROTOCOL ADDRESS:PORT\n"
	"                                         a socket that another process hands over\n"
	"ADDRESS may be a host that the policy names. Of a host with several addresses, and of a "
	"NAME that is\n"
	"several files, each is judged; it is bad input if they are judged differently.\n"
	"\n"
	"A line of TABLE is an operation with its options, `=>`, a verdict (allow, audit, deny) "
	"and,\n"
	"if it matters, the rule's id:  connect tcp 10.1.2.3:1972 --by cache => allow ecp\n"
	"\n"
	"Exit status: 0 allowed, or all cases as expected; 1 denied, or some are not; 2 bad input.";

void operation_option(struct operation *operation, int id, const char *value)
{
	switch (id) {
	case OPERATION_BY:
		operation->by = value;
		break;
	case OPERATION_SCRIPT:
		operation->script = value;
		break;
	case OPERATION_USER:
		operation->user = value;
		break;
	case OPERATION_INSTANCE:
		operation->instance = value;
		break;
	case OPERATION_OUTSIDE:
		operation->outside = true;
		break;
	}
}

bool operation_word(struct operation *operation, const char *word)
{
	if (operation->count == OPERATION_WORDS_MAX)
		return false;
	operation->words[operation->count++] = word;
	return true;
}

size_t operation_paths(const struct operation *operation, const char *ret[OPERATION_PATHS_MAX])
{
	size_t count = 0;

	if (operation->count == 2 && strcmp(operation->words[0], "exec") == 0)
		ret[count++] = operation->words[1];
	if (operation->by && strchr(operation->by, '/'))
		ret[count++] = operation->by;
	if (operation->script)
		ret[count++] = operation->script;
	return count;
}

static void text_option(struct buffer *buffer, const char *name, const char *value)
{
	if (value)
		buffer_printf(buffer, " --%s %s", name, value);
}

void operation_text(const struct operation *operation, struct buffer *buffer)
{
	for (size_t i = 0; i < operation->count; i++)
		buffer_printf(buffer, "%s%s", i ? " " : "", operation->words[i]);
	text_option(buffer, "by", operation->by);
	text_option(buffer, "script", operation->script);
	text_option(buffer, "user", operation->user);
	text_option(buffer, "instance", operation->instance);
	if (operation->outside)
		buffer_add_string(buffer, " --outside");
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The sub-commands of `policy`, and `policy check`. */
#include "cli/policy.h"

#include <stdio.h>
#include <string.h>

#include "cli/explain.h"
#include "event/escape.h"
#include "policy/words.h"
#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/vocabulary.h"

/* ------------------------------------------------------------------ policy check */

const struct cli_usage cli_policy_check_usage = {
	.name = "policy check",
	.operands = "FILE…",
	.summary = "Say what is wrong with policy files, without putting them in force.",
	.shared = CLI_OUTPUT,
	.notes =
		"FILE is a policy or a directory of *.yaml; several are checked as they would be "
		"in "
		"force, together.\nExit status: 0 no mistakes (there may be warnings), 2 mistakes.",
};

static const char *const severity_words[] = {
	[SEVERITY_NOTE] = "note",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_ERROR] = "error",
};
_Static_assert(ARRAY_SIZE(severity_words) == SEVERITY_MAX, "a word for each severity");

static void json_text(struct buffer *buffer, const char *name, const char *text)
{
	buffer_printf(buffer, ",\"%s\":", name);
	if (text)
		escape_json(buffer, text, strlen(text));
	else
		buffer_add_string(buffer, "null");
}

static void json_place(struct buffer *buffer, const struct location *where)
{
	json_text(buffer, "file", where->file);
	buffer_printf(buffer, ",\"line\":%u,\"column\":%u", where->line, where->column);
}

/* One object a line, as events are. */
static void json_diagnostic(const struct diagnostic *diagnostic)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	buffer_printf(&buffer, "{\"severity\":\"%s\"", severity_words[diagnostic->severity]);
	json_place(&buffer, &diagnostic->where);
	json_text(&buffer, "message", diagnostic->message);
	json_text(&buffer, "hint", diagnostic->hint);
	buffer_add_string(&buffer, ",\"related\":");
	if (diagnostic->related.file) {
		buffer_add_string(&buffer, "{\"message\":");
		escape_json(&buffer, diagnostic->related_message ? diagnostic->related_message : "",
			    diagnostic->related_message ? strlen(diagnostic->related_message) : 0);
		json_place(&buffer, &diagnostic->related);
		buffer_add_char(&buffer, '}');
	} else {
		buffer_add_string(&buffer, "null");
	}
	buffer_add_char(&buffer, '}');
	if (!buffer_failed(&buffer))
		puts(buffer.data);
}

static void check_summary(const struct loaded *loaded)
{
	for (size_t p = 0; p < loaded->set.count; p++) {
		const struct policy *policy = loaded->set.policies[p];

		printf("%s: %s: mode %s, rules:", policy->file, policy->instance.value,
		       vocabulary_word(&words_mode, policy->mode));
		for (size_t k = 0; k < CW_RULE_CLASSES; k++)
			printf(" %zu %s%s", policy->classes[k].count,
			       vocabulary_word(&words_class, k),
			       k + 1 < CW_RULE_CLASSES ? "," : "\n");
	}
	printf("%zu %s, %zu %s\n", loaded->diagnostics.errors,
	       loaded->diagnostics.errors == 1 ? "error" : "errors", loaded->diagnostics.warnings,
	       loaded->diagnostics.warnings == 1 ? "warning" : "warnings");
}

static void warn_of_nothing(struct loaded *loaded, const char *path)
{
	struct location where = { .file = path };

	diagnostic_hint(diagnostics_add(&loaded->diagnostics, SEVERITY_WARNING, &where,
					"it holds no policy"),
			"of a directory, the files named *.yaml are read");
}

int cli_policy_check(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_policy_check_usage, .argc = argc, .argv = argv };
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	struct load_options options = { 0 };
	int r;

	while ((r = cli_parse(&parser)) > 0)
		continue;
	if (r == CLI_LEAVE)
		return parser.status;
	if (parser.operand == argc)
		return cli_bad_usage(parser.usage, "no file given");
	r = policy_load(&loaded, (const char *const *)argv + parser.operand,
			(size_t)(argc - parser.operand), &options);
	if (!r && !loaded.list.count)
		warn_of_nothing(&loaded, argv[parser.operand]);
	if (parser.common.json) {
		for (size_t i = 0; i < loaded.diagnostics.count; i++)
			json_diagnostic(&loaded.diagnostics.items[i]);
	} else {
		policy_print_diagnostics(&loaded.diagnostics, SEVERITY_NOTE);
		check_summary(&loaded);
	}
	return !r ? CLI_YES : r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
}

/* ------------------------------------------------------------------ the sub-commands */

static const struct policy_command {
	const char *name;
	const struct cli_usage *usage;
	int (*run)(int argc, char **argv);
} policy_commands[] = {
	{ "generate", &cli_policy_generate_usage, cli_policy_generate },
	{ "check", &cli_policy_check_usage, cli_policy_check },
	{ "learn", &cli_policy_learn_usage, cli_policy_learn },
	{ "replay", &cli_policy_replay_usage, cli_policy_replay },
	{ "show", &cli_policy_show_usage, cli_policy_show },
	{ "test", &cli_policy_test_usage, cli_policy_test },
};

static void policy_help(FILE *to)
{
	fputs("cachewarden policy COMMAND …\n\n", to);
	for (size_t i = 0; i < ARRAY_SIZE(policy_commands); i++)
		fprintf(to, "  %-8s %s\n", policy_commands[i].name,
			policy_commands[i].usage->summary);
	fputs("\ncachewarden policy COMMAND --help tells more.\n", to);
}

static int policy_unknown(const char *given)
{
	const char *words[ARRAY_SIZE(policy_commands)];
	struct vocabulary known = { words, ARRAY_SIZE(words) };
	const char *nearest;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = policy_commands[i].name;
	nearest = vocabulary_nearest(&known, given);
	log_err(0, "policy: no such command: %s", given);
	if (nearest)
		log_hint("did you mean `policy %s`?", nearest);
	else
		log_hint("cachewarden policy --help");
	return CLI_BAD_USAGE;
}

int cli_policy(int argc, char **argv)
{
	if (argc < 2) {
		policy_help(stderr);
		return CLI_BAD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		policy_help(stdout);
		return CLI_YES;
	}
	for (size_t i = 0; i < ARRAY_SIZE(policy_commands); i++)
		if (strcmp(argv[1], policy_commands[i].name) == 0)
			return policy_commands[i].run(argc - 1, argv + 1);
	/* Another name of `explain`, which tells of events and not of files: it is not listed twice. */
	if (strcmp(argv[1], "explain") == 0)
		return cli_explain(argc - 1, argv + 1);
	return policy_unknown(argv[1]);
}

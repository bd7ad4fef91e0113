/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy generate: an instance's own configuration becomes its policy.
 *
 * What is made goes through the daemon's own reader and compiler before anybody sees it. What these
 * warn of (a rule that another one covers, a host without an address, a file that is gone meanwhile)
 * becomes a comment with their words, until nothing is warned of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy.h"
#include "cli/policy_generate.h"
#include "policy/merge.h"
#include "util/cleanup.h"
#include "util/log.h"

enum {
	OPTION_ALL = 1,
	OPTION_INSTANCE,
	OPTION_ROOT,
	OPTION_CPF,
	OPTION_FROM,
	OPTION_QLIST,
	OPTION_CSP_INI,
	OPTION_AGENT_DIRECTORY,
	OPTION_AGENT_CONF,
	OPTION_SNMPD_CONF,
	OPTION_RESOLV_CONF,
	OPTION_OUTPUT,
	OPTION_FORCE,
	OPTION_MERGE,
	OPTION_DIFF,
};

static const struct cli_option generate_options[] = {
	{ "instance", 'i', "NAME", "of the instance of that name; with --root or --cpf: its name",
	  OPTION_INSTANCE },
	{ "root", 'r', "DIR", "of the instance that is installed there", OPTION_ROOT },
	{ "cpf", 'c', "FILE",
	  "read that configuration; without --root, of the instance that it tells of", OPTION_CPF },
	{ "all", 'a', NULL, "of every instance that is found; --output names a directory",
	  OPTION_ALL },
	{ "from", 0, "RUNNING",
	  "also tell what a running process (its pid), or `all` of the instance, shows",
	  OPTION_FROM },
	{ "qlist", 0, "FILE", "output of `ccontrol qlist` or `iris qlist`", OPTION_QLIST },
	{ "csp-ini", 0, "FILE", "the web gateway's; default csp/bin/CSP.ini", OPTION_CSP_INI },
	{ "agent-dir", 0, "DIR",
	  "where ISCAgent is; default $CACHESYS or $IRISSYS, else in /usr/local/etc",
	  OPTION_AGENT_DIRECTORY },
	{ "agent-conf", 0, "FILE",
	  "ISCAgent's; default /etc/iscagent/iscagent.conf, else beside the agent",
	  OPTION_AGENT_CONF },
	{ "snmpd-conf", 0, "FILE", "snmpd's; default /etc/snmp/snmpd.conf", OPTION_SNMPD_CONF },
	{ "resolv-conf", 0, "FILE", "with the name servers; default /etc/resolv.conf",
	  OPTION_RESOLV_CONF },
	{ "output", 'o', "FILE", "write it there instead of to standard output", OPTION_OUTPUT },
	{ "merge", 'm', NULL,
	  "keep what you changed in the file of --output (or --diff) since it was generated",
	  OPTION_MERGE },
	{ "force", 0, NULL, "replace the file of --output if it is there, with all that is in it",
	  OPTION_FORCE },
	{ "diff", 'd', "EXISTING", "show what it would change in that policy, rule by rule",
	  OPTION_DIFF },
	{ NULL },
};

const struct cli_usage cli_policy_generate_usage = {
	.name = "policy generate",
	.operands = "",
	.summary = "Make a policy of an instance's own configuration.",
	.options = generate_options,
	.notes = "Without --instance, --root and --cpf: of the only instance that is found on this "
		 "host.\nExit status with --diff: 0 no rule differs, 1 some do.",
};

/* ------------------------------------------------------------------ checking */

/* The id of the rule that a diagnostic speaks of as the other one. */
static const char *related_name(const struct draft *draft, const struct diagnostic *diagnostic)
{
	const struct draft_entry *entry = diagnostic->related.line
						  ? draft_at(draft, diagnostic->related.line)
						  : NULL;

	return entry ? entry->name : NULL;
}

/* How many entries became comments. */
static size_t doubt_all(struct draft *draft, const struct diagnostics *diagnostics)
{
	size_t doubted = 0;

	for (size_t i = 0; i < diagnostics->count; i++) {
		const struct diagnostic *diagnostic = &diagnostics->items[i];
		struct draft_entry *entry = draft_at(draft, diagnostic->where.line);
		const char *other;

		if (diagnostic->severity < SEVERITY_WARNING || !entry)
			continue;
		other = related_name(draft, diagnostic);
		if (other)
			draft_doubt(entry, "`%s` above covers it", other);
		else
			draft_doubt(entry, "%s", diagnostic->message);
		doubted++;
	}
	return doubted;
}

/* Prints until the check has nothing to say. 0, or an exit status, reported. */
static int check_until_good(struct draft *draft, struct buffer *text)
{
	for (;;) {
		_cleanup_(loaded_release) struct loaded loaded = { 0 };
		int r;

		buffer_clear(text);
		draft_print(draft, text);
		if (draft->failed || buffer_failed(text))
			return log_err(-ENOMEM, "make a policy"), CLI_CANNOT;
		r = policy_load_text(&loaded, "generated policy", text->data, text->length, NULL);
		if (r && r != -EINVAL)
			return log_err(r, "check the policy"), CLI_CANNOT;
		if (!loaded.diagnostics.errors && !loaded.diagnostics.warnings) {
			merge_mark(text);
			return buffer_failed(text) ? (log_err(-ENOMEM, "make a policy"), CLI_CANNOT)
						   : 0;
		}
		if (!doubt_all(draft, &loaded.diagnostics)) {
			policy_print_diagnostics(&loaded.diagnostics, SEVERITY_WARNING);
			log_err(0,
				"what was made is no policy without warnings: nothing is written");
			return CLI_CANNOT;
		}
		draft_settle(draft);
	}
}

/* ------------------------------------------------------------------ the command */

/* 0 and the checked text, or an exit status, reported. */
static int make_text(const struct generate_sources *sources, struct draft **ret_draft,
		     struct buffer *text)
{
	const struct generate_input input = {
		.instance = sources->instance,
		.csp = sources->csp,
		.agent = sources->agent,
		.snmpd = sources->snmpd,
		.agent_directory = sources->agent_directory,
		.instances = sources->registry,
		.name_servers = &sources->name_servers,
		.running = &sources->running,
		.local = sources->network.local,
		.local_count = sources->network.local_count,
		.foreign = sources->foreign,
	};
	_cleanup_free_ char *message = NULL;
	const char *hint = NULL;
	int r = generate(&input, ret_draft, &message, &hint);

	if (!r)
		return check_until_good(*ret_draft, text);
	log_err(message ? 0 : r, "%s", message ? message : "make a policy");
	if (hint)
		log_hint("%s", hint);
	return r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
}

static int make_one(const struct generate_options *options, struct generate_sources *sources,
		    struct instance *instance)
{
	_cleanup_draft_ struct draft *draft = NULL;
	_cleanup_buffer_ struct buffer text = { 0 };
	_cleanup_free_ char *path = NULL;
	int r = generate_look(options, sources, instance);

	if (!r)
		r = make_text(sources, &draft, &text);
	if (r)
		return r;
	if (!options->all)
		return generate_put(options, options->output, draft, &text);
	if (asprintf(&path, "%s/%s.yaml", options->output, draft->instance) < 0)
		path = NULL;
	return path ? generate_put(options, path, draft, &text)
		    : (log_err(-ENOMEM, "make a policy"), CLI_CANNOT);
}

static int make(const struct generate_options *options)
{
	_cleanup_(generate_sources_release) struct generate_sources sources = { 0 };
	int r = generate_find(options, &sources);
	size_t made = 0;

	if (!r && !options->all)
		r = make_one(options, &sources, sources.instance);
	for (size_t i = 0; !r && options->all && i < sources.registry->count; i++)
		made += make_one(options, &sources, sources.registry->instances[i]) == CLI_YES;
	policy_print_diagnostics(&sources.diagnostics, SEVERITY_WARNING);
	if (r || !options->all)
		return r;
	if (!sources.registry->count)
		log_err(0, "no instance is found on this host");
	return made && made == sources.registry->count ? CLI_YES : CLI_CANNOT;
}

/* What contradicts itself; NULL: nothing. */
static const char *check_options(const struct generate_options *options)
{
	if (options->output && options->existing)
		return "--diff writes no file: leave --output out";
	if (options->merge && options->force)
		return "--merge keeps what --force replaces: one of them";
	if (options->merge && !options->output && !options->existing)
		return "--merge needs --output, the file that it is merged into";
	if (!options->all)
		return NULL;
	if (options->instance || options->root || options->cpf || options->existing)
		return "--all goes without --instance, --root, --cpf and --diff";
	return options->output ? NULL : "--all needs --output, a directory";
}

static bool take_more(const char *list[GENERATE_LIST_MAX], size_t *count, const char *value)
{
	if (*count < GENERATE_LIST_MAX)
		list[(*count)++] = value;
	return *count < GENERATE_LIST_MAX;
}

int cli_policy_generate(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_policy_generate_usage,
				     .argc = argc,
				     .argv = argv };
	struct generate_options options = { 0 };
	const char **const texts[] = {
		[OPTION_INSTANCE] = &options.instance,
		[OPTION_ROOT] = &options.root,
		[OPTION_CPF] = &options.cpf,
		[OPTION_CSP_INI] = &options.csp_ini,
		[OPTION_AGENT_DIRECTORY] = &options.agent_directory,
		[OPTION_AGENT_CONF] = &options.agent_conf,
		[OPTION_SNMPD_CONF] = &options.snmpd_conf,
		[OPTION_RESOLV_CONF] = &options.resolv_conf,
		[OPTION_OUTPUT] = &options.output,
		[OPTION_DIFF] = &options.existing,
	};
	const char *wrong;
	bool room = true;
	int id;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == OPTION_FORCE)
			options.force = true;
		else if (id == OPTION_MERGE)
			options.merge = true;
		else if (id == OPTION_ALL)
			options.all = true;
		else if (id == OPTION_FROM)
			room = take_more(options.from, &options.from_count, parser.value) && room;
		else if (id == OPTION_QLIST)
			room = take_more(options.qlist, &options.qlist_count, parser.value) && room;
		else
			*texts[id] = parser.value;
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(parser.usage, "it takes no operand: %s", argv[parser.operand]);
	if (!room)
		return cli_bad_usage(parser.usage, "more than %d of one option",
				     GENERATE_LIST_MAX - 1);
	wrong = check_options(&options);
	if (wrong)
		return cli_bad_usage(parser.usage, "%s", wrong);
	return make(&options);
}

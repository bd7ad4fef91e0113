/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy generate: an instance's own configuration becomes its policy.
 *
 * What is made goes through the daemon's own reader and compiler before anybody sees it. What these
 * warn of (a rule that another one covers, a host without an address, a file that is gone meanwhile)
 * becomes a comment with their words, until nothing is warned of.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/policy.h"
#include "cli/policy_generate.h"
#include "event/difference.h"
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
	{ "force", 0, NULL, "replace the file of --output if it is there", OPTION_FORCE },
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
		if (!loaded.diagnostics.errors && !loaded.diagnostics.warnings)
			return 0;
		if (!doubt_all(draft, &loaded.diagnostics)) {
			policy_print_diagnostics(&loaded.diagnostics, SEVERITY_WARNING);
			log_err(0,
				"what was made is no policy without warnings: nothing is written");
			return CLI_CANNOT;
		}
		draft_settle(draft);
	}
}

/* ------------------------------------------------------------------ output */

static int write_all(int fd, const struct buffer *text)
{
	for (size_t done = 0; done < text->length;) {
		ssize_t more = write(fd, text->data + done, text->length - done);

		if (more < 0 && errno != EINTR)
			return -errno;
		done += more > 0 ? (size_t)more : 0;
	}
	return 0;
}

/* Whole or not at all: a daemon may be reading that folder. */
static int write_file(const char *path, bool replace, const struct buffer *text)
{
	_cleanup_free_ char *temporary = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0644) ? -errno : write_all(fd, text);
	if (!r && fsync(fd))
		r = -errno;
	if (!r && renameat2(AT_FDCWD, temporary, AT_FDCWD, path, replace ? 0 : RENAME_NOREPLACE))
		r = -errno;
	if (r)
		unlink(temporary);
	return r;
}

static int put_out(const struct generate_options *options, const char *path,
		   const struct buffer *text)
{
	int r;

	if (!path) {
		if (fwrite(text->data, 1, text->length, stdout) != text->length || fflush(stdout))
			return log_err(-errno, "standard output"), CLI_CANNOT;
		return CLI_YES;
	}
	r = write_file(path, options->force, text);
	if (r == -EEXIST) {
		log_err(0, "%s is there already", path);
		log_hint("--diff %s shows what would change; --force replaces it", path);
		return CLI_BAD_USAGE;
	}
	if (r)
		return log_err(r, "write %s", path), CLI_CANNOT;
	return CLI_YES;
}

static int show_difference(const struct generate_options *options, const struct buffer *text)
{
	_cleanup_(diagnostics_release) struct diagnostics diagnostics = { 0 };
	_cleanup_(policy_list_release) struct policy_list existing = { 0 };
	_cleanup_buffer_ struct buffer shown = { 0 };
	struct policy *policy = NULL;
	size_t count = 0;
	int r = policy_list_read(&existing, options->existing, &diagnostics);

	if (!r && existing.count != 1) {
		log_err(0, "%s holds %zu policies, and one is compared with", options->existing,
			existing.count);
		return CLI_BAD_USAGE;
	}
	if (!r)
		r = policy_read("generated policy", text->data, text->length, &diagnostics,
				&policy);
	if (r) {
		policy_print_diagnostics(&diagnostics, SEVERITY_ERROR);
		return r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
	}
	count = policy_difference(existing.items[0], policy, &shown);
	policy_free(policy);
	if (buffer_failed(&shown))
		return log_err(-ENOMEM, "compare the policies"), CLI_CANNOT;
	if (shown.length)
		fputs(shown.data, stdout);
	return count ? CLI_NO : CLI_YES;
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
	if (options->existing)
		return show_difference(options, &text);
	if (!options->all)
		return put_out(options, options->output, &text);
	if (asprintf(&path, "%s/%s.yaml", options->output, draft->instance) < 0)
		path = NULL;
	return path ? put_out(options, path, &text)
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

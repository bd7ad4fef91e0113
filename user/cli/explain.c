/* SPDX-License-Identifier: GPL-2.0-only */
/* explain: events from the recording by their number, or from standard input, one after the other. */
#include "cli/explain.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "event/parse.h"
#include "recording/reader.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/number.h"

const struct cli_usage cli_explain_usage = {
	.name = "explain",
	.operands = "[NUMBER…]",
	.summary =
		"Explain events: which rule, which ones nearly, and the line that would allow it.",
	.shared = CLI_OUTPUT | CLI_LOG_DIR | CLI_POLICY,
	.notes =
		"NUMBER is an event's `seq` in the daemon's recording. Without one: events as "
		"`tail "
		"-o json` prints\nthem, from standard input. Files are described as they are now.\n"
		"Exit status: 0 explained, 2 no such event.",
};

struct explain {
	const struct cli_common *common;
	size_t number; /* of the line of standard input, 0: an event of the recording */
	struct event_parsed parsed;
	struct buffer out;
};

/* ------------------------------------------------------------------ one event */

static void explanation_release(struct explanation *explanation)
{
	answer_release(&explanation->now);
	operation_error_release(&explanation->asked_error);
	learning_release(&explanation->learning);
	buffer_release(&explanation->setting.value);
}

static size_t policy_of(const struct loaded *loaded, const char *instance)
{
	size_t p = 0;

	while (p < loaded->set.count &&
	       (!instance || strcmp(loaded->set.policies[p]->instance.value, instance) != 0))
		p++;
	return p;
}

static int explanation_ask(struct explanation *explanation, const struct seen_set *set)
{
	const struct learning_options options = { 0 };
	const struct loaded *loaded = explanation->loaded;
	_cleanup_operation_error_ struct operation_error error = { 0 };
	_cleanup_judged_ struct judged judged = { 0 };
	struct cw_decision decision;
	int r;

	explanation->seen = &set->items[0];
	if (answer_operation(&explanation->seen->told.operation, loaded, &explanation->now,
			     &explanation->asked_error))
		return 0;
	explanation->asked = true;
	explanation->policy = policy_of(loaded, explanation->event->instance);
	if (explanation->policy == loaded->set.count ||
	    seen_judge(explanation->seen, loaded, &judged, &error))
		return 0;
	decision = judged.decision;
	if (seen_reach(explanation->seen->reason)) {
		explanation->now.decision = decision;
		explanation->now.rule = catalogue_find(loaded->catalogue, decision.instance,
						       decision.rule_class, decision.reason,
						       decision.rule);
	} else if (decision.verdict == CW_VERDICT_DENY) {
		explanation->nearest_count =
			nearest_rules(&loaded->image, loaded->set.policies[explanation->policy],
				      &judged.request, explanation->nearest, EXPLAIN_NEAREST_MAX);
	}
	r = learning_run(set, loaded, explanation->policy, &options, &explanation->learning);
	/* What was tampered with, or could not be told, no setting answers for either. */
	if (!r && decision.verdict == CW_VERDICT_DENY &&
	    (decision.reason == CW_REASON_GUARD ||
	     (nearest_class(&judged.request) < 0 &&
	      (decision.reason == CW_REASON_NO_RULE ||
	       decision.reason == CW_REASON_UNTRUSTED_LIBRARY))))
		r = explanation_find_setting(explanation, set);
	return r;
}

bool explanation_line(const struct explanation *explanation, struct buffer *ret,
		      const char **ret_why)
{
	const struct learning *learning = &explanation->learning;
	char id[POLICY_NAME_MAX];

	*ret_why = explanation->unclear;
	if (learning->count)
		*ret_why = learning->items[0].left;
	if (!learning->learnt.count || *ret_why)
		return false;
	snprintf(id, sizeof(id), LEARN_ID "%zu",
		 append_next_id(explanation->loaded->set.policies[explanation->policy],
				learning->learnt.rules[0].class));
	append_rule(ret, &learning->learnt.rules[0], id);
	return true;
}

/* The event says where its policy was. That file is not read unasked: whoever wrote the event named it. */
static void explain_hint(const struct event *event, const struct loaded *loaded)
{
	const struct catalogue_rule *origin = event->origin ? event->origin : event->rule;

	if (!loaded->list.count && origin && origin->file)
		log_hint("the event was judged by %s: --policy names it", origin->file);
}

static int explain_seen(struct explain *explain, const struct seen_set *set)
{
	struct load_options options = { 0 };
	_cleanup_free_ const char **paths = seen_paths(set, &options.assumed_count);
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	struct explanation explanation = { .event = &explain->parsed.event,
					   .loaded = &loaded,
					   .unclear = set->unclear_why };
	int r;

	options.assumed = paths;
	r = policy_load(&loaded, &explain->common->policy, 1, &options);
	if (r) {
		r = policy_load_failed(&loaded, r);
		explain_hint(&explain->parsed.event, &loaded);
		return r;
	}
	explanation.policy = loaded.set.count;
	r = set->count ? explanation_ask(&explanation, set) : 0;
	if (!r)
		(explain->common->json ? explanation_json : explanation_text)(&explanation,
									      &explain->out);
	explanation_release(&explanation);
	return r ? CLI_CANNOT : CLI_YES;
}

/* A deviation told as such is learnt from only where it was one: the verdict recorded is kept for the
 * text, the one asked about is deny, so that what was allowed once is explained alike. */
static int explain_line(struct explain *explain, const char *line, size_t length)
{
	_cleanup_seen_ struct seen_set set = { 0 };
	int r = event_parse(line, length, &explain->parsed);

	if (r == -EBADMSG) {
		if (explain->number)
			log_err(0, "standard input:%zu: not an event as `tail -o json` prints it",
				explain->number);
		else
			log_err(0, "the recording has no event in its place");
		return CLI_BAD_USAGE;
	}
	if (!r)
		r = seen_add(&set, &explain->parsed.event);
	if (r)
		return log_err(r, "explain"), CLI_CANNOT;
	if (set.count)
		set.items[0].verdict = CW_VERDICT_DENY;
	return explain_seen(explain, &set);
}

/* ------------------------------------------------------------------ where events come from */

static int explain_input(struct explain *explain)
{
	_cleanup_free_ char *line = malloc(SEGMENT_LINE_MAX);
	size_t length = 0;
	int character, status = CLI_YES;

	if (!line)
		return log_err(-ENOMEM, "explain"), CLI_CANNOT;
	if (isatty(STDIN_FILENO))
		log_hint("events are read from this terminal, as `tail -o json` prints them; "
			 "`cachewarden explain NUMBER` is of a recorded one");
	do {
		character = getc_unlocked(stdin);
		if (character != EOF && character != '\n') {
			if (length == SEGMENT_LINE_MAX)
				return log_err(0, "standard input:%zu: too long for an event",
					       explain->number + 1),
				       CLI_BAD_USAGE;
			line[length++] = (char)character;
			continue;
		}
		explain->number++;
		if (length)
			status = explain_line(explain, line, length);
		length = 0;
	} while (character != EOF && status == CLI_YES);
	return status;
}

static int explain_number(struct explain *explain, const char *number)
{
	struct reader_query query = { .since = INT64_MIN, .until = INT64_MAX };
	_cleanup_reader_ struct reader *reader = NULL;
	const char *log_dir = explain->common->log_dir;
	struct reader_line line;
	int r = number_parse(number, 1, UINT64_MAX - 1, &query.first);

	if (r)
		return cli_bad_usage(&cli_explain_usage, "'%s' is not the number of an event",
				     number);
	query.last = query.first;
	r = reader_new(log_dir, &query, &reader);
	while (!r && (r = reader_next(reader, &line)) > 0) {
		if (line.kind == READER_EVENT)
			return explain_line(explain, line.text, line.length);
		r = 0;
	}
	if (r) {
		log_err(r, "read %s", log_dir);
		if (r == -ENOENT)
			log_hint("the daemon records below its --log-dir; give the same here");
		if (r == -EACCES)
			log_hint("recordings are root's");
		return CLI_CANNOT;
	}
	log_err(0, "event %s is not in the recording below %s", number, log_dir);
	return CLI_BAD_USAGE;
}

int cli_explain(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_explain_usage, .argc = argc, .argv = argv };
	struct explain explain = { .common = &parser.common };
	int r = CLI_YES;

	while ((r = cli_parse(&parser)) > 0)
		continue;
	if (r == CLI_LEAVE)
		return parser.status;
	r = parser.operand == argc ? explain_input(&explain) : CLI_YES;
	for (int i = parser.operand; r == CLI_YES && i < argc; i++)
		r = explain_number(&explain, argv[i]);
	if (buffer_failed(&explain.out))
		r = (log_err(-ENOMEM, "print the explanation"), CLI_CANNOT);
	else if (explain.out.length)
		fputs(explain.out.data, stdout);
	buffer_release(&explain.out);
	event_parsed_release(&explain.parsed);
	return r;
}

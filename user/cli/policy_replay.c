/* SPDX-License-Identifier: GPL-2.0-only */
/* policy replay: what the operations that were recorded would have met under another policy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/learning.h"
#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

enum { REPLAY_SINCE = 1, REPLAY_INSTANCE, REPLAY_ALL };

static const struct cli_option replay_options[] = {
	{ "since", 's', "TIME", "what was recorded since then: 2h, yesterday, 2026-02-28T06:30",
	  REPLAY_SINCE },
	{ "instance", 'i', "NAME", "operations of this instance alone", REPLAY_INSTANCE },
	{ "all", 0, NULL, "list what is as before, too", REPLAY_ALL },
	{ NULL },
};

const struct cli_usage cli_policy_replay_usage = {
	.name = "policy replay",
	.operands = "POLICY [EVENTS…]",
	.summary = "Say what recorded operations would have met under another policy.",
	.options = replay_options,
	.shared = CLI_OUTPUT | CLI_LOG_DIR,
	.notes = "POLICY is a file or a directory of *.yaml. EVENTS are files of what `tail -o "
		 "json` "
		 "prints, `-` is\nstandard input. Without them: the daemon's recording, if --since "
		 "is "
		 "given, else standard input.\n"
		 "Exit status: 0 nothing is newly denied, 1 something is, 2 bad input.",
};

enum replayed {
	REPLAYED_DENIED,
	REPLAYED_ALLOWED,
	REPLAYED_STILL_DENIED,
	REPLAYED_STILL_ALLOWED,
	REPLAYED_UNKNOWN,
	REPLAYED_MAX,
};

static const char *const replayed_words[] = {
	[REPLAYED_DENIED] = "newly-denied",	  [REPLAYED_ALLOWED] = "newly-allowed",
	[REPLAYED_STILL_DENIED] = "still-denied", [REPLAYED_STILL_ALLOWED] = "still-allowed",
	[REPLAYED_UNKNOWN] = "cannot-tell",
};
_Static_assert(ARRAY_SIZE(replayed_words) == REPLAYED_MAX, "a word for each outcome");

struct replay {
	const struct loaded *loaded;
	bool json, all;
	uint64_t operations[REPLAYED_MAX], events[REPLAYED_MAX];
	struct buffer out;
};

struct outcome {
	enum replayed replayed;
	struct cw_decision decision;
	const struct catalogue_rule *rule;
	struct buffer note; /* or why it cannot be told */
};

static enum replayed compare(uint8_t before, uint8_t now)
{
	bool denied = before == CW_VERDICT_DENY;

	if (now == CW_VERDICT_DENY)
		return denied ? REPLAYED_STILL_DENIED : REPLAYED_DENIED;
	return denied ? REPLAYED_ALLOWED : REPLAYED_STILL_ALLOWED;
}

static void judge(const struct replay *replay, const struct seen *seen, struct outcome *ret)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	const struct loaded *loaded = replay->loaded;
	struct judged judged = { 0 };

	*ret = (struct outcome){ .replayed = REPLAYED_UNKNOWN };
	if (seen_judge(seen, loaded, &judged, &error)) {
		judged_release(&judged);
		buffer_add_string(&ret->note,
				  error.message.data ? error.message.data : "it cannot be judged");
		return;
	}
	ret->decision = judged.decision;
	ret->note = judged.note;
	ret->replayed = compare(seen->verdict, ret->decision.verdict);
	ret->rule = catalogue_find(loaded->catalogue, ret->decision.instance,
				   ret->decision.rule_class, ret->decision.reason,
				   ret->decision.rule);
}

/* ------------------------------------------------------------------ output */

static void text_outcome(struct replay *replay, const struct seen *seen,
			 const struct outcome *outcome)
{
	const struct catalogue_rule *rule = outcome->rule;
	struct buffer *out = &replay->out;

	buffer_printf(out, "%-13s ", replayed_words[outcome->replayed]);
	escape_text(out, seen->text, strlen(seen->text));
	buffer_printf(out, " x %llu", (unsigned long long)seen->evidence.count);
	if (rule && outcome->decision.reason == CW_REASON_RULE) {
		buffer_add_string(out, ": rule ");
		escape_text(out, rule->id, strlen(rule->id));
	}
	if (rule && rule->file && *rule->file && outcome->decision.instance != CW_INSTANCE_NONE) {
		buffer_add_string(out, ", ");
		escape_text(out, rule->file, strlen(rule->file));
		if (rule->line)
			buffer_printf(out, ":%u", rule->line);
	}
	if (outcome->note.length) {
		buffer_add_string(out, " (");
		escape_text(out, outcome->note.data, outcome->note.length);
		buffer_add_char(out, ')');
	}
	buffer_add_char(out, '\n');
}

static void json_member(struct buffer *out, const char *name, const char *text)
{
	buffer_printf(out, ",\"%s\":", name);
	if (text)
		escape_json(out, text, strlen(text));
	else
		buffer_add_string(out, "null");
}

static void json_outcome(struct replay *replay, const struct seen *seen,
			 const struct outcome *outcome)
{
	bool judged = outcome->replayed != REPLAYED_UNKNOWN;
	bool by_rule = judged && outcome->decision.reason == CW_REASON_RULE && outcome->rule;
	char first[EVENT_TIME_MAX], last[EVENT_TIME_MAX];
	struct buffer *out = &replay->out;

	event_time(seen->evidence.first, first);
	event_time(seen->evidence.last, last);
	buffer_printf(out, "{\"kind\":\"%s\"", replayed_words[outcome->replayed]);
	json_member(out, "operation", seen->text);
	json_member(out, "before", vocabulary_word(&words_verdict, seen->verdict));
	json_member(out, "now",
		    judged ? vocabulary_word(&words_verdict, outcome->decision.verdict) : NULL);
	json_member(out, "reason",
		    judged ? vocabulary_word(&words_reason, outcome->decision.reason) : NULL);
	json_member(out, "rule", by_rule ? outcome->rule->id : NULL);
	json_member(out, "note", outcome->note.length ? outcome->note.data : NULL);
	json_member(out, "first", first);
	json_member(out, "last", last);
	buffer_printf(out, ",\"count\":%llu}\n", (unsigned long long)seen->evidence.count);
}

static void summary(struct replay *replay, const struct seen_set *set)
{
	struct buffer *out = &replay->out;

	if (replay->json)
		buffer_add_string(out, "{\"kind\":\"summary\"");
	for (int i = 0; i < REPLAYED_MAX; i++)
		buffer_printf(out, replay->json ? ",\"%s\":%llu" : "%s: %llu (%llu %s)\n",
			      replayed_words[i], (unsigned long long)replay->operations[i],
			      (unsigned long long)replay->events[i],
			      replay->events[i] == 1 ? "event" : "events");
	if (replay->json)
		buffer_printf(out, ",\"lost\":%llu,\"unreadable\":%llu,\"unclear\":%llu}\n",
			      (unsigned long long)set->lost, (unsigned long long)set->unreadable,
			      (unsigned long long)set->unclear);
	else if (set->lost + set->unreadable + set->unclear)
		buffer_printf(
			out,
			"incomplete: %llu events were lost, %llu lines are unreadable, %llu do "
			"not say what was done\n",
			(unsigned long long)set->lost, (unsigned long long)set->unreadable,
			(unsigned long long)set->unclear);
}

/* ------------------------------------------------------------------ the command */

static int replay_all(struct replay *replay, const struct seen_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct seen *seen = &set->items[i];
		struct outcome outcome;

		judge(replay, seen, &outcome);
		replay->operations[outcome.replayed]++;
		replay->events[outcome.replayed] += seen->evidence.count;
		if (replay->all || outcome.replayed < REPLAYED_STILL_DENIED ||
		    outcome.replayed == REPLAYED_UNKNOWN)
			(replay->json ? json_outcome : text_outcome)(replay, seen, &outcome);
		buffer_release(&outcome.note);
	}
	summary(replay, set);
	if (buffer_failed(&replay->out))
		return log_err(-ENOMEM, "print what was judged"), CLI_CANNOT;
	fputs(replay->out.data, stdout);
	return replay->operations[REPLAYED_DENIED] ? CLI_NO : CLI_YES;
}

static int replay_policy(struct replay replay, const char *policy, const struct seen_set *set)
{
	struct load_options options = { 0 };
	_cleanup_free_ const char **paths = seen_paths(set, &options.assumed_count);
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	int r;

	options.assumed = paths;
	r = policy_load(&loaded, &policy, 1, &options);
	if (r)
		return policy_load_failed(&loaded, r);
	replay.loaded = &loaded;
	r = replay_all(&replay, set);
	buffer_release(&replay.out);
	return r;
}

int cli_policy_replay(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_policy_replay_usage,
				     .argc = argc,
				     .argv = argv };
	_cleanup_seen_ struct seen_set set = { 0 };
	struct seen_source source = { 0 };
	struct replay replay = { 0 };
	int id, r;

	while ((id = cli_parse(&parser)) > 0) {
		if (id == REPLAY_SINCE)
			source.since = parser.value;
		else if (id == REPLAY_INSTANCE)
			source.instance = parser.value;
		else
			replay.all = true;
	}
	if (id == CLI_LEAVE)
		return parser.status;
	if (parser.operand == argc)
		return cli_bad_usage(parser.usage, "no policy given");
	replay.json = parser.common.json;
	source.log_dir = parser.common.log_dir;
	source.files = argv + parser.operand + 1;
	source.count = argc - parser.operand - 1;
	r = seen_read(&set, &source);
	if (r == -EINVAL)
		return cli_bad_usage(parser.usage, "'%s' is not a time", source.since);
	r = r ? CLI_CANNOT : replay_policy(replay, argv[parser.operand], &set);
	return r;
}

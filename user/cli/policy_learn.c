/* SPDX-License-Identifier: GPL-2.0-only */
/* policy learn: recorded deviations as the smallest set of rules that allows them, with the evidence. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/learning.h"
#include "cli/write_file.h"
#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

enum { LEARN_SINCE = 1, LEARN_INSTANCE, LEARN_APPLY, LEARN_ANY_USER, LEARN_EPHEMERAL };

static const struct cli_option learn_options[] = {
	{ "since", 's', "TIME", "what was recorded since then: 2h, yesterday, 2026-02-28T06:30",
	  LEARN_SINCE },
	{ "instance", 'i', "NAME", "learn for this instance alone", LEARN_INSTANCE },
	{ "apply", 'a', "COPY", "write a copy of the policy with the rules in it", LEARN_APPLY },
	{ "any-user", 0, NULL, "rules do not say which user acts", LEARN_ANY_USER },
	{ "ephemeral", 0, NULL,
	  "peers' ports in the range that the kernel chooses from become `ephemeral`",
	  LEARN_EPHEMERAL },
	{ NULL },
};

const struct cli_usage cli_policy_learn_usage = {
	.name = "policy learn",
	.operands = "[EVENTS…]",
	.summary = "Make recorded deviations into the smallest set of rules that allows them.",
	.options = learn_options,
	.shared = CLI_OUTPUT | CLI_LOG_DIR | CLI_POLICY,
	.notes = "EVENTS are files of what `tail -o json` prints, `-` is standard input. Without "
		 "them: the "
		 "daemon's\nrecording, if --since is given, else standard input.\n"
		 "What no rule can allow, or only one that says `any`, is listed and left to you.\n"
		 "Exit status: 0 done; 1 done, but events are missing or something was left; 2 bad "
		 "input.",
};

struct learn_command {
	struct learning_options options;
	struct seen_source source;
	const char *policy, *apply;
	bool json;
	size_t rules, left; /* of all policies */
	struct buffer out;
};

/* ------------------------------------------------------------------ text */

static void text_left(struct learn_command *command, const struct learning *learning)
{
	for (size_t i = 0; i < learning->count; i++) {
		const struct learning_item *item = &learning->items[i];

		if (!item->left)
			continue;
		buffer_add_string(&command->out, "# left: ");
		escape_text(&command->out, item->seen->text, strlen(item->seen->text));
		buffer_add_string(&command->out, " (");
		append_evidence(&command->out, &item->seen->evidence);
		buffer_add_string(&command->out, "): ");
		escape_text(&command->out, item->left, strlen(item->left));
		buffer_add_char(&command->out, '\n');
	}
}

static void text_rules(struct learn_command *command, const struct policy *policy,
		       const struct learning *learning)
{
	size_t number = 0;
	int class = -1;

	buffer_add_string(&command->out, "# ");
	escape_text(&command->out, policy->instance.value, strlen(policy->instance.value));
	buffer_add_string(&command->out, ", ");
	escape_text(&command->out, policy->file, strlen(policy->file));
	buffer_add_char(&command->out, '\n');
	for (size_t i = 0; i < learning->learnt.count; i++) {
		const struct learn_rule *rule = &learning->learnt.rules[i];
		char id[POLICY_NAME_MAX];

		if (rule->class != class) {
			class = rule->class;
			number = append_next_id(policy, rule->class);
			buffer_printf(&command->out, "%s:\n", vocabulary_word(&words_class, class));
		}
		snprintf(id, sizeof(id), LEARN_ID "%zu", number++);
		buffer_add_string(&command->out, "  # ");
		append_evidence(&command->out, &rule->evidence);
		buffer_add_string(&command->out, "\n  - ");
		append_rule(&command->out, rule, id);
		buffer_add_char(&command->out, '\n');
	}
	text_left(command, learning);
}

/* ------------------------------------------------------------------ JSON */

static void json_string(struct buffer *buffer, const char *name, const char *text)
{
	buffer_printf(buffer, ",\"%s\":", name);
	if (text)
		escape_json(buffer, text, strlen(text));
	else
		buffer_add_string(buffer, "null");
}

static void json_list(struct buffer *buffer, const char *name, const char *const *texts,
		      size_t count)
{
	buffer_printf(buffer, ",\"%s\":[", name);
	for (size_t i = 0; i < count && *texts[i]; i++) {
		buffer_add_string(buffer, i ? "," : "");
		escape_json(buffer, texts[i], strlen(texts[i]));
	}
	buffer_add_char(buffer, ']');
}

static void json_time(struct buffer *buffer, const char *name, int64_t time)
{
	char text[EVENT_TIME_MAX];

	event_time(time, text);
	json_string(buffer, name, text);
}

static void json_evidence(struct buffer *buffer, const struct learn_evidence *evidence)
{
	buffer_printf(buffer, ",\"count\":%llu", (unsigned long long)evidence->count);
	json_time(buffer, "first", evidence->first);
	json_time(buffer, "last", evidence->last);
	buffer_add_string(buffer, ",\"pids\":[");
	for (uint32_t i = 0; i < evidence->pid_count; i++)
		buffer_printf(buffer, "%s%u", i ? "," : "", evidence->pids[i]);
	buffer_printf(buffer, "],\"more_pids\":%s", evidence->more_pids ? "true" : "false");
	json_string(buffer, "comm", evidence->comm);
	buffer_add_string(buffer, "}\n");
}

static void json_rules(struct learn_command *command, const struct policy *policy,
		       const struct learning *learning)
{
	struct buffer *out = &command->out;

	for (size_t i = 0; i < learning->learnt.count; i++) {
		const struct learn_rule *rule = &learning->learnt.rules[i];

		buffer_add_string(out, "{\"kind\":\"rule\"");
		json_string(out, "instance", policy->instance.value);
		json_string(out, "class", vocabulary_word(&words_class, rule->class));
		json_list(out, "allow", rule->text[LEARN_WHAT], rule->count[LEARN_WHAT]);
		json_string(out, "by", rule->by);
		json_list(out, "address", rule->text[LEARN_ADDRESS], rule->count[LEARN_ADDRESS]);
		json_list(out, "user", rule->text[LEARN_USER], rule->count[LEARN_USER]);
		json_evidence(out, &rule->evidence);
	}
	for (size_t i = 0; i < learning->count; i++) {
		const struct learning_item *item = &learning->items[i];

		if (!item->left)
			continue;
		buffer_add_string(out, "{\"kind\":\"left\"");
		json_string(out, "instance", policy->instance.value);
		json_string(out, "operation", item->seen->text);
		json_string(out, "why", item->left);
		json_evidence(out, &item->seen->evidence);
	}
}

/* ------------------------------------------------------------------ the command */

/* Events that are missing make every "all of them" a lie. */
static uint64_t missing(const struct seen_set *set)
{
	return set->lost + set->unreadable + set->unclear;
}

static void learn_summary(struct learn_command *command, const struct seen_set *set)
{
	struct buffer *out = &command->out;

	if (command->json) {
		buffer_printf(out,
			      "{\"kind\":\"summary\",\"complete\":%s,\"events\":%llu,\"rules\":%zu,"
			      "\"left\":%zu,\"lost\":%llu,\"unreadable\":%llu,\"unclear\":%llu}\n",
			      missing(set) ? "false" : "true", (unsigned long long)set->events,
			      command->rules, command->left, (unsigned long long)set->lost,
			      (unsigned long long)set->unreadable,
			      (unsigned long long)set->unclear);
		return;
	}
	buffer_printf(out, "# %llu %s, %zu %s, %zu left\n", (unsigned long long)set->events,
		      set->events == 1 ? "event" : "events", command->rules,
		      command->rules == 1 ? "rule" : "rules", command->left);
	if (missing(set))
		buffer_printf(
			out,
			"# incomplete: %llu events were lost, %llu lines are unreadable, %llu "
			"do not say what was done\n",
			(unsigned long long)set->lost, (unsigned long long)set->unreadable,
			(unsigned long long)set->unclear);
}

static int learn_write(const struct learn_command *command, const struct learning *learning)
{
	int r;

	if (learning->warning)
		return log_err(-ENOTSUP, "%s", learning->warning);
	r = cli_write_file(command->apply, false, &learning->text);
	if (r)
		log_err(r, "%s", command->apply);
	if (r == -EEXIST)
		log_hint("a copy is written only where nothing stands yet: give --apply another "
			 "name");
	return r;
}

static int learn_policy(struct learn_command *command, const struct seen_set *set,
			const struct loaded *loaded, size_t p)
{
	_cleanup_learning_ struct learning learning = { 0 };
	int r = learning_run(set, loaded, p, &command->options, &learning);

	if (r)
		return r;
	if (learning.warning)
		log_warning(0, "%s: %s", loaded->set.policies[p]->file, learning.warning);
	if (learning.count)
		(command->json ? json_rules : text_rules)(command, loaded->set.policies[p],
							  &learning);
	command->rules += learning.learnt.count;
	for (size_t i = 0; i < learning.count; i++)
		command->left += learning.items[i].left != NULL;
	return command->apply ? learn_write(command, &learning) : 0;
}

static bool policy_wanted(const struct learn_command *command, const struct policy *policy)
{
	const char *instance = command->source.instance;

	return !instance || strcmp(policy->instance.value, instance) == 0;
}

static int learn_all(struct learn_command *command, const struct seen_set *set)
{
	struct load_options options = { 0 };
	_cleanup_free_ const char **paths = seen_paths(set, &options.assumed_count);
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	size_t wanted = 0;
	int r;

	options.assumed = paths;
	r = policy_load(&loaded, &command->policy, 1, &options);
	if (r) {
		r = policy_load_failed(&loaded, r);
		if (!loaded.list.count)
			log_hint("--policy names what the daemon runs with");
		return r;
	}
	for (size_t p = 0; p < loaded.set.count; p++)
		wanted += policy_wanted(command, loaded.set.policies[p]);
	if (!wanted)
		return cli_bad_usage(&cli_policy_learn_usage, "no policy of %s in %s",
				     command->source.instance ? command->source.instance : "any",
				     command->policy);
	if (command->apply && wanted > 1)
		return cli_bad_usage(&cli_policy_learn_usage,
				     "--apply writes one file, and there are %zu policies: "
				     "--instance says whose",
				     wanted);
	for (size_t p = 0; p < loaded.set.count; p++)
		if (policy_wanted(command, loaded.set.policies[p]) &&
		    learn_policy(command, set, &loaded, p))
			return CLI_CANNOT;
	learn_summary(command, set);
	if (buffer_failed(&command->out))
		return log_err(-ENOMEM, "print the rules"), CLI_CANNOT;
	fputs(command->out.data, stdout);
	return missing(set) || command->left ? CLI_NO : CLI_YES;
}

static void learn_option(struct learn_command *command, int id, const char *value)
{
	switch (id) {
	case LEARN_SINCE:
		command->source.since = value;
		break;
	case LEARN_INSTANCE:
		command->source.instance = value;
		break;
	case LEARN_APPLY:
		command->apply = value;
		break;
	case LEARN_ANY_USER:
		command->options.any_user = true;
		break;
	default:
		command->options.ephemeral = true;
	}
}

int cli_policy_learn(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_policy_learn_usage, .argc = argc, .argv = argv };
	_cleanup_seen_ struct seen_set set = { 0 };
	struct learn_command command = { 0 };
	int id, r;

	while ((id = cli_parse(&parser)) > 0)
		learn_option(&command, id, parser.value);
	if (id == CLI_LEAVE)
		return parser.status;
	command.policy = parser.common.policy;
	command.json = parser.common.json;
	command.source.log_dir = parser.common.log_dir;
	command.source.files = argv + parser.operand;
	command.source.count = argc - parser.operand;
	r = seen_read(&set, &command.source);
	if (r == -EINVAL)
		return cli_bad_usage(parser.usage, "'%s' is not a time", command.source.since);
	r = r ? CLI_CANNOT : learn_all(&command, &set);
	buffer_release(&command.out);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/learning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/words.h"
#include "util/cleanup.h"
#include "util/log.h"

#define ROUNDS_MAX 8 /* each leaves something out; the first usually leaves nothing */

void learning_release(struct learning *learning)
{
	for (size_t i = 0; i < learning->count; i++) {
		free(learning->items[i].left);
		for (size_t j = 0; j < ARRAY_SIZE(learning->items[i].owned); j++)
			free(learning->items[i].owned[j]);
	}
	free(learning->items);
	learnt_release(&learning->learnt);
	buffer_release(&learning->text);
	free(learning->warning);
	*learning = (struct learning){ 0 };
}

int seen_judge(const struct seen *seen, const struct loaded *loaded, struct judged *ret,
	       struct operation_error *reterr)
{
	int r = operation_judge(&seen->told.operation, loaded, seen_reach(seen->reason), ret,
				reterr);

	if (!r && ret->decision.reason == CW_REASON_OUTSIDE)
		ret->decision.reason = seen->reason;
	return r;
}

/* ------------------------------------------------------------------ what is to be learnt */

/* Whose policy would have to change. */
static bool concerns(const struct seen *seen, const struct loaded *loaded, size_t policy,
		     const struct cw_decision *decision)
{
	const char *instance = seen->told.operation.instance;

	if (instance)
		return strcmp(instance, loaded->set.policies[policy]->instance.value) == 0;
	return decision->instance == policy + 1;
}

static int take_seen(struct learning *learning, const struct seen *seen,
		     const struct loaded *loaded, size_t policy,
		     const struct learning_options *options)
{
	_cleanup_operation_error_ struct operation_error error = { 0 };
	_cleanup_judged_ struct judged judged = { 0 };
	struct learning_item *item = &learning->items[learning->count];

	*item = (struct learning_item){ .seen = seen };
	if (seen_judge(seen, loaded, &judged, &error)) {
		const char *instance = seen->told.operation.instance;

		if (!instance ||
		    strcmp(instance, loaded->set.policies[policy]->instance.value) != 0)
			return 0;
		item->left = strdup(error.message.data ? error.message.data
						       : "it cannot be judged");
		learning->count++;
		return item->left ? 0 : -ENOMEM;
	}
	item->request = judged.request;
	item->decision = judged.decision;
	if (item->decision.verdict != CW_VERDICT_DENY ||
	    !concerns(seen, loaded, policy, &item->decision))
		return 0;
	learning->count++;
	return learning_words(loaded, policy, options, item);
}

/* ------------------------------------------------------------------ a round */

static int make_rules(struct learning *learning)
{
	_cleanup_free_ struct learn_seen *words = calloc(learning->count + 1, sizeof(*words));
	size_t count = 0;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < learning->count; i++)
		if (!learning->items[i].left)
			words[count++] = learning->items[i].words;
	learnt_release(&learning->learnt);
	return learn(words, count, &learning->learnt);
}

/* The file's text as it was read. */
static int write_rules(struct learning *learning, const struct loaded *loaded, size_t policy)
{
	const struct diagnostics_file *source = policy_source(loaded, loaded->set.policies[policy]);
	uint8_t class = 0;
	int r;

	buffer_clear(&learning->text);
	r = source && source->text
		    ? append_rules(loaded->set.policies[policy], source->text, source->length,
				   &learning->learnt, &learning->text, &class)
		    : -ENOTSUP;
	if (r != -ENOTSUP)
		return r;
	buffer_release(&learning->text);
	if (asprintf(&learning->warning,
		     "the rules of `%s` are not a line each: nothing can be added there, and the "
		     "new "
		     "ones have not been tried",
		     vocabulary_word(&words_class, class)) < 0)
		learning->warning = NULL;
	return learning->warning ? 0 : -ENOMEM;
}

/* Ask the new policy. *ret_left: items that it denies all the same and are now left out. */
static int try_rules(struct learning *learning, const struct loaded *trial, size_t *ret_left)
{
	for (size_t i = 0; i < learning->count; i++) {
		struct learning_item *item = &learning->items[i];
		_cleanup_operation_error_ struct operation_error error = { 0 };
		_cleanup_judged_ struct judged judged = { 0 };
		int r;

		if (item->left)
			continue;
		r = seen_judge(item->seen, trial, &judged, &error);
		if (!r && judged.decision.verdict != CW_VERDICT_DENY)
			continue;
		item->left = strdup(r && error.message.data ? error.message.data
				    : judged.note.length    ? judged.note.data
							    : "a rule for it is not enough");
		if (!item->left)
			return -ENOMEM;
		++*ret_left;
	}
	return 0;
}

/* 0: the rules do; 1: some were left out, make new ones; negative: logged. */
static int learning_round(const struct seen_set *set, struct learning *learning,
			  const struct loaded *loaded, size_t policy)
{
	_cleanup_(loaded_release) struct loaded trial = { 0 };
	struct load_options options = { 0 };
	_cleanup_free_ const char **paths = seen_paths(set, &options.assumed_count);
	size_t left = 0;
	int r = paths ? make_rules(learning) : -ENOMEM;

	if (!r)
		r = write_rules(learning, loaded, policy);
	if (r)
		return log_err(r, "learn");
	if (!learning->text.length)
		return 0;
	options.assumed = paths;
	r = policy_load_text(&trial, loaded->set.policies[policy]->file, learning->text.data,
			     learning->text.length, &options);
	if (r) {
		policy_load_failed(&trial, r);
		return log_err(-EPROTO, "the rules that were learnt are no policy");
	}
	r = try_rules(learning, &trial, &left);
	return r ? log_err(r, "learn") : left > 0;
}

int learning_run(const struct seen_set *set, const struct loaded *loaded, size_t policy,
		 const struct learning_options *options, struct learning *ret)
{
	int r = 0;

	*ret = (struct learning){ .items = calloc(set->count + 1, sizeof(*ret->items)) };
	if (!ret->items)
		return log_err(-ENOMEM, "learn");
	for (size_t i = 0; !r && i < set->count; i++)
		if (set->items[i].verdict == CW_VERDICT_DENY)
			r = take_seen(ret, &set->items[i], loaded, policy, options);
	if (r)
		return log_err(r, "learn");
	r = 1;
	for (int round = 0; r > 0 && round < ROUNDS_MAX; round++)
		r = learning_round(set, ret, loaded, policy);
	return r > 0 ? log_err(-ELOOP, "learn") : r;
}

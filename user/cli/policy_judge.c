/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An operation, put to decide(). Whoever names a glob or a host means all of its files or addresses: there is one
 * answer if it is the same for each, and else a mistake in the question, told with one of each kind.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cli/policy_ask.h"
#include "policy/words.h"

void operation_error_release(struct operation_error *error)
{
	buffer_release(&error->message);
	buffer_release(&error->hint);
}

void judged_release(struct judged *judged)
{
	buffer_release(&judged->note);
}

struct judging {
	const struct operation *operation;
	const struct loaded *loaded;
	struct cw_pages pages;
	struct question question;
};

/* ------------------------------------------------------------------ one of each */

static size_t actor_count(const struct judging *judging)
{
	return judging->question.actors ? judging->question.actors->file_count : 1;
}

static size_t peer_count(const struct judging *judging)
{
	return judging->question.peers ? judging->question.peers->address_count : 1;
}

static const struct file_fact *actor_file(const struct judging *judging, size_t actor)
{
	return &judging->loaded->facts.files[judging->question.actors->files[actor]];
}

/* What is refused counts before what is reported, and what is refused in earnest before that. */
static bool harder(struct cw_decision a, struct cw_decision b)
{
	if (a.verdict != b.verdict)
		return a.verdict > b.verdict;
	return a.verdict == CW_VERDICT_DENY && a.mode == CW_MODE_ENFORCE &&
	       b.mode != CW_MODE_ENFORCE;
}

/* ret_by: the interpreter whose decision it is, NULL: of what is named. */
static struct cw_decision judge_request(const struct judging *judging, struct cw_request request,
					const struct judged_interpreter **ret_by)
{
	struct cw_decision decision = cw_decide(&judging->pages, &request);

	*ret_by = NULL;
	for (size_t i = 0; i < judging->question.interpreter_count; i++) {
		const struct judged_interpreter *interpreter = &judging->question.interpreters[i];
		struct cw_decision other;

		request.target = interpreter->target;
		request.target_state = interpreter->target_state;
		other = cw_decide(&judging->pages, &request);
		if (!harder(other, decision))
			continue;
		decision = other;
		*ret_by = interpreter;
	}
	return decision;
}

static struct cw_decision judge_one(const struct judging *judging, size_t actor, size_t peer)
{
	const struct judged_interpreter *by;
	const struct question *question = &judging->question;
	struct cw_request request = question->request;

	if (question->actors)
		request.executable = ask_actor_number(actor_file(judging, actor));
	if (question->peers)
		ask_use_address(&request, &question->peers->addresses[peer], false);
	return judge_request(judging, request, &by);
}

static bool decisions_same(struct cw_decision a, struct cw_decision b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* ------------------------------------------------------------------ judged differently */

#define KINDS_MAX 4 /* that a hint names */

static void hint_decision(const struct judging *judging, struct cw_decision decision,
			  struct buffer *hint)
{
	const struct catalogue_rule *rule = catalogue_find(judging->loaded->catalogue,
							   decision.instance, decision.rule_class,
							   decision.reason, decision.rule);

	buffer_printf(hint, " (%s", vocabulary_word(&words_verdict, decision.verdict));
	if (decision.reason == CW_REASON_RULE && rule)
		buffer_printf(hint, " by rule %s", rule->id);
	buffer_add_char(hint, ')');
}

static void hint_name(const struct judging *judging, bool actors, size_t which, struct buffer *hint)
{
	const struct resolved_address *address;
	char text[INET6_ADDRSTRLEN] = "";

	if (actors) {
		buffer_printf(hint, "--by %s", actor_file(judging, which)->path);
		return;
	}
	address = &judging->question.peers->addresses[which];
	inet_ntop(address->family, address->bytes, text, sizeof(text));
	buffer_add_string(hint, text);
}

/* The first of each kind: files, judged with that address, or addresses, judged with the first file. */
static void hint_kinds(const struct judging *judging, bool actors, size_t peer, struct buffer *hint)
{
	size_t count = actors ? actor_count(judging) : peer_count(judging), kinds = 0;
	struct cw_decision told[KINDS_MAX];

	buffer_add_string(hint, "ask for one of each: ");
	for (size_t i = 0; i < count && kinds < KINDS_MAX; i++) {
		struct cw_decision decision = actors ? judge_one(judging, i, peer)
						     : judge_one(judging, 0, i);
		size_t k = 0;

		while (k < kinds && !decisions_same(told[k], decision))
			k++;
		if (k < kinds)
			continue;
		if (kinds)
			buffer_add_string(hint, ", ");
		told[kinds++] = decision;
		hint_name(judging, actors, i, hint);
		hint_decision(judging, decision, hint);
	}
}

static int judged_differently(const struct judging *judging, bool actors, size_t peer,
			      struct operation_error *reterr)
{
	const struct operation *operation = judging->operation;

	if (actors) {
		reterr->word = operation->by;
		buffer_printf(&reterr->message,
			      "`%s` is %zu files, and they are judged differently", operation->by,
			      actor_count(judging));
	} else {
		reterr->word = operation->words[operation->count - 1];
		buffer_printf(&reterr->message,
			      "`%s` has %zu addresses, and they are judged differently",
			      judging->question.peers->name, peer_count(judging));
	}
	hint_kinds(judging, actors, peer, &reterr->hint);
	return -EINVAL;
}

/* Every file as the first one is, with each address; then every address as the first one. */
static int judge_each(const struct judging *judging, struct operation_error *reterr)
{
	struct cw_decision first = judge_one(judging, 0, 0);

	for (size_t peer = 0; peer < peer_count(judging); peer++) {
		struct cw_decision there = judge_one(judging, 0, peer);

		for (size_t actor = 1; actor < actor_count(judging); actor++)
			if (!decisions_same(judge_one(judging, actor, peer), there))
				return judged_differently(judging, true, peer, reterr);
	}
	for (size_t peer = 1; peer < peer_count(judging); peer++)
		if (!decisions_same(judge_one(judging, 0, peer), first))
			return judged_differently(judging, false, 0, reterr);
	return 0;
}

/* ------------------------------------------------------------------ the whole */

static void note_each(const struct judging *judging, struct buffer *note)
{
	if (judging->question.actors)
		buffer_printf(note, "`%s` is %zu files, which are judged alike; ",
			      judging->operation->by, actor_count(judging));
	if (judging->question.peers) {
		buffer_printf(note, "`%s` is ", judging->question.peers->name);
		hint_name(judging, false, 0, note);
		if (peer_count(judging) > 1)
			buffer_printf(note, " and %zu more, which are judged alike",
				      peer_count(judging) - 1);
		buffer_add_string(note, "; ");
	}
	if (note->length >= 2 && !buffer_failed(note))
		note->data[note->length -= 2] = '\0'; /* the last "; " */
}

int operation_judge(const struct operation *operation, const struct loaded *loaded, bool abroad,
		    struct judged *ret, struct operation_error *reterr)
{
	struct judging judging = { .operation = operation,
				   .loaded = loaded,
				   .pages = image_pages(&loaded->image) };
	const struct judged_interpreter *by;
	struct question *question = &judging.question;
	int r = operation_ask(operation, loaded, question, &ret->note, reterr);

	if (!r && abroad) {
		question->request.target_state = CW_FILE_STATE_ABROAD;
		question_release(question); /* nothing is executed */
	}
	if (!r)
		r = judge_each(&judging, reterr);
	if (!r) {
		ret->request = question->request;
		ret->decision = judge_request(&judging, question->request, &by);
		if (by)
			buffer_printf(&ret->note, "%s; ", by->why.data ? by->why.data : "");
		note_each(&judging, &ret->note);
	}
	question_release(question);
	return r;
}

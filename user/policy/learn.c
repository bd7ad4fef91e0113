/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/learn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/cleanup.h"

void learnt_release(struct learnt *learnt)
{
	for (size_t i = 0; i < learnt->count; i++)
		for (int d = 0; d < LEARN_DIMENSIONS; d++)
			free(learnt->rules[i].text[d]);
	free(learnt->rules);
	*learnt = (struct learnt){ 0 };
}

/* ------------------------------------------------------------------ order */

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_texts(const struct learn_rule *a, const struct learn_rule *b, int d)
{
	if (a->count[d] != b->count[d])
		return a->count[d] < b->count[d] ? -1 : 1;
	for (size_t i = 0; i < a->count[d]; i++) {
		int difference = strcmp(a->text[d][i], b->text[d][i]);

		if (difference)
			return difference;
	}
	return 0;
}

/* The groups first; then all dimensions but `last`, and that one. */
static int compare_rules(const void *x, const void *y, void *last)
{
	const struct learn_rule *a = x, *b = y;
	int skipped = *(const int *)last, difference = (int)a->class - (int)b->class;

	if (!difference)
		difference = compare_text(a->by, b->by);
	for (int d = 0; !difference && d < LEARN_DIMENSIONS; d++)
		if (d != skipped)
			difference = compare_texts(a, b, d);
	if (!difference && skipped < LEARN_DIMENSIONS)
		difference = compare_texts(a, b, skipped);
	return difference;
}

/* May the two be one, whose set in this dimension is the union of theirs? */
static bool joinable(const struct learn_rule *a, const struct learn_rule *b, int dimension)
{
	if (a->class != b->class || compare_text(a->by, b->by) != 0)
		return false;
	for (int d = 0; d < LEARN_DIMENSIONS; d++)
		if (d != dimension && compare_texts(a, b, d) != 0)
			return false;
	return true;
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* For people: in the order in which things were first seen. */
static int compare_first(const void *x, const void *y)
{
	const struct learn_rule *a = x, *b = y;
	int difference = (int)a->class - (int)b->class;

	if (!difference)
		difference = compare_text(a->by, b->by);
	if (!difference)
		difference = (a->evidence.first > b->evidence.first) -
			     (a->evidence.first < b->evidence.first);
	return difference ? difference : compare_texts(a, b, LEARN_WHAT);
}

/* ------------------------------------------------------------------ joining */

void learn_evidence_pid(struct learn_evidence *evidence, uint32_t pid)
{
	for (uint32_t i = 0; i < evidence->pid_count; i++)
		if (evidence->pids[i] == pid)
			return;
	if (evidence->pid_count < LEARN_PIDS_MAX)
		evidence->pids[evidence->pid_count++] = pid;
	else
		evidence->more_pids = true;
}

static void join_evidence(struct learn_evidence *to, const struct learn_evidence *from)
{
	to->count += from->count;
	for (uint32_t i = 0; i < from->pid_count; i++)
		learn_evidence_pid(to, from->pids[i]);
	to->more_pids |= from->more_pids;
	if (from->last > to->last)
		to->last = from->last;
	if (from->first >= to->first)
		return;
	to->first = from->first;
	to->comm = from->comm;
}

/* Sorted and without what is twice there: cells that were seen twice, boxes that overlap. */
static void sort_texts(struct learn_rule *rule, int d)
{
	size_t used = 0;

	qsort(rule->text[d], rule->count[d], sizeof(*rule->text[d]), compare_strings);
	for (size_t i = 0; i < rule->count[d]; i++)
		if (!used || strcmp(rule->text[d][used - 1], rule->text[d][i]) != 0)
			rule->text[d][used++] = rule->text[d][i];
	rule->count[d] = used;
}

/* A run of joinable rules becomes its first one. */
static int join_run(struct learn_rule *rules, size_t count, int d)
{
	size_t texts = 0, at = 0;
	const char **text;

	for (size_t i = 0; i < count; i++)
		texts += rules[i].count[d];
	text = calloc(texts + 1, sizeof(*text));
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		memcpy(text + at, rules[i].text[d], rules[i].count[d] * sizeof(*text));
		at += rules[i].count[d];
		if (i)
			join_evidence(&rules[0].evidence, &rules[i].evidence);
		for (int other = 0; i && other < LEARN_DIMENSIONS; other++) {
			free(rules[i].text[other]);
			rules[i].text[other] = NULL;
		}
	}
	free(rules[0].text[d]);
	rules[0].text[d] = text;
	rules[0].count[d] = texts;
	sort_texts(&rules[0], d);
	return 0;
}

static int join_dimension(struct learnt *learnt, int d)
{
	size_t used = 0;
	int r = 0;

	if (!learnt->count)
		return 0;
	qsort_r(learnt->rules, learnt->count, sizeof(*learnt->rules), compare_rules, &d);
	for (size_t i = 0, run; i < learnt->count; i += run) {
		run = 1;
		while (i + run < learnt->count &&
		       joinable(&learnt->rules[i], &learnt->rules[i + run], d))
			run++;
		if (!r && run > 1)
			r = join_run(&learnt->rules[i], run, d);
		if (r) /* nothing is lost that learnt_release() would miss */
			break;
		learnt->rules[used] = learnt->rules[i];
		if (used++ != i)
			memset(learnt->rules[i].text, 0, sizeof(learnt->rules[i].text));
	}
	if (!r)
		learnt->count = used;
	return r;
}

/* ------------------------------------------------------------------ all orders */

static int begin(const struct learn_seen *seen, size_t count, struct learnt *ret)
{
	ret->rules = calloc(count ? count : 1, sizeof(*ret->rules));
	if (!ret->rules)
		return -ENOMEM;
	for (ret->count = 0; ret->count < count; ret->count++) {
		struct learn_rule *rule = &ret->rules[ret->count];
		const struct learn_seen *from = &seen[ret->count];

		rule->class = from->class;
		rule->by = from->by;
		rule->evidence = from->evidence;
		for (int d = 0; d < LEARN_DIMENSIONS; d++) {
			rule->text[d] = malloc(sizeof(*rule->text[d]));
			if (!rule->text[d]) {
				ret->count++;
				return -ENOMEM;
			}
			rule->text[d][0] = from->text[d];
			rule->count[d] = 1;
		}
	}
	return 0;
}

static int learn_in_order(const struct learn_seen *seen, size_t count,
			  const uint8_t order[LEARN_DIMENSIONS], struct learnt *ret)
{
	int r = begin(seen, count, ret);

	for (int i = 0; !r && i < LEARN_DIMENSIONS; i++)
		r = join_dimension(ret, order[i]);
	return r;
}

int learn(const struct learn_seen *seen, size_t count, struct learnt *ret)
{
	static const uint8_t orders[][LEARN_DIMENSIONS] = {
		{ LEARN_WHAT, LEARN_ADDRESS, LEARN_USER },
		{ LEARN_ADDRESS, LEARN_WHAT, LEARN_USER },
		{ LEARN_WHAT, LEARN_USER, LEARN_ADDRESS },
		{ LEARN_USER, LEARN_WHAT, LEARN_ADDRESS },
		{ LEARN_USER, LEARN_ADDRESS, LEARN_WHAT },
		{ LEARN_ADDRESS, LEARN_USER, LEARN_WHAT },
	};
	_cleanup_learnt_ struct learnt best = { 0 };

	if (count > LEARN_SEEN_MAX)
		return -E2BIG;
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		_cleanup_learnt_ struct learnt found = { 0 };
		struct learnt worse;
		int r = learn_in_order(seen, count, orders[i], &found);

		if (r)
			return r;
		if (i && found.count >= best.count)
			continue;
		worse = best;
		best = found;
		found = worse;
	}
	if (best.count)
		qsort(best.rules, best.count, sizeof(*best.rules), compare_first);
	*ret = best;
	best = (struct learnt){ 0 };
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/seen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "policy/words.h"
#include "util/cleanup.h"

static void seen_free(struct seen *seen)
{
	struct operation *operation = &seen->told.operation;

	for (size_t i = 0; i < operation->count; i++)
		free((void *)operation->words[i]);
	free((void *)operation->by);
	free((void *)operation->script);
	free((void *)operation->user);
	free((void *)operation->instance);
	free((void *)seen->evidence.comm);
	free(seen->text);
	free(seen->user);
	free(seen->role);
}

void seen_release(struct seen_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		seen_free(&set->items[i]);
	free(set->items);
	free(set->slots);
	*set = (struct seen_set){ 0 };
}

/* ------------------------------------------------------------------ one operation */

static bool own(const char **text)
{
	if (*text)
		*text = strdup(*text);
	else
		return true;
	return *text;
}

/* Strings of the event become ours; what could not be copied is NULL. */
static bool seen_own(struct seen *seen)
{
	struct operation *operation = &seen->told.operation;
	bool good = own(&operation->by);

	good &= own(&operation->script);
	good &= own(&operation->user);
	good &= own(&operation->instance);
	good &= own(&seen->evidence.comm);
	for (size_t i = 0; i < operation->count; i++)
		good &= own(&operation->words[i]);
	return good;
}

static int seen_make(const struct event *event, const struct told_operation *from, char *text,
		     struct seen *ret)
{
	*ret = (struct seen){
		.told = *from,
		.text = text,
		.verdict = event->record.verdict,
		.reason = event->record.reason,
		.user = strdup(event->user ? event->user : from->user),
		.role = event->role ? strdup(event->role) : NULL,
		.evidence = { .first = event->time, .last = event->time, .comm = event->comm },
	};
	if (!seen_own(ret) || !ret->user || (event->role && !ret->role)) {
		seen_free(ret);
		return -ENOMEM;
	}
	return 0;
}

/* ------------------------------------------------------------------ the set */

/* FNV-1a: keys are ours, of bounded number, and a bad distribution costs time only. */
static uint64_t hash_text(const char *text, uint8_t verdict, uint8_t reach)
{
	uint64_t hash = 0xcbf29ce484222325ull ^ verdict ^ (uint64_t)reach << 8;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return hash;
}

static int grow_slots(struct seen_set *set)
{
	size_t count = set->slot_count ? set->slot_count * 2 : 1024;
	size_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++) {
		size_t at = set->items[i].hash & (count - 1);

		while (slots[at])
			at = (at + 1) & (count - 1);
		slots[at] = i + 1;
	}
	free(set->slots);
	set->slots = slots;
	set->slot_count = count;
	return 0;
}

static int grow_items(struct seen_set *set)
{
	size_t capacity = set->capacity ? set->capacity * 2 : 256;
	struct seen *items;

	if (set->count < set->capacity)
		return 0;
	if (set->count >= LEARN_SEEN_MAX)
		return -E2BIG;
	items = reallocarray(set->items, capacity, sizeof(*items));
	if (!items)
		return -ENOMEM;
	/* The one string of a told operation that points into itself is copied by then. */
	set->items = items;
	set->capacity = capacity;
	return 0;
}

static struct seen *find(const struct seen_set *set, const char *text, uint8_t verdict,
			 uint8_t reach, uint64_t hash)
{
	for (size_t at = hash & (set->slot_count - 1); set->slots[at];
	     at = (at + 1) & (set->slot_count - 1)) {
		struct seen *seen = &set->items[set->slots[at] - 1];

		if (seen->hash == hash && seen->verdict == verdict &&
		    seen_reach(seen->reason) == reach && strcmp(seen->text, text) == 0)
			return seen;
	}
	return NULL;
}

static int insert(struct seen_set *set, const struct event *event,
		  const struct told_operation *from, char *text, uint64_t hash, struct seen **ret)
{
	size_t at = hash & (set->slot_count - 1);
	int r = grow_items(set);

	if (r) {
		free(text);
		return r;
	}
	r = seen_make(event, from, text, &set->items[set->count]);
	if (r)
		return r;
	*ret = &set->items[set->count];
	(*ret)->hash = hash;
	while (set->slots[at])
		at = (at + 1) & (set->slot_count - 1);
	set->slots[at] = ++set->count;
	return 0;
}

static void seen_again(struct seen *seen, const struct event *event)
{
	int64_t first = event->aggregated ? event->first : event->time;
	int64_t last = event->aggregated ? event->last : event->time;

	seen->evidence.count += event->count;
	learn_evidence_pid(&seen->evidence, event->record.pid);
	if (first < seen->evidence.first)
		seen->evidence.first = first;
	if (last > seen->evidence.last)
		seen->evidence.last = last;
}

int seen_add(struct seen_set *set, const struct event *event)
{
	uint8_t verdict = event->record.verdict, reach = seen_reach(event->record.reason);
	_cleanup_buffer_ struct buffer text = { 0 };
	struct told_operation from;
	const char *unclear = told_operation(event, &from);
	struct seen *seen;
	uint64_t hash;
	int r = 0;

	set->events++;
	if (unclear) {
		set->unclear++;
		set->unclear_why = set->unclear_why ? set->unclear_why : unclear;
		return 0;
	}
	if (set->count * 2 >= set->slot_count)
		r = grow_slots(set);
	operation_text(&from.operation, &text);
	if (r || buffer_failed(&text))
		return -ENOMEM;
	hash = hash_text(text.data, verdict, reach);
	seen = find(set, text.data, verdict, reach, hash);
	if (!seen) {
		char *key = buffer_take(&text);

		r = key ? insert(set, event, &from, key, hash, &seen) : -ENOMEM;
	}
	if (!r)
		seen_again(seen, event);
	return r;
}

const char **seen_paths(const struct seen_set *set, size_t *ret_count)
{
	const char **paths = calloc(set->count * OPERATION_PATHS_MAX + 1, sizeof(*paths));

	*ret_count = 0;
	for (size_t i = 0; paths && i < set->count; i++)
		*ret_count += operation_paths(&set->items[i].told.operation, paths + *ret_count);
	return paths;
}

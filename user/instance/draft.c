/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/draft.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/model.h"

static void texts_release(struct draft_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct draft_texts){ 0 };
}

static void entry_free(struct draft_entry *entry)
{
	free(entry->name);
	free(entry->path);
	texts_release(&entry->what);
	texts_release(&entry->by);
	texts_release(&entry->addresses);
	free(entry->why);
	free(entry->doubt);
	free(entry->example);
	free(entry);
}

struct draft *draft_new(void)
{
	return calloc(1, sizeof(struct draft));
}

struct draft *draft_free(struct draft *draft)
{
	if (!draft)
		return NULL;
	for (size_t i = 0; i < draft->count; i++)
		entry_free(draft->entries[i]);
	free(draft->entries);
	free(draft->head);
	free(draft->instance);
	free(draft->root);
	free(draft->owner);
	free(draft->owner_why);
	texts_release(&draft->guard_users);
	free(draft->guard_note);
	free(draft->database);
	free(draft);
	return NULL;
}

/* ------------------------------------------------------------------ texts */

__attribute__((format(printf, 3, 0))) static void place_set(struct draft *draft, char **place,
							    const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0) {
		draft->failed = true;
		return;
	}
	free(*place);
	*place = text;
}

void draft_set(struct draft *draft, char **place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	place_set(draft, place, format, arguments);
	va_end(arguments);
}

static void texts_add(struct draft *draft, struct draft_texts *texts, const char *text)
{
	char **items;

	for (size_t i = 0; i < texts->count; i++)
		if (strcmp(texts->items[i], text) == 0)
			return;
	items = realloc(texts->items, (texts->count + 1) * sizeof(*items));
	if (!items) {
		draft->failed = true;
		return;
	}
	texts->items = items;
	items[texts->count] = strdup(text);
	if (items[texts->count])
		texts->count++;
	else
		draft->failed = true;
}

void draft_guard_user(struct draft *draft, const char *name)
{
	texts_add(draft, &draft->guard_users, name);
}

/* ------------------------------------------------------------------ entries */

static struct draft_entry *entry_new(struct draft *draft, enum draft_part part, const char *name)
{
	struct draft_entry **entries, *entry;

	if (draft->part_count[part] == DRAFT_PART_MAX) {
		draft->left_out[part]++;
		return NULL;
	}
	entries = realloc(draft->entries, (draft->count + 1) * sizeof(struct draft_entry *));
	if (!entries) {
		draft->failed = true;
		return NULL;
	}
	draft->entries = entries;
	entry = calloc(1, sizeof(*entry));
	if (!entry) {
		draft->failed = true;
		return NULL;
	}
	entry->draft = draft;
	entry->part = part;
	entries[draft->count++] = entry;
	draft->part_count[part]++;
	entry->name = strdup(name);
	if (!entry->name)
		draft->failed = true;
	return draft->failed ? NULL : entry;
}

static bool name_taken(const struct draft *draft, enum draft_part part, const char *name)
{
	for (size_t i = 0; i < draft->count; i++)
		if (draft->entries[i]->part == part && draft->entries[i]->name &&
		    strcmp(draft->entries[i]->name, name) == 0)
			return true;
	return false;
}

/* Room for a number behind it, which makes it unique. */
static void name_make(const struct draft *draft, enum draft_part part, const char *base,
		      const char *suffix, char ret[POLICY_NAME_MAX + 1])
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_.-";
	char name[POLICY_NAME_MAX - 7];

	snprintf(name, sizeof(name), suffix && *suffix ? "%s-%s" : "%s", base, suffix);
	for (char *at = name; *at; at++)
		if (!strchr(good, *at))
			*at = '_';
	snprintf(ret, POLICY_NAME_MAX + 1, "%s", name);
	for (unsigned int number = 2; name_taken(draft, part, ret) && number < 100000; number++)
		snprintf(ret, POLICY_NAME_MAX + 1, "%s-%u", name, number);
}

struct draft_entry *draft_executable(struct draft *draft, const char *name, const char *path,
				     bool entry)
{
	char unique[POLICY_NAME_MAX + 1];
	struct draft_entry *made;

	name_make(draft, DRAFT_EXECUTABLES, name, NULL, unique);
	made = entry_new(draft, DRAFT_EXECUTABLES, unique);
	if (!made)
		return NULL;
	made->entry = entry;
	draft_set(draft, &made->path, "%s", path);
	return made;
}

/* Is there an entry of that base? */
static bool base_taken(const struct draft *draft, enum draft_part part, const char *base)
{
	size_t length = strlen(base);

	for (size_t i = 0; i < draft->count; i++)
		if (draft->entries[i]->part == part && draft->entries[i]->name &&
		    strncmp(draft->entries[i]->name, base, length) == 0 &&
		    (!draft->entries[i]->name[length] || draft->entries[i]->name[length] == '-'))
			return true;
	return false;
}

struct draft_entry *draft_rule(struct draft *draft, enum draft_part part, const char *base,
			       const char *suffix)
{
	char unique[POLICY_NAME_MAX + 1];

	if (suffix && draft->part_count[part] >= DRAFT_PART_MAX - DRAFT_PART_RESERVED &&
	    base_taken(draft, part, base)) {
		draft->left_out[part]++;
		return NULL;
	}
	name_make(draft, part, base, suffix, unique);
	return entry_new(draft, part, unique);
}

struct draft_entry *draft_find(const struct draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->count; i++)
		if (draft->entries[i]->part == DRAFT_EXECUTABLES &&
		    strcmp(draft->entries[i]->name, name) == 0)
			return draft->entries[i];
	return NULL;
}

bool draft_has(const struct draft *draft, const char *name)
{
	const struct draft_entry *entry = draft_find(draft, name);

	return entry && !entry->doubt;
}

void draft_what(struct draft_entry *entry, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	if (!entry)
		return;
	va_start(arguments, format);
	place_set(entry->draft, &text, format, arguments);
	va_end(arguments);
	if (text)
		texts_add(entry->draft, &entry->what, text);
}

void draft_by(struct draft_entry *entry, const char *name)
{
	if (entry)
		texts_add(entry->draft, &entry->by, name);
}

void draft_address(struct draft_entry *entry, const char *address)
{
	if (entry)
		texts_add(entry->draft, &entry->addresses, address);
}

void draft_why(struct draft_entry *entry, const char *format, ...)
{
	va_list arguments;

	if (!entry)
		return;
	va_start(arguments, format);
	place_set(entry->draft, &entry->why, format, arguments);
	va_end(arguments);
}

void draft_doubt(struct draft_entry *entry, const char *format, ...)
{
	va_list arguments;

	if (!entry || entry->doubt)
		return;
	va_start(arguments, format);
	place_set(entry->draft, &entry->doubt, format, arguments);
	va_end(arguments);
}

/* ------------------------------------------------------------------ remarks */

struct draft_entry *draft_remark(struct draft *draft, enum service_id service, const char *format,
				 ...)
{
	const struct service *of = &services[service];
	struct draft_entry *entry = entry_new(draft, of->part, of->id);
	_cleanup_free_ char *text = NULL;
	va_list arguments;

	if (!entry)
		return NULL;
	entry->remark_only = true;
	if (format) {
		va_start(arguments, format);
		place_set(draft, &text, format, arguments);
		va_end(arguments);
	}
	draft_doubt(entry, "%s%s%s%s: %s.", of->title, *of->guide ? " (hardening guide " : "",
		    of->guide, *of->guide ? ")" : "", text ? text : of->absent);
	if (*of->example)
		draft_example(entry, of->example);
	return entry;
}

struct draft_entry *draft_note(struct draft *draft, enum draft_part part, const char *name,
			       const char *format, ...)
{
	struct draft_entry *entry = entry_new(draft, part, name);
	va_list arguments;

	if (!entry)
		return NULL;
	entry->remark_only = true;
	va_start(arguments, format);
	place_set(draft, &entry->doubt, format, arguments);
	va_end(arguments);
	return entry;
}

/* DATABASE stands for the name of the database's executable. */
void draft_example(struct draft_entry *entry, const char *lines)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	static const char word[] = "DATABASE";

	if (!entry)
		return;
	while (*lines) {
		const char *found = strstr(lines, word);
		bool whole = found && (found == lines || !strchr("RM", found[-1]));
		size_t length = found ? (size_t)(found - lines) : strlen(lines);

		buffer_add(&text, lines, length);
		lines += length;
		if (!found)
			break;
		buffer_add_string(&text,
				  whole && entry->draft->database ? entry->draft->database : word);
		lines += strlen(word);
	}
	free(entry->example);
	entry->example = buffer_take(&text);
	if (!entry->example)
		entry->draft->failed = true;
}

/* ------------------------------------------------------------------ settling */

/* How many of the executables are in force; *ret_lost is one that is not. */
static size_t texts_standing(const struct draft *draft, const struct draft_texts *texts,
			     const struct draft_entry **ret_lost)
{
	size_t standing = 0;

	for (size_t i = 0; i < texts->count; i++) {
		if (draft_has(draft, texts->items[i]))
			standing++;
		else if (!*ret_lost)
			*ret_lost = draft_find(draft, texts->items[i]);
	}
	return standing;
}

static void texts_settle(const struct draft *draft, struct draft_texts *texts)
{
	size_t left = 0;

	for (size_t i = 0; i < texts->count; i++) {
		if (draft_has(draft, texts->items[i]))
			texts->items[left++] = texts->items[i];
		else
			free(texts->items[i]);
	}
	texts->count = left;
}

static void entry_settle(struct draft_entry *entry)
{
	const struct draft_entry *lost = NULL;
	bool whole = entry->what.count;

	if (entry->remark_only || entry->part == DRAFT_EXECUTABLES || entry->doubt)
		return;
	if (entry->part == DRAFT_EXEC)
		whole = texts_standing(entry->draft, &entry->what, &lost) > 0;
	if (whole && texts_standing(entry->draft, &entry->by, &lost)) {
		if (entry->part == DRAFT_EXEC)
			texts_settle(entry->draft, &entry->what);
		texts_settle(entry->draft, &entry->by);
	} else if (lost && lost->doubt) {
		draft_doubt(entry, "%s", lost->doubt);
	} else {
		draft_doubt(entry, "none of its executables is on this host");
	}
}

void draft_settle(struct draft *draft)
{
	for (size_t i = 0; i < draft->count; i++)
		entry_settle(draft->entries[i]);
}

struct draft_entry *draft_at(const struct draft *draft, unsigned int line)
{
	for (size_t i = 0; i < draft->count; i++)
		if (draft->entries[i]->line == line && !draft->entries[i]->doubt)
			return draft->entries[i];
	return NULL;
}

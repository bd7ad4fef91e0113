/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both policies become lists of things with a name, a text for people, and a meaning: the same as a
 * text in which executables are paths and every list is sorted. What means the same is the same.
 */
#include "event/difference.h"

#include <stdlib.h>
#include <string.h>

#include "event/escape.h"
#include "policy/text.h"
#include "policy/words.h"
#include "util/cleanup.h"

struct thing {
	char *name;
	char *shown;
	char *meaning;
	const struct thing *other; /* what it is in the other policy */
};

struct things {
	const char *title;
	struct thing *items;
	size_t count;
	bool failed;
};

/* Strings on their way to a sorted list. */
struct words {
	char **items;
	size_t count;
	bool failed;
};

static void things_release(struct things *things)
{
	for (size_t i = 0; i < things->count; i++) {
		free(things->items[i].name);
		free(things->items[i].shown);
		free(things->items[i].meaning);
	}
	free(things->items);
}

/* Takes both buffers' texts. */
static void things_add(struct things *things, const char *name, struct buffer *shown,
		       struct buffer *meaning)
{
	struct thing *items = realloc(things->items, (things->count + 1) * sizeof(*items));
	struct thing *thing;

	if (!items) {
		things->failed = true;
		return;
	}
	things->items = items;
	thing = &items[things->count++];
	*thing = (struct thing){ strdup(name), buffer_take(shown), buffer_take(meaning), NULL };
	if (!thing->name || !thing->shown || !thing->meaning)
		things->failed = true;
}

/* ------------------------------------------------------------------ lists of words */

static void words_add(struct words *words, const char *text)
{
	char **items = realloc(words->items, (words->count + 1) * sizeof(*items));

	if (items)
		words->items = items;
	if (items && (items[words->count] = strdup(text)))
		words->count++;
	else
		words->failed = true;
}

static int word_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* ` KEY a, b`; nothing where there are none. The words are gone then. */
static void words_end(struct words *words, const char *key, struct buffer *to)
{
	if (words->count) {
		qsort(words->items, words->count, sizeof(*words->items), word_compare);
		buffer_printf(to, " %s", key);
	}
	for (size_t i = 0; i < words->count; i++) {
		buffer_add_string(to, i ? ", " : " ");
		escape_text(to, words->items[i], strlen(words->items[i]));
		free(words->items[i]);
	}
	to->failed = to->failed || words->failed;
	free(words->items);
	*words = (struct words){ 0 };
}

static void add_executables(struct words *words, const struct policy *policy, const size_t *indexes,
			    size_t count, bool meaning)
{
	for (size_t i = 0; i < count; i++) {
		const struct executable *executable = &policy->executables[indexes[i]];

		words_add(words, meaning || !executable->name.value ? executable->path.value
								    : executable->name.value);
	}
}

static void add_ports(struct words *words, const struct port_range *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_buffer_ struct buffer text = { 0 };

		port_range_text(&ports[i], &text);
		words_add(words, text.data ? text.data : "");
	}
}

static void add_addresses(struct words *words, const struct address *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_buffer_ struct buffer text = { 0 };

		address_text(&addresses[i], &text);
		words_add(words, text.data ? text.data : "");
	}
}

static void add_texts(struct words *words, const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		words_add(words, texts[i].value);
}

/* ------------------------------------------------------------------ things */

static void list_executables(const struct policy *policy, struct things *things)
{
	for (size_t i = 0; i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		struct buffer shown = { 0 }, meaning = { 0 };

		if (!executable->name.value)
			continue; /* of the rule that it stands in */
		escape_text(&shown, executable->path.value, strlen(executable->path.value));
		if (executable->entry)
			buffer_add_string(&shown, " entry");
		if (executable->pinned)
			buffer_add_string(&shown, " sha256 ");
		for (size_t k = 0; executable->pinned && k < sizeof(executable->sha256); k++)
			buffer_printf(&shown, "%02x", executable->sha256[k]);
		if (executable->verity.length)
			buffer_printf(&shown, " verity %s:",
				      vocabulary_word(&words_verity, executable->verity.algorithm));
		for (size_t k = 0; k < executable->verity.length; k++)
			buffer_printf(&shown, "%02x", executable->verity.bytes[k]);
		if (shown.data)
			buffer_add_string(&meaning, shown.data);
		things_add(things, executable->name.value, &shown, &meaning);
	}
}

static void rule_text(const struct policy *policy, enum cw_class class, const struct rule *rule,
		      bool meaning, struct buffer *to)
{
	const char *action = rule->action == CW_ACTION_AUDIT ? "audit" : "allow";
	struct words words = { 0 };

	if (class == CW_CLASS_EXEC)
		add_executables(&words, policy, rule->targets, rule->target_count, meaning);
	else
		add_ports(&words, rule->ports, rule->port_count);
	words_end(&words, action, to);
	add_addresses(&words, rule->addresses, rule->address_count);
	words_end(&words, class == CW_CLASS_BIND ? "at" : "to", to);
	add_executables(&words, policy, rule->by, rule->by_count, meaning);
	words_end(&words, "by", to);
	add_texts(&words, rule->users, rule->user_count);
	words_end(&words, "user", to);
}

static void list_rules(const struct policy *policy, enum cw_class class, struct things *things)
{
	for (size_t i = 0; i < policy->classes[class].count; i++) {
		const struct rule *rule = &policy->classes[class].rules[i];
		struct buffer shown = { 0 }, meaning = { 0 };

		rule_text(policy, class, rule, false, &shown);
		rule_text(policy, class, rule, true, &meaning);
		things_add(things, rule->id.value, &shown, &meaning);
	}
}

/* A setting with one text, which is also its meaning. */
static void add_setting(struct things *things, const char *name, struct buffer *shown)
{
	struct buffer meaning = { 0 };

	if (!shown->length && !buffer_failed(shown))
		return;
	buffer_add_string(&meaning, shown->data ? shown->data : "");
	things_add(things, name, shown, &meaning);
}

static void list_guards(const struct policy *policy, struct things *things)
{
	const struct guard_policy *guard = &policy->guard;
	const struct guard_bind *bind = &guard->bind;
	struct buffer shown = { 0 }, meaning = { 0 };
	struct words words = { 0 };

	add_ports(&words, bind->ports, bind->port_count);
	words_end(&words, "ports", &shown);
	add_texts(&words, bind->users.items, bind->users.count);
	words_end(&words, "users", &shown);
	add_setting(things, "bind", &shown);
	add_ports(&words, guard->connect.ports, guard->connect.port_count);
	words_end(&words, "ports", &shown);
	add_texts(&words, guard->connect.users.items, guard->connect.users.count);
	words_end(&words, "users", &shown);
	add_setting(things, "connect", &shown);
	for (int turn = 0; turn < 2; turn++) {
		struct buffer *to = turn ? &meaning : &shown;

		add_executables(&words, policy, guard->exec.executables,
				guard->exec.executable_count, turn);
		words_end(&words, "executables", to);
		add_texts(&words, guard->exec.users.items, guard->exec.users.count);
		words_end(&words, "users", to);
	}
	if (shown.length)
		things_add(things, "exec", &shown, &meaning);
}

static void list_sockets(const struct policy *policy, struct buffer *to)
{
	struct words words = { 0 };

	for (size_t family = 0; family < CW_FAMILIES_MAX; family++) {
		_cleanup_buffer_ struct buffer text = { 0 };

		if (!policy->sockets.types[family])
			continue;
		buffer_printf(&text, "%s/%x", vocabulary_word(&words_family, family),
			      policy->sockets.types[family]);
		words_add(&words, text.data ? text.data : "");
	}
	words_end(&words, "allow", to);
}

/* What is not judged at all; modes else are the operator's own. */
static void list_off(const struct policy *policy, struct words *words)
{
	for (size_t class = 0; class < CW_RULE_CLASSES; class ++)
		if (policy->classes[class].mode == CW_MODE_OFF)
			words_add(words, vocabulary_word(&words_class, class));
	if (policy->library.mode == CW_MODE_OFF)
		words_add(words, "library");
	if (policy->sockets.mode == CW_MODE_OFF)
		words_add(words, "sockets");
	if (policy->guard.mode == CW_MODE_OFF)
		words_add(words, "guard");
}

static void list_settings(const struct policy *policy, struct things *things)
{
	const struct library_policy *library = &policy->library;
	struct buffer shown = { 0 }, meaning = { 0 };
	struct words words = { 0 };

	words_add(&words, policy->instance.value);
	words_end(&words, "is", &shown);
	add_setting(things, "instance", &shown);
	add_texts(&words, &policy->owner, policy->owner.value != NULL);
	words_end(&words, "is", &shown);
	add_setting(things, "owner", &shown);
	add_texts(&words, policy->trust_groups.items, policy->trust_groups.count);
	words_end(&words, "are", &shown);
	add_setting(things, "trust_groups", &shown);
	list_sockets(policy, &shown);
	add_setting(things, "sockets", &shown);
	list_off(policy, &words);
	words_end(&words, "are", &shown);
	add_setting(things, "off", &shown);
	if (policy->on_undecided == CW_VERDICT_ALLOW)
		buffer_add_string(&shown, " allow");
	add_setting(things, "on_undecided", &shown);
	for (int turn = 0; turn < 2; turn++) {
		struct buffer *to = turn ? &meaning : &shown;

		buffer_printf(to, " trust %s, anonymous %s",
			      library->check_owners ? "owners" : "any",
			      library->anonymous ? "allow" : "deny");
		add_executables(&words, policy, library->except, library->except_count, turn);
		words_end(&words, "except", to);
	}
	things_add(things, "library", &shown, &meaning);
}

/* ------------------------------------------------------------------ comparing */

/* Still without its other, and alike in what the turn asks for. */
static bool things_alike(const struct thing *a, const struct thing *b, int turn)
{
	return !a->other && !b->other && (turn == 1 || strcmp(a->name, b->name) == 0) &&
	       (turn == 2 || strcmp(a->meaning, b->meaning) == 0);
}

/* Pair what is the same: first by name and meaning, then by meaning, last (changed) by name. */
static void things_pair(struct things *before, struct things *after)
{
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < after->count; i++) {
			for (size_t k = 0; k < before->count; k++) {
				if (!things_alike(&after->items[i], &before->items[k], turn))
					continue;
				after->items[i].other = &before->items[k];
				before->items[k].other = &after->items[i];
			}
		}
	}
}

static size_t things_print(const struct things *before, const struct things *after,
			   struct buffer *to)
{
	size_t count = 0;

	for (size_t i = 0; i < before->count; i++) {
		const struct thing *existing = &before->items[i];

		if (existing->other)
			continue;
		buffer_printf(to, "- %s %s:%s%s\n", after->title, existing->name,
			      existing->shown[0] == ' ' ? "" : " ", existing->shown);
		count++;
	}
	for (size_t i = 0; i < after->count; i++) {
		const struct thing *made = &after->items[i];
		const char *blank = made->shown[0] == ' ' ? "" : " ";

		if (made->other && strcmp(made->other->meaning, made->meaning) == 0)
			continue;
		buffer_printf(to, "%c %s %s:%s%s\n", made->other ? '~' : '+', after->title,
			      made->name, blank, made->shown);
		if (made->other)
			buffer_printf(to, "      was:%s%s\n", blank, made->other->shown);
		count++;
	}
	return count;
}

static void list(const struct policy *policy, size_t part, struct things *things)
{
	if (part == 0)
		list_settings(policy, things);
	else if (part == 1)
		list_executables(policy, things);
	else if (part < 2 + CW_RULE_CLASSES)
		list_rules(policy, (enum cw_class)(part - 2), things);
	else
		list_guards(policy, things);
}

size_t policy_difference(const struct policy *existing, const struct policy *made,
			 struct buffer *to)
{
	size_t count = 0;

	for (size_t part = 0; part < 3 + CW_RULE_CLASSES; part++) {
		const char *title = part == 0	? "setting"
				    : part == 1 ? "executable"
				    : part < 2 + CW_RULE_CLASSES
					    ? vocabulary_word(&words_class, part - 2)
					    : "guard";
		_cleanup_(things_release) struct things before = { .title = title };
		_cleanup_(things_release) struct things after = { .title = title };

		list(existing, part, &before);
		list(made, part, &after);
		if (before.failed || after.failed) {
			to->failed = true;
			return count;
		}
		things_pair(&before, &after);
		count += things_print(&before, &after, to);
	}
	return count;
}

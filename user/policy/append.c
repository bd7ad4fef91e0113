/* SPDX-License-Identifier: GPL-2.0-only */
#include "policy/append.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/words.h"
#include "util/utf8.h"

/* ------------------------------------------------------------------ a rule as a line */

/* What YAML takes as itself, and as text. */
static bool is_plain(const char *text)
{
	size_t length = strlen(text);

	if (!length || text[0] == '.' || text[0] == '-' ||
	    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-/") !=
		    length)
		return false;
	return strcmp(text, "null") != 0 && strcmp(text, "off") != 0;
}

void append_word(struct buffer *buffer, const char *text)
{
	if (is_plain(text)) {
		buffer_add_string(buffer, text);
		return;
	}
	buffer_add_char(buffer, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add_char(buffer, '\\');
		buffer_add_char(buffer, *text);
	}
	buffer_add_char(buffer, '"');
}

static void append_list(struct buffer *buffer, const char *key, const char *const *texts,
			size_t count)
{
	if (!count || !*texts[0])
		return;
	buffer_printf(buffer, ", %s: %s", key, count > 1 ? "[" : "");
	for (size_t i = 0; i < count; i++) {
		buffer_add_string(buffer, i ? ", " : "");
		append_word(buffer, texts[i]);
	}
	buffer_add_string(buffer, count > 1 ? "]" : "");
}

static void append_day(struct buffer *buffer, int64_t time)
{
	time_t seconds = (time_t)(time / 1000000000);
	char text[32];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%d", &parts);
	buffer_add_string(buffer, text);
}

static void append_moment(struct buffer *buffer, int64_t time)
{
	time_t seconds = (time_t)(time / 1000000000);
	char text[32];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	buffer_add_string(buffer, text);
}

void append_rule(struct buffer *buffer, const struct learn_rule *rule, const char *id)
{
	const char *address = rule->class == CW_CLASS_BIND ? "at" : "to";

	buffer_printf(buffer, "{ id: %s", id);
	append_list(buffer, "allow", rule->text[LEARN_WHAT], rule->count[LEARN_WHAT]);
	append_list(buffer, address, rule->text[LEARN_ADDRESS], rule->count[LEARN_ADDRESS]);
	if (rule->by)
		append_list(buffer, "by", (const char *const[]){ rule->by }, 1);
	append_list(buffer, "user", rule->text[LEARN_USER], rule->count[LEARN_USER]);
	buffer_printf(buffer, ", why: \"learned: %llu %s until ",
		      (unsigned long long)rule->evidence.count,
		      rule->evidence.count == 1 ? "time" : "times");
	append_day(buffer, rule->evidence.last);
	buffer_add_string(buffer, "\" }");
}

/* comm is anybody's choice, and this goes into a comment: what is not plain ASCII is left out. */
void append_evidence(struct buffer *buffer, const struct learn_evidence *evidence)
{
	buffer_printf(buffer, "%llu %s, ", (unsigned long long)evidence->count,
		      evidence->count == 1 ? "time" : "times");
	append_moment(buffer, evidence->first);
	if (evidence->last != evidence->first) {
		buffer_add_string(buffer, " to ");
		append_moment(buffer, evidence->last);
	}
	buffer_add_string(buffer, ", by");
	for (uint32_t i = 0; i < evidence->pid_count; i++)
		buffer_printf(buffer, "%s %u", i ? "," : "", evidence->pids[i]);
	buffer_add_string(buffer, evidence->more_pids ? " and more (" : " (");
	for (const char *at = evidence->comm ? evidence->comm : ""; *at; at++)
		buffer_add_char(buffer, *at >= ' ' && *at < 0x7f ? *at : '?');
	buffer_add_char(buffer, ')');
}

size_t append_next_id(const struct policy *policy, uint8_t class)
{
	unsigned long next = 1;

	for (size_t i = 0; policy && i < policy->classes[class].count; i++) {
		const char *id = policy->classes[class].rules[i].id.value;
		unsigned long number;

		if (strncmp(id, LEARN_ID, strlen(LEARN_ID)) != 0)
			continue;
		number = strtoul(id + strlen(LEARN_ID), NULL, 10);
		if (number >= next && number < 1000000)
			next = number + 1;
	}
	return next;
}

/* ------------------------------------------------------------------ where it goes */

/* Where a line begins (0: the first); length where there are not so many. */
static size_t line_start(const char *text, size_t length, unsigned int line)
{
	size_t at = 0;

	while (--line && at < length) {
		const char *end = memchr(text + at, '\n', length - at);

		at = end ? (size_t)(end - text) + 1 : length;
	}
	return at;
}

static size_t line_end(const char *text, size_t length, size_t at)
{
	const char *end = memchr(text + at, '\n', length - at);

	return end ? (size_t)(end - text) + 1 : length;
}

static size_t line_indent(const char *text, size_t length, size_t at)
{
	size_t first = at;

	while (at < length && text[at] == ' ')
		at++;
	return at - first;
}

static bool line_is_empty(const char *text, size_t length, size_t at)
{
	at += line_indent(text, length, at);
	return at >= length || strchr("\r\n#", text[at]);
}

/* Behind the last line of the item that begins at a line whose dash is so far in. */
static size_t item_end(const char *text, size_t length, size_t at, size_t dash)
{
	size_t end = line_end(text, length, at);

	for (at = end; at < length; at = line_end(text, length, at)) {
		if (line_is_empty(text, length, at))
			continue;
		if (line_indent(text, length, at) <= dash)
			break;
		end = line_end(text, length, at);
	}
	return end;
}

struct place {
	size_t at; /* in the text; rules go before this byte */
	size_t indent; /* of their dashes */
	uint8_t class;
	bool key; /* the class is not there yet */
};

/* False: the list is not one of lines. */
static bool class_place(const struct policy *policy, const char *text, size_t length, uint8_t k,
			struct place *ret)
{
	const struct rule_class *class = &policy->classes[k];
	size_t at, rule;

	*ret = (struct place){ .at = length, .indent = 2, .class = k, .key = !class->given };
	if (!class->given)
		return true;
	if (!class->count) {
		/* `exec:` and nothing behind it */
		at = line_start(text, length, class->where.line);
		ret->at = line_end(text, length, at);
		return true;
	}
	rule = class->rules[class->count - 1].where.line;
	at = line_start(text, length, (unsigned int)rule);
	ret->indent = line_indent(text, length, at);
	if (at + ret->indent >= length || text[at + ret->indent] != '-')
		return false;
	ret->at = item_end(text, length, at, ret->indent);
	return true;
}

/* ------------------------------------------------------------------ all of it */

static void put_rules(struct buffer *ret, const struct policy *policy, const struct place *place,
		      const struct learnt *learnt)
{
	size_t number = append_next_id(policy, place->class);

	if (ret->length && ret->data && ret->data[ret->length - 1] != '\n')
		buffer_add_char(ret, '\n');
	if (place->key)
		buffer_printf(ret, "\n%s:\n", vocabulary_word(&words_class, place->class));
	for (size_t i = 0; i < learnt->count; i++) {
		char id[POLICY_NAME_MAX];

		if (learnt->rules[i].class != place->class)
			continue;
		snprintf(id, sizeof(id), LEARN_ID "%zu", number++);
		buffer_printf(ret, "%*s# ", (int)place->indent, "");
		append_evidence(ret, &learnt->rules[i].evidence);
		buffer_printf(ret, "\n%*s- ", (int)place->indent, "");
		append_rule(ret, &learnt->rules[i], id);
		buffer_add_char(ret, '\n');
	}
}

static bool class_learnt(const struct learnt *learnt, uint8_t class)
{
	for (size_t i = 0; i < learnt->count; i++)
		if (learnt->rules[i].class == class)
			return true;
	return false;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->class > y->class) - (x->class < y->class);
}

int append_rules(const struct policy *policy, const char *text, size_t length,
		 const struct learnt *learnt, struct buffer *ret, uint8_t *reterr_class)
{
	struct place places[CW_RULE_CLASSES];
	size_t count = 0, at = 0;

	for (uint8_t k = 0; k < CW_RULE_CLASSES; k++) {
		if (!class_learnt(learnt, k))
			continue;
		if (!class_place(policy, text, length, k, &places[count++])) {
			*reterr_class = k;
			return -ENOTSUP;
		}
	}
	qsort(places, count, sizeof(*places), compare_places);
	for (size_t i = 0; i < count; i++) {
		buffer_add(ret, text + at, places[i].at - at);
		at = places[i].at;
		put_rules(ret, policy, &places[i], learnt);
	}
	buffer_add(ret, text + at, length - at);
	return buffer_failed(ret) ? -ENOMEM : 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks a mapping against its table (schema.h) and the small values that every part shares: lists,
 * words, names. What is wrong with keys and types is said here, so that the parts of the grammar only
 * speak of their own matters.
 */
#include <errno.h>
#include <string.h>

#include "policy/read.h"

void hint_nearest(struct diagnostic *diagnostic, const struct vocabulary *words, const char *word)
{
	const char *nearest = diagnostic ? vocabulary_nearest(words, word) : NULL;

	if (nearest)
		diagnostic_hint(diagnostic, "did you mean `%s`?", nearest);
}

void hint_all(struct diagnostic *diagnostic, const char *what, const struct vocabulary *words)
{
	char list[512];

	vocabulary_list(words, list, sizeof(list));
	diagnostic_hint(diagnostic, "%s %s", what, list);
}

struct location node_part(const struct node *node, size_t at, size_t length)
{
	struct location where = node->where;

	if (!node->exact)
		return where;
	/* What is precise to the byte is ASCII: ports, addresses, paths' variables. */
	where.column += node->quotes;
	for (size_t i = 0; i < at; i++)
		where.column += (node->text[i] & 0xc0) != 0x80;
	where.length = length ? (unsigned int)length : 1;
	return where;
}

const struct node *node_key(const struct node *mapping, const char *name)
{
	for (const struct node *key = mapping->first; key; key = key->next) {
		if (strcmp(key->text, name) == 0)
			return key;
	}
	return NULL;
}

static const char *node_form_name(const struct node *node)
{
	if (node->nothing)
		return "nothing";
	switch (node->kind) {
	case NODE_LIST:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	default:
		return "a text";
	}
}

static unsigned int node_form(const struct node *node)
{
	if (node->nothing)
		return SCHEMA_NOTHING;
	return node->kind == NODE_LIST	    ? SCHEMA_LIST
	       : node->kind == NODE_MAPPING ? SCHEMA_MAPPING
					    : SCHEMA_TEXT;
}

/* The schema, other than the given one, that has a key. */
static const struct schema *schema_with(const char *key, const struct schema *besides)
{
	for (size_t i = 0; policy_schemas[i]; i++) {
		if (policy_schemas[i] == besides)
			continue;
		for (size_t k = 0; k < policy_schemas[i]->count; k++) {
			if (strcmp(policy_schemas[i]->keys[k].name, key) == 0)
				return policy_schemas[i];
		}
	}
	return NULL;
}

static void hint_keys(struct diagnostic *diagnostic, const char *name,
		      const struct vocabulary *keys)
{
	char has[64];

	snprintf(has, sizeof(has), "%s has", name);
	hint_all(diagnostic, has, keys);
}

/* Marks in misspelt[] the key that was probably meant: it is not missing as well. */
static void unknown_key(struct reader *reader, const struct schema *schema, const struct node *key,
			bool *misspelt)
{
	const char *words[SCHEMA_KEYS_MAX];
	const struct vocabulary vocabulary = { words, schema->count };
	const struct schema *other;
	struct diagnostic *diagnostic;
	const char *nearest;

	if (strcmp(key->text, "<<") == 0) {
		diagnostic_hint(read_error(reader, &key->where,
					   "merge keys (`<<`) are not used in policies"),
				"write the keys where they are needed");
		return;
	}
	diagnostic = read_error(reader, &key->where, "unknown key `%s` in %s", key->text,
				schema->name);
	if (strcmp(key->text, "deny") == 0) {
		diagnostic_hint(diagnostic,
				"there is nothing to deny: what no rule allows is denied");
		return;
	}
	for (size_t i = 0; i < schema->count; i++)
		words[i] = schema->keys[i].name;
	nearest = vocabulary_nearest(&vocabulary, key->text);
	for (size_t i = 0; i < schema->count; i++)
		misspelt[i] |= nearest == words[i];
	other = nearest ? NULL : schema_with(key->text, schema);
	if (nearest)
		diagnostic_hint(diagnostic, "did you mean `%s`?", nearest);
	else if (other)
		diagnostic_hint(diagnostic, "`%s` belongs to %s", key->text, other->name);
	else
		hint_keys(diagnostic, schema->name, &vocabulary);
}

static bool key_is_text(struct reader *reader, const struct node *key)
{
	if (key->kind == NODE_TEXT && !key->nothing)
		return true;
	diagnostic_hint(read_error(reader, &key->where, "a key must be a text, not %s",
				   node_form_name(key)),
			"in front of the colon stands the name of a key");
	return false;
}

/* Find each key of the table once; found[] has the table's order. */
static void schema_match(struct reader *reader, const struct schema *schema,
			 const struct node *mapping, const struct node **found, bool *misspelt)
{
	for (const struct node *key = mapping->first; key; key = key->next) {
		size_t i = 0;

		if (!key_is_text(reader, key))
			continue;
		while (i < schema->count && strcmp(schema->keys[i].name, key->text) != 0)
			i++;
		if (i == schema->count) {
			unknown_key(reader, schema, key, misspelt);
		} else if (found[i]) {
			diagnostic_related(
				read_error(reader, &key->where, "`%s` is given twice", key->text),
				&found[i]->where, "also given here");
		} else {
			found[i] = key;
		}
	}
}

void schema_read(struct reader *reader, const struct schema *schema, const struct node *mapping,
		 void *object)
{
	const struct node *found[SCHEMA_KEYS_MAX] = { NULL };
	bool misspelt[SCHEMA_KEYS_MAX] = { false };

	schema_match(reader, schema, mapping, found, misspelt);
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		const struct node *value;

		if (!found[i]) {
			if (key->required && !misspelt[i])
				diagnostic_hint(
					read_error(reader, &mapping->where, "`%s` is missing in %s",
						   key->name, schema->name),
					"`%s` is %s (%s)", key->name, key->expected, key->help);
			continue;
		}
		value = found[i]->value;
		reader->key = found[i]->where;
		if (node_form(value) & key->forms)
			key->read(reader, key, value, object);
		else
			read_error(reader, value->nothing ? &found[i]->where : &value->where,
				   "`%s` must be %s, not %s", key->name, key->expected,
				   node_form_name(value));
	}
}

void read_items(struct reader *reader, const char *what, const struct node *value, read_item *item,
		void *object)
{
	if (value->kind == NODE_TEXT) {
		item(reader, value, object);
		return;
	}
	if (!value->first)
		diagnostic_hint(read_error(reader, &value->where, "%s is an empty list", what),
				"an empty list would match nothing; leave the key out");
	if (value->count > POLICY_LIST_MAX) {
		read_error(reader, &value->where, "%s has more than %d items", what,
			   POLICY_LIST_MAX);
		return;
	}
	for (const struct node *node = value->first; node; node = node->next) {
		struct diagnostic *diagnostic;

		if (node->kind == NODE_TEXT && !node->nothing) {
			item(reader, node, object);
			continue;
		}
		diagnostic = read_error(reader, &node->where,
					"an item of %s must be a text, not %s", what,
					node_form_name(node));
		if (node->kind == NODE_MAPPING)
			diagnostic_hint(diagnostic,
					"a text with `: ` in it, or `:` at its end, needs quotes");
	}
}

int read_word(struct reader *reader, const char *what, const struct node *value,
	      const struct vocabulary *words)
{
	int found = vocabulary_value(words, value->text, value->length);
	char expected[256];

	if (found >= 0)
		return found;
	vocabulary_list(words, expected, sizeof(expected));
	hint_nearest(read_error(reader, &value->where, "%s must be one of %s, not `%s`", what,
				expected, value->text),
		     words, value->text);
	return -1;
}

bool read_name(struct reader *reader, const char *what, const struct node *value)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	static const char all[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t good = strspn(value->text, all);
	struct location where;

	if (value->length > POLICY_NAME_MAX) {
		read_error(reader, &value->where, "%s has more than %d characters", what,
			   POLICY_NAME_MAX);
		return false;
	}
	if (good == value->length && good && strspn(value->text, letters))
		return true;
	where = good ? node_part(value, good == value->length ? 0 : good, 1) : value->where;
	diagnostic_hint(read_error(reader, &where, "`%s` cannot be %s", value->text, what),
			"names have letters, digits, `_`, `.` and `-`, and begin with a letter or "
			"a digit");
	return false;
}

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

bool node_incomplete(const struct node *mapping)
{
	for (const struct node *key = mapping->first; key; key = key->next) {
		if (key->unread || strcmp(key->text, "<<") == 0)
			return true;
	}
	return false;
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

static size_t schema_find(const struct schema *schema, const char *name)
{
	size_t i = 0;

	while (i < schema->count && strcmp(schema->keys[i].name, name) != 0)
		i++;
	return i;
}

static void merge_key(struct reader *reader, const struct node *key)
{
	/* Behind it there is an alias, most often, and that is told. */
	if (!key->value->unread)
		diagnostic_hint(read_error(reader, &key->where,
					   "merge keys (`<<`) are not used in policies"),
				"write the keys where they are needed");
}

/* The key that was probably meant; the schema's count: none is near. */
static size_t unknown_key(struct reader *reader, const struct schema *schema,
			  const struct node *key)
{
	const char *words[SCHEMA_KEYS_MAX];
	const struct vocabulary vocabulary = { words, schema->count };
	struct diagnostic *diagnostic = read_error(reader, &key->where, "unknown key `%s` in %s",
						   key->text, schema->name);
	const struct schema *other;
	const char *nearest;

	if (strcmp(key->text, "deny") == 0) {
		diagnostic_hint(diagnostic,
				"there is nothing to deny: what no rule allows is denied");
		return schema->count;
	}
	for (size_t i = 0; i < schema->count; i++)
		words[i] = schema->keys[i].name;
	nearest = vocabulary_nearest(&vocabulary, key->text);
	other = nearest ? NULL : schema_with(key->text, schema);
	if (nearest)
		diagnostic_hint(diagnostic, "did you mean `%s`?", nearest);
	else if (other)
		diagnostic_hint(diagnostic, "`%s` belongs to %s", key->text, other->name);
	else
		hint_keys(diagnostic, schema->name, &vocabulary);
	return nearest ? schema_find(schema, nearest) : schema->count;
}

static bool key_is_text(struct reader *reader, const struct node *key)
{
	if (key->unread)
		return false;
	if (key->kind == NODE_TEXT && !key->nothing)
		return true;
	diagnostic_hint(read_error(reader, &key->where, "a key must be a text, not %s",
				   node_form_name(key)),
			"in front of the colon stands the name of a key");
	return false;
}

/* What else is read may need what this key would have said. */
static void pass_over(struct reader *reader, const struct schema_key *key)
{
	if (key->read == read_executables_key)
		reader->executables_bad = true;
	else if (key->read == read_root_key)
		reader->root = ROOT_BAD;
}

/* A key of the schema, once. */
static void known_key(struct reader *reader, const struct schema_key *known, const struct node *key,
		      const struct node **found)
{
	if (!*found) {
		*found = key;
		return;
	}
	diagnostic_related(read_error(reader, &key->where, "`%s` is given twice", key->text),
			   &(*found)->where, "also given here");
	reader->unread++;
	pass_over(reader, known);
}

/* Find each key of the table; found[] has the table's order. */
static void schema_match(struct reader *reader, const struct schema *schema,
			 const struct node *mapping, const struct node **found, bool *misspelt)
{
	struct node *key;
	size_t i;

	for (key = mapping->first; key; key = key->next) {
		i = key_is_text(reader, key) ? schema_find(schema, key->text) : schema->count;
		if (i < schema->count)
			known_key(reader, &schema->keys[i], key, &found[i]);
	}
	for (key = mapping->first; key; key = key->next) {
		if (key->kind != NODE_TEXT || key->nothing || key->unread ||
		    schema_find(schema, key->text) < schema->count)
			continue;
		if (strcmp(key->text, "<<") == 0) {
			merge_key(reader, key);
			continue;
		}
		i = unknown_key(reader, schema, key);
		if (i == schema->count)
			continue;
		if (found[i]) {
			pass_over(reader, &schema->keys[i]);
			continue;
		}
		key->text = schema->keys[i].name;
		found[i] = key;
		misspelt[i] = true;
	}
}

static void missing_key(struct reader *reader, const struct schema *schema,
			const struct schema_key *key, const struct node *mapping)
{
	if (node_incomplete(mapping))
		reader->unread++;
	else
		diagnostic_hint(read_error(reader, &mapping->where, "`%s` is missing in %s",
					   key->name, schema->name),
				"`%s` is %s (%s)", key->name, key->expected, key->help);
	pass_over(reader, key);
}

void schema_read(struct reader *reader, const struct schema *schema, const struct node *mapping,
		 void *object)
{
	const struct node *found[SCHEMA_KEYS_MAX] = { NULL };
	bool misspelt[SCHEMA_KEYS_MAX] = { false };

	schema_match(reader, schema, mapping, found, misspelt);
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_key *key = &schema->keys[i];
		const struct node *value = found[i] ? found[i]->value : NULL;

		if (!value) {
			if (key->required)
				missing_key(reader, schema, key, mapping);
			continue;
		}
		reader->key = found[i]->where;
		if (!value->unread && node_form(value) & key->forms) {
			key->read(reader, key, value, object);
			continue;
		}
		reader->unread++;
		pass_over(reader, key);
		/* Where it is misspelt, perhaps another was meant. */
		if (!value->unread && !misspelt[i])
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

		if (node->unread) {
			reader->unread++;
			continue;
		}
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

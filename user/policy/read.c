/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy_read(): the file's own keys, the order in which they are read, and what holds for the file
 * as a whole (defaults, notes on classes that allow nothing).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "policy/words.h"

static const char *const file_modes[] = {
	[CW_MODE_AUDIT] = "audit",
	[CW_MODE_ENFORCE] = "enforce",
};
const struct vocabulary read_file_modes = { file_modes, ARRAY_SIZE(file_modes) };

static const char *const class_modes[] = {
	[CW_MODE_OFF] = "off",
	[CW_MODE_AUDIT] = "audit",
	[CW_MODE_ENFORCE] = "enforce",
};
const struct vocabulary read_class_modes = { class_modes, ARRAY_SIZE(class_modes) };

/* ------------------------------------------------------------------ memory */

void *read_append(struct reader *reader, void *array, size_t *count, size_t size)
{
	char *items;

	memcpy(&items, array, sizeof(items));
	/* Capacity is the next power of two: it needs no field of its own. */
	if (!(*count & (*count - 1))) {
		items = reallocarray(items, *count ? *count * 2 : 1, size);
		if (!items) {
			reader->out_of_memory = true;
			return NULL;
		}
		memcpy(array, &items, sizeof(items));
	}
	memset(items + *count * size, 0, size);
	return items + (*count)++ * size;
}

char *read_strdup(struct reader *reader, const char *text, size_t length)
{
	char *copy = strndup(text, length);

	if (!copy)
		reader->out_of_memory = true;
	return copy;
}

void read_take_text(struct reader *reader, const struct node *node, struct text *text)
{
	free(text->value);
	text->value = read_strdup(reader, node->text, node->length);
	text->where = node->where;
}

/* ------------------------------------------------------------------ the file's keys */

static void read_version(struct reader *reader, const struct schema_key *key,
			 const struct node *value, void *object)
{
	(void)key;
	(void)object;
	if (strcmp(value->text, "1") != 0)
		diagnostic_hint(
			read_error(reader, &value->where, "version `%s` is not known", value->text),
			"this program reads version 1");
}

static void read_instance(struct reader *reader, const struct schema_key *key,
			  const struct node *value, void *object)
{
	struct policy *policy = object;

	(void)key;
	if (read_name(reader, "the name of an instance", value))
		read_take_text(reader, value, &policy->instance);
}

void read_root_key(struct reader *reader, const struct schema_key *key, const struct node *value,
		   void *object)
{
	struct policy *policy = object;

	(void)key;
	reader->root = ROOT_BAD;
	if (strstr(value->text, "${"))
		read_error(reader, &value->where, "`root` cannot use a variable");
	else if (read_path(reader, value, &policy->root, NULL))
		reader->root = ROOT_GOOD;
}

static void read_mode(struct reader *reader, const struct schema_key *key, const struct node *value,
		      void *object)
{
	struct policy *policy = object;
	int mode = read_word(reader, "`mode`", value, &read_file_modes);

	(void)key;
	policy->mode_where = value->where;
	if (mode >= 0)
		policy->mode = (uint8_t)mode;
}

static void read_owner(struct reader *reader, const struct schema_key *key,
		       const struct node *value, void *object)
{
	struct policy *policy = object;
	struct text_list list = { 0 };

	(void)key;
	read_accounts(reader, "`owner`", value, &list);
	if (list.count)
		policy->owner = list.items[0];
	free(list.items);
}

static void read_trust_groups(struct reader *reader, const struct schema_key *key,
			      const struct node *value, void *object)
{
	struct policy *policy = object;

	(void)key;
	/* The one list that says the same whether empty or left out. */
	if (value->kind == NODE_LIST && !value->first)
		return;
	read_accounts(reader, "`trust_groups`", value, &policy->trust_groups);
	if (policy->trust_groups.count > CW_TRUST_GROUPS_MAX)
		read_error(reader, &value->where, "`trust_groups` has more than %d groups",
			   CW_TRUST_GROUPS_MAX);
}

static void read_on_undecided(struct reader *reader, const struct schema_key *key,
			      const struct node *value, void *object)
{
	static const char *const words[] = {
		[CW_VERDICT_ALLOW] = "allow",
		[CW_VERDICT_DENY] = "deny",
	};
	static const struct vocabulary answers = { words, ARRAY_SIZE(words) };
	struct policy *policy = object;
	int verdict = read_word(reader, "`on_undecided`", value, &answers);

	(void)key;
	if (verdict >= 0)
		policy->on_undecided = (uint8_t)verdict;
}

static void partial_item(struct reader *reader, const struct node *item, void *object)
{
	struct policy *policy = object;
	int operation = read_word(reader, "an operation of `allow_partial`", item,
				  &words_operation);

	if (operation >= 0)
		policy->allow_partial |= 1u << operation;
}

static void read_allow_partial(struct reader *reader, const struct schema_key *key,
			       const struct node *value, void *object)
{
	struct policy *policy = object;

	(void)key;
	policy->allow_partial_where = value->where;
	if (value->kind == NODE_LIST && !value->first)
		return;
	read_items(reader, "`allow_partial`", value, partial_item, policy);
}

static void read_on_stop(struct reader *reader, const struct schema_key *key,
			 const struct node *value, void *object)
{
	struct policy *policy = object;
	int answer = read_word(reader, "`on_stop`", value, &words_on_stop);

	(void)key;
	if (answer < 0)
		return;
	policy->on_stop = (uint8_t)answer;
	policy->on_stop_given = true;
}

#define RULES_FORMS (SCHEMA_TEXT | SCHEMA_LIST | SCHEMA_MAPPING | SCHEMA_NOTHING)

static const struct schema_key policy_keys[] = {
	{ "version", SCHEMA_TEXT, true, "the number 1", "version of this grammar: 1",
	  read_version },
	{ "instance", SCHEMA_TEXT, true, "a name", "name of the instance, unique on the host",
	  read_instance },
	{ "root", SCHEMA_TEXT, false, "an absolute path",
	  "install directory; paths below it begin with ${root}/", read_root_key },
	{ "mode", SCHEMA_TEXT, true, "`audit` or `enforce`",
	  "audit: only report what is not allowed; enforce: refuse it", read_mode },
	{ "owner", SCHEMA_TEXT, false, "a user's name or number",
	  "who besides root may own trusted files", read_owner },
	{ "trust_groups", SCHEMA_TEXT | SCHEMA_LIST, false, "a list of groups",
	  "groups whose write permission on trusted files is accepted", read_trust_groups },
	{ "executables", SCHEMA_MAPPING, true, "a mapping from names to files",
	  "the files that rules speak of, by name", read_executables_key },
	{ "exec", RULES_FORMS, false,
	  "a list of rules, `off`, or a mapping with `mode` and `rules`",
	  "what governed processes may execute", read_class_key },
	{ "bind", RULES_FORMS, false,
	  "a list of rules, `off`, or a mapping with `mode` and `rules`",
	  "the ports they may bind and listen on", read_class_key },
	{ "connect", RULES_FORMS, false,
	  "a list of rules, `off`, or a mapping with `mode` and `rules`",
	  "the ports they may connect and send to", read_class_key },
	{ "library", SCHEMA_TEXT | SCHEMA_MAPPING, false, "a mapping or `off`",
	  "what they may map executable", read_library_key },
	{ "sockets", SCHEMA_TEXT | SCHEMA_LIST | SCHEMA_MAPPING, false,
	  "a list of families, `off`, or a mapping with `allow` and `mode`",
	  "the families and types of sockets they may create", read_sockets_key },
	{ "guard", SCHEMA_TEXT | SCHEMA_MAPPING, false, "a mapping or `off`",
	  "what everyone else on the host may not do", read_guard_key },
	{ "on_undecided", SCHEMA_TEXT, false, "`deny` or `allow`",
	  "the answer when the kernel could not tell; default deny", read_on_undecided },
	{ "allow_partial", SCHEMA_TEXT | SCHEMA_LIST, false, "a list of operations",
	  "operations that may stay unrefused where the backend cannot refuse them",
	  read_allow_partial },
	{ "on_stop", SCHEMA_TEXT, false, "`keep` or `release`",
	  "whether verdicts stay in force after a stop; default keep if `mode` is enforce",
	  read_on_stop },
};
_Static_assert(ARRAY_SIZE(policy_keys) <= SCHEMA_KEYS_MAX, "SCHEMA_KEYS_MAX");
const struct schema schema_policy = { "a policy", policy_keys, ARRAY_SIZE(policy_keys) };

const struct schema *const policy_schemas[] = {
	&schema_policy,
	&schema_executable,
	&schema_exec_rule,
	&schema_bind_rule,
	&schema_connect_rule,
	&schema_class,
	&schema_library,
	&schema_sockets,
	&schema_guard,
	&schema_guard_bind,
	&schema_guard_connect,
	&schema_guard_exec,
	NULL,
};

/* ------------------------------------------------------------------ the whole */

/* A class without rules allows nothing: true, and hardly what somebody meant. */
static void note_empty(struct reader *reader)
{
	static const char *const what[] = {
		[CW_CLASS_EXEC] = "execute",
		[CW_CLASS_BIND] = "bind or listen on",
		[CW_CLASS_CONNECT] = "connect to",
	};
	struct location whole = { .file = reader->policy->file };

	for (size_t i = 0; i < CW_RULE_CLASSES; i++) {
		const struct rule_class *class = &reader->policy->classes[i];
		const char *name = vocabulary_word(&words_class, i);

		if (class->count || (class->mode_given && class->mode == CW_MODE_OFF))
			continue;
		diagnostic_hint(read_note(reader, class->given ? &class->where : &whole,
					  "`%s` %s: governed processes may %s nothing", name,
					  class->given ? "has no rules" : "is absent", what[i]),
				"`%s: off` leaves it unjudged", name);
	}
}

static void inherit_mode(const struct policy *policy, bool given, uint8_t *mode)
{
	if (!given)
		*mode = policy->mode;
}

static void apply_defaults(struct policy *policy)
{
	for (size_t i = 0; i < CW_RULE_CLASSES; i++)
		inherit_mode(policy, policy->classes[i].mode_given, &policy->classes[i].mode);
	inherit_mode(policy, policy->library.mode_given, &policy->library.mode);
	inherit_mode(policy, policy->sockets.mode_given, &policy->sockets.mode);
	inherit_mode(policy, policy->guard.mode_given, &policy->guard.mode);
	if (!policy->on_stop_given)
		policy->on_stop = policy->mode == CW_MODE_ENFORCE ? ON_STOP_KEEP : ON_STOP_RELEASE;
}

static struct policy *policy_new(const char *name)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->file = strdup(name);
	if (!policy->file)
		return policy_free(policy);
	policy->mode = CW_MODE_AUDIT; /* until it is read */
	policy->on_undecided = CW_VERDICT_DENY;
	policy->library.check_owners = true;
	policy->library.anonymous = true;
	read_sockets_default(policy);
	return policy;
}

static void read_document(struct reader *reader, const struct tree *tree)
{
	const struct node *document = tree->document;
	struct location whole = { reader->policy->file, 1, 1, 1 };

	if (!document || document->nothing) {
		diagnostic_hint(
			read_error(reader, &whole, "the file holds no policy"),
			"it needs at least `version`, `instance`, `mode` and `executables`");
		return;
	}
	if (document->unread)
		return;
	if (document->kind != NODE_MAPPING) {
		diagnostic_hint(read_error(reader, &document->where,
					   "a policy is a mapping of keys to values"),
				"begin with `version: 1`");
		return;
	}
	schema_read(reader, &schema_policy, document, reader->policy);
	if (reader->diagnostics->errors == reader->errors_before)
		note_empty(reader);
	apply_defaults(reader->policy);
}

DEFINE_CLEANUP(struct policy *, policy_free);

int policy_read_half(const char *name, const char *bytes, size_t length,
		     struct diagnostics *diagnostics, struct policy **ret_policy,
		     struct policy **reterr_half)
{
	_cleanup_(cleanup_policy_free) struct policy *policy = policy_new(name);
	_cleanup_(tree_release) struct tree tree = { 0 };
	_cleanup_free_ char *text = NULL;
	struct reader reader = {
		.policy = policy,
		.diagnostics = diagnostics,
		.errors_before = diagnostics->errors,
	};
	size_t first = diagnostics->count, text_length;

	if (!policy)
		return -ENOMEM;
	if (read_text(&reader, bytes, length, &text, &text_length) &&
	    read_yaml(&reader, text, text_length, &tree))
		read_document(&reader, &tree);
	diagnostics_sort(diagnostics, first);
	if (reader.out_of_memory)
		return -ENOMEM;
	if (diagnostics->errors > reader.errors_before) {
		policy->faulty = true;
		*reterr_half = tree.document ? take_ptr(policy) : NULL;
		return -EINVAL;
	}
	*ret_policy = take_ptr(policy);
	return 0;
}

int policy_read(const char *name, const char *bytes, size_t length, struct diagnostics *diagnostics,
		struct policy **ret_policy)
{
	struct policy *half = NULL;
	int r = policy_read_half(name, bytes, length, diagnostics, ret_policy, &half);

	policy_free(half);
	return r;
}

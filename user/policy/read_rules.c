/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The three classes of rules. A class is a list of rules, `off`, or a mapping with a mode of its own
 * beside the list; a rule is a mapping that says what it allows (or audits), and to whom.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "policy/words.h"

struct rule_reading {
	struct rule *rule;
	size_t class; /* enum cw_class */
};

/* ------------------------------------------------------------------ keys of a rule */

static void read_id(struct reader *reader, const struct schema_key *key, const struct node *value,
		    void *object)
{
	struct rule_reading *reading = object;

	(void)key;
	if (read_name(reader, "the id of a rule", value))
		read_take_text(reader, value, &reading->rule->id);
}

/* `allow` and `audit`: what the rule is about. */
static void read_targets(struct reader *reader, const struct schema_key *key,
			 const struct node *value, void *object)
{
	struct rule_reading *reading = object;
	struct rule *rule = reading->rule;
	char what[16];

	snprintf(what, sizeof(what), "`%s`", key->name);
	if (strcmp(key->name, "audit") == 0)
		rule->action = CW_ACTION_AUDIT;
	if (reading->class == CW_CLASS_EXEC)
		read_executables(reader, what, value,
				 (struct index_list){ &rule->targets, &rule->target_count });
	else
		read_ports(reader, what, value,
			   (struct port_list){ &rule->ports, &rule->port_count });
}

static void read_action(struct reader *reader, const struct schema_key *key,
			const struct node *value, void *object)
{
	static const char *const words[] = {
		[CW_ACTION_ALLOW] = "allow",
		[CW_ACTION_AUDIT] = "audit",
	};
	static const struct vocabulary actions = { words, ARRAY_SIZE(words) };
	struct rule_reading *reading = object;
	int action;

	(void)key;
	if (strcmp(value->text, "deny") == 0) {
		diagnostic_hint(read_error(reader, &value->where, "no rule denies"),
				"what no rule allows is denied");
		return;
	}
	action = read_word(reader, "`action`", value, &actions);
	if (action >= 0)
		reading->rule->action = (uint8_t)action;
}

static void read_by(struct reader *reader, const struct schema_key *key, const struct node *value,
		    void *object)
{
	struct rule_reading *reading = object;

	(void)key;
	read_executables(reader, "`by`", value,
			 (struct index_list){ &reading->rule->by, &reading->rule->by_count });
}

static void read_rule_addresses(struct reader *reader, const struct schema_key *key,
				const struct node *value, void *object)
{
	struct rule_reading *reading = object;
	struct address_list list = { &reading->rule->addresses, &reading->rule->address_count };

	read_addresses(reader, strcmp(key->name, "to") == 0 ? "`to`" : "`at`", value, list);
}

static void read_user(struct reader *reader, const struct schema_key *key, const struct node *value,
		      void *object)
{
	struct rule_reading *reading = object;
	struct text_list list = { 0 };

	(void)key;
	read_accounts(reader, "`user`", value, &list);
	reading->rule->users = list.items;
	reading->rule->user_count = list.count;
}

static void read_why(struct reader *reader, const struct schema_key *key, const struct node *value,
		     void *object)
{
	struct rule_reading *reading = object;
	struct text *why = &reading->rule->why;

	(void)key;
	read_take_text(reader, value, why);
	/* It is printed on one line. */
	for (char *at = why->value; at && *at; at++) {
		if (*at == '\n')
			*at = at[1] ? ' ' : '\0';
	}
}

#define TEXT_OR_LIST (SCHEMA_TEXT | SCHEMA_LIST)
#define EXEC_EXPECTED "a name or path of an executable, or a list of them"
#define PORT_EXPECTED "a port such as `tcp/1972`, or a list of them"
#define ADDRESS_EXPECTED "an address, or a list of them"

#define RULE_KEYS(expected, allowed, audited) \
	{ "id", \
	  SCHEMA_TEXT, \
	  false, \
	  "a name", \
	  "stable name of the rule, unique in its class; default: class and position", \
	  read_id }, \
		{ "allow", TEXT_OR_LIST, false, expected, allowed, read_targets }, \
		{ "audit", TEXT_OR_LIST, false, expected, audited, read_targets }, \
		{ "action", \
		  SCHEMA_TEXT, \
		  false, \
		  "`allow` or `audit`", \
		  "audit: allowed, and reported; `audit: X` says it in one", \
		  read_action }, \
		{ "by", \
		  TEXT_OR_LIST, \
		  false, \
		  EXEC_EXPECTED, \
		  "what the acting process executes; default: anything governed", \
		  read_by }, \
		{ "user", \
		  TEXT_OR_LIST, \
		  false, \
		  "a user, or a list of them", \
		  "effective user of the acting process; default: any", \
		  read_user }, \
	{ \
		"why", SCHEMA_TEXT, false, "a text", "reason, shown wherever the rule is", \
			read_why \
	}

static const struct schema_key exec_rule_keys[] = {
	RULE_KEYS(EXEC_EXPECTED, "what may be executed", "what may be executed, and is reported"),
};
const struct schema schema_exec_rule = { "an exec rule", exec_rule_keys,
					 ARRAY_SIZE(exec_rule_keys) };

static const struct schema_key bind_rule_keys[] = {
	RULE_KEYS(PORT_EXPECTED, "ports that may be bound", "ports that may be bound, reported"),
	{ "at", TEXT_OR_LIST, false, ADDRESS_EXPECTED,
	  "the local address that is bound; default: any", read_rule_addresses },
};
const struct schema schema_bind_rule = { "a bind rule", bind_rule_keys,
					 ARRAY_SIZE(bind_rule_keys) };

static const struct schema_key connect_rule_keys[] = {
	RULE_KEYS(PORT_EXPECTED, "ports that may be connected or sent to",
		  "ports that may be connected or sent to, reported"),
	{ "to", TEXT_OR_LIST, false, ADDRESS_EXPECTED, "the peer's address; default: any",
	  read_rule_addresses },
};
const struct schema schema_connect_rule = { "a connect rule", connect_rule_keys,
					    ARRAY_SIZE(connect_rule_keys) };

static const struct schema *const rule_schemas[] = {
	[CW_CLASS_EXEC] = &schema_exec_rule,
	[CW_CLASS_BIND] = &schema_bind_rule,
	[CW_CLASS_CONNECT] = &schema_connect_rule,
};
_Static_assert(ARRAY_SIZE(rule_schemas) == CW_RULE_CLASSES, "rule_schemas");

/* ------------------------------------------------------------------ one rule */

static void check_rule_action(struct reader *reader, const struct node *mapping)
{
	const struct node *allow = node_key(mapping, "allow"), *audit = node_key(mapping, "audit");
	const struct node *action = node_key(mapping, "action");

	if (allow && audit) {
		diagnostic_hint(read_error(reader, &audit->where,
					   "a rule has `allow` or `audit`, not both"),
				"the first rule that matches decides: write two rules");
	} else if (!allow && !audit && !node_incomplete(mapping)) {
		diagnostic_hint(
			read_error(reader, &mapping->where, "a rule without `allow` and `audit`"),
			"say what it allows");
	} else if (audit && action && strcmp(action->value->text, "allow") == 0) {
		read_error(reader, &action->where, "`action: allow` contradicts `audit`");
	}
}

static bool id_taken(const struct rule_class *class, const char *id, const struct rule *besides,
		     size_t *ret_index)
{
	for (size_t i = 0; i < class->count; i++) {
		const struct rule *rule = &class->rules[i];

		if (rule != besides && rule->id.value && strcmp(rule->id.value, id) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static void read_rule_mapping(struct reader *reader, size_t number, const struct node *mapping,
			      struct rule *rule)
{
	struct rule_class *class = &reader->policy->classes[number];
	struct rule_reading reading = { .rule = rule, .class = number };
	size_t other;

	schema_read(reader, rule_schemas[number], mapping, &reading);
	check_rule_action(reader, mapping);
	if (rule->id.value && id_taken(class, rule->id.value, rule, &other))
		diagnostic_related(read_error(reader, &rule->id.where,
					      "rule id `%s` is given twice in `%s`", rule->id.value,
					      vocabulary_word(&words_class, number)),
				   &class->rules[other].id.where, "also given here");
}

static void read_rule(struct reader *reader, size_t number, const struct node *value)
{
	struct rule_class *class = &reader->policy->classes[number];
	struct rule *rule = APPEND(reader, class->rules, class->count);
	size_t faults = read_faults(reader);

	if (!rule)
		return;
	rule->where = value->where;
	if (value->unread)
		reader->unread++;
	else if (value->kind == NODE_MAPPING)
		read_rule_mapping(reader, number, value, rule);
	else
		diagnostic_hint(read_error(reader, &value->where, "a rule must be a mapping"),
				"for example { allow: %s, by: NAME }",
				number == CW_CLASS_EXEC ? "NAME" : "tcp/1972");
	rule->faulty = read_faults(reader) > faults;
}

/* Rules without an id are named after their class and position; an id in the file goes first. */
static void name_rules(struct reader *reader, size_t number)
{
	struct rule_class *class = &reader->policy->classes[number];

	for (size_t i = 0; i < class->count; i++) {
		struct rule *rule = &class->rules[i];
		char id[POLICY_NAME_MAX + 1];
		size_t other;

		if (rule->id.value)
			continue;
		snprintf(id, sizeof(id), "%s-%zu", vocabulary_word(&words_class, number), i + 1);
		while (id_taken(class, id, rule, &other) && strlen(id) < POLICY_NAME_MAX)
			strcat(id, "_");
		rule->id.value = read_strdup(reader, id, strlen(id));
		rule->id.where = rule->where;
	}
}

/* ------------------------------------------------------------------ a class */

struct class_reading {
	struct rule_class *class;
	size_t number;
	size_t faults; /* before it */
};

static void read_rules(struct reader *reader, const struct schema_key *key,
		       const struct node *value, void *object)
{
	struct class_reading *reading = object;
	const char *name = vocabulary_word(&words_class, reading->number);

	(void)key;
	reading->class->faulty = read_faults(reader) > reading->faults;
	if (value->count > CW_RULES_MAX) {
		diagnostic_hint(read_error(reader, &value->where,
					   "`%s` has %zu rules and may have %d", name, value->count,
					   CW_RULES_MAX),
				"a rule takes lists of ports, addresses and executables");
		return;
	}
	for (const struct node *rule = value->first; rule; rule = rule->next)
		read_rule(reader, reading->number, rule);
	name_rules(reader, reading->number);
}

static void read_class_mode(struct reader *reader, const struct schema_key *key,
			    const struct node *value, void *object)
{
	struct class_reading *reading = object;
	int mode = read_word(reader, "`mode`", value, &read_class_modes);

	(void)key;
	if (mode < 0)
		return;
	reading->class->mode = (uint8_t)mode;
	reading->class->mode_given = true;
}

static const struct schema_key class_keys[] = {
	{ "mode", SCHEMA_TEXT, false, "`audit`, `enforce` or `off`",
	  "mode of this class; default: the file's", read_class_mode },
	{ "rules", SCHEMA_LIST | SCHEMA_NOTHING, false, "a list of rules",
	  "the rules, first match wins", read_rules },
};
const struct schema schema_class = { "a class of rules", class_keys, ARRAY_SIZE(class_keys) };

/* The one word that a class can be. */
static void read_class_word(struct reader *reader, const struct schema_key *key,
			    const struct node *value, struct rule_class *class)
{
	struct diagnostic *diagnostic;

	class->mode = CW_MODE_OFF;
	class->mode_given = true;
	if (strcmp(value->text, "off") == 0)
		return;
	diagnostic = read_error(reader, &value->where, "`%s` must be %s, not `%s`", key->name,
				key->expected, value->text);
	if (vocabulary_value(&read_file_modes, value->text, value->length) >= 0)
		diagnostic_hint(diagnostic, "%s: { mode: %s, rules: […] }", key->name, value->text);
}

void read_class_key(struct reader *reader, const struct schema_key *key, const struct node *value,
		    void *object)
{
	struct policy *policy = object;
	int number = vocabulary_value(&words_class, key->name, strlen(key->name));
	struct class_reading reading;
	struct rule_class *class;

	if (number < 0 || number >= CW_RULE_CLASSES)
		return;
	class = &policy->classes[number];
	class->given = true;
	class->where = reader->key;
	reading = (struct class_reading){ class, (size_t)number, read_faults(reader) };
	if (value->nothing)
		return;
	if (value->kind == NODE_TEXT)
		read_class_word(reader, key, value, class);
	else if (value->kind == NODE_LIST)
		read_rules(reader, key, value, &reading);
	else
		schema_read(reader, &schema_class, value, &reading);
	if (class->count && class->mode_given && class->mode == CW_MODE_OFF)
		read_warning(reader, &class->where, "`%s` is off: its rules are not judged",
			     key->name);
}

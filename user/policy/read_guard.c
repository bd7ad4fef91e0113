/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `guard`: what everyone who is not of the instance may not do with its ports and executables, and
 * who is let in nevertheless. Each part is a list, or a mapping that adds the users.
 */
#include <string.h>

#include "policy/read.h"

/* The three parts have the same shape: a subject (ports or executables) and users. */
struct part {
	struct location *where;
	struct text_list *users;
	struct port_list ports; /* bind, connect */
	struct index_list executables; /* exec */
};

static void read_part_ports(struct reader *reader, const struct schema_key *key,
			    const struct node *value, void *object)
{
	struct part *part = object;

	(void)key;
	read_ports(reader, "a guard's list of ports", value, part->ports);
}

static void read_part_executables(struct reader *reader, const struct schema_key *key,
				  const struct node *value, void *object)
{
	struct part *part = object;

	(void)key;
	read_executables(reader, "a guard's list of executables", value, part->executables);
}

static void read_part_users(struct reader *reader, const struct schema_key *key,
			    const struct node *value, void *object)
{
	struct part *part = object;

	(void)key;
	read_accounts(reader, "`users`", value, part->users);
}

#define TEXT_OR_LIST (SCHEMA_TEXT | SCHEMA_LIST)
#define PORTS_EXPECTED "a port such as `tcp/1972`, or a list of them"
#define USERS_KEY(help) \
	{ \
		"users", TEXT_OR_LIST, false, "a user, or a list of them", help, read_part_users \
	}

static const struct schema_key guard_bind_keys[] = {
	{ "ports", TEXT_OR_LIST, true, PORTS_EXPECTED, "ports that only the instance may bind",
	  read_part_ports },
	USERS_KEY("users who may bind them too"),
};
const struct schema schema_guard_bind = { "a guard of bind", guard_bind_keys,
					  ARRAY_SIZE(guard_bind_keys) };

static const struct schema_key guard_connect_keys[] = {
	{ "ports", TEXT_OR_LIST, true, PORTS_EXPECTED,
	  "ports of this host that only the instance may connect to", read_part_ports },
	USERS_KEY("users who may connect to them too"),
};
const struct schema schema_guard_connect = { "a guard of connect", guard_connect_keys,
					     ARRAY_SIZE(guard_connect_keys) };

static const struct schema_key guard_exec_keys[] = {
	{ "executables", TEXT_OR_LIST, true, "a name or path of an executable, or a list of them",
	  "executables that only the instance may execute", read_part_executables },
	USERS_KEY("users who may execute them too"),
};
const struct schema schema_guard_exec = { "a guard of exec", guard_exec_keys,
					  ARRAY_SIZE(guard_exec_keys) };

static void read_part(struct reader *reader, const struct schema *schema, const struct node *value,
		      struct part *part)
{
	*part->where = value->where;
	if (value->kind == NODE_MAPPING)
		schema_read(reader, schema, value, part);
	else
		schema->keys[0].read(reader, &schema->keys[0], value, part);
}

/* No port of the instance's is meant by it, and half of what runs on a host asks for one. */
static void warn_chosen(struct reader *reader, const struct location *where, const char *what)
{
	diagnostic_hint(read_warning(reader, where,
				     "a guard of `%s` keeps everyone else on this host from "
				     "binding any port that the kernel chooses",
				     what),
			"name the ports that are the instance's own");
}

static void read_guard_bind(struct reader *reader, const struct schema_key *key,
			    const struct node *value, void *object)
{
	struct guard_bind *bind = &((struct guard_policy *)object)->bind;
	struct part part = { &bind->where, &bind->users,
			     .ports = { &bind->ports, &bind->port_count } };

	(void)key;
	read_part(reader, &schema_guard_bind, value, &part);
	for (size_t i = 0; i < bind->port_count; i++) {
		const struct port_range *range = &bind->ports[i];

		if (range->ephemeral)
			warn_chosen(reader, &range->where, "ephemeral");
		else if (port_range_is_any(range))
			warn_chosen(reader, &range->where, "any");
	}
}

static void read_guard_connect(struct reader *reader, const struct schema_key *key,
			       const struct node *value, void *object)
{
	struct guard_connect *connect = &((struct guard_policy *)object)->connect;
	struct part part = { &connect->where, &connect->users,
			     .ports = { &connect->ports, &connect->port_count } };

	(void)key;
	read_part(reader, &schema_guard_connect, value, &part);
}

static void read_guard_exec(struct reader *reader, const struct schema_key *key,
			    const struct node *value, void *object)
{
	struct guard_exec *exec = &((struct guard_policy *)object)->exec;
	struct part part = { &exec->where, &exec->users,
			     .executables = { &exec->executables, &exec->executable_count } };

	(void)key;
	read_part(reader, &schema_guard_exec, value, &part);
}

static void read_guard_mode(struct reader *reader, const struct schema_key *key,
			    const struct node *value, void *object)
{
	struct guard_policy *guard = object;
	int mode = read_word(reader, "`mode`", value, &read_class_modes);

	(void)key;
	if (mode < 0)
		return;
	guard->mode = (uint8_t)mode;
	guard->mode_given = true;
}

#define PART_FORMS (SCHEMA_TEXT | SCHEMA_LIST | SCHEMA_MAPPING)

static const struct schema_key guard_keys[] = {
	{ "mode", SCHEMA_TEXT, false, "`audit`, `enforce` or `off`",
	  "mode of the guards; default: the file's", read_guard_mode },
	{ "bind", PART_FORMS, false, "a list of ports, or a mapping with `ports` and `users`",
	  "the instance's ports that nobody else may bind", read_guard_bind },
	{ "connect", PART_FORMS, false, "a list of ports, or a mapping with `ports` and `users`",
	  "ports that nobody else may connect to", read_guard_connect },
	{ "exec", PART_FORMS, false,
	  "a list of executables, or a mapping with `executables` and `users`",
	  "executables that nobody else may execute", read_guard_exec },
};
const struct schema schema_guard = { "`guard`", guard_keys, ARRAY_SIZE(guard_keys) };

void read_guard_key(struct reader *reader, const struct schema_key *key, const struct node *value,
		    void *object)
{
	struct guard_policy *guard = &((struct policy *)object)->guard;

	guard->given = true;
	guard->where = reader->key;
	if (value->kind == NODE_MAPPING) {
		schema_read(reader, &schema_guard, value, guard);
		return;
	}
	guard->mode = CW_MODE_OFF;
	guard->mode_given = true;
	if (strcmp(value->text, "off") != 0)
		read_error(reader, &value->where, "`guard` must be %s, not `%s`", key->expected,
			   value->text);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules, guards and the host names in them, as `policy show` tells them. */
#include <arpa/inet.h>
#include <stdio.h>

#include "event/show_cells.h"
#include "policy/text.h"
#include "policy/words.h"
#include "util/cleanup.h"

static void add_ports(struct show_values *values, const struct port_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_buffer_ struct buffer text = { 0 };

		port_range_text(&ranges[i], &text);
		buffer_fail_with(&values->text, &text);
		show_add(values, "%s", text.data ? text.data : "");
	}
}

static void add_address(struct show_values *values, const struct address *address)
{
	_cleanup_buffer_ struct buffer text = { 0 };

	address_text(address, &text);
	buffer_fail_with(&values->text, &text);
	show_add(values, "%s", text.data ? text.data : "");
}

static const struct rule *row_rule(const struct show_row *row)
{
	return &show_policy(row)->classes[row->k].rules[row->index];
}

static bool next_rule(struct show_row *row, bool first)
{
	if (first) {
		row->k = CW_CLASS_EXEC;
		row->index = 0;
	} else {
		row->index++;
	}
	while (row->k < CW_RULE_CLASSES && row->index >= show_policy(row)->classes[row->k].count) {
		row->k++;
		row->index = 0;
	}
	return row->k < CW_RULE_CLASSES;
}

static void fill_class(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", vocabulary_word(&words_class, row->k));
}

static void fill_id(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", row_rule(row)->id.value);
}

static void fill_action(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", row_rule(row)->action == CW_ACTION_ALLOW ? "allow" : "audit");
}

static void fill_what(const struct show_row *row, struct show_values *ret)
{
	const struct rule *rule = row_rule(row);

	if (row->k == CW_CLASS_EXEC)
		show_add_executables(ret, show_policy(row), rule->targets, rule->target_count);
	else
		add_ports(ret, rule->ports, rule->port_count);
}

static void fill_by(const struct show_row *row, struct show_values *ret)
{
	show_add_executables(ret, show_policy(row), row_rule(row)->by, row_rule(row)->by_count);
}

static void fill_addresses(const struct show_row *row, struct show_values *ret)
{
	for (size_t i = 0; i < row_rule(row)->address_count; i++)
		add_address(ret, &row_rule(row)->addresses[i]);
}

static void fill_users(const struct show_row *row, struct show_values *ret)
{
	show_add_texts(ret, row_rule(row)->users, row_rule(row)->user_count);
}

static void fill_line(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%u", row_rule(row)->where.line);
}

static void fill_why(const struct show_row *row, struct show_values *ret)
{
	if (row_rule(row)->why.value)
		show_add(ret, "%s", row_rule(row)->why.value);
}

static const struct show_column rule_columns[] = {
	{ "class", SHOW_STRING, fill_class },	{ "id", SHOW_STRING, fill_id },
	{ "action", SHOW_STRING, fill_action }, { "what", SHOW_LIST, fill_what },
	{ "by", SHOW_LIST, fill_by },		{ "address", SHOW_LIST, fill_addresses },
	{ "user", SHOW_LIST, fill_users },	{ "line", SHOW_NUMBER, fill_line },
	{ "why", SHOW_STRING, fill_why },
};
const struct show_table show_rules = { "rules", rule_columns, ARRAY_SIZE(rule_columns), next_rule };

/* ------------------------------------------------------------------ guards */

static size_t guard_size(const struct show_row *row)
{
	const struct guard_policy *guard = &show_policy(row)->guard;

	return row->k == CW_CLASS_EXEC	 ? guard->exec.executable_count
	       : row->k == CW_CLASS_BIND ? guard->bind.port_count
					 : guard->connect.port_count;
}

static bool next_guard(struct show_row *row, bool first)
{
	row->k = first ? CW_CLASS_EXEC : row->k + 1;
	while (row->k < CW_RULE_CLASSES && !guard_size(row))
		row->k++;
	return row->k < CW_RULE_CLASSES;
}

static void fill_guarded(const struct show_row *row, struct show_values *ret)
{
	const struct guard_policy *guard = &show_policy(row)->guard;

	if (row->k == CW_CLASS_EXEC)
		show_add_executables(ret, show_policy(row), guard->exec.executables,
				     guard->exec.executable_count);
	else if (row->k == CW_CLASS_BIND)
		add_ports(ret, guard->bind.ports, guard->bind.port_count);
	else
		add_ports(ret, guard->connect.ports, guard->connect.port_count);
}

static const struct text_list *guard_users(const struct show_row *row)
{
	const struct guard_policy *guard = &show_policy(row)->guard;

	return row->k == CW_CLASS_EXEC	 ? &guard->exec.users
	       : row->k == CW_CLASS_BIND ? &guard->bind.users
					 : &guard->connect.users;
}

static void fill_let_in(const struct show_row *row, struct show_values *ret)
{
	show_add_texts(ret, guard_users(row)->items, guard_users(row)->count);
}

static const struct show_column guard_columns[] = {
	{ "class", SHOW_STRING, fill_class },
	{ "what", SHOW_LIST, fill_guarded },
	{ "users", SHOW_LIST, fill_let_in },
};
const struct show_table show_guards = { "guards", guard_columns, ARRAY_SIZE(guard_columns),
					next_guard };

/* ------------------------------------------------------------------ host names */

static const struct name_fact *row_name(const struct show_row *row)
{
	const struct rule *rule;

	if (row->k >= CW_RULE_CLASSES || row->index >= show_policy(row)->classes[row->k].count)
		return NULL;
	rule = row_rule(row);
	if (row->item >= rule->address_count || rule->addresses[row->item].kind != ADDRESS_NAME)
		return NULL;
	return facts_name(row->report->facts, rule->addresses[row->item].name);
}

/* `item` counts the addresses of a rule. */
static bool next_name(struct show_row *row, bool first)
{
	row->item = first ? SIZE_MAX : row->item;
	if (first && !next_rule(row, true))
		return false;
	for (;;) {
		if (++row->item >= row_rule(row)->address_count) {
			row->item = SIZE_MAX;
			if (!next_rule(row, false))
				return false;
		} else if (row_name(row)) {
			return true;
		}
	}
}

static void fill_name(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", row_name(row)->name);
}

static void fill_name_addresses(const struct show_row *row, struct show_values *ret)
{
	const struct name_fact *name = row_name(row);

	for (size_t i = 0; i < name->address_count; i++) {
		char text[INET6_ADDRSTRLEN];

		if (inet_ntop(name->addresses[i].family, name->addresses[i].bytes, text,
			      sizeof(text)))
			show_add(ret, "%s", text);
	}
}

static void fill_name_error(const struct show_row *row, struct show_values *ret)
{
	if (row_name(row)->error)
		show_add(ret, "%s", row_name(row)->error);
}

static const struct show_column name_columns[] = {
	{ "name", SHOW_STRING, fill_name },
	{ "rule", SHOW_STRING, fill_id },
	{ "addresses", SHOW_LIST, fill_name_addresses },
	{ "error", SHOW_STRING, fill_name_error },
};
const struct show_table show_names = { "names", name_columns, ARRAY_SIZE(name_columns), next_name };

/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/show_cells.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "policy/words.h"
#include "util/cleanup.h"

void show_add(struct show_values *values, const char *format, ...)
{
	char text[4096 + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buffer_add(&values->text, text, strlen(text) + 1);
	if (!buffer_failed(&values->text))
		values->count++;
}

const struct policy *show_policy(const struct show_row *row)
{
	return row->report->set->policies[row->policy];
}

void show_add_texts(struct show_values *values, const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		show_add(values, "%s", texts[i].value);
}

static const char *executable_name(const struct policy *policy, size_t index)
{
	const struct executable *executable = &policy->executables[index];

	return executable->name.value ? executable->name.value : executable->path.value;
}

void show_add_executables(struct show_values *values, const struct policy *policy,
			  const size_t *indexes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		show_add(values, "%s", executable_name(policy, indexes[i]));
}

static void add_mode(struct show_values *values, uint8_t mode)
{
	show_add(values, "%s", vocabulary_word(&words_mode, mode));
}

/* ------------------------------------------------------------------ the policy */

static void fill_instance(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", show_policy(row)->instance.value);
}

static void fill_policy_file(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", show_policy(row)->file);
}

static void fill_root(const struct show_row *row, struct show_values *ret)
{
	if (show_policy(row)->root.value)
		show_add(ret, "%s", show_policy(row)->root.value);
}

static void fill_owner(const struct show_row *row, struct show_values *ret)
{
	if (show_policy(row)->owner.value)
		show_add(ret, "%s", show_policy(row)->owner.value);
}

static void fill_trust_groups(const struct show_row *row, struct show_values *ret)
{
	show_add_texts(ret, show_policy(row)->trust_groups.items,
		       show_policy(row)->trust_groups.count);
}

static void fill_governed(const struct show_row *row, struct show_values *ret)
{
	if (row->report->governed)
		show_add(ret, "%" PRIu64, row->report->governed[row->policy + 1]);
}

static void fill_mode(const struct show_row *row, struct show_values *ret)
{
	add_mode(ret, policy_set_file_mode(row->report->set, row->policy));
}

#define FILL_CLASS_MODE(name, class) \
	static void fill_mode_##name(const struct show_row *row, struct show_values *ret) \
	{ \
		add_mode(ret, policy_set_class_mode(row->report->set, row->policy, class)); \
	}
FILL_CLASS_MODE(exec, CW_CLASS_EXEC)
FILL_CLASS_MODE(bind, CW_CLASS_BIND)
FILL_CLASS_MODE(connect, CW_CLASS_CONNECT)
FILL_CLASS_MODE(library, CW_CLASS_LIBRARY)
FILL_CLASS_MODE(sockets, CW_CLASS_SOCKETS)

static void fill_mode_guard(const struct show_row *row, struct show_values *ret)
{
	add_mode(ret, policy_set_guard_mode(row->report->set, row->policy));
}

static void fill_trust(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", show_policy(row)->library.check_owners ? "owners" : "any");
}

static void fill_anonymous(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", show_policy(row)->library.anonymous ? "allow" : "deny");
}

static void fill_except(const struct show_row *row, struct show_values *ret)
{
	const struct library_policy *library = &show_policy(row)->library;

	show_add_executables(ret, show_policy(row), library->except, library->except_count);
}

/* Types that have a word. */
static uint16_t known_types(void)
{
	uint16_t known = 0;

	for (size_t type = 0; type < 16; type++)
		if (*vocabulary_word(&words_socket_type, type) != '?')
			known |= 1u << type;
	return known;
}

/* A family with all of its types stands by itself. */
static void fill_sockets(const struct show_row *row, struct show_values *ret)
{
	const uint16_t *types = show_policy(row)->sockets.types;
	uint16_t known = known_types();

	for (size_t family = 0; family < CW_FAMILIES_MAX; family++) {
		const char *word = vocabulary_word(&words_family, family);
		char number[8];

		if (*word == '?') {
			snprintf(number, sizeof(number), "%zu", family);
			word = number;
		}
		if ((types[family] & known) == known) {
			show_add(ret, "%s", word);
			continue;
		}
		for (size_t type = 0; type < 16; type++)
			if (types[family] & known & 1u << type)
				show_add(ret, "%s/%s", word,
					 vocabulary_word(&words_socket_type, type));
	}
}

static void fill_on_undecided(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", vocabulary_word(&words_verdict, show_policy(row)->on_undecided));
}

static void fill_allow_partial(const struct show_row *row, struct show_values *ret)
{
	for (size_t operation = 0; operation < CW_OPERATION_MAX; operation++)
		if (show_policy(row)->allow_partial & 1u << operation)
			show_add(ret, "%s", vocabulary_word(&words_operation, operation));
}

static void fill_on_stop(const struct show_row *row, struct show_values *ret)
{
	show_add(ret, "%s", vocabulary_word(&words_on_stop, show_policy(row)->on_stop));
}

static const struct show_column instance_columns[] = {
	{ "instance", SHOW_STRING, fill_instance },
	{ "policy", SHOW_STRING, fill_policy_file },
	{ "mode", SHOW_STRING, fill_mode },
	{ "governed", SHOW_NUMBER, fill_governed },
	{ "root", SHOW_STRING, fill_root },
	{ "owner", SHOW_STRING, fill_owner },
	{ "trust_groups", SHOW_LIST, fill_trust_groups },
	{ "exec_mode", SHOW_STRING, fill_mode_exec },
	{ "bind_mode", SHOW_STRING, fill_mode_bind },
	{ "connect_mode", SHOW_STRING, fill_mode_connect },
	{ "library_mode", SHOW_STRING, fill_mode_library },
	{ "library_trust", SHOW_STRING, fill_trust },
	{ "anonymous", SHOW_STRING, fill_anonymous },
	{ "except", SHOW_LIST, fill_except },
	{ "sockets_mode", SHOW_STRING, fill_mode_sockets },
	{ "sockets", SHOW_LIST, fill_sockets },
	{ "guard_mode", SHOW_STRING, fill_mode_guard },
	{ "on_undecided", SHOW_STRING, fill_on_undecided },
	{ "allow_partial", SHOW_LIST, fill_allow_partial },
	{ "on_stop", SHOW_STRING, fill_on_stop },
};
const struct show_table show_instance = { "instance", instance_columns,
					  ARRAY_SIZE(instance_columns), NULL };

const struct show_table *const show_tables[] = {
	&show_files,
	&show_rules,
	&show_guards,
	&show_names,
};
const size_t show_table_count = ARRAY_SIZE(show_tables);

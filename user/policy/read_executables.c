/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of executables, and the references to it: rules speak of files by name, or by a path that
 * then becomes an executable without a name.
 */
#include <errno.h>
#include <linux/fsverity.h>
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "policy/words.h"

/* ------------------------------------------------------------------ one executable */

static void read_executable_path(struct reader *reader, const struct schema_key *key,
				 const struct node *value, void *object)
{
	struct executable *executable = object;

	(void)key;
	read_path(reader, value, &executable->path, &executable->glob);
}

static void read_entry(struct reader *reader, const struct schema_key *key,
		       const struct node *value, void *object)
{
	struct executable *executable = object;
	struct diagnostic *diagnostic;

	(void)key;
	if (strcmp(value->text, "true") == 0) {
		executable->entry = true;
		return;
	}
	if (strcmp(value->text, "false") == 0)
		return;
	/* So that a misspelt `true` is not followed by "no entry". */
	executable->entry = true;
	diagnostic = read_error(reader, &value->where,
				"`entry` must be `true` or `false`, not `%s`", value->text);
	if (strcasecmp(value->text, "yes") == 0 || strcasecmp(value->text, "on") == 0 ||
	    strcasecmp(value->text, "true") == 0)
		diagnostic_hint(diagnostic, "did you mean `true`?");
	else if (strcasecmp(value->text, "no") == 0 || strcasecmp(value->text, "off") == 0 ||
		 strcasecmp(value->text, "false") == 0)
		diagnostic_hint(diagnostic, "did you mean `false`?");
}

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

/* The digits of a text from `from` on, as many as bytes asks for; diagnosed where they are not. */
static bool read_digits(struct reader *reader, const char *name, const struct node *value,
			size_t from, uint8_t *bytes, size_t count, const char *hint)
{
	size_t length = value->length - from;

	for (size_t i = 0; i < length && i < 2 * count; i++) {
		int digit = hexadecimal(value->text[from + i]);
		struct location where = node_part(value, from + i, 1);

		if (digit < 0) {
			diagnostic_hint(read_error(reader, &where,
						   "`%s` holds what is not a hexadecimal digit",
						   name),
					"%s", hint);
			return false;
		}
		bytes[i / 2] |= (uint8_t)(digit << (i % 2 ? 0 : 4));
	}
	if (length == 2 * count)
		return true;
	diagnostic_hint(read_error(reader, &value->where, "`%s` has %zu digits instead of %zu",
				   name, length, 2 * count),
			"%s", hint);
	return false;
}

static void read_sha256(struct reader *reader, const struct schema_key *key,
			const struct node *value, void *object)
{
	struct executable *executable = object;

	executable->sha256_where = value->where;
	executable->pinned = read_digits(reader, key->name, value, 0, executable->sha256,
					 sizeof(executable->sha256), "sha256sum FILE prints it");
}

/* As `fsverity measure` prints it: `sha256:` and its digits. */
static void read_verity(struct reader *reader, const struct schema_key *key,
			const struct node *value, void *object)
{
	static const char hint[] = "`fsverity measure FILE` prints it";
	struct executable *executable = object;
	const char *colon = memchr(value->text, ':', value->length);
	int algorithm = colon ? vocabulary_value(&words_verity, value->text,
						 (size_t)(colon - value->text))
			      : -ENOENT;

	executable->verity_where = value->where;
	if (algorithm < 0) {
		diagnostic_hint(read_error(reader, &value->where,
					   "`%s` begins with `sha256:` or `sha512:`", key->name),
				"%s", hint);
		return;
	}
	executable->verity.algorithm = (uint8_t)algorithm;
	if (read_digits(reader, key->name, value, (size_t)(colon - value->text) + 1,
			executable->verity.bytes, algorithm == FS_VERITY_HASH_ALG_SHA256 ? 32 : 64,
			hint))
		executable->verity.length = algorithm == FS_VERITY_HASH_ALG_SHA256 ? 32 : 64;
}

static const struct schema_key executable_keys[] = {
	{ "path", SCHEMA_TEXT, true, "an absolute path",
	  "where it is; may have the wildcards of glob(7)", read_executable_path },
	{ "entry", SCHEMA_TEXT, false, "`true` or `false`",
	  "true: who executes it is governed from then on; default false", read_entry },
	{ "sha256", SCHEMA_TEXT, false, "64 hexadecimal digits",
	  "trusted only while its content has this hash", read_sha256 },
	{ "verity", SCHEMA_TEXT, false, "`sha256:` or `sha512:` and hexadecimal digits",
	  "trusted only with this fs-verity digest; such a file cannot be written", read_verity },
};
const struct schema schema_executable = { "an executable", executable_keys,
					  ARRAY_SIZE(executable_keys) };

/* ------------------------------------------------------------------ the table */

static bool find_executable(const struct policy *policy, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < policy->executable_count; i++) {
		const char *candidate = policy->executables[i].name.value;

		if (candidate && strcmp(candidate, name) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static bool find_path(const struct policy *policy, const char *path, size_t limit,
		      size_t *ret_index)
{
	for (size_t i = 0; i < limit; i++) {
		const char *candidate = policy->executables[i].path.value;

		if (candidate && strcmp(candidate, path) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

static struct executable *new_executable(struct reader *reader, const struct location *where)
{
	struct policy *policy = reader->policy;

	if (policy->executable_count == POLICY_EXECUTABLES_MAX) {
		if (!reader->executables_full)
			read_error(reader, where, "more than %d executables",
				   POLICY_EXECUTABLES_MAX);
		reader->executables_full = reader->executables_bad = true;
		return NULL;
	}
	return APPEND(reader, policy->executables, policy->executable_count);
}

static void check_executable(struct reader *reader, const struct executable *executable)
{
	const struct policy *policy = reader->policy;
	size_t other;

	if ((executable->sha256_where.line || executable->verity_where.line) && executable->glob)
		diagnostic_related(read_error(reader,
					      executable->sha256_where.line
						      ? &executable->sha256_where
						      : &executable->verity_where,
					      "`%s` pins one file, and the path has wildcards",
					      executable->sha256_where.line ? "sha256" : "verity"),
				   &executable->path.where, "the path");
	if (executable->path.value &&
	    find_path(policy, executable->path.value, policy->executable_count - 1, &other))
		diagnostic_related(read_warning(reader, &executable->path.where,
						"the path of `%s` is that of `%s`",
						executable->name.value ?: "",
						policy->executables[other].name.value ?: ""),
				   &policy->executables[other].path.where, "also given here");
}

static void read_executable(struct reader *reader, const struct node *key)
{
	const struct node *value = key->value;
	struct executable *executable;
	size_t other, faults = read_faults(reader);

	if (key->unread || strcmp(key->text, "<<") == 0) {
		reader->executables_bad = true;
		reader->unread++;
		return;
	}
	if (key->kind != NODE_TEXT) {
		read_error(reader, &key->where, "the name of an executable must be a text");
		return;
	}
	if (find_executable(reader->policy, key->text, &other)) {
		diagnostic_related(read_error(reader, &key->where, "executable `%s` is given twice",
					      key->text),
				   &reader->policy->executables[other].name.where,
				   "also given here");
		return;
	}
	read_name(reader, "the name of an executable", key);
	executable = new_executable(reader, &key->where);
	if (!executable)
		return;
	read_take_text(reader, key, &executable->name);
	if (value->kind == NODE_MAPPING) {
		schema_read(reader, &schema_executable, value, executable);
	} else if (value->unread) {
		reader->unread++;
	} else if (value->kind == NODE_TEXT && !value->nothing) {
		read_executable_path(reader, NULL, value, executable);
	} else {
		diagnostic_hint(read_error(reader, value->nothing ? &key->where : &value->where,
					   "executable `%s` must be a mapping or a path",
					   key->text),
				"%s: { path: /… }", key->text);
	}
	check_executable(reader, executable);
	executable->faulty = read_faults(reader) > faults;
}

void read_executables_key(struct reader *reader, const struct schema_key *key,
			  const struct node *value, void *object)
{
	struct policy *policy = object;
	size_t unread = reader->unread;
	bool entry = false;

	if (!value->first) {
		read_error(reader, &value->where, "`%s` is empty: a policy governs no file",
			   key->name);
		reader->executables_bad = true;
		return;
	}
	for (const struct node *name = value->first; name && !reader->executables_full;
	     name = name->next)
		read_executable(reader, name);
	for (size_t i = 0; i < policy->executable_count; i++)
		entry |= policy->executables[i].entry;
	if (!entry && reader->unread == unread)
		diagnostic_hint(
			read_error(reader, &value->where,
				   "no executable is an entry: no process would be governed"),
			"add `entry: true` to what starts the instance");
}

/* ------------------------------------------------------------------ references */

struct reference {
	const char *what;
	struct index_list list;
};

static bool is_path(const char *text)
{
	return text[0] == '/' || strncmp(text, "${", 2) == 0;
}

static void unknown_executable(struct reader *reader, const struct node *item)
{
	const struct policy *policy = reader->policy;
	const char *names[POLICY_EXECUTABLES_MAX];
	const struct vocabulary words = { names, policy->executable_count };
	struct diagnostic *diagnostic;

	if (reader->executables_bad) {
		reader->unread++;
		return;
	}
	diagnostic = read_error(reader, &item->where, "unknown executable `%s`", item->text);
	for (size_t i = 0; i < policy->executable_count; i++)
		names[i] = policy->executables[i].name.value;
	hint_nearest(diagnostic, &words, item->text);
	if (diagnostic && !diagnostic->hint)
		diagnostic_hint(diagnostic,
				"name it under `executables`, or write an absolute path");
}

/* The executable behind a path that stands in a rule. */
static bool path_executable(struct reader *reader, const struct node *item, size_t *ret_index)
{
	struct policy *policy = reader->policy;
	struct executable *executable;
	struct text path = { 0 };
	bool glob;

	if (!read_path(reader, item, &path, &glob))
		return false;
	if (find_path(policy, path.value, policy->executable_count, ret_index)) {
		free(path.value);
		return true;
	}
	executable = new_executable(reader, &item->where);
	if (!executable) {
		free(path.value);
		return false;
	}
	executable->path = path;
	executable->name.where = item->where;
	executable->glob = glob;
	*ret_index = policy->executable_count - 1;
	return true;
}

static void reference_item(struct reader *reader, const struct node *item, void *object)
{
	struct reference *reference = object;
	struct index_list *list = &reference->list;
	size_t index, *slot;

	if (is_path(item->text)) {
		if (!path_executable(reader, item, &index))
			return;
	} else if (!find_executable(reader->policy, item->text, &index)) {
		unknown_executable(reader, item);
		return;
	}
	for (size_t i = 0; i < *list->count; i++) {
		if ((*list->items)[i] != index)
			continue;
		read_warning(reader, &item->where, "`%s` is named twice in %s", item->text,
			     reference->what);
		return;
	}
	slot = APPEND(reader, *list->items, *list->count);
	if (slot)
		*slot = index;
}

void read_executables(struct reader *reader, const char *what, const struct node *value,
		      struct index_list list)
{
	struct reference reference = { what, list };

	read_items(reader, what, value, reference_item, &reference);
}

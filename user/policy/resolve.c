/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the names of a policy are on this host, where that is less than the policy hopes for: files
 * that are not there or not trusted, hosts without an address, users that nobody has. None of it keeps
 * a policy from being put in force: the rule then matches nothing, and of an owner that is nobody no
 * file is trusted. More files than the tables hold do, and are a mistake.
 */
#include <string.h>

#include "policy/compile.h"

uint32_t resolve_user(const struct facts *facts, const char *name)
{
	const struct id_fact *user = facts_user(facts, name);

	return user && user->known ? user->id : UINT32_MAX;
}

static enum root_fact policy_root(const struct facts *facts, size_t index)
{
	return index < CW_INSTANCES_MAX ? facts->roots[index] : ROOT_HERE;
}

/* Of a root that is not here one note is enough for all that would be below it. */
static void diagnose_root(const struct policy *policy, enum root_fact root,
			  struct diagnostics *diagnostics)
{
	struct diagnostic *diagnostic;

	if (root == ROOT_HERE)
		return;
	diagnostic = diagnostics_add(
		diagnostics, SEVERITY_NOTE, &policy->root.where,
		root == ROOT_MISSING
			? "`%s` is not on this host: no file below it was looked at"
			: "`%s` holds none of the policy's directories on this host: no file below "
			  "it was looked at",
		policy->root.value);
	diagnostic_hint(diagnostic, "check the policy again where the instance is installed");
}

/* Nothing is there. Of a policy of another host that is no news, though files elsewhere are told. */
static void diagnose_missing(const struct policy *policy, enum root_fact root,
			     const struct executable *executable, const char *path, bool glob,
			     struct diagnostics *diagnostics)
{
	size_t length = root == ROOT_HERE ? 0 : strlen(policy->root.value);

	if (length && strncmp(path, policy->root.value, length) == 0 && path[length] == '/')
		return;
	diagnostics_add(diagnostics, length ? SEVERITY_NOTE : SEVERITY_WARNING,
			&executable->path.where,
			glob ? "`%s` matches no file" : "`%s` is not there", path);
}

/* One warning a pattern: a directory that a group may write makes all of its files untrusted alike. */
static void diagnose_files(const struct policy *policy, enum root_fact root,
			   const struct executable *executable, const struct pattern_fact *pattern,
			   const struct facts *facts, struct diagnostics *diagnostics)
{
	const struct file_fact *first = NULL;
	struct diagnostic *diagnostic;
	size_t more = 0;

	for (size_t i = 0; i < pattern->file_count; i++) {
		const struct file_fact *file = &facts->files[pattern->files[i]];

		if (file_trust_good(file->trust))
			continue;
		if (first)
			more++;
		else
			first = file;
	}
	if (!first)
		return;
	if (first->trust == FILE_MISSING) {
		diagnose_missing(policy, root, executable, first->path, false, diagnostics);
		return;
	}
	/* Half-read, its owner or groups may be what is missing. */
	if (policy->faulty)
		return;
	diagnostic = diagnostics_add(diagnostics, SEVERITY_WARNING, &executable->path.where,
				     "`%s` is not trusted: %s", first->path,
				     first->reason ? first->reason : file_trust_name(first->trust));
	if (more)
		diagnostic_hint(diagnostic,
				"and %zu more of this pattern; `policy show` lists them", more);
}

/* The script whose interpreter will be refused: this one, or one that it leads to, which the kernel runs for it. */
static const struct file_fact *misled_script(const struct facts *facts,
					     const struct file_fact *script)
{
	for (int i = 0; script && script->interpreter_path && i < CW_INTERPRETERS_MAX; i++) {
		const struct file_fact *file = facts_interpreter(facts, script);

		if (!file || !file_trust_good(file->trust))
			return script;
		script = file;
	}
	return NULL;
}

/* The first of a pattern's, unless a rule allows to execute it. */
static void diagnose_interpreters(const struct executable *executable,
				  const struct pattern_fact *pattern, const struct facts *facts,
				  struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < pattern->file_count; i++) {
		const struct file_fact *script = misled_script(facts,
							       &facts->files[pattern->files[i]]);
		const struct file_fact *file = script ? facts_interpreter(facts, script) : NULL;

		if (!script)
			continue;
		diagnostics_add(diagnostics, SEVERITY_WARNING, &executable->path.where,
				"the interpreter of `%s` is not trusted: %s", script->path,
				!file	       ? "it is not there"
				: file->reason ? file->reason
					       : file_trust_name(file->trust));
		return;
	}
}

/* Of a policy in force the daemon has told it, and goes on with the files it had. full: what comes behind the file that
 * found no room finds none either. */
static void diagnose_excess(const struct executable *executable, const struct pattern_fact *pattern,
			    bool *full, struct diagnostics *diagnostics)
{
	const struct location *where = &executable->path.where;
	const char *path = executable->path.value;
	struct diagnostic *diagnostic;

	if (pattern->kept || (pattern->excess == PATTERN_UNNUMBERED && *full))
		return;
	if (pattern->excess == PATTERN_TOO_WIDE)
		diagnostic = diagnostics_add(diagnostics, SEVERITY_ERROR, where,
					     "`%s` matches more than %d files", path,
					     FILES_OF_PATTERN_MAX);
	else
		diagnostic = diagnostics_add(diagnostics, SEVERITY_ERROR, where,
					     "with `%s` the policies name more than %d files", path,
					     CW_FILES_MAX - 1);
	*full |= pattern->excess == PATTERN_UNNUMBERED;
	diagnostic_hint(diagnostic, "name the files, or write a narrower pattern");
}

static void diagnose_executables(const struct policy *policy, size_t index,
				 const struct facts *facts, struct diagnostics *diagnostics)
{
	enum root_fact root = policy_root(facts, index);
	bool full = false;

	diagnose_root(policy, root, diagnostics);
	for (size_t i = 0; i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		const struct pattern_fact *pattern = facts_pattern(facts, index, i);

		if (executable->faulty)
			continue;
		if (pattern && pattern->excess)
			diagnose_excess(executable, pattern, &full, diagnostics);
		else if (!pattern || !pattern->file_count)
			diagnose_missing(policy, root, executable, executable->path.value,
					 executable->glob, diagnostics);
		else
			diagnose_files(policy, root, executable, pattern, facts, diagnostics);
		if (pattern && !policy->faulty)
			diagnose_interpreters(executable, pattern, facts, diagnostics);
	}
}

static void diagnose_addresses(const struct rule *rule, const struct facts *facts,
			       struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < rule->address_count; i++) {
		const struct address *address = &rule->addresses[i];
		const struct name_fact *name;
		const char *why;

		if (address->kind != ADDRESS_NAME)
			continue;
		name = facts_name(facts, address->name);
		if (name && !name->error)
			continue;
		why = name ? name->error : "it was not looked up";
		if (name && name->address_count)
			diagnostics_add(diagnostics, SEVERITY_WARNING, &address->where,
					"`%s`: %s; its former addresses stay in force",
					address->name, why);
		else
			diagnostics_add(diagnostics, SEVERITY_WARNING, &address->where,
					"`%s` has no address: %s", address->name, why);
	}
}

/* A file that is an entry of several instances (one ISCAgent serves all of a host) governs as that of the
 * first: what the others say of it is nothing that ever happens, and nobody sees that in their file. */
static void diagnose_entries(const struct policy_set *set, const struct facts *facts, size_t index,
			     uint8_t first[CW_FILES_MAX], struct diagnostics *diagnostics)
{
	const struct policy *policy = set->policies[index];

	for (size_t i = 0; i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		const struct pattern_fact *pattern = executable->entry
							     ? facts_pattern(facts, index, i)
							     : NULL;
		const struct policy *other = NULL;

		for (size_t k = 0; pattern && k < pattern->file_count; k++) {
			const struct file_fact *fact = &facts->files[pattern->files[k]];
			uint32_t file = fact->file;

			if (file >= CW_FILES_MAX || fact->trust == FILE_MISSING)
				continue;
			if (!first[file])
				first[file] = (uint8_t)(index + 1);
			else if (first[file] != index + 1 && !other)
				other = set->policies[first[file] - 1];
		}
		if (other)
			diagnostic_hint(
				diagnostics_add(diagnostics, SEVERITY_NOTE, &executable->path.where,
						"`%s` is an entry of %s as well, whose "
						"policy comes first and governs it",
						executable->path.value, other->instance.value),
				"what rules here say of it belongs into %s", other->file);
	}
}

static bool id_known(const struct id_fact *id)
{
	return id && id->known;
}

static void diagnose_users(const struct text *users, size_t count, const struct facts *facts,
			   struct diagnostics *diagnostics)
{
	for (size_t i = 0; i < count; i++)
		if (!id_known(facts_user(facts, users[i].value)))
			diagnostics_add(diagnostics, SEVERITY_WARNING, &users[i].where,
					"this host has no user `%s`", users[i].value);
}

static void diagnose_owner(const struct policy *policy, const struct facts *facts,
			   struct diagnostics *diagnostics)
{
	if (policy->owner.value && !id_known(facts_user(facts, policy->owner.value)))
		diagnostics_add(diagnostics, SEVERITY_WARNING, &policy->owner.where,
				"this host has no user `%s`: only files of root are trusted",
				policy->owner.value);
	for (size_t i = 0; i < policy->trust_groups.count; i++) {
		const struct text *group = &policy->trust_groups.items[i];

		if (!id_known(facts_group(facts, group->value)))
			diagnostics_add(diagnostics, SEVERITY_WARNING, &group->where,
					"this host has no group `%s`", group->value);
	}
}

void resolve_diagnose(const struct policy_set *set, const struct facts *facts,
		      struct diagnostics *diagnostics)
{
	uint8_t first[CW_FILES_MAX] = { 0 }; /* 1 and the policy whose entry the file is */

	for (size_t p = 0; p < set->count; p++) {
		const struct policy *policy = set->policies[p];
		const struct text_list *guards[] = { &policy->guard.bind.users,
						     &policy->guard.connect.users,
						     &policy->guard.exec.users };

		diagnose_owner(policy, facts, diagnostics);
		diagnose_executables(policy, p, facts, diagnostics);
		if (p < CW_INSTANCES_MAX && !policy->faulty)
			diagnose_entries(set, facts, p, first, diagnostics);
		for (int k = 0; k < CW_RULE_CLASSES; k++) {
			const struct rule_class *class = &policy->classes[k];

			for (size_t i = 0; i < class->count; i++) {
				diagnose_addresses(&class->rules[i], facts, diagnostics);
				diagnose_users(class->rules[i].users, class->rules[i].user_count,
					       facts, diagnostics);
			}
			diagnose_users(guards[k]->items, guards[k]->count, facts, diagnostics);
		}
	}
}

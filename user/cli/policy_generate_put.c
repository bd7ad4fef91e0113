/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a generated policy goes. Into a file that is there only when told so: --merge keeps what people
 * changed in it, --force keeps nothing. Of a merged policy the daemon's own reader is asked before the
 * file changes, and then it changes at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/policy.h"
#include "cli/policy_generate.h"
#include "cli/write_file.h"
#include "event/difference.h"
#include "policy/merge.h"
#include "util/cleanup.h"
#include "util/log.h"

/* A policy file that is there. */
struct existing {
	struct diagnostics diagnostics; /* keeps the text */
	struct policy_list list; /* one */
};

static void existing_release(struct existing *existing)
{
	policy_list_release(&existing->list);
	diagnostics_release(&existing->diagnostics);
}

/* 0, or an exit status, reported. Release it in any case. */
static int existing_read(const char *path, struct existing *ret)
{
	int r = policy_list_read(&ret->list, path, &ret->diagnostics);

	if (r) {
		policy_print_diagnostics(&ret->diagnostics, SEVERITY_ERROR);
		return r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
	}
	if (ret->list.count == 1)
		return 0;
	log_err(0, "%s holds %zu policies, and one is wanted", path, ret->list.count);
	return CLI_BAD_USAGE;
}

static const struct diagnostics_file *existing_text(const struct existing *existing)
{
	for (size_t i = 0; i < existing->diagnostics.file_count; i++)
		if (strcmp(existing->diagnostics.files[i].name, existing->list.items[0]->file) == 0)
			return &existing->diagnostics.files[i];
	return NULL;
}

/* ------------------------------------------------------------------ merging */

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static int refuse_merge(int r, const char *path)
{
	if (r == -ENODATA) {
		log_err(0, "%s does not say what of it was generated", path);
		log_hint("it was written by hand or by an earlier version: --diff shows what "
			 "differs");
		return CLI_BAD_USAGE;
	}
	if (r == -E2BIG) {
		log_err(0, "%s has more than %d lines", path, MERGE_LINES_MAX);
		return CLI_BAD_USAGE;
	}
	return log_err(r, "merge into %s", path), CLI_CANNOT;
}

/* Errors mean that nothing is written; warnings are the operator's to know. */
static int check_merged(const char *path, const struct buffer *text)
{
	_cleanup_(loaded_release) struct loaded loaded = { 0 };
	int r = policy_load_text(&loaded, path, text->data, text->length, NULL);

	policy_print_diagnostics(&loaded.diagnostics, SEVERITY_WARNING);
	if (!r)
		return 0;
	log_err(r == -EINVAL ? 0 : r,
		"what is generated and what is yours are no policy together: %s is as it was",
		path);
	log_hint("the lines are those of the merged text; --diff without --merge shows what is "
		 "new");
	return CLI_CANNOT;
}

static void tell_merged(const char *path, const struct buffer *told)
{
	for (const char *line = told->length ? told->data : ""; *line;) {
		int length = (int)strcspn(line, "\n");

		log_notice("%s: %.*s", path, length, line);
		line += length + (line[length] == '\n');
	}
}

static int merge_into(const struct existing *existing, const struct draft *draft,
		      const struct buffer *made, struct buffer *ret)
{
	const struct diagnostics_file *text = existing_text(existing);
	const struct policy *policy = existing->list.items[0];
	_cleanup_buffer_ struct buffer told = { 0 };
	const char *path = policy->file;
	int r = -ENODATA;

	if (!same_text(policy->instance.value, draft->instance) &&
	    !same_text(policy->root.value, draft->root)) {
		log_err(0, "%s is the policy of another instance, %s", path,
			policy->instance.value);
		return CLI_BAD_USAGE;
	}
	if (text && text->text)
		r = merge_policy(text->text, text->length, made, ret, &told);
	if (r)
		return refuse_merge(r, path);
	r = check_merged(path, ret);
	if (!r)
		tell_merged(path, &told);
	return r;
}

/* ------------------------------------------------------------------ output */

static int put_file(const char *path, bool replace, const struct buffer *text)
{
	int r = cli_write_file(path, replace, text);

	if (r == -EEXIST) {
		log_err(0, "%s is there already", path);
		log_hint("--merge keeps what you changed in it, --diff %s shows what would change, "
			 "--force replaces it",
			 path);
		return CLI_BAD_USAGE;
	}
	if (!r)
		return CLI_YES;
	log_err(r, "write %s", path);
	if (r == -ENOENT)
		log_hint("its directory is not there: make it before (mkdir -p)");
	return CLI_CANNOT;
}

static int put_merged(const char *path, const struct draft *draft, const struct buffer *made)
{
	_cleanup_(existing_release) struct existing existing = { 0 };
	_cleanup_buffer_ struct buffer merged = { 0 };
	int r;

	if (access(path, F_OK) && errno == ENOENT)
		return put_file(path, false, made);
	r = existing_read(path, &existing);
	if (!r)
		r = merge_into(&existing, draft, made, &merged);
	return r ? r : put_file(path, true, &merged);
}

static int show_difference(const struct generate_options *options, const struct draft *draft,
			   const struct buffer *made)
{
	_cleanup_(diagnostics_release) struct diagnostics diagnostics = { 0 };
	_cleanup_(existing_release) struct existing existing = { 0 };
	_cleanup_buffer_ struct buffer shown = { 0 }, merged = { 0 };
	const struct buffer *text = options->merge ? &merged : made;
	struct policy *policy = NULL;
	size_t count = 0;
	int r = existing_read(options->existing, &existing);

	if (!r && options->merge)
		r = merge_into(&existing, draft, made, &merged);
	if (r)
		return r;
	r = policy_read("generated policy", text->data, text->length, &diagnostics, &policy);
	if (r) {
		policy_print_diagnostics(&diagnostics, SEVERITY_ERROR);
		return r == -EINVAL ? CLI_BAD_USAGE : CLI_CANNOT;
	}
	count = policy_difference(existing.list.items[0], policy, &shown);
	policy_free(policy);
	if (buffer_failed(&shown))
		return log_err(-ENOMEM, "compare the policies"), CLI_CANNOT;
	if (shown.length)
		fputs(shown.data, stdout);
	return count ? CLI_NO : CLI_YES;
}

int generate_put(const struct generate_options *options, const char *path,
		 const struct draft *draft, const struct buffer *text)
{
	if (options->existing)
		return show_difference(options, draft, text);
	if (path)
		return options->merge ? put_merged(path, draft, text)
				      : put_file(path, options->force, text);
	if (fwrite(text->data, 1, text->length, stdout) != text->length || fflush(stdout))
		return log_err(-errno, "standard output"), CLI_CANNOT;
	return CLI_YES;
}

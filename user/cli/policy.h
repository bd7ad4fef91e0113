/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `cachewarden policy`: what policy files say, without a daemon and without privileges. All of it
 * goes the daemon's way: the same reader, the same look at this host, the same compiler, decide().
 */
#ifndef CW_CLI_POLICY_H
#define CW_CLI_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"
#include "host/gather.h"
#include "host/policyfile.h"
#include "policy/image.h"

/* argv[0] is "policy". Returns an exit status. */
int cli_policy(int argc, char **argv);

/* The same, for `policy check` and its siblings. */
int cli_policy_generate(int argc, char **argv);
int cli_policy_check(int argc, char **argv);
int cli_policy_show(int argc, char **argv);
int cli_policy_test(int argc, char **argv);
extern const struct cli_usage cli_policy_generate_usage;
int cli_policy_learn(int argc, char **argv);
int cli_policy_replay(int argc, char **argv);
extern const struct cli_usage cli_policy_check_usage;
extern const struct cli_usage cli_policy_show_usage;
extern const struct cli_usage cli_policy_test_usage;
extern const struct cli_usage cli_policy_learn_usage;
extern const struct cli_usage cli_policy_replay_usage;

/* ---- policy files, read and compiled (policy_load.c) ---- */

struct loaded {
	struct diagnostics diagnostics;
	struct policy_list list;
	struct policy_set set; /* of list */
	struct file_registry *registry;
	struct facts facts;
	struct image image; /* anonymous memory */
	struct catalogue *catalogue;
};

struct load_options {
	bool hash_all;
	/* Paths that a question is about: a glob counts them as its own though nothing is there. */
	const char *const *assumed;
	size_t assumed_count;
	/* Users that a question is about: one whom the policies name has a uid of his own though this host lacks him. */
	const char *const *assumed_users;
	size_t assumed_user_count;
};

/* 0; -EINVAL: mistakes, in loaded->diagnostics; else an error that was logged. Release it in any case. */
int policy_load(struct loaded *loaded, const char *const *paths, size_t count,
		const struct load_options *options);
/* The same of one policy that is in memory; options may be NULL. */
int policy_load_text(struct loaded *loaded, const char *name, const char *text, size_t length,
		     const struct load_options *options);
void loaded_release(struct loaded *loaded);
/*
 * The file behind a path, by whatever name the policies have it; NULL: none names it. As for the kernel, a hard link is
 * the file that it is a link to. ret_twin (may be NULL): no name in the policies leads to the path, only the file does.
 */
const struct file_fact *loaded_file(const struct loaded *loaded, const char *path, bool *ret_twin);
/* The text that a policy of loaded was read from; NULL: not known. */
const struct diagnostics_file *policy_source(const struct loaded *loaded,
					     const struct policy *policy);

/* Print what is at least as severe to standard error. */
void policy_print_diagnostics(const struct diagnostics *diagnostics, enum severity least);
/* The exit status after policy_load() failed; prints the mistakes. */
int policy_load_failed(const struct loaded *loaded, int r);

#endif

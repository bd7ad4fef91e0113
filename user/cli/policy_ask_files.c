/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a question, as numbers: the executable that acts, the script that it reads, what is executed or mapped. */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cli/policy_ask.h"

/* The file behind a path as the policies know it, and what is to be said of it. NULL: none names it. */
static const struct file_fact *ask_path(struct asking *asking, const char *path)
{
	bool twin;
	const struct file_fact *fact = loaded_file(asking->loaded, path, &twin);

	if (twin)
		buffer_printf(asking->note, "%s is the same file as %s; ", path, fact->path);
	if (!fact || !fact->named)
		buffer_printf(asking->note, "no policy names %s; ", path);
	else if (fact->trust == FILE_MISSING)
		buffer_printf(asking->note, "%s is not on this host: judged as if it were; ", path);
	return fact;
}

static bool trusted(const struct file_fact *fact)
{
	return file_trust_good(fact->trust) || fact->trust == FILE_MISSING;
}

static const char *distrust(const struct file_fact *fact)
{
	return fact->reason ? fact->reason : file_trust_name(fact->trust);
}

uint32_t ask_actor_number(const struct file_fact *fact)
{
	return fact && trusted(fact) ? fact->file : CW_FILE_UNKNOWN;
}

static void note_actor(struct asking *asking, const struct file_fact *fact)
{
	if (fact && !trusted(fact))
		buffer_printf(asking->note,
			      "who acts is not trusted, so no rule with `by` is for it: %s; ",
			      distrust(fact));
}

/* Who acts by a name in the policy. */
static int ask_name(struct asking *asking, const char *name)
{
	size_t p = asking->request->instance - 1u;
	const struct policy *policy = asking->loaded->set.policies[p];
	const struct facts *facts = &asking->loaded->facts;

	for (size_t i = 0; i < policy->executable_count; i++) {
		const struct executable *executable = &policy->executables[i];
		const struct pattern_fact *pattern = facts_pattern(facts, p, i);

		if (!executable->name.value || strcmp(executable->name.value, name) != 0)
			continue;
		if (!pattern || !pattern->file_count)
			return ask_wrong(asking, name, "`%s` matches no file here: give a path",
					 name);
		if (pattern->file_count > 1)
			asking->question->actors = pattern;
		else
			note_actor(asking, &facts->files[pattern->files[0]]);
		asking->request->executable = ask_actor_number(&facts->files[pattern->files[0]]);
		return 0;
	}
	return ask_wrong(asking, name, "no executable `%s` in the policy", name);
}

int ask_actor(struct asking *asking)
{
	const struct operation *operation = asking->operation;
	const struct file_fact *fact;

	if (operation->outside) {
		if (operation->by || operation->script)
			return ask_wrong(
				asking, operation->by ? operation->by : operation->script,
				"guards do not ask which executable acts: --by or --outside");
		return 0;
	}
	if (operation->script) {
		fact = ask_path(asking, operation->script);
		asking->request->script = fact ? fact->file : CW_FILE_UNKNOWN;
	}
	if (!operation->by)
		return 0;
	if (!strchr(operation->by, '/'))
		return ask_name(asking, operation->by);
	fact = ask_path(asking, operation->by);
	note_actor(asking, fact);
	asking->request->executable = ask_actor_number(fact);
	return 0;
}

void ask_target(const struct file_fact *fact, uint32_t *ret, uint8_t *ret_state)
{
	*ret = fact ? fact->file : CW_FILE_UNKNOWN;
	*ret_state = !fact	     ? CW_FILE_STATE_UNKNOWN
		     : trusted(fact) ? CW_FILE_STATE_ADMITTED
				     : CW_FILE_STATE_TAMPERED;
}

int ask_exec(struct asking *asking)
{
	const char *path = asking->operation->words[1];
	struct cw_request *request = asking->request;
	const struct file_fact *fact;

	if (*path != '/')
		return ask_wrong(asking, path, "`%s` is not an absolute path", path);
	fact = ask_path(asking, path);
	ask_target(fact, &request->target, &request->target_state);
	if (request->target_state == CW_FILE_STATE_TAMPERED)
		buffer_printf(asking->note, "%s; ", distrust(fact));
	ask_interpreters(asking, path, fact);
	return 0;
}

/* As bpf/library.bpf.h has it: a file that the policy names and trusts is trusted for what it is, and what FUSE says of
 * whose a file is counts for nothing. */
int ask_library(struct asking *asking)
{
	const char *path = asking->operation->words[1];
	const struct file_fact *fact;
	struct statfs fs;
	struct stat st;

	if (strcmp(path, "anonymous") == 0)
		return 0;
	if (stat(path, &st) || statfs(path, &fs))
		return ask_wrong(asking, path, "%s: %s", path, strerror(errno));
	asking->request->has_file = 1;
	asking->request->file_mode = (uint16_t)st.st_mode;
	asking->request->file_owner = fs.f_type == FUSE_SUPER_MAGIC ? UINT32_MAX : st.st_uid;
	asking->request->file_group = st.st_gid;
	fact = loaded_file(asking->loaded, path, NULL);
	if (fact && file_trust_good(fact->trust))
		asking->request->target_state = CW_FILE_STATE_ADMITTED;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who executes a script executes its interpreter as well. Of a governed process that is judged with the script, as long as
 * each file is the one that the script was admitted with (script_leads_to() of bpf/subject.bpf.h); else it is judged as
 * executed. Of everyone else it is judged in any case: a guard may keep it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/policy_ask.h"
#include "host/script.h"
#include "util/cleanup.h"

static bool guarded(const struct loaded *loaded, const struct file_fact *file)
{
	const struct cw_page_head *head = image_pages(&loaded->image).head;

	return file && head->target_class[file->file & (CW_FILES_MAX - 1)] & CW_GUARDED;
}

/* As script_leads_to() has it. script NULL: one that no policy knows, of which nothing is known. */
static bool leads_to(const struct loaded *loaded, const struct file_fact *script,
		     const struct file_fact *file)
{
	const struct facts *facts = &loaded->facts;

	if (!script)
		return !guarded(loaded, file);
	if (!file || !file_trust_good(file->trust))
		return false;
	for (int i = 0; i < CW_INTERPRETERS_MAX && script; i++) {
		script = facts_interpreter(facts, script);
		if (script == file)
			return true;
	}
	return false;
}

static const char *distrust(const char *path, const struct file_fact *fact, bool known)
{
	if (!known)
		return "a guard keeps it";
	if (*path != '/')
		return "it is looked for where the caller stands";
	if (!fact || fact->trust == FILE_MISSING)
		return "it is not there";
	if (file_trust_good(fact->trust))
		return "the script was not admitted with it";
	return fact->reason ? fact->reason : file_trust_name(fact->trust);
}

/* known: the script that names it is. */
static void add_interpreter(struct asking *asking, const char *path, const struct file_fact *fact,
			    bool known)
{
	struct question *question = asking->question;
	struct judged_interpreter *interpreter =
		&question->interpreters[question->interpreter_count++];

	ask_target(fact, &interpreter->target, &interpreter->target_state);
	buffer_printf(&interpreter->why, "its interpreter %s is judged as executed", path);
	if (!asking->operation->outside)
		buffer_printf(&interpreter->why, ": %s", distrust(path, fact, known));
}

/* What the file behind a path names as its interpreter, to be freed; NULL: none. 0 or a negative errno. */
static int named_by(const char *path, char **ret)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);

	*ret = NULL;
	return fd < 0 ? -errno : script_names(fd, ret);
}

void ask_interpreters(struct asking *asking, const char *path, const struct file_fact *fact)
{
	const struct loaded *loaded = asking->loaded;
	_cleanup_free_ char *name = NULL;
	int r;

	r = named_by(path, &name);
	if (r == -EACCES || r == -EPERM)
		buffer_printf(asking->note,
			      "%s cannot be read: whether it is a script is not known; ", path);
	for (int i = 0; i < CW_INTERPRETERS_MAX && name; i++) {
		const struct file_fact *next = *name == '/' ? loaded_file(loaded, name, NULL)
							    : NULL;
		char *behind = NULL;

		if (*name == '/')
			named_by(name, &behind);
		if (asking->operation->outside || !leads_to(loaded, fact, next)) {
			add_interpreter(asking, name, next, fact);
			fact = next;
		}
		free(name);
		name = behind;
	}
}

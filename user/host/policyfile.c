/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/policyfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/buffer.h"
#include "util/cleanup.h"
#include "util/own.h"

void policy_list_release(struct policy_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		policy_free(list->items[i]);
	for (size_t i = 0; i < list->half_count; i++)
		policy_free(list->halves[i]);
	free(list->items);
	free(list->halves);
	*list = (struct policy_list){ 0 };
}

static int refuse(struct diagnostics *diagnostics, const char *path, const char *hint,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
static int refuse(struct diagnostics *diagnostics, const char *path, const char *hint,
		  const char *format, ...)
{
	struct location whole = { .file = path };
	struct diagnostic *diagnostic;
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diagnostic = diagnostics_add(diagnostics, SEVERITY_ERROR, &whole, "%s", message);
	if (hint)
		diagnostic_hint(diagnostic, "%s", hint);
	return -EINVAL;
}

/* A file's flaw, or a directory's, whose entries are files. */
static int refuse_doubt(struct diagnostics *diagnostics, const char *path,
			const struct own_doubt *doubt)
{
	static const char *const hints[OWN_FLAWS] = {
		[OWN_LINK] = "name the file itself",
		[OWN_IRREGULAR] = "a policy is a file of text, or a directory of *.yaml",
		[OWN_FOREIGN] = "a policy belongs to root, or to whoever checks it",
		[OWN_WRITABLE] = "chmod go-w",
		[OWN_LARGE] = "is it a policy at all?",
	};

	if (doubt->error == ENOENT)
		return refuse(diagnostics, path,
			      "it is to be a policy or a directory of *.yaml; `cachewarden "
			      "policy generate` makes one",
			      "%s", doubt->why);
	return refuse(diagnostics, path, hints[doubt->flaw], "%s", doubt->why);
}

static int refuse_unread(struct diagnostics *diagnostics, const char *path, int error)
{
	return refuse(diagnostics, path, NULL, "it cannot be read: %s", strerror(error));
}

static int list_add(struct policy ***items, size_t *count, struct policy *policy)
{
	struct policy **grown = realloc(*items, (*count + 1) * sizeof(struct policy *));

	if (!grown) {
		policy_free(policy);
		return -ENOMEM;
	}
	*items = grown;
	grown[(*count)++] = policy;
	return 0;
}

static int list_read(struct policy_list *list, const char *path, const struct buffer *text,
		     struct diagnostics *diagnostics)
{
	struct policy *policy, *half = NULL;
	int r = policy_read_half(path, text->data ? text->data : "", text->length, diagnostics,
				 &policy, &half);

	if (!r)
		return list_add(&list->items, &list->count, policy);
	if (half && list_add(&list->halves, &list->half_count, half))
		return -ENOMEM;
	return r;
}

/* directory: AT_FDCWD, or what name is in; path: for messages. */
static int read_file(struct policy_list *list, int directory, const char *name, const char *path,
		     struct diagnostics *diagnostics)
{
	struct own_doubt doubt;
	_cleanup_close_ int fd = own_open(directory, name, POLICY_FILE_MAX, &doubt);
	_cleanup_buffer_ struct buffer text = { 0 };
	int r;

	if (fd < 0)
		return refuse_doubt(diagnostics, path, &doubt);
	r = buffer_read(&text, fd, POLICY_FILE_MAX);
	if (r)
		return refuse_unread(diagnostics, path, -r);
	if (buffer_failed(&text))
		return -ENOMEM;
	return list_read(list, path, &text, diagnostics);
}

/* ------------------------------------------------------------------ directories */

static int is_policy(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && entry->d_name[0] != '.' && strcmp(end, ".yaml") == 0;
}

/* To other programs these are names of the same kind of file. */
static int is_misnamed(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && entry->d_name[0] != '.' && !is_policy(entry) &&
	       (strcasecmp(end, ".yaml") == 0 || strcasecmp(end, ".yml") == 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* NULL: no memory. */
static char *entry_path(const char *path, const char *name)
{
	size_t length = strlen(path);
	char *whole;

	while (length > 1 && path[length - 1] == '/')
		length--;
	return asprintf(&whole, "%.*s/%s", (int)length, path, name) < 0 ? NULL : whole;
}

static int read_entry(struct policy_list *list, int directory, const char *path, const char *name,
		      struct diagnostics *diagnostics)
{
	_cleanup_free_ char *whole = entry_path(path, name);

	return whole ? read_file(list, directory, name, whole, diagnostics) : -ENOMEM;
}

static int warn_entry(const char *path, const char *name, struct diagnostics *diagnostics)
{
	_cleanup_free_ char *whole = entry_path(path, name);
	struct location where = { .file = whole };

	if (!whole)
		return -ENOMEM;
	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_WARNING, &where,
					"not read: the policies of a directory are named *.yaml"),
			"rename it, or remove it if it is no policy");
	return 0;
}

/* A policy that nobody reads governs nothing; that is not to pass without a word. */
static int warn_misnamed(int directory, const char *path, struct diagnostics *diagnostics)
{
	struct dirent **entries = NULL;
	int count = scandirat(directory, ".", &entries, is_misnamed, by_name), r = 0;

	if (count < 0)
		return errno == ENOMEM ? -ENOMEM : refuse_unread(diagnostics, path, errno);
	for (int i = 0; i < count; i++) {
		if (!r)
			r = warn_entry(path, entries[i]->d_name, diagnostics);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int read_directory(struct policy_list *list, int directory, const char *path,
			  struct diagnostics *diagnostics)
{
	struct dirent **entries = NULL;
	int count = scandirat(directory, ".", &entries, is_policy, by_name), r = 0, misnamed;

	if (count < 0)
		return errno == ENOMEM ? -ENOMEM : refuse_unread(diagnostics, path, errno);
	if (count > POLICY_FILES_MAX)
		r = refuse(diagnostics, path, NULL, "it holds more than %d policies",
			   POLICY_FILES_MAX);
	for (int i = 0; i < count; i++) {
		int one = r == -ENOMEM || count > POLICY_FILES_MAX
				  ? r
				  : read_entry(list, directory, path, entries[i]->d_name,
					       diagnostics);

		r = one ? one : r;
		free(entries[i]);
	}
	free(entries);
	if (r == -ENOMEM)
		return r;
	misnamed = warn_misnamed(directory, path, diagnostics);
	return misnamed ? misnamed : r;
}

int policy_list_read(struct policy_list *list, const char *path, struct diagnostics *diagnostics)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct own_doubt doubt;
	struct stat st;

	/* What is not there, or not to be opened, is said as of a file. */
	if (fd < 0)
		return read_file(list, AT_FDCWD, path, path, diagnostics);
	if (fstat(fd, &st))
		return refuse_unread(diagnostics, path, errno);
	if (own_writers(&st, &doubt) != OWN_NONE)
		return refuse_doubt(diagnostics, path, &doubt);
	return read_directory(list, fd, path, diagnostics);
}

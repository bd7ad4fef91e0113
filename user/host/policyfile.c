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
#include <unistd.h>

#include "util/cleanup.h"

void policy_list_release(struct policy_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		policy_free(list->items[i]);
	free(list->items);
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

/* Who may have written it: a file's rule and a directory's, whose entries are files. */
static int check_writers(struct diagnostics *diagnostics, const char *path, const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return refuse(diagnostics, path,
			      "a policy belongs to root, or to whoever checks it",
			      "it is owned by uid %u", st->st_uid);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return refuse(diagnostics, path, "chmod go-w",
			      "it may be written by others than its owner (mode %04o)",
			      st->st_mode & 07777);
	return 0;
}

static int check_file(struct diagnostics *diagnostics, const char *path, const struct stat *st)
{
	int r;

	if (!S_ISREG(st->st_mode))
		return refuse(diagnostics, path,
			      "a policy is a file of text, or a directory of *.yaml",
			      "it is not a regular file");
	r = check_writers(diagnostics, path, st);
	if (r)
		return r;
	if (st->st_size > POLICY_FILE_MAX)
		return refuse(diagnostics, path, "is it a policy at all?",
			      "it is larger than %u bytes", POLICY_FILE_MAX);
	return 0;
}

/* At most POLICY_FILE_MAX + 1 bytes: a file that grows meanwhile shows as too large. */
static ssize_t read_bounded(int fd, char *text)
{
	size_t length = 0;

	while (length < POLICY_FILE_MAX + 1) {
		ssize_t more = read(fd, text + length, POLICY_FILE_MAX + 1 - length);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return -errno;
		if (more == 0)
			break;
		length += (size_t)more;
	}
	return (ssize_t)length;
}

static int open_failed(struct diagnostics *diagnostics, const char *path, int error)
{
	if (error == ELOOP)
		return refuse(diagnostics, path, "name the file itself", "it is a symbolic link");
	return refuse(diagnostics, path,
		      error == ENOENT
			      ? "it is to be a policy or a directory of *.yaml; `cachewarden "
				"policy generate` makes one"
			      : NULL,
		      "it cannot be opened: %s", strerror(error));
}

static int list_add(struct policy_list *list, struct policy *policy)
{
	struct policy **items = realloc(list->items, (list->count + 1) * sizeof(struct policy *));

	if (!items) {
		policy_free(policy);
		return -ENOMEM;
	}
	list->items = items;
	items[list->count++] = policy;
	return 0;
}

/* directory: AT_FDCWD, or what name is in; path: for messages. */
static int read_file(struct policy_list *list, int directory, const char *name, const char *path,
		     struct diagnostics *diagnostics)
{
	/* O_NONBLOCK: opening a FIFO would wait for its writer. */
	_cleanup_close_ int fd = openat(directory, name,
					O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct policy *policy;
	struct stat st;
	ssize_t length;
	int r;

	if (fd < 0 || fstat(fd, &st))
		return open_failed(diagnostics, path, errno);
	r = check_file(diagnostics, path, &st);
	if (r)
		return r;
	text = malloc(POLICY_FILE_MAX + 1);
	if (!text)
		return -ENOMEM;
	length = read_bounded(fd, text);
	if (length < 0)
		return refuse(diagnostics, path, NULL, "it cannot be read: %s",
			      strerror((int)-length));
	r = policy_read(path, text, (size_t)length, diagnostics, &policy);
	return r ? r : list_add(list, policy);
}

/* ------------------------------------------------------------------ directories */

static int is_policy(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 &&
	       strcmp(entry->d_name + length - 5, ".yaml") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_entry(struct policy_list *list, int directory, const char *path, const char *name,
		      struct diagnostics *diagnostics)
{
	_cleanup_free_ char *whole = NULL;
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	if (asprintf(&whole, "%.*s/%s", (int)length, path, name) < 0) {
		whole = NULL;
		return -ENOMEM;
	}
	return read_file(list, directory, name, whole, diagnostics);
}

static int read_directory(struct policy_list *list, int directory, const char *path,
			  struct diagnostics *diagnostics)
{
	struct dirent **entries = NULL;
	int count = scandirat(directory, ".", &entries, is_policy, by_name), r = 0;

	if (count < 0)
		return errno == ENOMEM ? -ENOMEM : open_failed(diagnostics, path, errno);
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
	return r;
}

int policy_list_read(struct policy_list *list, const char *path, struct diagnostics *diagnostics)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ENOTDIR ? read_file(list, AT_FDCWD, path, path, diagnostics)
					: open_failed(diagnostics, path, errno);
	if (fstat(fd, &st))
		return open_failed(diagnostics, path, errno);
	r = check_writers(diagnostics, path, &st);
	return r ? r : read_directory(list, fd, path, diagnostics);
}

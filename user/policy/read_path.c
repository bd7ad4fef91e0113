/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Paths as a policy writes them: absolute, ${root} at their beginning replaced, without `.` and `..`
 * (the kernel's answer for those depends on links), perhaps with the wildcards of glob(7).
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "policy/read.h"
#include "util/buffer.h"

#define ROOT_VARIABLE "${root}"

struct path_state {
	bool wildcards; /* accepted */
	bool glob; /* found */
};

/* The beginning: `/`, or ${root} which then stands in `to`. Returns the bytes used, -1: diagnosed. */
static int path_begin(struct reader *reader, const struct node *value, struct buffer *to)
{
	const char *text = value->text;
	const char *close = strchr(text, '}');
	struct location where;

	if (strncmp(text, "${", 2) != 0) {
		if (text[0] == '/')
			return 0;
		diagnostic_hint(
			read_error(reader, &value->where, "`%s` is not an absolute path", text),
			"a path begins with `/` or `${root}/`");
		return -1;
	}
	where = node_part(value, 0, close ? (size_t)(close - text) + 1 : 2);
	if (strncmp(text, ROOT_VARIABLE, strlen(ROOT_VARIABLE)) != 0) {
		diagnostic_hint(read_error(reader, &where, "unknown variable in a path"),
				"`${root}` is the only one");
		return -1;
	}
	if (reader->root == ROOT_ABSENT) {
		reader->root = ROOT_ABSENT_REPORTED;
		diagnostic_hint(
			read_error(reader, &where, "`${root}` is used and `root` is not given"),
			"root: the install directory of the instance");
	}
	if (reader->root != ROOT_GOOD) {
		reader->unread++;
		return -1;
	}
	if (text[strlen(ROOT_VARIABLE)] && text[strlen(ROOT_VARIABLE)] != '/') {
		read_error(reader, &where, "`${root}` must be followed by `/`");
		return -1;
	}
	if (reader->policy->root.value)
		buffer_add_string(to, reader->policy->root.value);
	return (int)strlen(ROOT_VARIABLE);
}

/* Is every `[` of the component closed within it? glob(3) would take an open one as itself. */
static bool brackets_closed(const char *name, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		const char *close;

		if (name[at] != '[')
			continue;
		at++;
		if (at < length && (name[at] == '!' || name[at] == '^'))
			at++;
		at++; /* the first character may be `]` itself */
		close = at < length ? memchr(name + at, ']', length - at) : NULL;
		if (!close)
			return false;
		at = (size_t)(close - name);
	}
	return true;
}

/* What is wrong with a name between two slashes; NULL if nothing is. */
static const char *component_mistake(const char *name, size_t length, struct path_state *state)
{
	if (length == 2 && memcmp(name, "..", 2) == 0)
		return "`..` in a path";
	if (length == 1 && name[0] == '.')
		return "`.` in a path";
	if (length > NAME_MAX)
		return "a name of more than 255 bytes in a path";
	if (memchr(name, '\\', length))
		return "a backslash in a path";
	if (memchr(name, '\n', length))
		return "a line break in a path";
	if (memmem(name, length, "${", 2))
		return "a variable that is not at the beginning of a path";
	if (!memchr(name, '*', length) && !memchr(name, '?', length) && !memchr(name, '[', length))
		return NULL;
	state->glob = true;
	if (!state->wildcards)
		return "a wildcard where one path is meant";
	if (memmem(name, length, "**", 2))
		return "`**` in a path: a wildcard does not cross `/`";
	if (!brackets_closed(name, length))
		return "a `[` in a path that is never closed";
	return NULL;
}

static bool path_components(struct reader *reader, const struct node *value, size_t at,
			    struct path_state *state, struct buffer *to)
{
	const char *text = value->text;
	bool good = true;

	while (text[at]) {
		size_t length = strcspn(text + at, "/");
		const char *mistake = component_mistake(text + at, length, state);

		if (mistake) {
			struct location where = node_part(value, at, length);

			read_error(reader, &where, "%s", mistake);
			good = false;
		}
		if (length) {
			if (!to->length || to->data[to->length - 1] != '/')
				buffer_add_char(to, '/');
			buffer_add(to, text + at, length);
		}
		at += length;
		at += text[at] == '/';
	}
	return good;
}

bool read_path(struct reader *reader, const struct node *value, struct text *path, bool *ret_glob)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	struct path_state state = { .wildcards = ret_glob != NULL };
	int used = path_begin(reader, value, &buffer);
	bool directory = value->length && value->text[value->length - 1] == '/';

	if (used < 0 || !path_components(reader, value, (size_t)used, &state, &buffer))
		return false;
	if (ret_glob && (directory || strcmp(value->text, ROOT_VARIABLE) == 0)) {
		diagnostic_hint(
			read_error(reader, &value->where, "`%s` is a directory", value->text),
			"write `/*` at its end for every file in it");
		return false;
	}
	if (!buffer.length)
		buffer_add_char(&buffer, '/');
	if (buffer.length >= PATH_MAX) {
		read_error(reader, &value->where, "a path of more than %d bytes", PATH_MAX - 1);
		return false;
	}
	path->value = buffer_take(&buffer);
	path->where = value->where;
	if (!path->value)
		reader->out_of_memory = true;
	if (ret_glob)
		*ret_glob = state.glob;
	return path->value != NULL;
}

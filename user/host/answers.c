/* SPDX-License-Identifier: GPL-2.0-only */
#include "host/answers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/model.h"
#include "util/cleanup.h"
#include "util/number.h"
#include "util/own.h"

#define HEAD "host-names 1 "
#define LINE_SIZE 300 /* 253 of a name, a blank, 45 of an address, NUL */
#define TEXT_MAX (ANSWERS_MAX * LINE_SIZE)

struct name_fact *answers_add(struct facts *names, const char *name,
			      const struct resolved_address *address)
{
	struct name_fact *last = names->name_count ? &names->names[names->name_count - 1] : NULL;

	if (!last || strcmp(last->name, name) != 0) {
		struct name_fact *grown = reallocarray(names->names, names->name_count + 1,
						       sizeof(*grown));

		if (!grown)
			return NULL;
		names->names = grown;
		last = &grown[names->name_count];
		*last = (struct name_fact){ .name = strdup(name) };
		if (!last->name)
			return NULL;
		names->name_count++;
	}
	if (address) {
		struct resolved_address *grown =
			reallocarray(last->addresses, last->address_count + 1, sizeof(*grown));

		if (!grown)
			return NULL;
		last->addresses = grown;
		grown[last->address_count++] = *address;
	}
	return last;
}

/* ------------------------------------------------------------------ printing */

int answers_print(const struct facts *names, struct buffer *to)
{
	size_t count = 0;

	for (size_t i = 0; i < names->name_count; i++)
		count += names->names[i].address_count;
	if (count > ANSWERS_MAX)
		return -E2BIG;
	if (count)
		buffer_printf(to, HEAD "%zu\n", count);
	for (size_t i = 0; i < names->name_count; i++) {
		const struct name_fact *name = &names->names[i];

		for (size_t j = 0; j < name->address_count; j++) {
			char text[INET6_ADDRSTRLEN] = "";

			inet_ntop(name->addresses[j].family, name->addresses[j].bytes, text,
				  sizeof(text));
			buffer_printf(to, "%s %s\n", name->name, text);
		}
	}
	return buffer_failed(to) ? -ENOMEM : 0;
}

/* ------------------------------------------------------------------ parsing */

/* Text that is read line by line. */
struct lines {
	const char *at, *end;
	char line[LINE_SIZE]; /* the current one, without its newline */
	struct location where;
	struct diagnostics *diagnostics;
};

static int refuse(struct diagnostics *diagnostics, const struct location *where, const char *format,
		  ...) __attribute__((format(printf, 3, 4)));
static int refuse(struct diagnostics *diagnostics, const struct location *where, const char *format,
		  ...)
{
	char message[256];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_WARNING, where, "%s", message),
			"all of it is ignored: a host name that cannot be looked up now has no "
			"address until it can");
	return -EINVAL;
}

static int refuse_part(struct lines *lines, size_t column, size_t length, const char *message)
{
	lines->where.column = (unsigned int)column + 1;
	lines->where.length = length ? (unsigned int)length : 1;
	return refuse(lines->diagnostics, &lines->where, "%s", message);
}

static int next_line(struct lines *lines)
{
	size_t left = (size_t)(lines->end - lines->at), length;
	const char *newline = memchr(lines->at, '\n', left);

	length = newline ? (size_t)(newline - lines->at) : left;
	lines->where.line++;
	if (!newline)
		return refuse_part(lines, length, 1, "it is cut off here");
	if (length >= sizeof(lines->line))
		return refuse_part(lines, sizeof(lines->line) - 1, 1, "the line is too long");
	if (memchr(lines->at, '\0', length))
		return refuse_part(lines, strlen(lines->at), 1, "a NUL byte");
	memcpy(lines->line, lines->at, length);
	lines->line[length] = '\0';
	lines->at = newline + 1;
	return 0;
}

static int read_head(struct lines *lines, uint64_t *ret_count)
{
	int r = next_line(lines);

	if (r)
		return r;
	if (strncmp(lines->line, HEAD, strlen(HEAD)) != 0)
		return refuse_part(lines, 0, strlen(lines->line),
				   "not a list of what host names resolved to, or one of another "
				   "version");
	if (number_parse(lines->line + strlen(HEAD), 1, ANSWERS_MAX, ret_count))
		return refuse_part(lines, strlen(HEAD), strlen(lines->line + strlen(HEAD)),
				   "not a number of lines");
	return 0;
}

static bool address_parse(const char *text, struct resolved_address *ret)
{
	*ret = (struct resolved_address){ .family = AF_INET };
	if (inet_pton(AF_INET, text, ret->bytes) == 1)
		return true;
	*ret = (struct resolved_address){ .family = AF_INET6 };
	return inet_pton(AF_INET6, text, ret->bytes) == 1;
}

/* Does it come behind all that are there? Then it is none of them either. */
static bool is_next(const struct facts *names, const char *name,
		    const struct resolved_address *address)
{
	const struct name_fact *last;
	int order;

	if (!names->name_count)
		return true;
	last = &names->names[names->name_count - 1];
	order = strcmp(last->name, name);
	return order < 0 || (order == 0 && memcmp(&last->addresses[last->address_count - 1],
						  address, sizeof(*address)) < 0);
}

static int read_answer(struct lines *lines, struct facts *names)
{
	struct resolved_address address;
	size_t name_length;
	const char *text;
	int r = next_line(lines);

	if (r)
		return r;
	name_length = strcspn(lines->line, " ");
	if (host_name_mistake(lines->line, name_length))
		return refuse_part(lines, 0, name_length, "not the name of a host");
	if (!lines->line[name_length])
		return refuse_part(lines, name_length, 1, "there is no address");
	lines->line[name_length] = '\0';
	text = lines->line + name_length + 1;
	if (!address_parse(text, &address))
		return refuse_part(lines, name_length + 1, strlen(text), "not an address");
	if (!is_next(names, lines->line, &address))
		return refuse_part(lines, 0, name_length + 1 + strlen(text),
				   "out of order, or there twice");
	return answers_add(names, lines->line, &address) ? 0 : -ENOMEM;
}

int answers_parse(const char *path, const char *text, size_t length,
		  struct diagnostics *diagnostics, struct facts *ret_names)
{
	struct lines lines = {
		.at = text,
		.end = text + length,
		.where = { .file = path },
		.diagnostics = diagnostics,
	};
	struct facts names = { 0 };
	uint64_t count = 0;
	int r = read_head(&lines, &count);

	for (uint64_t i = 0; !r && i < count; i++)
		r = read_answer(&lines, &names);
	if (!r && lines.at < lines.end) {
		lines.where.line++;
		r = refuse_part(&lines, 0, 1, "more lines than it says");
	}
	if (r)
		facts_release(&names);
	else
		*ret_names = names;
	return r;
}

/* ------------------------------------------------------------------ the file */

static int load_file(const char *path, struct diagnostics *diagnostics, struct buffer *text)
{
	const struct location whole = { .file = path };
	struct own_doubt doubt;
	_cleanup_close_ int fd = own_open(AT_FDCWD, path, TEXT_MAX, &doubt);
	int r;

	if (fd < 0)
		return doubt.error == ENOENT ? -ENOENT
					     : refuse(diagnostics, &whole, "%s", doubt.why);
	r = buffer_read(text, fd, TEXT_MAX);
	if (r)
		return refuse(diagnostics, &whole, "it cannot be read: %s", strerror(-r));
	return buffer_failed(text) ? -ENOMEM : 0;
}

int answers_load(const char *directory, struct diagnostics *diagnostics, struct buffer *ret_text,
		 struct facts *ret_names)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	_cleanup_free_ char *path = NULL;
	int r;

	if (asprintf(&path, "%s/" ANSWERS_FILE, directory) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	r = load_file(path, diagnostics, &text);
	if (!r)
		r = answers_parse(path, text.data ? text.data : "", text.length, diagnostics,
				  ret_names);
	if (r)
		return r;
	*ret_text = text;
	text = (struct buffer){ 0 };
	return 0;
}

bool answers_there(const char *directory)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/" ANSWERS_FILE, directory) < 0) {
		path = NULL;
		return true;
	}
	return access(path, F_OK) == 0;
}

/* Not synced: what a power cut takes, a boot takes anyhow, and a slow disk is not to hold up the daemon. */
static int write_beside(int directory, const char *name, const struct buffer *text)
{
	_cleanup_close_ int fd = -1;

	/* One that a killed daemon was at; whoever writes here has the directory locked. */
	unlinkat(directory, name, 0);
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : buffer_write(text, fd);
}

int answers_save(const char *directory, const struct buffer *text)
{
	static const char beside[] = ANSWERS_FILE ".new";
	_cleanup_close_ int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT && !text->length ? 0 : -errno;
	if (!text->length)
		return unlinkat(fd, ANSWERS_FILE, 0) && errno != ENOENT ? -errno : 0;
	r = write_beside(fd, beside, text);
	if (!r && renameat(fd, beside, fd, ANSWERS_FILE))
		r = -errno;
	if (r)
		unlinkat(fd, beside, 0);
	return r;
}

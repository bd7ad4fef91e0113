/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/cleanup.h"
#include "util/regular.h"
#include "util/utf8.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define BYTE_ORDER_MARK_SIZE 3

static void cannot(struct diagnostics *diagnostics, const char *file, const char *what, int error)
{
	struct location where = { .file = file };

	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where, "cannot be %s: %s",
					what, strerror(error)),
			error == EACCES || error == EPERM
				? "run as root, or as a user who may read it"
				: "is the path right, and is it there?");
}

static int too_large(struct diagnostics *diagnostics, const char *file, size_t max)
{
	struct location where = { .file = file };

	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where,
					"larger than %zu bytes, and not read", max),
			"no such file is that large; is it another one?");
	return -EFBIG;
}

static int not_a_file(struct diagnostics *diagnostics, const char *path, const struct stat *st)
{
	struct location where = { .file = path };

	diagnostic_hint(diagnostics_add(diagnostics, SEVERITY_ERROR, &where,
					"cannot be read: it is %s",
					S_ISDIR(st->st_mode) ? "a directory" : "no regular file"),
			"name the file itself");
	return -EINVAL;
}

/* Of what the operator did not name himself, opening must neither wait nor have an effect. */
static int source_open(const char *path, enum source_trust trust, size_t max,
		       struct diagnostics *diagnostics, int *ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r = 0;

	if (trust == SOURCE_FOUND)
		r = fd = regular_open(path, &st);
	else if (strcmp(path, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r == -ENOTSUP)
		return not_a_file(diagnostics, path, &st);
	if (fd < 0 || (trust != SOURCE_FOUND && fstat(fd, &st) < 0)) {
		int error = r < 0 ? -r : errno;

		cannot(diagnostics, path, "opened", error);
		return -error;
	}
	if (S_ISDIR(st.st_mode))
		return not_a_file(diagnostics, path, &st);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
		return too_large(diagnostics, path, max);
	*ret = take_fd(fd);
	return 0;
}

int source_load(const char *path, enum source_trust trust, size_t max,
		struct diagnostics *diagnostics, struct buffer *ret)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	_cleanup_close_ int fd = -1;
	int r;

	r = source_open(path, trust, max, diagnostics, &fd);
	if (r)
		return r;
	r = buffer_read(&buffer, fd, max);
	if (r == -EFBIG)
		return too_large(diagnostics, path, max);
	if (r) {
		cannot(diagnostics, path, "read", -r);
		return r;
	}
	if (buffer_failed(&buffer))
		return -ENOMEM;
	buffer_add(&buffer, "", 0);
	*ret = buffer;
	buffer = (struct buffer){ 0 };
	return 0;
}

/* With a byte order mark, or by the look of its first character. */
static bool is_utf16(const char *text, size_t length)
{
	return length >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
			       memcmp(text, "\xfe\xff", 2) == 0 || !text[0] != !text[1]);
}

static int source_utf16(struct source *source)
{
	struct location where = { .file = source->file, .line = 1, .column = 1 };

	diagnostic_hint(
		diagnostics_add(source->diagnostics, SEVERITY_ERROR, &where,
				"not read: its text is UTF-16"),
		"some editor of Windows saved it so; `iconv -f UTF-16 -t UTF-8` makes it text "
		"again");
	return -EINVAL;
}

/* The place of a byte of the text. */
static struct location source_place(const struct source *source, const char *byte)
{
	struct location where = { .file = source->file, .line = 1, .length = 1 };
	const char *line = source->text;

	for (const char *end; (end = memchr(line, source->end, (size_t)(byte - line)));
	     line = end + 1)
		where.line++;
	where.column = 1 + (unsigned int)utf8_count(line, (size_t)(byte - line));
	return where;
}

static int source_nul(struct source *source, const char *nul)
{
	struct location where = source_place(source, nul);

	diagnostic_hint(diagnostics_add(source->diagnostics, SEVERITY_ERROR, &where,
					"not read: a NUL byte, so this is no text"),
			"a file that was being written when its host went down can end in NUL "
			"bytes; an older copy may be whole");
	return -EINVAL;
}

/* Tell of the first byte that is not UTF-8. */
static void source_check_utf8(const struct source *source)
{
	uint32_t character;
	size_t size;

	for (size_t at = 0; at < source->length; at += size) {
		const char *byte = source->text + at;
		struct location where;

		size = (unsigned char)*byte < 0x80
			       ? 1
			       : utf8_decode(byte, source->length - at, &character);
		if (size)
			continue;
		where = source_place(source, byte);
		diagnostic_hint(diagnostics_add(source->diagnostics, SEVERITY_NOTE, &where,
						"not UTF-8 from here on: byte 0x%02x",
						(unsigned char)*byte),
				"it is read as it is; names with such bytes stay as they are");
		return;
	}
}

/*
 * Keep the text for diagnostics, without what a setting of passwords (their hashes, in a cpf) holds:
 * the line of a mistake is shown, and goes to terminals and tickets.
 */
static int source_keep(const struct source *source)
{
	_cleanup_free_ char *copy = malloc(source->length + 1);
	char *at = copy, *value;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, source->text, source->length);
	copy[source->length] = '\0';
	while ((at = strcasestr(at, "password"))) {
		char *line = memrchr(copy, source->end, (size_t)(at - copy));
		char *end = strchrnul(at, source->end);

		line = line ? line + 1 : copy;
		value = memchr(line, '=', (size_t)(end - line));
		for (char *byte = value ? value + 1 : end; byte < end; byte++)
			if (!source_blank(*byte))
				*byte = '*';
		at = end;
	}
	diagnostics_source(source->diagnostics, source->file, copy, source->length);
	return 0;
}

int source_begin(struct source *source, const char *what, const char *file, const char *text,
		 size_t length, size_t max, struct diagnostics *diagnostics)
{
	const char *nul;
	bool alone;

	*source = (struct source){ .file = file, .diagnostics = diagnostics, .end = '\n' };
	if (!length)
		text = "";
	if (length > max) {
		too_large(diagnostics, file, max);
		return -EINVAL;
	}
	if (is_utf16(text, length))
		return source_utf16(source);
	if (length >= BYTE_ORDER_MARK_SIZE &&
	    memcmp(text, BYTE_ORDER_MARK, BYTE_ORDER_MARK_SIZE) == 0) {
		text += BYTE_ORDER_MARK_SIZE;
		length -= BYTE_ORDER_MARK_SIZE;
	}
	source->text = text;
	source->length = length;
	alone = length && !memchr(text, '\n', length) && memchr(text, '\r', length - 1);
	if (alone)
		source->end = '\r';
	if (source_keep(source))
		return -ENOMEM;
	if (alone) {
		struct location where = { .file = file, .line = 1, .column = 1 };

		diagnostic_hint(
			diagnostics_add(diagnostics, SEVERITY_NOTE, &where,
					"the lines of this %s end with CR alone", what),
			"it is read so; `tr '\\r' '\\n'` makes lines of it for other tools");
	}
	nul = length ? memchr(text, '\0', length) : NULL;
	if (nul)
		return source_nul(source, nul);
	source_check_utf8(source);
	return 0;
}

void source_trim(const char **text, size_t *length)
{
	while (*length && source_blank(**text)) {
		++*text;
		--*length;
	}
	while (*length && source_blank((*text)[*length - 1]))
		--*length;
}

bool source_next(struct source *source, struct source_line *ret)
{
	const char *begin = source->text + source->at, *end;
	size_t left = source->length - source->at;

	if (!left)
		return false;
	source->number++;
	end = memchr(begin, source->end, left);
	ret->length = end ? (size_t)(end - begin) : left;
	source->at += ret->length + (end ? 1 : 0);
	ret->text = begin;
	ret->number = source->number;
	/* Files put together with `copy a+b` have marks in their midst, and ^Z at their end. */
	if (ret->length >= BYTE_ORDER_MARK_SIZE &&
	    memcmp(ret->text, BYTE_ORDER_MARK, BYTE_ORDER_MARK_SIZE) == 0) {
		ret->text += BYTE_ORDER_MARK_SIZE;
		ret->length -= BYTE_ORDER_MARK_SIZE;
	}
	if (source->at == source->length && ret->length && ret->text[ret->length - 1] == '\x1a')
		ret->length--;
	source_trim(&ret->text, &ret->length);
	ret->column = 1 + (unsigned int)utf8_count(begin, (size_t)(ret->text - begin));
	return true;
}

struct location source_location(const struct source *source, const struct source_line *line,
				size_t at, size_t length)
{
	size_t characters = utf8_count(line->text + at, length);

	return (struct location){
		.file = source->file,
		.line = line->number,
		.column = line->column + (unsigned int)utf8_count(line->text, at),
		.length = characters ? (unsigned int)characters : 1,
	};
}

bool source_comment(const struct source_line *line)
{
	return line->length && (line->text[0] == ';' || line->text[0] == '#' ||
				(line->length > 1 && line->text[0] == '/' && line->text[1] == '/'));
}

bool source_port(const char *text, size_t length, uint16_t *ret)
{
	uint32_t port = 0;

	source_trim(&text, &length);
	if (!length || length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (uint32_t)(text[i] - '0');
	}
	if (!port || port > UINT16_MAX)
		return false;
	*ret = (uint16_t)port;
	return true;
}

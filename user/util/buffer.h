/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A string that grows. Errors stick: after a failed allocation every call is a no-op and
 * buffer_failed() says so, hence callers check once, at the end. Always NUL-terminated.
 */
#ifndef CW_UTIL_BUFFER_H
#define CW_UTIL_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
	char *data; /* NULL until something is added */
	size_t length;
	size_t capacity;
	bool failed;
};

void buffer_release(struct buffer *buffer);
#define _cleanup_buffer_ __attribute__((cleanup(buffer_release)))

/* Forget the content, keep the memory. */
void buffer_clear(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_add_string(struct buffer *buffer, const char *string);
void buffer_add_char(struct buffer *buffer, char character);
void buffer_printf(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool buffer_failed(const struct buffer *buffer)
{
	return buffer->failed;
}

/* What is made of a part that has failed has failed. */
static inline void buffer_fail_with(struct buffer *buffer, const struct buffer *part)
{
	buffer->failed |= part->failed;
}

/* The string, owned by the caller; NULL after a failure. An empty buffer gives "". */
char *buffer_take(struct buffer *buffer);

/* Add all that is left to read, at most max bytes. 0; -EFBIG: there is more (max bytes were added); the error of the
 * read that failed. Memory that ran out shows as buffer_failed(). */
int buffer_read(struct buffer *buffer, int fd, size_t max);

/* Write all of it, in as many calls as it takes. 0, or the error of the one that failed. */
int buffer_write(const struct buffer *buffer, int fd);

#endif

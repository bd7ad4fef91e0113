/* SPDX-License-Identifier: GPL-2.0-only */
#include "util/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void buffer_release(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
	if (buffer->data)
		buffer->data[0] = '\0';
}

/* Room for more bytes and the NUL. */
static bool buffer_reserve(struct buffer *buffer, size_t more)
{
	size_t need = buffer->length + more + 1;
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	char *data;

	if (buffer->failed)
		return false;
	if (need <= buffer->capacity)
		return true;
	while (capacity < need)
		capacity *= 2;
	data = realloc(buffer->data, capacity);
	if (!data) {
		buffer->failed = true;
		return false;
	}
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
	if (!buffer_reserve(buffer, length))
		return;
	memcpy(buffer->data + buffer->length, bytes, length);
	buffer->length += length;
	buffer->data[buffer->length] = '\0';
}

void buffer_add_string(struct buffer *buffer, const char *string)
{
	buffer_add(buffer, string, strlen(string));
}

void buffer_add_char(struct buffer *buffer, char character)
{
	buffer_add(buffer, &character, 1);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0 || !buffer_reserve(buffer, (size_t)length)) {
		buffer->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, args);
	va_end(args);
	buffer->length += (size_t)length;
}

char *buffer_take(struct buffer *buffer)
{
	char *data;

	buffer_reserve(buffer, 0);
	if (buffer->failed) {
		buffer_release(buffer);
		return NULL;
	}
	data = buffer->data;
	data[buffer->length] = '\0';
	*buffer = (struct buffer){ 0 };
	return data;
}

int buffer_read(struct buffer *buffer, int fd, size_t max)
{
	size_t left = max;
	char piece[16384];
	ssize_t size;

	while ((size = read(fd, piece, sizeof(piece))) != 0) {
		size_t more = (size_t)size;

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return -errno;
		buffer_add(buffer, piece, more < left ? more : left);
		if (more > left)
			return -EFBIG;
		left -= more;
	}
	return 0;
}

int buffer_write(const struct buffer *buffer, int fd)
{
	for (size_t done = 0; done < buffer->length;) {
		ssize_t more = write(fd, buffer->data + done, buffer->length - done);

		if (more < 0 && errno != EINTR)
			return -errno;
		done += more > 0 ? (size_t)more : 0;
	}
	return 0;
}

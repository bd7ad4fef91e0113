/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records from a ring: whatever decodes is named, printed in every format, and filtered. What is printed
 * must be harmless to a terminal.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/filter.h"
#include "event/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *path(void *context, uint32_t file)
{
	(void)context;
	return file & 1 ? "/usr/cachesys/bin/cache" : NULL;
}

static const uint8_t *sha256(void *context, uint32_t file)
{
	static const uint8_t bytes[32];

	(void)context;
	return file & 2 ? bytes : NULL;
}

static void check_line(const struct buffer *line, bool colour)
{
	assert(!buffer_failed(line) && line->length > 1);
	for (size_t i = 0; i + 1 < line->length; i++) {
		unsigned char byte = (unsigned char)line->data[i];

		assert((byte >= 0x20 && byte != 0x7f) || (colour && byte == '\033'));
	}
	assert(line->data[line->length - 1] == '\n');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct event_names names = { .host = "h",
						  .file_path = path,
						  .file_sha256 = sha256 };
	static const struct {
		const char *name, *value;
	} criteria[] = { { "executable", "/usr/*/c?che" },
			 { "port", "0-99" },
			 { "pid", "1-99" },
			 { "address", "10.0.0.0/9,fe80::/13" },
			 { "user", "root,0-9" } };
	void *copy = malloc(size + !size); /* exactly as long, on an 8-byte boundary */
	struct cw_deviation room;
	struct record record;
	struct event event;
	const void *bytes;

	memcpy(copy, data, size);
	bytes = record_adapt(copy, &size, &room);
	if (record_decode(bytes, size, &record) == RECORD_OK) {
		event_name(&record, &names, 1, &event);
		for (size_t format = 0; format < EVENT_FORMAT_MAX; format++) {
			_cleanup_buffer_ struct buffer line = { 0 };

			event_print(&event, format, &line);
			check_line(&line, format == EVENT_FORMAT_COLOUR);
		}
		for (size_t i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++) {
			_cleanup_filter_ struct filter filter = { .host = true };

			assert(filter_add(&filter, criteria[i].name, criteria[i].value, NULL) == 0);
			filter_match(&filter, &event, NULL);
		}
	}
	free(copy);
	return 0;
}

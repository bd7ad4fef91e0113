/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines of a recording. Whatever is an event prints as a line that is one as well, and that is printed alike
 * for ever; what is printed must be harmless to a terminal. And the times that --since takes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/filter.h"
#include "event/parse.h"
#include "event/print.h"
#include "event/when.h"
#include "recording/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const struct buffer *line)
{
	assert(!buffer_failed(line) && line->length > 1);
	for (size_t i = 0; i + 1 < line->length; i++)
		assert((unsigned char)line->data[i] >= 0x20 && line->data[i] != 0x7f);
	assert(line->data[line->length - 1] == '\n');
}

/* Print it, and read that again. */
static void check_again(const struct event *event, struct buffer *line, struct event_parsed *again)
{
	event_print(event, EVENT_FORMAT_JSON, line);
	check_line(line);
	assert(event_parse(line->data, line->length, again) == 0);
}

static void check_event(const struct event_parsed *parsed)
{
	_cleanup_event_parsed_ struct event_parsed again = { 0 }, third = { 0 };
	_cleanup_buffer_ struct buffer first = { 0 }, second = { 0 }, text = { 0 };
	_cleanup_filter_ struct filter filter = { .host = true };

	event_print(&parsed->event, EVENT_FORMAT_TEXT, &text);
	check_line(&text);
	/* A string may be too long once bytes that are no characters have been replaced. */
	check_again(&parsed->event, &first, &again);
	check_again(&again.event, &second, &third);
	buffer_clear(&first);
	check_again(&third.event, &first, &third);
	assert(second.length == first.length);
	assert(memcmp(second.data, first.data, first.length) == 0);
	assert(filter_add(&filter, "executable", "/usr/*/c?che", NULL) == 0);
	assert(filter_add(&filter, "port", "0-99", NULL) == 0);
	assert(filter_match(&filter, &again.event, NULL) ==
	       filter_match(&filter, &third.event, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + !size); /* exactly as long: reading on is found out */
	_cleanup_event_parsed_ struct event_parsed parsed = { 0 };
	struct segment_head head;
	char *text = strndup((const char *)data, size);
	int64_t time;

	memcpy(copy, data, size);
	for (int again = 0; again < 2; again++) /* one is reused from line to line */
		if (event_parse(copy, size, &parsed) == 0)
			check_event(&parsed);
	if (segment_head(copy, size, &head))
		assert(head.notice >= -1 && head.notice <= SEGMENT_NOTICE_MAX);
	segment_events(copy, size);
	when_parse(text, 1795000000000000000, &time);
	free(text);
	free(copy);
	return 0;
}

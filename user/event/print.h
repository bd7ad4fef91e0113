/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Events as lines: JSON for programs, text for people. Both end with a newline, and neither lets a
 * byte through that a terminal would obey.
 */
#ifndef CW_EVENT_PRINT_H
#define CW_EVENT_PRINT_H

#include <stdbool.h>

#include "event/event.h"
#include "util/buffer.h"

enum event_format { EVENT_FORMAT_TEXT, EVENT_FORMAT_COLOUR, EVENT_FORMAT_JSON, EVENT_FORMAT_MAX };

/* Longer strings are printed up to here, with EVENT_STRING_CUT behind them: a rule's `why` may be as
 * long as its file, a line may not. */
#define EVENT_STRING_MAX 2048
#define EVENT_STRING_CUT "..."

void event_print(const struct event *event, enum event_format format, struct buffer *buffer);
void event_json(const struct event *event, struct buffer *buffer);
void event_text(const struct event *event, bool colour, struct buffer *buffer);

/* The JSON schema (draft 2020-12) of what event_json() prints, from the same table. */
void event_schema(struct buffer *buffer);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way back: a line of event_json() becomes an event again, which filters and printers take as they
 * take one from the kernel. It walks the same table of fields; keys that it does not know (of a later version)
 * are passed over.
 *
 * What JSON does not carry is not there: file numbers and times since boot are 0, a rule's number is
 * CW_RULE_NONE. `record.instance` is CW_INSTANCE_NONE exactly where `instance` is null.
 */
#ifndef CW_EVENT_PARSE_H
#define CW_EVENT_PARSE_H

#include "event/event.h"

/* Zero-initialised before the first use; each call reuses it. */
struct event_parsed {
	struct event event; /* points into what follows */
	struct catalogue_rule rule, origin;
	char *texts; /* unescaped strings, one behind the other */
	size_t used, capacity;
};
void event_parsed_release(struct event_parsed *parsed);
#define _cleanup_event_parsed_ __attribute__((cleanup(event_parsed_release)))

/* 0; -EBADMSG: not an event (malformed, or a value that its field cannot have); -ENOMEM. */
int event_parse(const char *line, size_t length, struct event_parsed *ret_parsed);

#endif

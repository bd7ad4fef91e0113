/* SPDX-License-Identifier: GPL-2.0-only */
/* What event_fields' getters get, put where they get it from. For parse.c alone. */
#ifndef CW_EVENT_SETTERS_H
#define CW_EVENT_SETTERS_H

#include "event/fields.h"
#include "event/parse.h"

/* By field. false: a value that the field cannot have. Strings stay the caller's. */
extern bool (*const event_setters[EVENT_FIELD_MAX])(struct event_parsed *parsed,
						    const struct event_value *value);

/* to has CW_COMM + 1 bytes. */
void event_set_comm(char *to, const char *string);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `policy show` tells: the rules of a set of policies with what their names are on this host.
 * Printed as text or JSON from one set of tables, for a command that has just read the files and for
 * the daemon that has them in force.
 */
#ifndef CW_EVENT_SHOW_H
#define CW_EVENT_SHOW_H

#include <stdint.h>

#include "policy/facts.h"
#include "policy/image.h"
#include "util/buffer.h"

struct show_report {
	const struct policy_set *set;
	const struct facts *facts;
	uint64_t generation; /* 0: not in force */
	const uint64_t *governed; /* processes by instance number; NULL: not in force */
};

void show_text(const struct show_report *report, struct buffer *buffer);
void show_json(const struct show_report *report, struct buffer *buffer);

#endif

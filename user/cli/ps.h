/* SPDX-License-Identifier: GPL-2.0-only */
/* What `ps` prints: governed processes of each instance as a tree, with their roles. */
#ifndef CW_CLI_PS_H
#define CW_CLI_PS_H

#include <stdbool.h>

#include "instance/role_gather.h"
#include "util/buffer.h"

struct ps_instance {
	char *name;
	char *root; /* NULL: the policy has none */
	uint16_t number; /* as the daemon numbers it */
};

struct ps_report {
	const struct ps_instance *instances; /* by place */
	size_t instance_count;
	const struct roles *roles;
	bool evidence; /* say how each role is known */
};

void ps_text(const struct ps_report *report, struct buffer *buffer);
void ps_json(const struct ps_report *report, struct buffer *buffer);

#endif

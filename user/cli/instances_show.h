/* SPDX-License-Identifier: GPL-2.0-only */
/* An instance as text or as one JSON object, by one table of what is shown. */
#ifndef CW_CLI_INSTANCES_SHOW_H
#define CW_CLI_INSTANCES_SHOW_H

#include "instance/registry.h"
#include "util/buffer.h"

/* A block of lines; what is not known has none. */
void instance_text(const struct instance *instance, struct buffer *buffer);
/* A line; what is not known is null. */
void instance_json(const struct instance *instance, struct buffer *buffer);

#endif

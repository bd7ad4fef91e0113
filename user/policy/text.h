/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of a policy as text, the way that the grammar has them. */
#ifndef CW_POLICY_TEXT_H
#define CW_POLICY_TEXT_H

#include "policy/model.h"
#include "util/buffer.h"

/* `tcp/1972`, `udp/ephemeral`, `any/53`. */
void port_range_text(const struct port_range *range, struct buffer *to);
/* `10.1.0.0/16`, `localhost`, a name. */
void address_text(const struct address *address, struct buffer *to);

#endif

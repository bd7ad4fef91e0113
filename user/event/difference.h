/* SPDX-License-Identifier: GPL-2.0-only */
/* What another policy would change, told in rules and not in lines. */
#ifndef CW_EVENT_DIFFERENCE_H
#define CW_EVENT_DIFFERENCE_H

#include <stddef.h>

#include "policy/model.h"
#include "util/buffer.h"

/*
 * One line for each executable, rule or guard that was added (`+`), removed (`-`) or changed (`~`, and
 * what it was). Order, layout, comments, reasons, and the names that executables and rules go by, are
 * no difference; nor is what an operator sets for the whole file (mode, on_stop and the like).
 * Returns how many differ.
 */
size_t policy_difference(const struct policy *existing, const struct policy *made,
			 struct buffer *to);

#endif

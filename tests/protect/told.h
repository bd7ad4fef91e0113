/* SPDX-License-Identifier: GPL-2.0-only */
/* What the daemon told of attempts. */
#ifndef CW_PROTECT_TOLD_H
#define CW_PROTECT_TOLD_H

/* effect: NULL means any. */
unsigned int events_told(const char *effect);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_PROTECT_FREEZER_H
#define CW_PROTECT_FREEZER_H

#include <stdbool.h>
#include <sys/types.h>

/* What may not be signalled is stopped by its control group: no instruction of its runs any more when it is
 * frozen(), a while later. One process in all. */
bool freeze(pid_t process);
bool frozen(void);
void freezer_remove(void); /* when the process has ended */

#endif

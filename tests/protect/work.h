/* SPDX-License-Identifier: GPL-2.0-only */
/* The directory in /run where a daemon and its policy are. */
#ifndef CW_WORK_H
#define CW_WORK_H

#include <stdbool.h>

bool work_make(void); /* false: errno says why not */
/* The path of a name in it; one of a few static buffers. */
const char *in_work(const char *name);
/* With all that is in it; before it was made, nothing. */
void work_remove(void);

#endif

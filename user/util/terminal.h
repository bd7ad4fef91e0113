/* SPDX-License-Identifier: GPL-2.0-only */
/* What reads our streams. */
#ifndef CW_UTIL_TERMINAL_H
#define CW_UTIL_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Is the stream a terminal that wants colour (NO_COLOR, TERM=dumb)? */
bool terminal_colour(FILE *stream);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CW_CLI_WRITE_FILE_H
#define CW_CLI_WRITE_FILE_H

#include <stdbool.h>

#include "util/buffer.h"

/* Whole or not at all, for a daemon may be reading that folder. 0; -EEXIST: it is there and is not to be
 * replaced; else an errno. */
int cli_write_file(const char *path, bool replace, const struct buffer *text);

#endif

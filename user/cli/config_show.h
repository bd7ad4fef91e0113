/* SPDX-License-Identifier: GPL-2.0-only */
/* What was read of a cpf, as text or as one JSON object: parameters by their table, then the rows. */
#ifndef CW_CLI_CONFIG_SHOW_H
#define CW_CLI_CONFIG_SHOW_H

#include "instance/config.h"
#include "util/buffer.h"

/* Passwords and their hashes are not shown. */
void config_text_of(const struct config *config, struct buffer *buffer);
void config_json_of(const struct config *config, struct buffer *buffer);

#endif

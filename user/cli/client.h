/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands that talk to the running daemon, and what they share. */
#ifndef CW_CLI_CLIENT_H
#define CW_CLI_CLIENT_H

#include "cli/options.h"
#include "ipc/client.h"

extern const struct cli_usage cli_tail_usage;
extern const struct cli_usage cli_status_usage;
extern const struct cli_usage cli_mode_usage;
extern const struct cli_usage cli_reload_usage;
extern const struct cli_usage cli_stop_usage;
extern const struct cli_usage cli_ps_usage;

/* Each returns an exit status; argv[0] is the command's name. */
int cli_tail(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_mode(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_stop(int argc, char **argv);
int cli_ps(int argc, char **argv);

/* Connect, or say why not and what to do: 0 or a negative errno. */
int cli_connect(struct ipc_client *client, const struct cli_common *common);

/*
 * A daemon that hangs answers nobody, and a prompt that stays away tells nobody why. Somebody at a terminal is told
 * after so long; scripts have time limits of their own, and may read both outputs as one.
 */
#define CLI_PATIENCE_SECONDS 5
void cli_tell_unanswered(void);

/* How standard output is to be printed: enum event_format. */
uint8_t cli_format(const struct cli_common *common);

/* Append an option to a request; it must have room. */
void cli_request_add(struct ipc_request *request, const char *name, const char *value);

/* Connect, ask, print the answer; returns the exit status. request->format is set from common. */
int cli_call(const struct cli_common *common, struct ipc_request *request);

/* The same, with what goes to standard output in a buffer instead; CLI_YES: buffer->data is there. */
int cli_ask(const struct cli_common *common, struct ipc_request *request, struct buffer *buffer);

#endif

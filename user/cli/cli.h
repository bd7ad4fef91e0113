/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands that are neither the client's (client.h) nor `policy` (policy.h). */
#ifndef CW_CLI_CLI_H
#define CW_CLI_CLI_H

#include "cli/options.h"

extern const struct cli_usage cli_run_usage;
extern const struct cli_usage cli_disarm_usage;
extern const struct cli_usage cli_doctor_usage;
extern const struct cli_usage cli_instances_usage;

/* argv[0] is the command's name; each returns an exit status. */
int cli_run(int argc, char **argv);
int cli_disarm(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_instances(int argc, char **argv);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The stand-in instance as tests use it: installed at world_path("standin"), driven by its own script. */
#ifndef CW_STANDIN_H
#define CW_STANDIN_H

#include <stdbool.h>

#define STANDIN_NAME "STANDIN"

/* `instance COMMAND ROOT [ARGUMENT]`: its exit status; output is the caller's. */
int standin_run(char **ret_output, const char *command, const char *argument);
/* The same where only success will do; else its words are a note. */
bool standin_do(const char *command);
/* Install it, and make standin/made.yaml of it by `policy generate`. */
bool standin_install(void);
/* Put that policy in force with the next reload, edited by sed. */
bool standin_govern(const char *sed);

#endif

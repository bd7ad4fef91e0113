/* SPDX-License-Identifier: GPL-2.0-only */
/* TCP sockets at 127.0.0.1 that the tests hand to others: a descriptor or a negative errno. */
#ifndef CW_HANDED_H
#define CW_HANDED_H

#include <stdbool.h>

int handed_bound(const char *port, bool listening);
/* Listening, and willing to share the port. */
int handed_reusable(const char *port);
/* Of SMC's own family, listening. */
int handed_smc(const char *port);
int handed_connected(const char *port);

#endif

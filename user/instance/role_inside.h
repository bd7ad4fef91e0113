/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside the telling of roles: role.c asks each sign in turn, role_sockets.c knows one of them. */
#ifndef CW_INSTANCE_ROLE_INSIDE_H
#define CW_INSTANCE_ROLE_INSIDE_H

#include "instance/role.h"

/* evidence is static. */
void role_set(struct role *role, enum role_id id, enum role_strength strength,
	      const char *evidence);

/* By what it listens on and is connected to; false: that tells nothing. The instance has a config. */
bool role_by_sockets(const struct role_instance *instance, struct role_process *process);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipc/turned.h"

void turned_add(struct turned *turned, struct connection *connection, enum ipc_end_reason reason,
		unsigned int status, const char *text)
{
	struct connection **place = &turned->connections[turned->next];

	turned->next = (turned->next + 1) % IPC_TURNED_MAX;
	connection_free(*place);
	*place = connection;
	connection_turn_away(connection, reason, status, text);
}

void turned_forget(struct turned *turned, const struct connection *connection)
{
	for (size_t i = 0; i < IPC_TURNED_MAX; i++) {
		if (turned->connections[i] == connection)
			turned->connections[i] = NULL;
	}
}

void turned_release(struct turned *turned)
{
	for (size_t i = 0; i < IPC_TURNED_MAX; i++)
		turned->connections[i] = connection_free(turned->connections[i]);
}

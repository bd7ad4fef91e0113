/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ask the daemon and print what it answers. The daemon words its answers itself: what a command prints
 * then never depends on which of the two is older.
 */
#include "cli/client.h"

#include <errno.h>
#include <stdio.h>

#include "event/print.h"
#include "util/log.h"

int cli_connect(struct ipc_client *client, const struct cli_common *common)
{
	int r = ipc_client_connect(client, common->runtime_dir);

	switch (r) {
	case 0:
		return 0;
	case -ENOENT:
	case -ECONNREFUSED:
		log_err(0, "no daemon is running (nobody listens on %s/%s)", common->runtime_dir,
			IPC_SOCKET_NAME);
		log_hint("start it with `systemctl start cachewarden` or `cachewarden run`; if it "
			 "runs with another --runtime-dir, give the same here");
		return r;
	case -EACCES:
	case -EPERM:
		log_err(r, "connect to %s/%s", common->runtime_dir, IPC_SOCKET_NAME);
		log_hint("only root and members of the daemon's group may talk to it");
		return r;
	default:
		return log_err(r, "connect to %s/%s", common->runtime_dir, IPC_SOCKET_NAME);
	}
}

uint8_t cli_format(const struct cli_common *common)
{
	if (common->json)
		return EVENT_FORMAT_JSON;
	return cli_colour(stdout) ? EVENT_FORMAT_COLOUR : EVENT_FORMAT_TEXT;
}

void cli_request_add(struct ipc_request *request, const char *name, const char *value)
{
	request->options[request->option_count++] = (struct ipc_option){ .name = name,
									 .value = value };
}

/* The last message of an answer: its text is an error's. */
static int call_end(const struct ipc_message *message)
{
	struct ipc_end end;
	const char *text;
	size_t length;

	if (ipc_decode_end(message, &end, &text, &length))
		return log_err(-EBADMSG, "the daemon's answer"), CLI_CANNOT;
	if (length)
		log_err(0, "%.*s", (int)length, text);
	return (int)end.status;
}

int cli_call(const struct cli_common *common, struct ipc_request *request)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_message message;
	int r;

	request->format = cli_format(common);
	if (cli_connect(&client, common))
		return CLI_CANNOT;
	r = ipc_client_request(&client, request);
	while (r == 0 || r == -EINTR) {
		r = ipc_client_receive(&client, &message);
		if (r)
			continue;
		if (message.type == IPC_END)
			return call_end(&message);
		if (message.type == IPC_OUTPUT || message.type == IPC_ERRORS)
			fwrite(message.payload, 1, message.length,
			       message.type == IPC_OUTPUT ? stdout : stderr);
	}
	log_err(r == -EPIPE ? 0 : r,
		r == -EPIPE ? "the daemon ended before it had answered" : "talk to the daemon");
	return CLI_CANNOT;
}

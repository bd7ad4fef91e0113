/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ask the daemon and print what it answers. The daemon words its answers itself: what a command prints
 * then never depends on which of the two is older.
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "event/print.h"
#include "util/log.h"
#include "util/terminal.h"

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
	return terminal_colour(stdout) ? EVENT_FORMAT_COLOUR : EVENT_FORMAT_TEXT;
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

static void take_output(const struct ipc_message *message, struct buffer *buffer)
{
	if (message->type == IPC_ERRORS)
		fwrite(message->payload, 1, message->length, stderr);
	else if (message->type == IPC_OUTPUT && buffer)
		buffer_add(buffer, message->payload, message->length);
	else if (message->type == IPC_OUTPUT)
		fwrite(message->payload, 1, message->length, stdout);
}

void cli_tell_unanswered(void)
{
	if (!isatty(STDERR_FILENO))
		return;
	log_warning(0, "the daemon has not answered for %d s: it is busy, or hangs; still waiting",
		    CLI_PATIENCE_SECONDS);
	log_hint("what is pinned is in force without it; `cachewarden disarm` takes that out, and "
		 "asks no daemon");
}

static void await_answer(const struct ipc_client *client)
{
	struct pollfd answer = { .fd = client->fd, .events = POLLIN };

	if (poll(&answer, 1, CLI_PATIENCE_SECONDS * 1000) == 0)
		cli_tell_unanswered();
}

static int call(const struct cli_common *common, struct ipc_request *request, struct buffer *buffer)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_message message;
	int r;

	request->format = cli_format(common);
	if (cli_connect(&client, common))
		return CLI_CANNOT;
	r = ipc_client_request(&client, request);
	await_answer(&client);
	while (r == 0 || r == -EINTR) {
		r = ipc_client_receive(&client, &message);
		if (r)
			continue;
		if (message.type == IPC_END)
			return call_end(&message);
		take_output(&message, buffer);
	}
	log_err(r == -EPIPE ? 0 : r,
		r == -EPIPE ? "the daemon ended before it had answered" : "talk to the daemon");
	return CLI_CANNOT;
}

int cli_call(const struct cli_common *common, struct ipc_request *request)
{
	return call(common, request, NULL);
}

int cli_ask(const struct cli_common *common, struct ipc_request *request, struct buffer *buffer)
{
	int status;

	buffer_add_string(buffer, "");
	status = call(common, request, buffer);
	if (!buffer_failed(buffer))
		return status;
	log_err(-ENOMEM, "the daemon's answer");
	return CLI_CANNOT;
}

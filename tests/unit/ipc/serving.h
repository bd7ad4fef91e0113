/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A server in a directory of its own, and its clients, in one thread: what is sent waits in the socket
 * until the other end is asked to look, so tests decide who is slow.
 */
#ifndef CW_TESTS_SERVING_H
#define CW_TESTS_SERVING_H

#include "event/sample.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/print.h"
#include "ipc/client.h"
#include "ipc/server.h"
#include "util/cleanup.h"

struct serving {
	char directory[64];
	struct ipc_server *server;
	ipc_call call; /* the last request's; 0: none */
	enum ipc_command command;
	char option[64]; /* its first option's value */
	int changes; /* calls of subscribers_changed */
	size_t clients; /* as counted while the last request was being answered */
	bool answer_at_once;
};

static inline void serving_request(void *context, ipc_call call, const struct ipc_peer *peer,
				   const struct ipc_request *request)
{
	struct serving *serving = context;
	struct ipc_statistics statistics;

	ipc_server_statistics(serving->server, &statistics);
	serving->clients = statistics.clients;
	assert_int_equal(peer->uid, getuid());
	serving->call = call;
	serving->command = request->command;
	if (request->option_count)
		snprintf(serving->option, sizeof(serving->option), "%s=%s",
			 request->options[0].name, request->options[0].value);
	if (serving->answer_at_once)
		assert_int_equal(ipc_server_reply(serving->server, call, 0, "at once\n", NULL), 0);
}

static inline void serving_changed(void *context)
{
	((struct serving *)context)->changes++;
}

/* Whoever filters for ports is told something. */
static inline void serving_remark(void *context, const struct filter *filter, struct buffer *text)
{
	(void)context;
	if (filter->given[FILTER_PORT])
		buffer_add_string(text, "ports are many\n");
}

static inline int serving_listen(struct serving *serving, gid_t group)
{
	struct ipc_handler handler = { .context = serving,
				       .request = serving_request,
				       .remark = serving_remark,
				       .subscribers_changed = serving_changed };

	return ipc_server_new(serving->directory, group, &handler, &serving->server);
}

static inline void serving_setup(struct serving *serving)
{
	*serving = (struct serving){ .directory = "/tmp/cw-test-ipc-XXXXXX" };
	assert_non_null(mkdtemp(serving->directory));
	assert_int_equal(chmod(serving->directory, 0755), 0);
}

static inline void serving_start(struct serving *serving)
{
	serving_setup(serving);
	assert_int_equal(serving_listen(serving, (gid_t)-1), 0);
}

static inline void serving_end(struct serving *serving)
{
	serving->server = ipc_server_free(serving->server);
	assert_int_equal(rmdir(serving->directory), 0); /* nothing is left behind */
}

/* Dispatch until the server has nothing to do. */
static inline void serve(struct serving *serving)
{
	struct pollfd polled = { .fd = ipc_server_fd(serving->server), .events = POLLIN };

	for (int i = 0; poll(&polled, 1, 0) == 1; i++) {
		assert_in_range(i, 0, 10000); /* a server that spins */
		assert_int_equal(ipc_server_dispatch(serving->server), 0);
	}
}

static inline void ask(struct serving *serving, struct ipc_client *client,
		       const struct ipc_request *request)
{
	assert_int_equal(ipc_client_connect(client, serving->directory), 0);
	assert_int_equal(ipc_client_request(client, request), 0);
	serve(serving);
}

static inline void subscribe(struct serving *serving, struct ipc_client *client,
			     enum event_format format, const char *name, const char *value)
{
	struct ipc_request request = { .command = IPC_TAIL, .format = (uint8_t)format };

	if (name)
		request.options[request.option_count++] = (struct ipc_option){ name, value };
	ask(serving, client, &request);
}

static inline void publish_as(struct serving *serving, uint64_t sequence, enum cw_verdict verdict)
{
	struct cw_record record = sample_connect();
	struct event event;

	record.verdict = verdict;
	sample_event(&record, sizeof(record), &event);
	event.sequence = sequence;
	ipc_server_publish(serving->server, &event);
}

static inline void publish(struct serving *serving, uint64_t sequence)
{
	publish_as(serving, sequence, CW_VERDICT_DENY);
}

/* The next message, which must be of that type. */
static inline void receive(struct ipc_client *client, enum ipc_type type,
			   struct ipc_message *message)
{
	assert_int_equal(ipc_client_receive(client, message), 0);
	assert_int_equal(message->type, type);
}

/* END, then the end of the stream. */
static inline struct ipc_end receive_end(struct ipc_client *client, const char *sentence)
{
	struct ipc_message message;
	struct ipc_end end;
	const char *text;
	size_t length;

	receive(client, IPC_END, &message);
	assert_int_equal(ipc_decode_end(&message, &end, &text, &length), 0);
	assert_int_equal(length, strlen(sentence));
	assert_memory_equal(text, sentence, length);
	assert_int_equal(ipc_client_receive(client, &message), -EPIPE);
	return end;
}

#endif

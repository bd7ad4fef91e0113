/* SPDX-License-Identifier: GPL-2.0-only */
/* Requests, subscriptions, and clients that misbehave. */
#include "ipc/serving.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define CLIENTS 64
#define STUCK 100

static void test_request(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_MODE,
				       .option_count = 1,
				       .options = { { "mode", "enforce" } } };
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	ask(&serving, &client, &request);
	assert_int_equal(serving.command, IPC_MODE);
	assert_string_equal(serving.option, "mode=enforce");
	assert_int_equal(ipc_server_reply(serving.server, serving.call + 1, 0, "x", NULL), -ENOENT);
	assert_int_equal(ipc_server_reply(serving.server, serving.call, 2, "done\n", "but\n"), 0);
	assert_int_equal(ipc_server_reply(serving.server, serving.call, 2, "done\n", "but\n"),
			 -ENOENT);
	receive(&client, IPC_OUTPUT, &message);
	assert_memory_equal(message.payload, "done\n", 5);
	receive(&client, IPC_ERRORS, &message);
	assert_int_equal(receive_end(&client, "").status, 2);
	serve(&serving);
	serving_end(&serving);
}

static void test_answer_at_once(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_STATUS };
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	serving.answer_at_once = true;
	ask(&serving, &client, &request);
	receive(&client, IPC_OUTPUT, &message);
	assert_int_equal(receive_end(&client, "").status, 0);
	serving_end(&serving);
}

/* More than a socket holds: the rest is sent as the client reads. */
static void test_long_answer(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_SHOW };
	size_t size = 4u << 20, got = 0;
	_cleanup_free_ char *text = malloc(IPC_REPLY_MAX + 2);
	struct ipc_message message = { .type = IPC_OUTPUT };
	struct serving serving;

	(void)state;
	serving_start(&serving);
	ask(&serving, &client, &request);
	memset(text, 'x', IPC_REPLY_MAX + 1);
	text[size] = '\0';
	assert_int_equal(ipc_server_reply(serving.server, serving.call, 0, text, NULL), 0);
	while (message.type == IPC_OUTPUT) {
		assert_int_equal(ipc_client_receive(&client, &message), 0);
		got += message.type == IPC_OUTPUT ? message.length : 0;
		serve(&serving);
	}
	assert_int_equal(message.type, IPC_END);
	assert_int_equal(got, size);
	ipc_client_release(&client);
	ask(&serving, &client, &request);
	text[size] = 'x';
	text[IPC_REPLY_MAX + 1] = '\0';
	assert_int_equal(ipc_server_reply(serving.server, serving.call, 0, text, NULL), -EMSGSIZE);
	assert_int_equal(receive_end(&client, "the answer is too long").status, 3);
	serving_end(&serving);
}

static void test_client_leaves(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_STATUS };
	struct ipc_statistics statistics;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	ask(&serving, &client, &request);
	ipc_client_release(&client);
	serve(&serving);
	assert_int_equal(ipc_server_reply(serving.server, serving.call, 0, "x", NULL), -ENOENT);
	subscribe(&serving, &client, EVENT_FORMAT_JSON, NULL, NULL);
	assert_int_equal(serving.changes, 1);
	ipc_client_release(&client);
	for (int i = 0; i < 100; i++) { /* found out while publishing */
		publish(&serving, 1);
		ipc_server_flush(serving.server);
	}
	serve(&serving);
	assert_int_equal(serving.changes, 2);
	ipc_server_statistics(serving.server, &statistics);
	assert_int_equal(statistics.clients, 0);
	serving_end(&serving);
}

/* A child that was forked while the client was there has its socket, and lives on. */
static void test_client_leaves_a_child(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_STATUS };
	struct serving serving;
	pid_t child;

	(void)state;
	serving_start(&serving);
	ask(&serving, &client, &request);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	/* The client's end is a copy there as well. */
	shutdown(client.fd, SHUT_RDWR);
	ipc_client_release(&client);
	serve(&serving);
	serve(&serving);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	serving_end(&serving);
}

static void test_formats(void **state)
{
	static const char *const starts[EVENT_FORMAT_MAX] = { "2025-", "\033", "{\"time\"" };
	struct ipc_client clients[EVENT_FORMAT_MAX] = { IPC_CLIENT_INIT, IPC_CLIENT_INIT,
							IPC_CLIENT_INIT };
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	for (size_t i = 0; i < EVENT_FORMAT_MAX; i++)
		subscribe(&serving, &clients[i], i, NULL, NULL);
	assert_int_equal(ipc_server_subscribers(serving.server), EVENT_FORMAT_MAX);
	publish(&serving, 1);
	publish(&serving, 2);
	ipc_server_flush(serving.server);
	for (size_t i = 0; i < EVENT_FORMAT_MAX; i++) {
		receive(&clients[i], IPC_EVENTS, &message); /* both in one message */
		assert_memory_equal(message.payload, starts[i], strlen(starts[i]));
		assert_int_equal(message.payload[message.length - 1], '\n');
		assert_non_null(memchr(message.payload, '\n', message.length - 1));
		ipc_client_release(&clients[i]);
	}
	serving_end(&serving);
}

/* Each gets what it asked for; the kernel is asked for what all want together. */
static void test_filters(void **state)
{
	_cleanup_ipc_client_ struct ipc_client a = IPC_CLIENT_INIT, b = IPC_CLIENT_INIT,
					       c = IPC_CLIENT_INIT;
	uint32_t wanted, wanted_host;
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	ipc_server_wanted(serving.server, &wanted, &wanted_host);
	assert_int_equal(wanted | wanted_host, 0);
	subscribe(&serving, &a, EVENT_FORMAT_JSON, "operation", "exec");
	subscribe(&serving, &b, EVENT_FORMAT_JSON, "port", "25");
	ipc_server_wanted(serving.server, &wanted, &wanted_host);
	assert_int_equal(wanted, 0xff & ~(1u << CW_OPERATION_LIBRARY | 1u << CW_OPERATION_SOCKET));
	assert_int_equal(wanted_host, 0);
	publish(&serving, 1);
	ipc_server_flush(serving.server);
	receive(&b, IPC_ERRORS, &message); /* the remark on its filter, before any event */
	assert_memory_equal(message.payload, "ports are many\n", message.length);
	receive(&b, IPC_EVENTS, &message);
	ask(&serving, &c, &(struct ipc_request){ .command = IPC_STATUS });
	assert_int_equal(serving.clients, 2); /* the one that asks is not counted */
	assert_int_equal(ipc_client_finish(&a), 0);
	serve(&serving);
	receive_end(&a, ""); /* and no events before it */
	assert_int_equal(ipc_server_subscribers(serving.server), 1);
	serving_end(&serving);
}

static void test_bad_filter(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_end end;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	subscribe(&serving, &client, EVENT_FORMAT_JSON, "verdict", "deni");
	end = receive_end(&client, "no such verdict: 'deni' (did you mean deny?)");
	assert_int_equal(end.reason, IPC_END_PROTOCOL);
	assert_int_equal(end.status, 2);
	ipc_client_release(&client);
	subscribe(&serving, &client, EVENT_FORMAT_JSON, "moon", "full");
	receive_end(&client, "no such filter");
	serving_end(&serving);
}

/* A client that does not read loses its own events, is told how many, and holds up nobody. */
static void test_slow_client(void **state)
{
	_cleanup_ipc_client_ struct ipc_client slow = IPC_CLIENT_INIT, quick = IPC_CLIENT_INIT;
	const uint64_t events = 6000;
	uint64_t received = 0, quick_received = 0, lost_here = 0;
	struct ipc_message message;
	struct ipc_statistics statistics;
	struct ipc_lost lost = { 0 };
	struct serving serving;

	(void)state;
	serving_start(&serving);
	subscribe(&serving, &slow, EVENT_FORMAT_JSON, NULL, NULL);
	subscribe(&serving, &quick, EVENT_FORMAT_TEXT, NULL, NULL);
	for (uint64_t i = 0; i < events; i++) {
		publish(&serving, i);
		ipc_server_flush(serving.server);
		receive(&quick, IPC_EVENTS, &message);
		quick_received++;
	}
	assert_int_equal(quick_received, events);
	ipc_server_statistics(serving.server, &statistics);
	assert_in_range(statistics.lost, 1, events - 1);
	ipc_server_lost(serving.server, 17);
	ipc_client_finish(&slow);
	do {
		serve(&serving);
		assert_int_equal(ipc_client_receive(&slow, &message), 0);
		if (message.type == IPC_EVENTS) {
			for (size_t i = 0; i < message.length; i++)
				received += message.payload[i] == '\n';
		} else if (message.type == IPC_LOST) {
			assert_int_equal(ipc_decode_lost(&message, &lost), 0);
			lost_here += lost.here;
		}
	} while (message.type != IPC_END);
	assert_int_equal(received + lost_here, events);
	assert_int_equal(lost.here_total, statistics.lost);
	assert_int_equal(lost.kernel_total, 17);
	serving_end(&serving);
}

/* A queue that drains takes events again; the notice stands where the events are missing. */
static void test_recovery(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	unsigned int last = 0;
	unsigned long long seq = 0, expected = 0;
	struct ipc_message message;
	struct ipc_lost lost;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	subscribe(&serving, &client, EVENT_FORMAT_JSON, NULL, NULL);
	for (unsigned int i = 0; i < 6000; i++)
		publish(&serving, i);
	ipc_server_flush(serving.server);
	while (last < 6001) {
		const char *line, *end;

		serve(&serving);
		assert_int_equal(ipc_client_receive(&client, &message), 0);
		if (message.type == IPC_LOST) {
			assert_int_equal(ipc_decode_lost(&message, &lost), 0);
			expected += lost.here;
			if (expected == 6000) { /* it has read all there was: one more */
				publish(&serving, 6000);
				ipc_server_flush(serving.server);
			}
			continue;
		}
		end = message.payload + message.length;
		for (line = message.payload; line < end;
		     line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1) {
			assert_int_equal(sscanf(strstr(line, "\"seq\":"), "\"seq\":%llu", &seq), 1);
			assert_int_equal(seq, expected++);
			last = (unsigned int)expected;
		}
	}
	serving_end(&serving);
}

static void test_many_clients(void **state)
{
	struct ipc_client clients[CLIENTS];
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	for (size_t i = 0; i < CLIENTS; i++) {
		clients[i] = (struct ipc_client)IPC_CLIENT_INIT;
		subscribe(&serving, &clients[i], EVENT_FORMAT_JSON, NULL, NULL);
	}
	assert_int_equal(ipc_server_subscribers(serving.server), CLIENTS);
	for (int i = 0; i < 100; i++)
		publish(&serving, (uint64_t)i);
	ipc_server_flush(serving.server);
	for (size_t i = 0; i < CLIENTS; i++) {
		size_t lines = 0;

		while (lines < 100) {
			receive(&clients[i], IPC_EVENTS, &message);
			for (size_t j = 0; j < message.length; j++)
				lines += message.payload[j] == '\n';
		}
		assert_int_equal(lines, 100);
		ipc_client_release(&clients[i]);
	}
	serve(&serving);
	assert_int_equal(ipc_server_subscribers(serving.server), 0);
	assert_int_equal(serving.changes, 2 * CLIENTS);
	serving_end(&serving);
}

/* What is not a request is answered with END; the server goes on. */
static void test_garbage(void **state)
{
	static const char *const sentence = "malformed request";
	static char bytes[IPC_MESSAGE_MAX + 1];
	struct ipc_statistics statistics;
	struct serving serving;
	size_t tried = 0;

	(void)state;
	serving_start(&serving);
	for (size_t length = 1; length <= sizeof(bytes); length = length * 2 + 1, tried++) {
		_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
		bool over = length > IPC_MESSAGE_MAX;

		memset(bytes, (int)length, sizeof(bytes));
		assert_int_equal(ipc_client_connect(&client, serving.directory), 0);
		assert_int_equal(send(client.fd, bytes, length, 0), length);
		serve(&serving);
		assert_int_equal(receive_end(&client, over ? "request too long" : sentence).reason,
				 IPC_END_PROTOCOL);
	}
	ipc_server_statistics(serving.server, &statistics);
	assert_int_equal(statistics.malformed, tried);
	assert_int_equal(statistics.clients, 0);
	serving_end(&serving);
}

static void test_oversized(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	static char bytes[IPC_MESSAGE_MAX + 1];
	struct serving serving;

	(void)state;
	serving_start(&serving);
	assert_int_equal(ipc_client_connect(&client, serving.directory), 0);
	assert_int_equal(send(client.fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	serve(&serving);
	assert_int_equal(receive_end(&client, "request too long").status, 2);
	serving_end(&serving);
}

/* One request a connection; an empty message is none, and no end either. */
static void test_second_request(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_TAIL };
	struct serving serving;

	(void)state;
	serving_start(&serving);
	ask(&serving, &client, &request);
	assert_int_equal(ipc_client_request(&client, &request), 0);
	serve(&serving);
	assert_int_equal(receive_end(&client, "one request a connection").reason, IPC_END_PROTOCOL);
	ipc_client_release(&client);
	assert_int_equal(ipc_client_connect(&client, serving.directory), 0);
	assert_int_equal(send(client.fd, "", 0, 0), 0);
	serve(&serving);
	assert_int_equal(receive_end(&client, "malformed request").reason, IPC_END_PROTOCOL);
	ipc_client_release(&client);
	ask(&serving, &client, &request);
	assert_int_equal(send(client.fd, "", 0, 0), 0);
	serve(&serving);
	assert_int_equal(receive_end(&client, "one request a connection").reason, IPC_END_PROTOCOL);
	assert_int_equal(ipc_server_subscribers(serving.server), 0);
	serving_end(&serving);
}

/* Who reads gets everything however many do not, and what waits for these has a bound. */
static void test_many_slow(void **state)
{
	struct ipc_client *slow = calloc(STUCK, sizeof(*slow));
	_cleanup_ipc_client_ struct ipc_client quick = IPC_CLIENT_INIT;
	struct ipc_statistics statistics;
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	for (size_t i = 0; i < STUCK; i++) {
		slow[i] = (struct ipc_client)IPC_CLIENT_INIT;
		subscribe(&serving, &slow[i], EVENT_FORMAT_JSON, NULL, NULL);
	}
	subscribe(&serving, &quick, EVENT_FORMAT_JSON, NULL, NULL);
	for (uint64_t i = 0; i < 3000; i++) {
		publish(&serving, i);
		ipc_server_flush(serving.server);
		receive(&quick, IPC_EVENTS, &message);
	}
	ipc_server_statistics(serving.server, &statistics);
	assert_in_range(statistics.waiting, IPC_QUEUES_MAX, 2 * IPC_QUEUES_MAX);
	assert_in_range(statistics.lost, STUCK, 3000 * STUCK);
	for (size_t i = 0; i < STUCK; i++)
		ipc_client_release(&slow[i]);
	free(slow);
	serve(&serving);
	ipc_server_statistics(serving.server, &statistics);
	assert_int_equal(statistics.waiting, 0);
	serving_end(&serving);
}

/* When the daemon ends, everyone is told, whatever they were waiting for. */
static void test_shutdown(void **state)
{
	_cleanup_ipc_client_ struct ipc_client tail = IPC_CLIENT_INIT, caller = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_STATUS };
	struct ipc_message message;
	struct serving serving;

	(void)state;
	serving_start(&serving);
	subscribe(&serving, &tail, EVENT_FORMAT_JSON, NULL, NULL);
	ask(&serving, &caller, &request);
	publish(&serving, 1); /* not flushed */
	serving_end(&serving);
	receive(&tail, IPC_EVENTS, &message);
	assert_int_equal(receive_end(&tail, "the daemon has ended").reason, IPC_END_SHUTDOWN);
	assert_int_equal(receive_end(&caller, "the daemon has ended").status, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answer_at_once),
		cmocka_unit_test(test_long_answer),
		cmocka_unit_test(test_client_leaves),
		cmocka_unit_test(test_client_leaves_a_child),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_bad_filter),
		cmocka_unit_test(test_slow_client),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_many_clients),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_oversized),
		cmocka_unit_test(test_second_request),
		cmocka_unit_test(test_many_slow),
		cmocka_unit_test(test_shutdown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

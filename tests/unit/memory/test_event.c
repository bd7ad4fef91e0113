/* SPDX-License-Identifier: GPL-2.0-only */
/* What is printed, and the socket, while memory runs out: see test_policy.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failing.h"

#include "event/sample.h"
#include "host/temporary.h"

#include "event/filter.h"
#include "event/print.h"
#include "event/status.h"
#include "ipc/client.h"
#include "ipc/server.h"

static int print_event(void *context)
{
	struct cw_deviation deviation = sample_deviation(sample_record());
	static struct event event;
	int r = 0;

	(void)context;
	sample_event(&deviation, sizeof(deviation), &event);
	for (size_t format = 0; format < EVENT_FORMAT_MAX; format++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		event_print(&event, format, &buffer);
		r = buffer_failed(&buffer) ? -ENOMEM : r;
	}
	return r;
}

static int print_schema(void *context)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)context;
	event_schema(&buffer);
	return buffer_failed(&buffer) ? -ENOMEM : 0;
}

static int print_status(void *context)
{
	struct status_instance instance = { .name = "CACHE", .file = "/etc/CACHE.yaml" };
	struct status_file file = { "/usr/bin/x", "writable", "a group may write it" };
	struct status_report report = { .version = "1",
					.instances = &instance,
					.instance_count = 1,
					.files = &file,
					.file_count = 1 };
	int r = 0;

	(void)context;
	for (int json = 0; json < 2; json++) {
		_cleanup_buffer_ struct buffer buffer = { 0 };

		(json ? status_json : status_text)(&report, &buffer);
		r = buffer_failed(&buffer) ? -ENOMEM : r;
	}
	return r;
}

static void test_print(void **state)
{
	(void)state;
	assert_true(sweep(print_event, NULL) > 1);
	assert_true(sweep(print_schema, NULL) > 1);
	assert_true(sweep(print_status, NULL) > 1);
}

/* ------------------------------------------------------------------ the socket */

static int add_filters(void *context)
{
	static const char *const criteria[][2] = {
		{ "operation", "exec,bind" }, { "verdict", "deny" },
		{ "instance", "A,B" },	      { "executable", "cache*,/bin/*" },
		{ "pid", "1,2-3" },	      { "port", "1972,57772-57779" },
		{ "user", "root,0" },	      { "address", "10.0.0.0/8,::1" },
	};
	_cleanup_filter_ struct filter filter = { 0 };
	_cleanup_free_ char *message = NULL;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(criteria); i++)
		r = filter_add(&filter, criteria[i][0], criteria[i][1], &message);
	/* A mistake is one also where there is no memory to say which. */
	if (!r && filter_add(&filter, *(const char **)context, "x", &message) != -EINVAL)
		r = -ENOMEM;
	return r || memory_failed ? -ENOMEM : 0;
}

static void test_filter(void **state)
{
	const char *bad = "port";

	(void)state;
	assert_true(sweep(add_filters, &bad) > 10);
}

static void answer(void *context, ipc_call call, const struct ipc_peer *peer,
		   const struct ipc_request *request)
{
	(void)peer;
	(void)request;
	/* Without memory the client is told nothing, or left. */
	ipc_server_reply(*(struct ipc_server **)context, call, 0, "yes\n", "but\n");
}

/* A server's life: one who asks, one who tails. It may turn them away; it must not end. */
static int serve(void *context)
{
	_cleanup_ipc_client_ struct ipc_client asking = IPC_CLIENT_INIT, tailing = IPC_CLIENT_INIT;
	struct ipc_request ask = { .command = IPC_STATUS };
	struct ipc_request tail = { .command = IPC_TAIL,
				    .format = EVENT_FORMAT_JSON,
				    .option_count = 1,
				    .options = { { "instance", "CACHE" } } };
	struct ipc_server *server = NULL;
	struct ipc_handler handler = { .context = &server, .request = answer };
	struct cw_record record = sample_connect();
	static struct event event;
	int r = ipc_server_new(context, (gid_t)-1, &handler, &server);

	if (!r)
		r = ipc_client_connect(&asking, context);
	if (!r)
		r = ipc_client_request(&asking, &ask);
	if (!r)
		r = ipc_client_connect(&tailing, context);
	if (!r)
		r = ipc_client_request(&tailing, &tail);
	for (int i = 0; server && i < 4; i++)
		assert_int_equal(ipc_server_dispatch(server), 0);
	sample_event(&record, sizeof(record), &event);
	if (server) {
		ipc_server_publish(server, &event);
		ipc_server_flush(server);
	}
	ipc_client_release(&asking);
	ipc_client_release(&tailing);
	ipc_server_free(server);
	return r;
}

static void test_serve(void **state)
{
	char *runtime = temporary_new("memory-ipc");

	(void)state;
	assert_true(sweep_any(serve, runtime) > 8);
	temporary_free(runtime);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_serve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

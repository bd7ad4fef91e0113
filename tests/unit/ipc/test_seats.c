/* SPDX-License-Identifier: GPL-2.0-only */
/* All seats are taken: who comes then is told so, and when it leaves. */
#include "ipc/serving.h"

#include <sys/socket.h>

#include "ipc/turned.h"

struct crowd {
	struct serving serving;
	struct ipc_client clients[IPC_CLIENTS_MAX];
};

static void arrive(struct serving *serving, struct ipc_client *client)
{
	*client = (struct ipc_client)IPC_CLIENT_INIT;
	assert_int_equal(ipc_client_connect(client, serving->directory), 0);
	serve(serving);
}

/* Nobody has asked for anything. */
static struct crowd *crowd_start(void)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));

	assert_non_null(crowd);
	serving_start(&crowd->serving);
	for (size_t i = 0; i < IPC_CLIENTS_MAX; i++)
		arrive(&crowd->serving, &crowd->clients[i]);
	return crowd;
}

static void crowd_end(struct crowd *crowd)
{
	for (size_t i = 0; i < IPC_CLIENTS_MAX; i++)
		ipc_client_release(&crowd->clients[i]);
	serving_end(&crowd->serving);
	free(crowd);
}

static void test_too_many(void **state)
{
	_cleanup_ipc_client_ struct ipc_client late = IPC_CLIENT_INIT;
	struct ipc_request request = { .command = IPC_STATUS };
	struct crowd *crowd = crowd_start();
	struct serving *serving = &crowd->serving;
	struct ipc_statistics statistics;
	struct ipc_end end;

	(void)state;
	ask(serving, &late, &request);
	end = receive_end(&late, "too many clients");
	assert_int_equal(end.reason, IPC_END_BUSY);
	assert_int_equal(end.status, 3);
	assert_int_equal(serving->call, 0);
	ipc_server_statistics(serving->server, &statistics);
	assert_int_equal(statistics.refused, 1);
	ipc_client_release(&crowd->clients[0]);
	serve(serving);
	ipc_client_release(&late);
	ask(serving, &late, &request);
	assert_int_not_equal(serving->call, 0);
	crowd_end(crowd);
}

/* It has been told before it asked, and can ask nevertheless: to send would else lose what it was told, on some
 * kernels. It is not answered, and gets no seat. */
static void test_asks_late(void **state)
{
	_cleanup_ipc_client_ struct ipc_client late = IPC_CLIENT_INIT;
	struct crowd *crowd = crowd_start();
	struct serving *serving = &crowd->serving;
	struct ipc_statistics statistics;

	(void)state;
	arrive(serving, &late);
	assert_int_equal(send(late.fd, "?", 1, MSG_NOSIGNAL), 1);
	serve(serving);
	assert_int_equal(send(late.fd, "?", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(receive_end(&late, "too many clients").reason, IPC_END_BUSY);
	ipc_server_statistics(serving->server, &statistics);
	assert_int_equal(statistics.refused, 1);
	assert_int_equal(statistics.malformed, 0);
	assert_int_equal(statistics.clients, IPC_CLIENTS_MAX);
	crowd_end(crowd);
}

/* Those who neither ask nor leave: the oldest goes for a new one, also where they come at once. */
static void test_stays(void **state)
{
	struct ipc_client late[2 * IPC_TURNED_MAX];
	const size_t count = sizeof(late) / sizeof(*late);
	struct crowd *crowd = crowd_start();
	struct serving *serving = &crowd->serving;
	struct ipc_statistics statistics;

	(void)state;
	for (size_t i = 0; i < IPC_TURNED_MAX; i++)
		arrive(serving, &late[i]);
	ipc_client_release(&late[1]); /* its place is free */
	serve(serving);
	for (size_t i = IPC_TURNED_MAX; i < count; i++) {
		late[i] = (struct ipc_client)IPC_CLIENT_INIT;
		assert_int_equal(ipc_client_connect(&late[i], serving->directory), 0);
		/* What is about to be freed has something to be looked at for. */
		if (late[i - IPC_TURNED_MAX].fd >= 0)
			send(late[i - IPC_TURNED_MAX].fd, "?", 1, MSG_NOSIGNAL);
		if (i % 8 == 7)
			serve(serving);
	}
	serve(serving);
	for (size_t i = 0; i < IPC_TURNED_MAX; i++) {
		if (late[i].fd >= 0)
			receive_end(&late[i], "too many clients");
		ipc_client_release(&late[i]);
	}
	for (size_t i = IPC_TURNED_MAX; i < count; i++)
		assert_int_equal(send(late[i].fd, "?", 1, MSG_NOSIGNAL), 1);
	ipc_server_statistics(serving->server, &statistics);
	assert_int_equal(statistics.refused, count);
	crowd_end(crowd);
	for (size_t i = IPC_TURNED_MAX; i < count; i++) {
		receive_end(&late[i], "too many clients");
		ipc_client_release(&late[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_asks_late),
		cmocka_unit_test(test_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

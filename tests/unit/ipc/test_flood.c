/* SPDX-License-Identifier: GPL-2.0-only */
/* A client that asks for everything and cannot keep up: what it loses is what was allowed. */
#include "ipc/serving.h"

#define FLOOD 6000 /* more than the queue of one client holds */

static void test_deviation(void **state)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	struct ipc_message message;
	struct serving serving;
	unsigned int events = 0, lost = 0, deviations = 0;
	struct ipc_lost told;

	(void)state;
	serving_start(&serving);
	subscribe(&serving, &client, EVENT_FORMAT_JSON, NULL, NULL);
	for (unsigned int i = 1; i <= FLOOD; i++) {
		publish_as(&serving, i, CW_VERDICT_ALLOW);
		if (i % (FLOOD / 3) == 0)
			publish_as(&serving, FLOOD + i, CW_VERDICT_DENY);
	}
	ipc_client_finish(&client);
	do {
		serve(&serving);
		assert_int_equal(ipc_client_receive(&client, &message), 0);
		if (message.type == IPC_LOST && !ipc_decode_lost(&message, &told))
			lost += (unsigned int)told.here;
		for (size_t i = 0; message.type == IPC_EVENTS && i < message.length; i++) {
			events += message.payload[i] == '\n';
			deviations += message.length - i > 16 &&
				      memcmp(message.payload + i, "\"verdict\":\"deny\"", 16) == 0;
		}
	} while (message.type != IPC_END);
	assert_int_equal(deviations, 3);
	assert_int_equal(events + lost, FLOOD + 3);
	assert_in_range(lost, 1, FLOOD);
	serving_end(&serving);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deviation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages: there and back, and everything that is not quite one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "event/print.h"
#include "ipc/protocol.h"
#include "util/cleanup.h"

static const struct ipc_request tail = {
	.command = IPC_TAIL,
	.format = EVENT_FORMAT_JSON,
	.option_count = 3,
	.options = { { "verdict", "deny" }, { "port", "1-2,3" }, { "host", "" } },
};

static int decode_request(const void *bytes, size_t length)
{
	struct ipc_request request;
	struct ipc_message message;
	int r = ipc_decode(bytes, length, &message);

	return r ? r : ipc_decode_request(&message, &request);
}

static void test_round_trip(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	struct ipc_request request;
	struct ipc_message message;

	(void)state;
	assert_int_equal(ipc_encode_request(&buffer, &tail), 0);
	assert_int_equal(ipc_decode(buffer.data, buffer.length, &message), 0);
	assert_int_equal(message.type, IPC_REQUEST);
	assert_int_equal(ipc_decode_request(&message, &request), 0);
	assert_int_equal(request.command, IPC_TAIL);
	assert_int_equal(request.format, EVENT_FORMAT_JSON);
	assert_int_equal(request.option_count, 3);
	assert_string_equal(ipc_request_option(&request, "port", NULL), "1-2,3");
	assert_string_equal(ipc_request_option(&request, "host", NULL), "");
	assert_null(ipc_request_option(&request, "user", NULL));
}

static void test_repeated_option(void **state)
{
	struct ipc_request request = {
		.option_count = 3,
		.options = { { "instance", "A" }, { "mode", "audit" }, { "instance", "B" } }
	};
	size_t position = 0;

	(void)state;
	assert_string_equal(ipc_request_option(&request, "instance", &position), "A");
	assert_string_equal(ipc_request_option(&request, "instance", &position), "B");
	assert_null(ipc_request_option(&request, "instance", &position));
}

static void test_every_length(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };

	(void)state;
	assert_int_equal(ipc_encode_request(&buffer, &tail), 0);
	for (size_t length = 0; length < buffer.length; length++)
		assert_int_equal(decode_request(buffer.data, length), -EBADMSG);
	buffer_add_char(&buffer, 0);
	assert_int_equal(decode_request(buffer.data, buffer.length), -EBADMSG);
}

/* Each byte of the fixed part, changed to each other value: refused, or another good request. */
static void test_every_byte(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	size_t fixed = sizeof(struct ipc_header) + sizeof(struct ipc_request_payload);

	(void)state;
	assert_int_equal(ipc_encode_request(&buffer, &tail), 0);
	for (size_t i = 0; i < fixed; i++) {
		for (int change = 1; change < 256; change++) {
			size_t in_payload = i - sizeof(struct ipc_header);
			int r;

			buffer.data[i] ^= (char)change;
			r = decode_request(buffer.data, buffer.length);
			buffer.data[i] ^= (char)change;
			if (in_payload == offsetof(struct ipc_request_payload, command) ||
			    in_payload == offsetof(struct ipc_request_payload, format))
				assert_true(r == 0 || r == -EBADMSG);
			else if (i == 4 || i == 5)
				assert_int_equal(r, -EPROTONOSUPPORT);
			else
				assert_int_equal(r, -EBADMSG);
		}
	}
}

static void test_too_big(void **state)
{
	_cleanup_buffer_ struct buffer buffer = { 0 };
	static char value[IPC_MESSAGE_MAX];
	struct ipc_request request = { .command = IPC_MODE,
				       .option_count = 1,
				       .options = { { "x", value } } };

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	assert_int_equal(ipc_encode_request(&buffer, &request), -EMSGSIZE);
	value[IPC_PAYLOAD_MAX - sizeof(struct ipc_request_payload) - 3] = '\0';
	assert_int_equal(ipc_encode_request(&buffer, &request), 0);
	assert_int_equal(buffer.length, IPC_MESSAGE_MAX);
	assert_int_equal(decode_request(buffer.data, buffer.length), 0);
}

static void test_end(void **state)
{
	struct ipc_message message = { .type = IPC_END };
	struct ipc_end end = { 2, IPC_END_DONE }, got;
	const char *text;
	size_t length;

	(void)state;
	message.payload = (const char *)&end;
	for (message.length = 0; message.length < sizeof(end); message.length++)
		assert_int_equal(ipc_decode_end(&message, &got, &text, &length), -EBADMSG);
	assert_int_equal(ipc_decode_end(&message, &got, &text, &length), 0);
	assert_int_equal(got.status, 2);
	assert_int_equal(length, 0);
	end.reason = IPC_END_REASON_MAX;
	assert_int_equal(ipc_decode_end(&message, &got, &text, &length), -EBADMSG);
	end = (struct ipc_end){ 256, IPC_END_DONE };
	assert_int_equal(ipc_decode_end(&message, &got, &text, &length), -EBADMSG);
	message.type = IPC_LOST;
	assert_int_equal(ipc_decode_end(&message, &got, &text, &length), -EBADMSG);
}

static void test_address(void **state)
{
	struct sockaddr_un address;
	char directory[200];

	(void)state;
	assert_int_equal(ipc_address("/run/cachewarden", &address), 0);
	assert_string_equal(address.sun_path, "/run/cachewarden/" IPC_SOCKET_NAME);
	memset(directory, 'd', sizeof(directory) - 1);
	directory[sizeof(directory) - 1] = '\0';
	assert_int_equal(ipc_address(directory, &address), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_repeated_option),
		cmocka_unit_test(test_every_length), cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_too_big),	     cmocka_unit_test(test_end),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

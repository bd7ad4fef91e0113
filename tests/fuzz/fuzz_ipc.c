/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages from the socket, as both ends decode them; a request to tail becomes a filter, as in the
 * server, and what decodes must come out the same when it is sent again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event/filter.h"
#include "ipc/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_request(const struct ipc_message *message, const struct ipc_request *request)
{
	_cleanup_filter_ struct filter filter = { 0 };
	_cleanup_buffer_ struct buffer again = { 0 };
	uint32_t wanted, wanted_host;
	size_t position = 0;

	for (size_t i = 0; i < request->option_count; i++) {
		char *reason = NULL;

		assert(ipc_request_option(request, request->options[i].name, NULL));
		filter_add(&filter, request->options[i].name, request->options[i].value, &reason);
		free(reason);
	}
	while (ipc_request_option(request, "instance", &position))
		assert(position <= request->option_count);
	assert(filter.count <= FILTER_VALUES_MAX);
	filter_wanted(&filter, &wanted, &wanted_host);
	assert(ipc_encode_request(&again, request) == 0);
	assert(again.length == message->length + sizeof(struct ipc_header));
	assert(memcmp(again.data + sizeof(struct ipc_header), message->payload, message->length) ==
	       0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size); /* exactly as long: reading on is found out */
	struct ipc_request *request = malloc(sizeof(*request));
	struct ipc_message message;
	struct ipc_begin begin;
	struct ipc_lost lost;
	struct ipc_end end;
	const char *text;
	size_t length;

	memcpy(copy, data, size);
	if (ipc_decode(copy, size, &message) == 0) {
		if (ipc_decode_request(&message, request) == 0)
			check_request(&message, request);
		ipc_decode_begin(&message, &begin);
		ipc_decode_lost(&message, &lost);
		if (ipc_decode_end(&message, &end, &text, &length) == 0)
			assert(text + length == message.payload + message.length);
	}
	free(request);
	free(copy);
	return 0;
}

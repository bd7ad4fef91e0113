/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes to messages and back. Decoding believes nothing: lengths must fit exactly, strings must be
 * ended, values must have a name. Both ends use it, and so does the fuzzer.
 */
#include "ipc/protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "event/print.h"
#include "util/cleanup.h"

static const char *const command_words[] = {
	[IPC_TAIL] = "tail", [IPC_STATUS] = "status", [IPC_MODE] = "mode", [IPC_RELOAD] = "reload",
	[IPC_STOP] = "stop", [IPC_SHOW] = "show",     [IPC_PS] = "ps",
};
_Static_assert(ARRAY_SIZE(command_words) == IPC_COMMAND_MAX, "words");
const struct vocabulary ipc_commands = { command_words, IPC_COMMAND_MAX };

const char *ipc_request_option(const struct ipc_request *request, const char *name,
			       size_t *position)
{
	for (size_t i = position ? *position : 0; i < request->option_count; i++) {
		if (strcmp(request->options[i].name, name) != 0)
			continue;
		if (position)
			*position = i + 1;
		return request->options[i].value;
	}
	return NULL;
}

int ipc_decode(const void *bytes, size_t length, struct ipc_message *ret_message)
{
	struct ipc_header header;

	if (length < sizeof(header) || length > IPC_MESSAGE_MAX)
		return -EBADMSG;
	memcpy(&header, bytes, sizeof(header));
	if (header.magic != IPC_MAGIC)
		return -EBADMSG;
	if (header.version != IPC_VERSION)
		return -EPROTONOSUPPORT;
	if (header.type >= IPC_TYPE_MAX || header.pad0 || header.length != length - sizeof(header))
		return -EBADMSG;
	*ret_message = (struct ipc_message){
		.type = header.type,
		.payload = (const char *)bytes + sizeof(header),
		.length = header.length,
	};
	return 0;
}

/* The string at *position, which is moved behind its NUL; NULL if it has none. */
static const char *next_string(const struct ipc_message *message, size_t *position)
{
	const char *string = message->payload + *position;
	size_t room = message->length - *position;
	size_t length = strnlen(string, room);

	if (length == room)
		return NULL;
	*position += length + 1;
	return string;
}

int ipc_decode_request(const struct ipc_message *message, struct ipc_request *ret_request)
{
	struct ipc_request_payload payload;
	size_t position = sizeof(payload);

	if (message->type != IPC_REQUEST || message->length < sizeof(payload))
		return -EBADMSG;
	memcpy(&payload, message->payload, sizeof(payload));
	if (payload.command >= IPC_COMMAND_MAX || payload.format >= EVENT_FORMAT_MAX ||
	    payload.options > IPC_OPTIONS_MAX || payload.pad0)
		return -EBADMSG;
	ret_request->command = payload.command;
	ret_request->format = payload.format;
	ret_request->option_count = payload.options;
	for (size_t i = 0; i < payload.options; i++) {
		struct ipc_option *option = &ret_request->options[i];

		option->name = next_string(message, &position);
		option->value = option->name ? next_string(message, &position) : NULL;
		if (!option->value)
			return -EBADMSG;
	}
	return position == message->length ? 0 : -EBADMSG;
}

int ipc_decode_begin(const struct ipc_message *message, struct ipc_begin *ret_begin)
{
	if (message->type != IPC_BEGIN || message->length != sizeof(*ret_begin))
		return -EBADMSG;
	memcpy(ret_begin, message->payload, sizeof(*ret_begin));
	return 0;
}

int ipc_decode_lost(const struct ipc_message *message, struct ipc_lost *ret_lost)
{
	if (message->type != IPC_LOST || message->length != sizeof(*ret_lost))
		return -EBADMSG;
	memcpy(ret_lost, message->payload, sizeof(*ret_lost));
	return 0;
}

int ipc_decode_end(const struct ipc_message *message, struct ipc_end *ret_end,
		   const char **ret_text, size_t *ret_text_length)
{
	struct ipc_end end;

	if (message->type != IPC_END || message->length < sizeof(end))
		return -EBADMSG;
	memcpy(&end, message->payload, sizeof(end));
	if (end.reason >= IPC_END_REASON_MAX || end.status > 255)
		return -EBADMSG;
	*ret_end = end;
	*ret_text = message->payload + sizeof(end);
	*ret_text_length = message->length - sizeof(end);
	return 0;
}

void ipc_encode_header(struct buffer *buffer, enum ipc_type type, size_t length)
{
	struct ipc_header header = {
		.magic = IPC_MAGIC,
		.version = IPC_VERSION,
		.type = (uint16_t)type,
		.length = (uint32_t)length,
	};

	buffer_add(buffer, (const char *)&header, sizeof(header));
}

int ipc_encode_request(struct buffer *buffer, const struct ipc_request *request)
{
	struct ipc_request_payload payload = {
		.command = (uint8_t)request->command,
		.format = request->format,
		.options = (uint16_t)request->option_count,
	};
	size_t length = sizeof(payload);

	for (size_t i = 0; i < request->option_count; i++)
		length += strlen(request->options[i].name) + strlen(request->options[i].value) + 2;
	if (request->option_count > IPC_OPTIONS_MAX || length > IPC_PAYLOAD_MAX)
		return -EMSGSIZE;
	ipc_encode_header(buffer, IPC_REQUEST, length);
	buffer_add(buffer, (const char *)&payload, sizeof(payload));
	for (size_t i = 0; i < request->option_count; i++) {
		const struct ipc_option *option = &request->options[i];

		buffer_add(buffer, option->name, strlen(option->name) + 1);
		buffer_add(buffer, option->value, strlen(option->value) + 1);
	}
	return buffer_failed(buffer) ? -ENOMEM : 0;
}

int ipc_address(const char *runtime_dir, struct sockaddr_un *ret_address)
{
	int length;

	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	length = snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s/%s",
			  runtime_dir, IPC_SOCKET_NAME);
	return length > 0 && (size_t)length < sizeof(ret_address->sun_path) ? 0 : -ENAMETOOLONG;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of an event to one client: gathered in a batch, sent when the batch is full or the daemon has
 * no more, queued where the socket is full, dropped and counted where the queue is. The count travels in
 * the stream, at the place where the events are missing.
 */
#include "ipc/connection.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "util/cleanup.h"

#define TRIM_MIN (4u << 20)

struct connection_message {
	struct connection_message *next;
	size_t length;
	char bytes[];
};

int connection_new(int epoll, int fd, struct connection_account *account,
		   struct connection **ret_connection)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = connection };

	if (!connection)
		return -ENOMEM;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
		int r = -errno;

		free(connection);
		return r;
	}
	connection->fd = fd;
	connection->epoll = epoll;
	connection->watched = event.events;
	connection->account = account;
	account->connections++;
	*ret_connection = connection;
	return 0;
}

/* Messages lie between other things in the heap, which therefore does not shrink by itself: where much
 * had waited and half of it has gone, give it back. */
static void account_take(struct connection *connection, size_t length)
{
	struct connection_account *account = connection->account;

	connection->queued -= length;
	account->queued -= length;
	if (account->peak < TRIM_MIN || account->queued > account->peak / 2)
		return;
	malloc_trim(0);
	account->peak = account->queued;
}

struct connection *connection_free(struct connection *connection)
{
	if (!connection)
		return NULL;
	/* Closing is not enough: a child that was forked meanwhile has the socket too, and its events would go
	 * on to come, for what is no more. */
	epoll_ctl(connection->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	connection->account->connections--;
	while (connection->first) {
		struct connection_message *message = connection->first;

		connection->first = message->next;
		free(message);
	}
	account_take(connection, connection->queued);
	buffer_release(&connection->batch);
	filter_release(&connection->filter);
	close_fd(connection->fd);
	free(connection);
	return NULL;
}

static void connection_kill(struct connection *connection)
{
	connection->state = CONNECTION_DEAD;
	shutdown(connection->fd, SHUT_RDWR);
}

/* What is asked of epoll follows from the state: input is of interest until the client is ending
 * (a half-closed socket stays readable, and would spin), output while something is queued. */
void connection_watch(struct connection *connection)
{
	uint32_t wanted = 0;
	struct epoll_event event = { .data.ptr = connection };

	if (connection->state == CONNECTION_NEW || connection->state == CONNECTION_TAILING ||
	    connection->state == CONNECTION_TURNED)
		wanted |= EPOLLIN | EPOLLRDHUP;
	if (connection->first)
		wanted |= EPOLLOUT;
	if (wanted == connection->watched || connection->state == CONNECTION_DEAD)
		return;
	event.events = wanted;
	if (epoll_ctl(connection->epoll, EPOLL_CTL_MOD, connection->fd, &event) < 0)
		connection_kill(connection);
	connection->watched = wanted;
}

/* 0, -EAGAIN, or another error that means the end of the connection. */
static int connection_transmit(struct connection *connection, const char *bytes, size_t length)
{
	ssize_t sent;

	do {
		sent = send(connection->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return 0; /* a packet is sent whole or not at all */
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ? -EAGAIN : -errno;
}

/* One whole message, in order. */
static void connection_send(struct connection *connection, const char *bytes, size_t length)
{
	struct connection_message *message;

	if (connection->state == CONNECTION_DEAD)
		return;
	if (!connection->first) {
		int r = connection_transmit(connection, bytes, length);

		if (r == 0)
			return;
		if (r != -EAGAIN) {
			connection_kill(connection);
			return;
		}
	}
	message = malloc(sizeof(*message) + length);
	if (!message) {
		connection_kill(connection); /* a stream with a hole would be a lie */
		return;
	}
	message->next = NULL;
	message->length = length;
	memcpy(message->bytes, bytes, length);
	if (connection->first)
		connection->last->next = message;
	else
		connection->first = message;
	connection->last = message;
	connection->queued += length;
	connection->account->queued += length;
	if (connection->account->peak < connection->account->queued)
		connection->account->peak = connection->account->queued;
	connection_watch(connection);
}

/* Send the batch, its length now known. */
static void connection_seal(struct connection *connection)
{
	struct buffer *batch = &connection->batch;
	uint32_t length;

	if (!batch->length)
		return;
	if (buffer_failed(batch)) {
		connection_kill(connection);
		return;
	}
	length = (uint32_t)(batch->length - sizeof(struct ipc_header));
	memcpy(batch->data + offsetof(struct ipc_header, length), &length, sizeof(length));
	connection_send(connection, batch->data, batch->length);
	buffer_clear(batch);
}

void connection_payload(struct connection *connection, enum ipc_type type, const void *payload,
			size_t length)
{
	_cleanup_buffer_ struct buffer message = { 0 };

	ipc_encode_header(&message, type, length);
	buffer_add(&message, payload, length);
	if (buffer_failed(&message))
		connection_kill(connection);
	else
		connection_send(connection, message.data, message.length);
}

/* Tell of losses, here where they are missing from the stream. */
static void connection_tell_lost(struct connection *connection)
{
	struct ipc_lost *lost = &connection->lost;

	if (!lost->here && !lost->kernel)
		return;
	connection_seal(connection);
	connection_payload(connection, IPC_LOST, lost, sizeof(*lost));
	lost->here = 0;
	lost->kernel = 0;
}

/* When much waits for all together, each has its share of it: who reads is not made to pay for who does
 * not, and what waits is at most twice IPC_QUEUES_MAX however many do not. */
size_t connection_room(const struct connection *connection)
{
	const struct connection_account *account = connection->account;
	size_t share = IPC_QUEUES_MAX / account->connections;

	return account->queued < IPC_QUEUES_MAX || share > IPC_QUEUE_MAX ? IPC_QUEUE_MAX : share;
}

bool connection_event(struct connection *connection, const char *line, size_t length,
		      bool deviation)
{
	size_t waiting = connection->queued + connection->batch.length;
	size_t room = connection_room(connection) / (deviation ? 1 : 2);
	bool *losing = &connection->losing[deviation];

	/* Once full, half of it must go before anything is taken again: one notice for a
	 * thousand events, not a thousand notices. */
	if (waiting + length > room)
		*losing = true;
	else if (waiting < room / 2)
		*losing = false;
	if (*losing || length > IPC_PAYLOAD_MAX) {
		connection->lost.here++;
		connection->lost.here_total++;
		return false;
	}
	connection_tell_lost(connection);
	if (connection->batch.length + length > IPC_MESSAGE_MAX)
		connection_seal(connection);
	if (!connection->batch.length)
		ipc_encode_header(&connection->batch, IPC_EVENTS, 0);
	buffer_add(&connection->batch, line, length);
	return true;
}

void connection_flush(struct connection *connection)
{
	connection_seal(connection);
	if (!connection->first)
		connection_tell_lost(connection);
}

void connection_text(struct connection *connection, enum ipc_type type, const char *text,
		     size_t length)
{
	while (length) {
		size_t part = length < IPC_PAYLOAD_MAX ? length : IPC_PAYLOAD_MAX;

		connection_payload(connection, type, text, part);
		text += part;
		length -= part;
	}
}

/* Queue END, the last message; the state is as given then, unless it died of it. */
static void connection_send_end(struct connection *connection, enum ipc_end_reason reason,
				unsigned int status, const char *text, enum connection_state state)
{
	struct ipc_end end = { .status = status, .reason = reason };
	_cleanup_buffer_ struct buffer payload = { 0 };

	buffer_add(&payload, (const char *)&end, sizeof(end));
	if (text)
		buffer_add_string(&payload, text);
	if (buffer_failed(&payload)) {
		connection_kill(connection);
		return;
	}
	connection_payload(connection, IPC_END, payload.data, payload.length);
	if (connection->state == CONNECTION_DEAD)
		return;
	connection->state = state;
	connection_watch(connection);
}

void connection_end(struct connection *connection, enum ipc_end_reason reason, unsigned int status,
		    const char *text)
{
	if (connection->state == CONNECTION_DEAD || connection->state == CONNECTION_ENDING)
		return;
	connection_seal(connection);
	connection_tell_lost(connection);
	connection_send_end(connection, reason, status, text, CONNECTION_ENDING);
	if (!connection->first)
		connection_kill(connection);
}

void connection_turn_away(struct connection *connection, enum ipc_end_reason reason,
			  unsigned int status, const char *text)
{
	connection_send_end(connection, reason, status, text, CONNECTION_TURNED);
}

void connection_writable(struct connection *connection)
{
	while (connection->first && connection->state != CONNECTION_DEAD) {
		struct connection_message *message = connection->first;
		int r = connection_transmit(connection, message->bytes, message->length);

		if (r == -EAGAIN)
			break;
		if (r) {
			connection_kill(connection);
			return;
		}
		connection->first = message->next;
		account_take(connection, message->length);
		free(message);
	}
	if (!connection->first && connection->state == CONNECTION_ENDING) {
		connection_kill(connection);
		return;
	}
	if (!connection->first && connection->state == CONNECTION_TAILING)
		connection_flush(connection);
	connection_watch(connection);
}

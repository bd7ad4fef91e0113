/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accept, read one request a client, hand it on; publish events to those who tail. All descriptors are
 * in an epoll of the server's own, which the daemon's loop sees as one.
 */
#include "ipc/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "event/print.h"
#include "ipc/connection.h"
#include "ipc/listener.h"
#include "ipc/turned.h"

#define EVENTS_AT_ONCE 32
#define STATUS_BAD_REQUEST 2
#define STATUS_CANNOT 3

struct ipc_server {
	int epoll, listener;
	int directory; /* holds the lock */
	int spare; /* given up to accept, and turn away, a client when descriptors have run out */
	struct sockaddr_un address;
	gid_t group;
	struct ipc_handler handler;
	struct connection *connections[IPC_CLIENTS_MAX];
	size_t count;
	struct turned turned;
	struct connection_account account;
	ipc_call calls; /* the last one given */
	uint64_t lost, refused, malformed;
	struct buffer
		lines[EVENT_FORMAT_MAX]; /* the event being published, printed at most once each */
	char *scratch; /* IPC_MESSAGE_MAX bytes */
};

/* Somebody began or ceased to tail. */
static void server_subscription(struct ipc_server *server, struct connection *connection,
				bool subscribed)
{
	bool changed = connection->subscribed != subscribed;

	connection->subscribed = subscribed;
	if (changed && server->handler.subscribers_changed)
		server->handler.subscribers_changed(server->handler.context);
}

static void server_connection_free(struct ipc_server *server, struct connection *connection)
{
	for (size_t i = 0; i < server->count; i++) {
		if (server->connections[i] == connection)
			server->connections[i] = server->connections[--server->count];
	}
	turned_forget(&server->turned, connection);
	server_subscription(server, connection, false);
	connection_free(connection);
}

/* End a subscription or a call. */
static void server_end(struct ipc_server *server, struct connection *connection,
		       enum ipc_end_reason reason, unsigned int status, const char *text)
{
	connection_end(connection, reason, status, text);
	server_subscription(server, connection, false);
}

/* ------------------------------------------------------------------ clients come */

/* Is there a seat? Whoever may only look cannot take all, so that who may act always finds one. */
static bool server_has_seat(const struct ipc_server *server, const struct ipc_peer *peer)
{
	size_t lookers = 0;

	if (server->count == IPC_CLIENTS_MAX || peer->privileged)
		return server->count < IPC_CLIENTS_MAX;
	for (size_t i = 0; i < server->count; i++)
		lookers += !server->connections[i]->peer.privileged;
	return lookers < IPC_CLIENTS_GROUP_MAX;
}

/* Take one more, or say why not. */
static void server_admit(struct ipc_server *server, int fd)
{
	struct connection *connection;
	struct ipc_peer peer;
	bool allowed;

	if (listener_peer(fd, server->group, &peer, &allowed) ||
	    connection_new(server->epoll, fd, &server->account, &connection)) {
		close_fd(fd);
		return;
	}
	connection->call = ++server->calls;
	connection->peer = peer;
	if (allowed && server_has_seat(server, &peer)) {
		server->connections[server->count++] = connection;
		return;
	}
	server->refused++;
	if (allowed)
		turned_add(&server->turned, connection, IPC_END_BUSY, STATUS_CANNOT,
			   "too many clients");
	else
		turned_add(&server->turned, connection, IPC_END_DENIED, STATUS_CANNOT,
			   "only root and the daemon's group may talk to it");
}

static void server_accept(struct ipc_server *server)
{
	for (int i = 0; i < EVENTS_AT_ONCE; i++) {
		int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			server_admit(server, fd);
			continue;
		}
		if (errno != EMFILE && errno != ENFILE)
			return;
		/* Nobody may wait for ever, and the listener must not stay readable. */
		server->spare = close_fd(server->spare);
		close_fd(accept4(server->listener, NULL, NULL, SOCK_CLOEXEC));
		server->refused++;
		server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
}

/* ------------------------------------------------------------------ clients ask */

static void server_malformed(struct ipc_server *server, struct connection *connection,
			     const char *text)
{
	server->malformed++;
	server_end(server, connection, IPC_END_PROTOCOL, STATUS_BAD_REQUEST, text);
}

static void server_remark(struct ipc_server *server, struct connection *connection)
{
	_cleanup_buffer_ struct buffer text = { 0 };

	if (server->handler.remark)
		server->handler.remark(server->handler.context, &connection->filter, &text);
	if (text.length && !buffer_failed(&text))
		connection_text(connection, IPC_ERRORS, text.data, text.length);
}

/* Before it gets its first event, for what begin() publishes is not the connection's. */
static void server_begin(struct ipc_server *server, struct connection *connection,
			 const struct ipc_request *request)
{
	struct ipc_begin begin = { 0 };

	if (!server->handler.begin || !ipc_request_option(request, IPC_OPTION_BEGIN, NULL))
		return;
	server->handler.begin(server->handler.context, &begin);
	connection_payload(connection, IPC_BEGIN, &begin, sizeof(begin));
}

static void server_subscribe(struct ipc_server *server, struct connection *connection,
			     const struct ipc_request *request)
{
	for (size_t i = 0; i < request->option_count; i++) {
		const struct ipc_option *option = &request->options[i];
		_cleanup_free_ char *message = NULL;
		int r;

		if (strcmp(option->name, IPC_OPTION_BEGIN) == 0)
			continue;
		r = filter_add(&connection->filter, option->name, option->value, &message);
		if (!r)
			continue;
		server_malformed(server, connection, message ? message : "no such filter");
		return;
	}
	connection->format = request->format;
	server_begin(server, connection, request);
	if (connection->state == CONNECTION_DEAD)
		return;
	connection->state = CONNECTION_TAILING;
	server_remark(server, connection);
	server_subscription(server, connection, true);
}

static void server_request(struct ipc_server *server, struct connection *connection, size_t length)
{
	struct ipc_request request;
	struct ipc_message message;
	int r = ipc_decode(server->scratch, length, &message);

	if (r == -EPROTONOSUPPORT) {
		server_malformed(server, connection,
				 "the daemon and this command are of different versions");
		return;
	}
	if (r || ipc_decode_request(&message, &request)) {
		server_malformed(server, connection, "malformed request");
		return;
	}
	if (request.command == IPC_TAIL) {
		server_subscribe(server, connection, &request);
		return;
	}
	connection->state = CONNECTION_CALLING;
	connection_watch(connection);
	server->handler.request(server->handler.context, connection->call, &connection->peer,
				&request);
}

/* recv() returned 0: nothing more will come. An empty message looks the same. */
static bool server_ended(const struct connection *connection)
{
	struct pollfd polled = { .fd = connection->fd, .events = POLLRDHUP };

	return poll(&polled, 1, 0) != 0;
}

/* Something to read, or the end of it. false: the client has gone. */
static bool server_read(struct ipc_server *server, struct connection *connection)
{
	/* MSG_TRUNC: the length of the message, also where it is more than fits. */
	ssize_t length = recv(connection->fd, server->scratch, IPC_MESSAGE_MAX,
			      MSG_DONTWAIT | MSG_TRUNC);

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	if (connection->state == CONNECTION_TURNED)
		return false;
	if (length == 0 && server_ended(connection)) {
		if (connection->state != CONNECTION_TAILING)
			return false;
		if (server->handler.finishing)
			server->handler.finishing(server->handler.context);
		server_end(server, connection, IPC_END_DONE, 0, NULL);
	} else if (length > IPC_MESSAGE_MAX) {
		server_malformed(server, connection, "request too long");
	} else if (connection->state != CONNECTION_NEW) {
		server_malformed(server, connection, "one request a connection");
	} else {
		server_request(server, connection, (size_t)length);
	}
	return true;
}

static void server_serve(struct ipc_server *server, struct connection *connection, uint32_t events)
{
	bool gone = connection->state == CONNECTION_DEAD || (events & (EPOLLHUP | EPOLLERR));

	if (!gone && (events & (EPOLLIN | EPOLLRDHUP)))
		gone = !server_read(server, connection);
	if (!gone && (events & EPOLLOUT))
		connection_writable(connection);
	if (gone)
		server_connection_free(server, connection);
}

static int server_dispatch(struct ipc_server *server, int timeout)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int count = epoll_wait(server->epoll, events, EVENTS_AT_ONCE, timeout);
	bool accepting = false;

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr)
			server_serve(server, events[i].data.ptr, events[i].events);
		else
			accepting = true;
	}
	/* Last, for it may free one that was turned away, which must have no event here any more. */
	if (accepting)
		server_accept(server);
	return 0;
}

int ipc_server_dispatch(struct ipc_server *server)
{
	return server_dispatch(server, 0);
}

/* ------------------------------------------------------------------ events and answers */

void ipc_server_publish(struct ipc_server *server, const struct event *event)
{
	for (size_t format = 0; format < EVENT_FORMAT_MAX; format++)
		buffer_clear(&server->lines[format]);
	for (size_t i = 0; i < server->count; i++) {
		struct connection *connection = server->connections[i];
		struct buffer *line = &server->lines[connection->format];

		if (connection->state != CONNECTION_TAILING ||
		    !filter_match(&connection->filter, event, &server->handler.lookup))
			continue;
		if (!line->length)
			event_print(event, connection->format, line);
		if (!connection_event(connection, line->data,
				      buffer_failed(line) ? SIZE_MAX : line->length,
				      event->record.verdict != CW_VERDICT_ALLOW))
			server->lost++;
	}
}

void ipc_server_flush(struct ipc_server *server)
{
	for (size_t i = 0; i < server->count; i++) {
		if (server->connections[i]->state == CONNECTION_TAILING)
			connection_flush(server->connections[i]);
	}
}

void ipc_server_lost(struct ipc_server *server, uint64_t count)
{
	for (size_t i = 0; i < server->count; i++) {
		struct connection *connection = server->connections[i];

		if (connection->state != CONNECTION_TAILING)
			continue;
		connection->lost.kernel += count;
		connection->lost.kernel_total += count;
	}
}

void ipc_server_wanted(const struct ipc_server *server, uint32_t *ret_wanted,
		       uint32_t *ret_wanted_host)
{
	*ret_wanted = 0;
	*ret_wanted_host = 0;
	for (size_t i = 0; i < server->count; i++) {
		uint32_t wanted, wanted_host;

		if (server->connections[i]->state != CONNECTION_TAILING)
			continue;
		filter_wanted(&server->connections[i]->filter, &wanted, &wanted_host);
		*ret_wanted |= wanted;
		*ret_wanted_host |= wanted_host;
	}
}

size_t ipc_server_subscribers(const struct ipc_server *server)
{
	size_t subscribers = 0;

	for (size_t i = 0; i < server->count; i++)
		subscribers += server->connections[i]->state == CONNECTION_TAILING;
	return subscribers;
}

/* What may be answered at once: less where much waits already, but for those who may act. */
static size_t server_reply_room(const struct ipc_server *server,
				const struct connection *connection)
{
	return connection->peer.privileged || server->account.queued < IPC_QUEUES_MAX
		       ? IPC_REPLY_MAX
		       : connection_room(connection);
}

int ipc_server_reply(struct ipc_server *server, ipc_call call, unsigned int status,
		     const char *output, const char *errors)
{
	size_t output_length = output ? strlen(output) : 0;
	size_t errors_length = errors ? strlen(errors) : 0;
	struct connection *connection = NULL;

	for (size_t i = 0; i < server->count; i++) {
		if (server->connections[i]->call == call &&
		    server->connections[i]->state == CONNECTION_CALLING)
			connection = server->connections[i];
	}
	if (!connection)
		return -ENOENT;
	if (output_length + errors_length > server_reply_room(server, connection)) {
		server_end(server, connection, IPC_END_DONE, STATUS_CANNOT,
			   output_length + errors_length > IPC_REPLY_MAX
				   ? "the answer is too long"
				   : "too much waits for clients that do not read");
		return -EMSGSIZE;
	}
	connection_text(connection, IPC_OUTPUT, output, output_length);
	connection_text(connection, IPC_ERRORS, errors, errors_length);
	server_end(server, connection, IPC_END_DONE, status, NULL);
	return 0;
}

void ipc_server_statistics(const struct ipc_server *server, struct ipc_statistics *ret_statistics)
{
	size_t calling = 0;

	for (size_t i = 0; i < server->count; i++)
		calling += server->connections[i]->state == CONNECTION_CALLING;
	*ret_statistics = (struct ipc_statistics){
		.clients = server->count - calling,
		.subscribers = ipc_server_subscribers(server),
		.waiting = server->account.queued,
		.lost = server->lost,
		.refused = server->refused,
		.malformed = server->malformed,
	};
}

/* ------------------------------------------------------------------ begin and end */

int ipc_server_fd(const struct ipc_server *server)
{
	return server->epoll;
}

int ipc_server_new(const char *runtime_dir, gid_t group, const struct ipc_handler *handler,
		   struct ipc_server **ret_server)
{
	_cleanup_ipc_server_ struct ipc_server *server = calloc(1, sizeof(*server));
	struct epoll_event event = { .events = EPOLLIN }; /* data.ptr NULL: the listener */
	int r;

	if (!server)
		return -ENOMEM;
	server->epoll = server->listener = server->directory = server->spare = -1;
	server->group = group;
	server->handler = *handler;
	server->scratch = malloc(IPC_MESSAGE_MAX);
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (!server->scratch || server->epoll < 0 || server->spare < 0)
		return server->scratch ? -errno : -ENOMEM;
	r = ipc_address(runtime_dir, &server->address);
	if (!r)
		r = listener_lock(runtime_dir, &server->directory);
	if (!r)
		r = listener_open(&server->address, group, &server->listener);
	if (r)
		return r;
	if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event) < 0)
		return -errno;
	*ret_server = take_ptr(server);
	return 0;
}

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Everyone gets an END, and a moment to read what is queued before it. */
static void server_farewell(struct ipc_server *server)
{
	int64_t until = milliseconds() + IPC_DRAIN_MILLISECONDS, left;

	server->handler.subscribers_changed = NULL;
	for (size_t i = 0; i < server->count; i++)
		connection_end(server->connections[i], IPC_END_SHUTDOWN, STATUS_CANNOT,
			       "the daemon has ended");
	while (server->count && (left = until - milliseconds()) > 0) {
		if (server_dispatch(server, (int)left))
			return;
	}
}

struct ipc_server *ipc_server_free(struct ipc_server *server)
{
	if (!server)
		return NULL;
	if (server->listener >= 0) {
		unlink(server->address.sun_path);
		server->listener = close_fd(server->listener);
		server_farewell(server);
	}
	while (server->count)
		connection_free(server->connections[--server->count]);
	turned_release(&server->turned);
	for (size_t format = 0; format < EVENT_FORMAT_MAX; format++)
		buffer_release(&server->lines[format]);
	free(server->scratch);
	close_fd(server->spare);
	close_fd(server->epoll);
	close_fd(server->directory);
	free(server);
	return NULL;
}

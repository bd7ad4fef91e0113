/* SPDX-License-Identifier: GPL-2.0-only */
#include "ipc/client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util/cleanup.h"

void ipc_client_release(struct ipc_client *client)
{
	client->fd = close_fd(client->fd);
	free(client->message);
	client->message = NULL;
}

int ipc_client_connect(struct ipc_client *client, const char *runtime_dir)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;
	int r = ipc_address(runtime_dir, &address);

	if (r)
		return r;
	if (!client->message)
		client->message = malloc(IPC_MESSAGE_MAX);
	if (!client->message)
		return -ENOMEM;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -errno;
	close_fd(client->fd);
	client->fd = take_fd(fd);
	return 0;
}

int ipc_client_probe(const char *runtime_dir, pid_t *ret_pid)
{
	_cleanup_close_ int fd = -1;
	struct sockaddr_un address;
	struct ucred listener = { 0 };
	socklen_t length = sizeof(listener);
	int r = ipc_address(runtime_dir, &address);

	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* EAGAIN: so many wait there that nobody else may. */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 && errno != EAGAIN)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &length) < 0)
		return -errno;
	*ret_pid = listener.pid;
	return 0;
}

int ipc_client_request(struct ipc_client *client, const struct ipc_request *request)
{
	_cleanup_buffer_ struct buffer message = { 0 };
	int r = ipc_encode_request(&message, request);

	if (r)
		return r;
	if (send(client->fd, message.data, message.length, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		return -errno;
	return 0;
}

/*
 * The server closes right after its last message, which may come while the kernel looks: it tells that the other side
 * closed without reading all (ECONNRESET, once), or that it closed, before it tells what was left. So the end is what
 * is told when both have been.
 */
static ssize_t message_receive(struct ipc_client *client)
{
	int flags = MSG_TRUNC;
	ssize_t length = 0;

	for (int turn = 0; turn < 3; turn++) {
		length = recv(client->fd, client->message, IPC_MESSAGE_MAX, flags);
		if (length > 0 || (length < 0 && errno != ECONNRESET))
			break;
		flags |= MSG_DONTWAIT;
	}
	return length;
}

int ipc_client_receive(struct ipc_client *client, struct ipc_message *ret_message)
{
	ssize_t length = message_receive(client);

	if (length < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (length == 0)
		return -EPIPE;
	if (length > IPC_MESSAGE_MAX)
		return -EBADMSG;
	return ipc_decode(client->message, (size_t)length, ret_message);
}

int ipc_client_finish(struct ipc_client *client)
{
	return shutdown(client->fd, SHUT_WR) < 0 ? -errno : 0;
}

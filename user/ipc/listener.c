/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon that was killed leaves its socket file behind; the next one must replace it, but never one
 * that is alive. Two things say "alive": a lock on the directory, which the kernel drops with its holder
 * (and of which nothing is left behind, unlike a lock file), and somebody who accepts connections.
 */
#include "ipc/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/cleanup.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* Linux 4.13; not yet in every libc */
#endif

#define BACKLOG 128

int listener_lock(const char *runtime_dir, int *ret_fd)
{
	_cleanup_close_ int fd = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EADDRINUSE : -errno;
	*ret_fd = take_fd(fd);
	return 0;
}

/* Make way: 0 when nothing stands at the address any more. */
static int listener_remove_stale(const struct sockaddr_un *address)
{
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (lstat(address->sun_path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode))
		return -ENOTSOCK;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return -EADDRINUSE;
	/* EAGAIN: its backlog is full; EPROTOTYPE: it listens, but not for us. */
	if (errno != ECONNREFUSED && errno != ENOENT)
		return errno == EAGAIN || errno == EPROTOTYPE ? -EADDRINUSE : -errno;
	if (unlink(address->sun_path) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int listener_open(const struct sockaddr_un *address, gid_t group, int *ret_fd)
{
	_cleanup_close_ int fd = -1;
	int r = listener_remove_stale(address);

	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* The file is made with the socket's mode: nobody gets in before its group is set. */
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		return -errno;
	if ((group != (gid_t)-1 && (chown(address->sun_path, (uid_t)-1, group) < 0 ||
				    chmod(address->sun_path, 0660) < 0)) ||
	    listen(fd, BACKLOG) < 0) {
		r = -errno;
		unlink(address->sun_path);
		return r;
	}
	*ret_fd = take_fd(fd);
	return 0;
}

/* Is the group among the peer's supplementary ones? */
static int peer_has_group(int fd, gid_t group, bool *ret_member)
{
	_cleanup_free_ gid_t *groups = NULL;
	socklen_t size = 0;

	*ret_member = false;
	/* The first call tells the size; a peer's list cannot change any more. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0)
		return 0;
	if (errno != ERANGE)
		return -errno;
	groups = malloc(size);
	if (!groups)
		return -ENOMEM;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0)
		return -errno;
	for (size_t i = 0; i < size / sizeof(gid_t); i++)
		*ret_member |= groups[i] == group;
	return 0;
}

int listener_peer(int fd, gid_t group, struct ipc_peer *ret_peer, bool *ret_allowed)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
		return -errno;
	*ret_peer = (struct ipc_peer){ .pid = credentials.pid,
				       .uid = credentials.uid,
				       .gid = credentials.gid,
				       .privileged = credentials.uid == 0 ||
						     credentials.uid == geteuid() };
	*ret_allowed = ret_peer->privileged || (group != (gid_t)-1 && credentials.gid == group);
	if (*ret_allowed || group == (gid_t)-1)
		return 0;
	return peer_has_group(fd, group, ret_allowed);
}

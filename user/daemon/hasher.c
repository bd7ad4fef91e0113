/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pinned files are hashed by a child, with a copy of everything: reading them may take longer than
 * anybody should wait, and whatever else was changed with them is admitted meanwhile. The child sends
 * back one line a file; a line holds for the content that the daemon had identified and for no other.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "host/chase.h"
#include "host/identity.h"
#include "util/child.h"
#include "util/cleanup.h"

/* Less than PIPE_BUF bytes, so that a write is whole or not at all. */
struct hash_line {
	struct cw_identity identity; /* of the fact, as the daemon has it */
	uint32_t file;
	int32_t error; /* positive errno; 0: the hash is there */
	uint8_t sha256[32];
};

/* What was identified, before and after: through /proc it is the very file, whatever its name is now. */
static int file_hash_seen(const struct file_fact *fact, uint8_t sha256[32])
{
	struct chase_trust anybody = { 0 };
	_cleanup_(chased_release) struct chased chased = { .fd = -1 };
	struct cw_identity now;
	int r = chase(fact->resolved, &anybody, &chased);

	if (!r && chased.fd < 0)
		r = -ENOENT;
	if (!r)
		r = file_hash(chased.fd, sha256);
	if (!r)
		r = identity_get(NULL, chased.fd, &now);
	if (!r && !identity_same(&now, &fact->seen))
		r = -ESTALE;
	return r;
}

static void __attribute__((noreturn)) hasher(const struct facts *facts, int to)
{
	for (size_t i = 0; i < facts->file_count; i++) {
		const struct file_fact *fact = &facts->files[i];
		struct hash_line line = { .identity = fact->identity, .file = fact->file };

		if (fact->trust != FILE_UNHASHED)
			continue;
		line.error = -file_hash_seen(fact, line.sha256);
		if (write(to, &line, sizeof(line)) != sizeof(line))
			_exit(1);
	}
	_exit(0);
}

static bool facts_unhashed(const struct facts *facts)
{
	for (size_t i = 0; i < facts->file_count; i++)
		if (facts->files[i].trust == FILE_UNHASHED)
			return true;
	return false;
}

int hasher_begin(struct daemon *daemon)
{
	pid_t parent = getpid();
	int ends[2], r;

	if (daemon->hasher_fd >= 0 || !facts_unhashed(&daemon->governing.facts))
		return 0; /* the last one is still at it, or there is nothing to hash */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	daemon->hasher = fork();
	if (!daemon->hasher) {
		/* Only the daemon's end must not wait. */
		fcntl(ends[1], F_SETFL, 0);
		hasher(&daemon->governing.facts, child_begin(parent, ends[1]));
	}
	r = daemon->hasher < 0 ? -errno : daemon_poll(daemon, ends[0]);
	close(ends[1]);
	daemon->hasher_fd = ends[0];
	if (r)
		hasher_end(daemon);
	return r;
}

void hasher_end(struct daemon *daemon)
{
	if (daemon->hasher_fd < 0)
		return;
	daemon->hasher_fd = daemon_unpoll(daemon, daemon->hasher_fd);
	if (daemon->hasher <= 0)
		return;
	kill(daemon->hasher, SIGKILL);
	while (waitpid(daemon->hasher, NULL, 0) < 0 && errno == EINTR)
		;
}

/* The next look at the host takes it from there (host/pin.c). */
static void hasher_line(struct facts *facts, const struct hash_line *line)
{
	for (size_t i = 0; i < facts->file_count; i++) {
		struct file_fact *fact = &facts->files[i];

		if (fact->file != line->file || !identity_same(&fact->identity, &line->identity))
			continue;
		memcpy(fact->sha256, line->sha256, sizeof(fact->sha256));
		fact->hashed = !line->error;
		fact->hash_error = line->error;
	}
}

void hasher_read(struct daemon *daemon)
{
	struct hash_line line;
	ssize_t length;

	while ((length = read(daemon->hasher_fd, &line, sizeof(line))) == sizeof(line))
		hasher_line(&daemon->governing.facts, &line);
	if (length == 0 || (length < 0 && errno != EAGAIN && errno != EINTR))
		hasher_end(daemon);
	daemon_settle_soon(daemon);
}

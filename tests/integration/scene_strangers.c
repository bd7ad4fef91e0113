/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comes to the socket that is no request, in thousands, from a fixed seed; descriptors that nobody
 * asked for; and clients that leave amid an answer. (Who may ask for what is scene_users.c.)
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "acts.h"
#include "daemon.h"
#include "events.h"
#include "footprint.h"
#include "scenes.h"
#include "stranger.h"
#include "tap.h"
#include "world.h"

#define SEED 20110419
#define GROWTH_KIB (4 * 1024) /* what an allocator may keep */

/* ------------------------------------------------------------------ messages */

/* What a request is made into; each is sent many times with other random numbers. */
static size_t spoil_noise(char *bytes, size_t length)
{
	length = 1 + (size_t)random() % 300;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)random();
	return length;
}

static size_t spoil_bits(char *bytes, size_t length)
{
	for (int left = 1 + (int)(random() % 4); left; left--)
		bytes[(size_t)random() % length] ^= (char)(1 << random() % 8);
	return length;
}

static size_t spoil_cut(char *bytes, size_t length)
{
	(void)bytes;
	return (size_t)random() % length;
}

/* A good header, and anything behind it. */
static size_t spoil_payload(char *bytes, size_t length)
{
	for (size_t i = sizeof(struct ipc_header); i < length; i++)
		bytes[i] = (char)random();
	return length;
}

/* Options of which there are many more, or fewer, than it says. */
static size_t spoil_count(char *bytes, size_t length)
{
	uint16_t count = (uint16_t)random();

	memcpy(bytes + sizeof(struct ipc_header) + offsetof(struct ipc_request_payload, options),
	       &count, sizeof(count));
	return length;
}

static size_t spoil_size(char *bytes, size_t length)
{
	memset(bytes + length, 'x', IPC_MESSAGE_MAX * 2 - length);
	return IPC_MESSAGE_MAX + 1 + (size_t)random() % IPC_MESSAGE_MAX;
}

static size_t spoil_nothing(char *bytes, size_t length)
{
	(void)bytes;
	return length;
}

static size_t (*const spoilers[])(char *bytes, size_t length) = {
	spoil_noise, spoil_bits, spoil_cut, spoil_payload, spoil_count, spoil_size, spoil_nothing,
};
#define SPOILERS (sizeof(spoilers) / sizeof(spoilers[0]))

struct tally {
	unsigned int sent, refused, answered, odd;
};

/* Send one message and read to the end. It must be an end that was told. */
static void send_spoiled(struct tally *tally)
{
	static const char *const options[] = { "verdict", "deny", "port", "1-99,1972", NULL };
	static char bytes[IPC_MESSAGE_MAX * 2];
	struct stranger stranger;
	size_t length = request_make(bytes, (enum ipc_command)(random() % IPC_COMMAND_MAX),
				     random() % 2 ? options : NULL);
	bool sent;

	length = spoilers[tally->sent++ % SPOILERS](bytes, length);
	if (stranger_connect(&stranger)) {
		tally->odd++;
		return;
	}
	sent = send(stranger.fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
	/* One that happens to be good may be a tail, which ends so. */
	shutdown(stranger.fd, SHUT_WR);
	if (!sent || !stranger_await_end(&stranger))
		tally->odd++;
	else if (stranger.end.reason == IPC_END_PROTOCOL)
		tally->refused++;
	else if (stranger.end.reason == IPC_END_DONE)
		tally->answered++;
	else if (length) /* an empty message and then the end are the end */
		tally->odd++;
	stranger_release(&stranger);
}

struct sending {
	unsigned int times;
	int output;
};

/* As somebody who may only look, so that a message that happens to be good ends nothing. */
static int send_all(void *context)
{
	const struct sending *sending = context;
	struct tally tally = { 0 };

	srandom(SEED);
	while (tally.sent < sending->times)
		send_spoiled(&tally);
	return write(sending->output, &tally, sizeof(tally)) == sizeof(tally) ? 0 : 1;
}

static unsigned long long status_number(const char *path)
{
	struct json status;
	unsigned long long number;

	daemon_status(&status);
	number = json_number(&status, 0, "%s", path);
	json_release(&status);
	return number;
}

static void strangers_garbage(void)
{
	unsigned long long malformed = status_number("clients.malformed");
	struct sending sending = { .times = world.guest ? 700 : 7000 };
	struct tally tally = { .odd = 1 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		tap_bail("no pipe: %s", strerror(errno));
	sending.output = ends[1];
	if (somebody_wait(somebody_start(true, send_all, &sending)) ||
	    read(ends[0], &tally, sizeof(tally)) != sizeof(tally))
		tally.odd++;
	close(ends[0]);
	close(ends[1]);
	malformed = status_number("clients.malformed") - malformed;
	tap_note("%u messages: %u refused, %u answered", tally.sent, tally.refused, tally.answered);
	if (!tap_ok(!tally.odd && tally.refused > tally.sent / 2 &&
			    tally.answered > tally.sent / 10,
		    "strangers: whatever is sent, there is an answer"))
		tap_note("%u without", tally.odd);
	if (!tap_ok(malformed == tally.refused, "strangers: what is no request is counted"))
		tap_note("%llu, not %u", malformed, tally.refused);
}

static void strangers_empty(void)
{
	struct stranger stranger;
	bool good = !stranger_connect(&stranger) && !send(stranger.fd, "", 0, MSG_NOSIGNAL) &&
		    stranger_await_end(&stranger) && stranger.end.reason == IPC_END_PROTOCOL;

	stranger_release(&stranger);
	tap_ok(good, "strangers: nothing is no request");
}

/* ------------------------------------------------------------------ descriptors */

#define HANDED 64

static bool send_with(int socket, const char *bytes, size_t length, int descriptor)
{
	char control[CMSG_SPACE(HANDED * sizeof(int))] = { 0 };
	struct iovec part = { (void *)bytes, length };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(HANDED * sizeof(int));
	for (int i = 0; i < HANDED; i++)
		memcpy(CMSG_DATA(header) + i * sizeof(int), &descriptor, sizeof(int));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)length;
}

/* The client stays: nobody but the daemon could close what it was sent. */
static void strangers_descriptors(const struct footprint *before)
{
	static const char *const options[] = { "verdict", "deny", NULL };
	struct stranger tail, garbage;
	char bytes[512];
	int ends[2];
	size_t length = request_make(bytes, IPC_TAIL, options);
	struct pollfd gone = { .events = POLLIN };
	struct footprint most = *before;
	bool good;

	if (pipe2(ends, O_CLOEXEC))
		tap_bail("no pipe: %s", strerror(errno));
	good = !stranger_connect(&tail) && send_with(tail.fd, bytes, length, ends[1]) &&
	       !stranger_connect(&garbage) && send_with(garbage.fd, "garbage", 7, ends[1]) &&
	       stranger_await_end(&garbage) && status_await_clients(2);
	close(ends[1]);
	gone.fd = ends[0];
	good = good && poll(&gone, 1, WAIT_SECONDS * 1000) == 1 && (gone.revents & POLLHUP);
	tap_ok(good, "strangers: descriptors that are sent are closed");
	most.descriptors += 1; /* the tail's own */
	tap_ok(footprint_await_descriptors(&most), "strangers: and none is kept");
	close(ends[0]);
	stranger_release(&tail);
	stranger_release(&garbage);
}

/* ------------------------------------------------------------------ who leaves, who does not read */

static void strangers_leave(void)
{
	static const enum ipc_command commands[] = { IPC_SHOW, IPC_STATUS, IPC_PS, IPC_TAIL };
	unsigned int times = world.guest ? 100 : 1000;
	bool good = true;

	for (unsigned int i = 0; i < times; i++) {
		struct stranger stranger;
		char byte;

		good &= !stranger_connect(&stranger) &&
			stranger_ask(&stranger, commands[i % 4], NULL);
		/* Every third has seen the beginning of its answer. */
		if (i % 3 == 0 && i % 4 != 3)
			good &= recv(stranger.fd, &byte, 1, 0) == 1;
		stranger_release(&stranger);
	}
	tap_ok(good && status_await_clients(1), "strangers: %u that leave amid their answer",
	       times);
}

/* Requests without end, of whose answers none is read: on many connections, and many on one. */
static void strangers_flood(void)
{
	static struct stranger many[128];
	const size_t count = sizeof(many) / sizeof(many[0]);
	char bytes[512];
	size_t length = request_make(bytes, IPC_SHOW, NULL);
	struct stranger one;
	unsigned int sent = 0;
	bool good = true;

	for (size_t i = 0; i < count; i++)
		good &= !stranger_connect(&many[i]) && stranger_ask(&many[i], IPC_SHOW, NULL);
	good &= !stranger_connect(&one);
	while (good && sent < 10000 && send(one.fd, bytes, length, MSG_NOSIGNAL) > 0)
		sent++;
	tap_ok(good && sent < 10000 && status_await_clients(1),
	       "strangers: who asks without end is hung up on");
	for (size_t i = 0; i < count; i++) {
		good &= stranger_await_end(&many[i]) && many[i].end.reason == IPC_END_DONE;
		stranger_release(&many[i]);
	}
	tap_ok(good, "strangers: and %zu answers wait for who asked", count);
	stranger_release(&one);
}

void scene_strangers(void)
{
	struct footprint before, after;

	before = daemon_footprint();
	strangers_garbage();
	strangers_empty();
	strangers_descriptors(&before);
	strangers_leave();
	strangers_flood();
	after = daemon_footprint();
	tap_note("%llu KiB before, %llu after", before.resident, after.resident);
	tap_ok(after.resident <= before.resident + GROWTH_KIB, "strangers: no memory is left");
	strangers_users();
	tap_ok(footprint_await_descriptors(&before), "strangers: no descriptor is left of them");
}

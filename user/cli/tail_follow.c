/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/tail.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/client.h"
#include "util/cleanup.h"
#include "util/log.h"

#define FINISH_MILLISECONDS 500 /* what a daemon that does not answer may hold us up */
#define BEGIN_MILLISECONDS 3000 /* … where all that we want of it is how far it has come */

/* Print whole lines, --count of them at most. */
static enum tail_outcome tail_print(struct tail *tail, const char *lines, size_t length)
{
	size_t end = 0;

	if (!tail->left)
		return TAIL_GO_ON;
	while (end < length && tail->left) {
		const char *newline = memchr(lines + end, '\n', length - end);

		end = newline ? (size_t)(newline - lines) + 1 : length;
		if (tail->left != UINT64_MAX)
			tail->left--;
	}
	if (fwrite(lines, 1, end, stdout) == end && fflush(stdout) == 0)
		return TAIL_GO_ON;
	if (errno == EPIPE)
		clearerr(stdout); /* it has had enough: no error */
	return TAIL_DONE;
}

/* Say what was lost since this was last said. */
static void tail_tell_lost(struct tail *tail)
{
	struct ipc_lost *lost = &tail->lost;

	if (lost->here)
		log_warning(0, "%llu events lost here: this reader is too slow (%llu in all)",
			    (unsigned long long)lost->here, (unsigned long long)lost->here_total);
	if (lost->kernel)
		log_warning(0, "%llu records lost in the kernel: its ring was full (%llu in all)",
			    (unsigned long long)lost->kernel,
			    (unsigned long long)lost->kernel_total);
	lost->here = lost->kernel = 0;
	tail->told = time(NULL);
}

/* A reader that is always a little too slow gets many notices: it hears the sum once a second. */
static void tail_lost(struct tail *tail, const struct ipc_message *message)
{
	struct ipc_lost lost;

	if (ipc_decode_lost(message, &lost))
		return;
	lost.here += tail->lost.here;
	lost.kernel += tail->lost.kernel;
	tail->lost = lost;
	if (time(NULL) != tail->told)
		tail_tell_lost(tail);
}

static enum tail_outcome tail_end(const struct tail *tail, const struct ipc_message *message)
{
	struct ipc_end end;
	const char *text;
	size_t length;

	if (ipc_decode_end(message, &end, &text, &length))
		return TAIL_GONE;
	if (end.reason == IPC_END_DONE || tail->finishing)
		return TAIL_DONE;
	if (end.reason == IPC_END_SHUTDOWN)
		return TAIL_GONE;
	log_err(0, "%.*s", (int)length, text);
	return TAIL_REFUSED;
}

enum tail_outcome tail_of_history(enum history_outcome outcome)
{
	if (outcome == HISTORY_FAILED)
		return TAIL_REFUSED;
	return outcome == HISTORY_ENOUGH ? TAIL_DONE : TAIL_GO_ON;
}

/* The daemon goes on from here: read the rest of what was before. */
static enum tail_outcome tail_begin(struct tail *tail, const struct ipc_message *message)
{
	enum tail_outcome outcome;
	struct ipc_begin begin;

	if (ipc_decode_begin(message, &begin))
		return TAIL_GONE;
	tail->begun = true;
	if (!tail->history.wanted)
		return TAIL_GO_ON;
	outcome = tail_of_history(history_catch_up(&tail->history, begin.sequence, begin.recorded));
	return outcome == TAIL_GO_ON && tail->no_follow ? TAIL_DONE : outcome;
}

static enum tail_outcome tail_receive(struct tail *tail, struct ipc_client *client)
{
	struct ipc_message message;
	int r = ipc_client_receive(client, &message);

	if (r == -EINTR)
		return TAIL_GO_ON;
	if (r)
		return TAIL_GONE;
	switch (message.type) {
	case IPC_EVENTS:
		return tail_print(tail, message.payload, message.length);
	case IPC_BEGIN:
		return tail_begin(tail, &message);
	case IPC_LOST:
		tail_lost(tail, &message);
		return TAIL_GO_ON;
	case IPC_ERRORS:
		fwrite(message.payload, 1, message.length, stderr);
		return TAIL_GO_ON;
	case IPC_END:
		return tail_end(tail, &message);
	default:
		return TAIL_GO_ON;
	}
}

static void tail_take_signal(const struct tail *tail)
{
	struct signalfd_siginfo info;

	if (read(tail->signals, &info, sizeof(info)) < 0)
		return; /* none came: --count was reached */
}

/* How long to wait for what the daemon says next, in milliseconds; -1: for ever. */
static int tail_patience(const struct tail *tail)
{
	if (tail->finishing)
		return FINISH_MILLISECONDS;
	if (tail->no_follow)
		return BEGIN_MILLISECONDS;
	return tail->begun ? -1 : CLI_PATIENCE_SECONDS * 1000;
}

enum tail_outcome tail_follow(struct tail *tail, struct ipc_client *client)
{
	enum { DAEMON, SIGNALS, OUTPUT };
	struct pollfd polled[] = {
		[DAEMON] = { .fd = client->fd, .events = POLLIN },
		[SIGNALS] = { .fd = tail->signals, .events = POLLIN },
		[OUTPUT] = { .fd = STDOUT_FILENO }, /* POLLERR: its reader has gone */
	};
	enum tail_outcome outcome = TAIL_GO_ON;

	tail->begun = false;
	if (ipc_client_request(client, &tail->request))
		return TAIL_GONE;
	while (outcome == TAIL_GO_ON) {
		int ready = poll(polled, ARRAY_SIZE(polled), tail_patience(tail));

		if (ready < 0)
			continue; /* EINTR: stopped and continued */
		/* Told once more, or the daemon does not answer. */
		if (tail->finishing && (ready == 0 || polled[SIGNALS].revents))
			break;
		if (polled[OUTPUT].revents & POLLERR)
			break;
		if (ready == 0 && tail->no_follow)
			return TAIL_GONE;
		if (ready == 0) {
			cli_tell_unanswered();
			tail->begun = true; /* told once */
		}
		if (polled[DAEMON].revents)
			outcome = tail_receive(tail, client);
		if (!tail->finishing && (polled[SIGNALS].revents || !tail->left)) {
			tail_take_signal(tail);
			tail->finishing = true;
			ipc_client_finish(client);
		}
	}
	tail_tell_lost(tail);
	return outcome == TAIL_GO_ON ? TAIL_DONE : outcome;
}

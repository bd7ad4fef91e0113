/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tail: what the daemon prints, as it comes. It ends when told to (a signal, --count, a reader of ours
 * that has had enough), and then asks the daemon for the rest of its queue, so that the last word is how
 * many events were lost; or when the daemon ends.
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "event/filter.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/number.h"

#define RETRY_MILLISECONDS 250
#define FINISH_MILLISECONDS 500 /* what a daemon that does not answer may hold us up */

/* Filters have the ids of their criteria, plus one: 0 is no option. */
#define TAIL_FILTER(criterion) ((criterion) + 1)
enum { TAIL_COUNT = TAIL_FILTER(FILTER_CRITERION_MAX), TAIL_RECONNECT };

static const struct cli_option tail_options[] = {
#define TAIL_OPTION(id, name, argument, help) { name, 0, argument, help, TAIL_FILTER(FILTER_##id) },
	FILTER_CRITERIA(TAIL_OPTION)
#undef TAIL_OPTION
		{ "count", 'n', "N", "end after N events", TAIL_COUNT },
	{ "reconnect", 0, NULL, "when the daemon goes away, wait for the next", TAIL_RECONNECT },
	{ NULL },
};

const struct cli_usage cli_tail_usage = {
	.name = "tail",
	.operands = "",
	.summary = "Show live what governed processes do and what is refused, until Ctrl-C.",
	.options = tail_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR,
	.notes = "An event is shown that meets every filter given, each by any item of its list. "
		 "The "
		 "daemon filters;\nwith --verdict=audit,deny the kernel is not even asked for the "
		 "rest.",
};

struct tail {
	struct ipc_request request;
	const struct cli_common *common;
	uint64_t left; /* events still to print; UINT64_MAX: no limit */
	bool reconnect;
	bool finishing; /* we have asked for the end */
	int signals;
	struct ipc_lost lost; /* not yet told */
	time_t told;
};

enum tail_outcome { TAIL_GO_ON, TAIL_DONE, TAIL_GONE, TAIL_REFUSED };

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

/* One connection, from request to end. */
static enum tail_outcome tail_follow(struct tail *tail, struct ipc_client *client)
{
	enum { DAEMON, SIGNALS, OUTPUT };
	struct pollfd polled[] = {
		[DAEMON] = { .fd = client->fd, .events = POLLIN },
		[SIGNALS] = { .fd = tail->signals, .events = POLLIN },
		[OUTPUT] = { .fd = STDOUT_FILENO }, /* POLLERR: its reader has gone */
	};
	enum tail_outcome outcome = TAIL_GO_ON;

	if (ipc_client_request(client, &tail->request))
		return TAIL_GONE;
	while (outcome == TAIL_GO_ON) {
		int ready = poll(polled, ARRAY_SIZE(polled),
				 tail->finishing ? FINISH_MILLISECONDS : -1);

		if (ready < 0)
			continue; /* EINTR: stopped and continued */
		/* Told once more, or the daemon does not answer. */
		if (tail->finishing && (ready == 0 || polled[SIGNALS].revents))
			break;
		if (polled[OUTPUT].revents & POLLERR)
			break;
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

/* Wait for a daemon: false when a signal came first. */
static bool tail_wait(const struct tail *tail, struct ipc_client *client)
{
	struct pollfd signals = { .fd = tail->signals, .events = POLLIN };

	while (ipc_client_connect(client, tail->common->runtime_dir)) {
		if (poll(&signals, 1, RETRY_MILLISECONDS) != 0)
			return false;
	}
	return true;
}

static int tail_run(struct tail *tail)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;

	if (cli_connect(&client, tail->common) && !tail->reconnect)
		return CLI_CANNOT;
	for (;;) {
		if (client.fd < 0 && !tail_wait(tail, &client))
			return CLI_YES;
		switch (tail_follow(tail, &client)) {
		case TAIL_DONE:
			return CLI_YES;
		case TAIL_REFUSED:
			return CLI_CANNOT;
		default:
			break;
		}
		log_err(0, "the daemon has gone%s",
			tail->reconnect ? ": waiting for the next" : "");
		if (!tail->reconnect)
			return CLI_CANNOT;
		ipc_client_release(&client);
	}
}

/* From now on SIGINT and SIGTERM are something to read, and a closed pipe is an error of write(). */
static int tail_signals(struct tail *tail)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	tail->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return tail->signals < 0 ? -errno : 0;
}

/* Filters are checked here as well, so that a mistake is bad usage, daemon or no daemon. */
static int tail_filter(struct tail *tail, struct filter *filter, enum filter_criterion criterion,
		       const char *value)
{
	_cleanup_free_ char *message = NULL;
	const char *name = filter_options[criterion].name;

	if (tail->request.option_count == IPC_OPTIONS_MAX)
		return cli_bad_usage(&cli_tail_usage, "too many filters");
	if (filter_add(filter, name, value, &message))
		return cli_bad_usage(&cli_tail_usage, "%s", message ? message : strerror(ENOMEM));
	cli_request_add(&tail->request, name, value);
	return 0;
}

/* Who is not there now may come; but more likely it is a typing mistake, and the wait would be long. */
static void tail_warn_of_users(const struct filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_value *value = &filter->values[i];

		if (value->criterion == FILTER_USER && value->string && !getpwnam(value->string))
			log_warning(0,
				    "there is no user '%s' on this host: nothing of theirs to show",
				    value->string);
	}
}

/* 0, or CLI_LEAVE with parser->status. */
static int tail_parse(struct cli_parser *parser, struct tail *tail)
{
	_cleanup_filter_ struct filter filter = { 0 };
	int id;

	while ((id = cli_parse(parser)) > 0) {
		parser->status = 0;
		if (id == TAIL_RECONNECT)
			tail->reconnect = true;
		else if (id != TAIL_COUNT)
			parser->status = tail_filter(tail, &filter, id - TAIL_FILTER(0),
						     parser->value ? parser->value : "");
		else if (number_parse(parser->value, 1, UINT64_MAX - 1, &tail->left))
			parser->status = cli_bad_usage(parser->usage,
						       "--count is a number from 1, not '%s'",
						       parser->value);
		if (parser->status)
			return CLI_LEAVE;
	}
	if (id != CLI_LEAVE)
		tail_warn_of_users(&filter);
	return id;
}

int cli_tail(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_tail_usage, .argc = argc, .argv = argv };
	struct tail tail = { .request.command = IPC_TAIL,
			     .common = &parser.common,
			     .left = UINT64_MAX,
			     .signals = -1 };
	int r;

	if (tail_parse(&parser, &tail) == CLI_LEAVE)
		return parser.status;
	if (parser.operand < argc)
		return cli_bad_usage(&cli_tail_usage, "unexpected '%s'", argv[parser.operand]);
	tail.request.format = cli_format(&parser.common);
	r = tail_signals(&tail);
	if (r)
		return log_err(r, "signals"), CLI_CANNOT;
	r = tail_run(&tail);
	close_fd(tail.signals);
	return r;
}

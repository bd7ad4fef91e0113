/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tail: what the daemon prints, as it comes; with --since what was recorded before that. The recording is read
 * first, then the daemon asked to go on; it answers with the number of the event behind which it does, and what
 * was recorded up to that meanwhile is read last. So nothing is missing and nothing comes twice.
 *
 * It ends when told to (a signal, --count, a reader of ours that has had enough), and then asks the daemon
 * for the rest of its queue, so that the last word is how many events were lost; or when the daemon ends.
 */
#include "cli/client.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/tail.h"
#include "event/filter.h"
#include "util/cleanup.h"
#include "util/log.h"
#include "util/number.h"

#define RETRY_MILLISECONDS 250

/* Filters have the ids of their criteria, plus one: 0 is no option. */
#define TAIL_FILTER(criterion) ((criterion) + 1)
enum {
	TAIL_COUNT = TAIL_FILTER(FILTER_CRITERION_MAX),
	TAIL_RECONNECT,
	TAIL_SINCE,
	TAIL_UNTIL,
	TAIL_NO_FOLLOW
};

static const struct cli_option tail_options[] = {
#define TAIL_OPTION(id, name, argument, help) { name, 0, argument, help, TAIL_FILTER(FILTER_##id) },
	FILTER_CRITERIA(TAIL_OPTION)
#undef TAIL_OPTION
		{ "since", 0, "T", "first what was recorded since then: a time, 10m ago, today",
		  TAIL_SINCE },
	{ "until", 0, "T", "what was recorded until then, and no more", TAIL_UNTIL },
	{ "no-follow", 0, NULL, "end where the live events would begin", TAIL_NO_FOLLOW },
	{ "count", 'n', "N", "end after N events", TAIL_COUNT },
	{ "reconnect", 0, NULL, "when the daemon goes away, wait for the next", TAIL_RECONNECT },
	{ NULL },
};

const struct cli_usage cli_tail_usage = {
	.name = "tail",
	.operands = "",
	.summary = "Show live what governed processes do and what is refused, until Ctrl-C.",
	.options = tail_options,
	.shared = CLI_OUTPUT | CLI_RUNTIME_DIR | CLI_LOG_DIR,
	.notes = "An event is shown that meets every filter given, each by any item of its list. "
		 "The "
		 "daemon filters;\nwith --verdict=audit,deny the kernel is not even asked for the "
		 "rest.\n"
		 "T is RFC 3339 (a part of it is local time: 2026-11-22, 2026-11-22T03:25, 03:25), "
		 "how long ago\n(90s, 10m ago, 2h, 7d), @ and seconds since 1970, today or "
		 "yesterday.",
};

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

/* The recording alone. A daemon that runs is asked how far it has come. */
static int tail_recorded(struct tail *tail)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	enum tail_outcome outcome = TAIL_GONE;

	if (!ipc_client_connect(&client, tail->common->runtime_dir))
		outcome = tail_follow(tail, &client);
	if (outcome == TAIL_GONE)
		outcome = tail_of_history(history_catch_up(&tail->history, UINT64_MAX, 0));
	return outcome == TAIL_REFUSED ? CLI_CANNOT : CLI_YES;
}

/* What was recorded before, as far as it is written by now. */
static enum tail_outcome tail_before(struct tail *tail)
{
	tail->history.filter = &tail->filter;
	tail->history.format = tail->request.format;
	tail->history.left = &tail->left;
	tail->history.signals = tail->signals;
	if (history_open(&tail->history, tail->common->log_dir))
		return TAIL_REFUSED;
	return tail_of_history(history_print(&tail->history));
}

static int tail_run(struct tail *tail)
{
	_cleanup_ipc_client_ struct ipc_client client = IPC_CLIENT_INIT;
	enum tail_outcome outcome = tail->history.wanted ? tail_before(tail) : TAIL_GO_ON;

	cli_request_add(&tail->request, IPC_OPTION_BEGIN, "");
	if (outcome != TAIL_GO_ON)
		return outcome == TAIL_DONE ? CLI_YES : CLI_CANNOT;
	if (tail->no_follow)
		return tail_recorded(tail);
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
static int tail_filter(struct tail *tail, enum filter_criterion criterion, const char *value)
{
	_cleanup_free_ char *message = NULL;
	const char *name = filter_options[criterion].name;

	if (tail->request.option_count == IPC_OPTIONS_MAX - 1) /* one is IPC_OPTION_BEGIN */
		return cli_bad_usage(&cli_tail_usage, "too many filters");
	if (filter_add(&tail->filter, name, value, &message))
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

/* What is not a filter. */
static int tail_option(struct tail *tail, const struct cli_parser *parser, int id)
{
	struct reader_query *query = &tail->history.query;

	switch (id) {
	case TAIL_RECONNECT:
		tail->reconnect = true;
		return 0;
	case TAIL_NO_FOLLOW:
		tail->no_follow = true;
		return 0;
	case TAIL_COUNT:
		if (!number_parse(parser->value, 1, UINT64_MAX - 1, &tail->left))
			return 0;
		return cli_bad_usage(parser->usage, "--count is a number from 1, not '%s'",
				     parser->value);
	default:
		tail->history.wanted = true;
		tail->no_follow |= id == TAIL_UNTIL;
		if (history_bound(parser->value, id == TAIL_SINCE ? &query->since : &query->until))
			return 0;
		return cli_bad_usage(
			parser->usage,
			"'%s' is no time; as in 2026-11-22T03:25:00Z, 10m (ago), today",
			parser->value);
	}
}

/* 0, or CLI_LEAVE with parser->status. */
static int tail_parse(struct cli_parser *parser, struct tail *tail)
{
	const struct reader_query *query = &tail->history.query;
	int id;

	while ((id = cli_parse(parser)) > 0) {
		parser->status = id < TAIL_COUNT ? tail_filter(tail, id - TAIL_FILTER(0),
							       parser->value ? parser->value : "")
						 : tail_option(tail, parser, id);
		if (parser->status)
			return CLI_LEAVE;
	}
	if (id == CLI_LEAVE)
		return id;
	if (tail->no_follow && !tail->history.wanted)
		parser->status = cli_bad_usage(parser->usage,
					       "--no-follow needs --since or --until");
	else if (query->since > query->until)
		parser->status = cli_bad_usage(parser->usage, "--until is before --since");
	if (parser->status)
		return CLI_LEAVE;
	tail_warn_of_users(&tail->filter);
	return id;
}

int cli_tail(int argc, char **argv)
{
	struct cli_parser parser = { .usage = &cli_tail_usage, .argc = argc, .argv = argv };
	struct tail tail = { .request.command = IPC_TAIL,
			     .common = &parser.common,
			     .left = UINT64_MAX,
			     .history = HISTORY_INIT,
			     .signals = -1 };
	int r;

	if (tail_parse(&parser, &tail) == CLI_LEAVE)
		r = parser.status;
	else if (parser.operand < argc)
		r = cli_bad_usage(&cli_tail_usage, "unexpected '%s'", argv[parser.operand]);
	else if ((r = tail_signals(&tail)))
		r = (log_err(r, "signals"), CLI_CANNOT);
	else {
		tail.request.format = cli_format(&parser.common);
		r = tail_run(&tail);
	}
	close_fd(tail.signals);
	history_release(&tail.history);
	filter_release(&tail.filter);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "cli/history.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event/escape.h"
#include "event/when.h"
#include "util/log.h"

#define LOOK_MILLISECONDS 10 /* between looks for what the daemon is about to write */
#define LOOKS_MAX 300 /* a disk that needs longer is told of */
#define SIGNAL_LINES 256 /* printed between looks for a signal */

void history_release(struct history *history)
{
	history->reader = reader_free(history->reader);
	event_parsed_release(&history->parsed);
}

bool history_bound(const char *text, int64_t *ret_bound)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return !when_parse(text, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, ret_bound);
}

int history_open(struct history *history, const char *log_dir)
{
	int r = reader_new(log_dir, &history->query, &history->reader);

	if (r == -ENOENT) {
		log_err(0, "nothing was recorded: there is no %s", log_dir);
		log_hint("the daemon records to its --log-dir, unless it runs with "
			 "--record=nothing; if it is another one, give the same here");
	} else if (r == -EACCES) {
		log_err(r, "read the recording in %s", log_dir);
		log_hint("recordings are root's");
	} else if (r) {
		log_err(r, "read the recording in %s", log_dir);
	}
	return r;
}

/* ------------------------------------------------------------------ lines */

/* What the recorder says itself; that it began and ended is not news. */
static void history_notice(const struct reader_line *line)
{
	char time[EVENT_TIME_MAX];

	event_time(line->head.time, time);
	fflush(stdout);
	if (line->head.notice == SEGMENT_NOTICE_LOST)
		log_warning(0, "%llu events that happened before %s are missing in the recording",
			    (unsigned long long)line->head.count, time);
	else if (line->head.notice == SEGMENT_NOTICE_TORN)
		log_warning(0,
			    "the daemon was interrupted before %s: a line that it had begun "
			    "(%llu bytes) is missing in the recording",
			    time, (unsigned long long)line->head.count);
}

static enum history_outcome history_write(const char *bytes, size_t length)
{
	if (fwrite(bytes, 1, length, stdout) == length)
		return HISTORY_READ;
	if (errno != EPIPE)
		return HISTORY_FAILED; /* main() tells of standard output */
	clearerr(stdout); /* its reader has had enough: no error */
	return HISTORY_ENOUGH;
}

static enum history_outcome history_event(struct history *history, const struct reader_line *line)
{
	_cleanup_buffer_ struct buffer text = { 0 };
	int r = event_parse(line->text, line->length, &history->parsed);

	if (r) {
		log_warning(0, "event %llu cannot be read: it is of another version",
			    (unsigned long long)line->head.sequence);
		return HISTORY_READ;
	}
	if (!filter_match(history->filter, &history->parsed.event, NULL))
		return HISTORY_READ;
	if (*history->left != UINT64_MAX)
		--*history->left;
	if (history->format == EVENT_FORMAT_JSON)
		return history_write(line->text, line->length);
	event_print(&history->parsed.event, history->format, &text);
	return buffer_failed(&text) ? HISTORY_FAILED : history_write(text.data, text.length);
}

static enum history_outcome history_line(struct history *history, const struct reader_line *line)
{
	switch (line->kind) {
	case READER_EVENT:
		return history_event(history, line);
	case READER_NOTICE:
		history_notice(line);
		return HISTORY_READ;
	default:
		fflush(stdout);
		log_warning(0, "%s", line->text);
		return HISTORY_READ;
	}
}

/* Has somebody asked for the end? Waits for so long. */
static bool history_stopped(const struct history *history, int milliseconds)
{
	struct pollfd signals = { .fd = history->signals, .events = POLLIN };

	return poll(&signals, 1, milliseconds) > 0;
}

/* Lines up to `last`, while there are any. */
static enum history_outcome history_lines(struct history *history, uint64_t last)
{
	enum history_outcome outcome = HISTORY_READ;
	struct reader_line line;
	int r = 0;

	for (unsigned int lines = 0; outcome == HISTORY_READ; lines++) {
		if (!*history->left || (lines % SIGNAL_LINES == 0 && history_stopped(history, 0)))
			return HISTORY_ENOUGH;
		r = reader_next(history->reader, &line);
		if (r <= 0)
			break;
		/* Behind it begins the live stream. */
		if (line.kind == READER_DAMAGE || line.head.sequence <= last)
			outcome = history_line(history, &line);
	}
	if (r < 0) {
		log_err(r, "read the recording");
		return HISTORY_FAILED;
	}
	if (fflush(stdout) && outcome == HISTORY_READ)
		outcome = history_write("", 0);
	return outcome;
}

enum history_outcome history_print(struct history *history)
{
	return history_lines(history, UINT64_MAX);
}

enum history_outcome history_catch_up(struct history *history, uint64_t last, uint64_t recorded)
{
	enum history_outcome outcome = history_lines(history, last);
	const char *file;

	for (int look = 0; outcome == HISTORY_READ && reader_reached(history->reader) < recorded;
	     look++) {
		if (look == LOOKS_MAX) {
			log_warning(0,
				    "the daemon is behind with its recording: what is not written "
				    "yet is missing here");
			return outcome;
		}
		if (history_stopped(history, LOOK_MILLISECONDS))
			return HISTORY_ENOUGH;
		outcome = history_lines(history, last);
	}
	if (outcome == HISTORY_READ && !recorded && reader_torn(history->reader, &file))
		log_warning(0, "%s: its last line is torn: the daemon was interrupted", file);
	return outcome;
}

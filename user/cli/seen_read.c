/* SPDX-License-Identifier: GPL-2.0-only */
/* Events a line each, from files or from the recording, into a set of what was seen. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/seen.h"
#include "event/parse.h"
#include "event/when.h"
#include "recording/reader.h"
#include "util/cleanup.h"
#include "util/log.h"

#define MISTAKES_TOLD 5 /* of one file; the rest is counted */

struct reading {
	struct seen_set *set;
	const struct seen_source *source;
	struct event_parsed parsed;
	int64_t since;
	const char *name; /* of the file */
	uint64_t number; /* of the line */
	uint64_t mistakes;
};

static void tell_mistake(struct reading *reading, const char *what)
{
	reading->set->unreadable++;
	if (reading->mistakes < MISTAKES_TOLD)
		log_warning(0, "%s:%llu: %s", reading->name, (unsigned long long)reading->number,
			    what);
	else if (reading->mistakes == MISTAKES_TOLD)
		log_warning(0, "%s: there are more lines that are no events", reading->name);
	reading->mistakes++;
}

static int take_event(struct reading *reading, const char *line, size_t length)
{
	const char *instance = reading->source->instance;
	const struct event *event = &reading->parsed.event;
	int r = event_parse(line, length, &reading->parsed);

	if (r == -EBADMSG) {
		tell_mistake(reading, "not an event as `tail -o json` prints it");
		return 0;
	}
	if (r || event->time < reading->since ||
	    (instance && (!event->instance || strcmp(event->instance, instance) != 0)))
		return r;
	return seen_add(reading->set, event);
}

/* The recorder's own word on what is missing at this place. */
static void take_notice(struct reading *reading, const struct segment_head *head)
{
	if (head->time < reading->since)
		return;
	if (head->notice == SEGMENT_NOTICE_LOST)
		reading->set->lost += head->count;
	else if (head->notice == SEGMENT_NOTICE_TORN)
		reading->set->lost++;
}

/* ------------------------------------------------------------------ files */

/* The next line without its end. Returns its length, -1 at the end; *ret_long: its rest was dropped. */
static ssize_t next_line(FILE *from, char *line, bool *ret_long)
{
	size_t length = 0;
	int character;

	*ret_long = false;
	while ((character = getc_unlocked(from)) != EOF && character != '\n') {
		if (length < SEGMENT_LINE_MAX)
			line[length++] = (char)character;
		else
			*ret_long = true;
	}
	return character == EOF && !length ? -1 : (ssize_t)length;
}

static int read_lines(struct reading *reading, FILE *from)
{
	_cleanup_free_ char *line = malloc(SEGMENT_LINE_MAX);
	struct segment_head head;
	bool too_long;
	ssize_t length;
	int r = 0;

	if (!line)
		return -ENOMEM;
	while (!r && (length = next_line(from, line, &too_long)) >= 0) {
		reading->number++;
		if (too_long)
			tell_mistake(reading, "the line is too long for an event");
		else if (segment_head(line, (size_t)length, &head) && head.notice >= 0)
			take_notice(reading, &head);
		else if (length)
			r = take_event(reading, line, (size_t)length);
	}
	return !r && ferror(from) ? -EIO : r;
}

static int read_file(struct reading *reading, const char *file)
{
	_cleanup_fclose_ FILE *opened = NULL;
	bool standard = strcmp(file, "-") == 0;

	reading->name = standard ? "standard input" : file;
	reading->number = reading->mistakes = 0;
	if (!standard) {
		opened = fopen(file, "re");
		if (!opened)
			return -errno;
	}
	if (standard && isatty(STDIN_FILENO))
		log_hint("events are read from this terminal, as `tail -o json` prints them; "
			 "--since reads the recording");
	return read_lines(reading, standard ? stdin : opened);
}

/* ------------------------------------------------------------------ the recording */

static int take_line(struct reading *reading, const struct reader_line *line)
{
	switch (line->kind) {
	case READER_EVENT:
		return take_event(reading, line->text, line->length);
	case READER_NOTICE:
		take_notice(reading, &line->head);
		return 0;
	default:
		log_warning(0, "%s", line->text);
		reading->set->lost++;
		return 0;
	}
}

static int read_recording(struct reading *reading)
{
	struct reader_query query = { .since = reading->since,
				      .until = INT64_MAX,
				      .last = UINT64_MAX };
	_cleanup_reader_ struct reader *reader = NULL;
	struct reader_line line;
	int r = reader_new(reading->source->log_dir, &query, &reader);

	reading->name = reading->source->log_dir;
	while (!r && (r = reader_next(reader, &line)) > 0) {
		reading->number++;
		r = take_line(reading, &line);
	}
	return r;
}

static int read_all(struct reading *reading)
{
	const struct seen_source *source = reading->source;
	int r = 0;

	if (!source->count)
		return source->since ? read_recording(reading) : read_file(reading, "-");
	for (int i = 0; !r && i < source->count; i++)
		r = read_file(reading, source->files[i]);
	return r;
}

int seen_read(struct seen_set *set, const struct seen_source *source)
{
	struct reading reading = { .set = set, .source = source, .since = INT64_MIN };
	struct timespec now;
	int r;

	clock_gettime(CLOCK_REALTIME, &now);
	if (source->since &&
	    when_parse(source->since, now.tv_sec * 1000000000ll + now.tv_nsec, &reading.since))
		return -EINVAL;
	r = read_all(&reading);
	event_parsed_release(&reading.parsed);
	if (r == -E2BIG)
		return log_err(r, "%s: more than %d different operations", reading.name,
			       LEARN_SEEN_MAX);
	if (!r)
		return 0;
	log_err(r, "read %s", reading.name);
	if (r == -ENOENT && !source->count)
		log_hint("the daemon records below its --log-dir; give the same here");
	if (r == -EACCES && !source->count)
		log_hint("recordings are root's");
	return r == -EINVAL ? -EIO : r; /* -EINVAL is for what the caller reports */
}

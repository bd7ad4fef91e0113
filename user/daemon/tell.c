/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel reports, told to everyone who wants it: numbered, named, and given to the recorder, to
 * standard output and to those who tail. Who they are decides what the kernel is asked to report.
 */
#include <stdio.h>

#include "daemon/daemon.h"
#include "util/log.h"
#include "util/terminal.h"

#define BATCH_MILLISECONDS 100 /* the longest that an allowed event waits */
#define ALL_OPERATIONS ((1u << CW_OPERATION_MAX) - 1)

static void tell_print(struct daemon *daemon, const struct event *event)
{
	enum event_format format = daemon->options.json	     ? EVENT_FORMAT_JSON
				   : terminal_colour(stdout) ? EVENT_FORMAT_COLOUR
							     : EVENT_FORMAT_TEXT;
	_cleanup_buffer_ struct buffer line = { 0 };

	event_print(event, format, &line);
	if (!buffer_failed(&line))
		fwrite(line.data, 1, line.length, stdout);
}

/* Does the recorder want it? What is allowed only if it is asked for, and never a stranger's. */
static bool tell_is_recorded(const struct daemon *daemon, const struct cw_record *record)
{
	if (!daemon->recorder)
		return false;
	return record->verdict != CW_VERDICT_ALLOW ||
	       (daemon->options.recorder.what == RECORD_ALL &&
		record->instance != CW_INSTANCE_NONE);
}

static void tell_recorder(struct daemon *daemon, const struct event *event)
{
	static struct buffer line; /* kept: this is the way of every event */

	buffer_clear(&line);
	event_json(event, &line);
	if (buffer_failed(&line))
		recorder_add(daemon->recorder, "", SIZE_MAX, event->sequence, true);
	else
		recorder_add(daemon->recorder, line.data, line.length, event->sequence,
			     event->record.verdict != CW_VERDICT_ALLOW);
}

/* repeat: NULL for a single one. */
static void tell(struct daemon *daemon, const struct record *record,
		 const struct kern_repeat *repeat, uint64_t sequence)
{
	bool recorded = tell_is_recorded(daemon, record->record);
	static struct event event; /* large, and made for one moment */

	if (!recorded && !daemon->options.tail && !ipc_server_subscribers(daemon->server))
		return;
	naming_name(daemon->naming, record, sequence, &event);
	if (repeat) {
		event.aggregated = true;
		event.count = repeat->count;
		event.last = event.time;
		event.first = event.time - (int64_t)(repeat->last - repeat->first);
	}
	if (recorded)
		tell_recorder(daemon, &event);
	if (daemon->options.tail)
		tell_print(daemon, &event);
	ipc_server_publish(daemon->server, &event);
}

bool daemon_record(void *context, const void *bytes, size_t size, uint64_t sequence)
{
	static struct cw_deviation room; /* large, and filled for one moment */
	struct daemon *daemon = context;
	struct record record;

	bytes = record_adapt(bytes, &size, &room);
	if (record_decode(bytes, size, &record) != RECORD_OK) {
		daemon->malformed++;
		return false;
	}
	if (record.record->reason == CW_REASON_TAMPERED)
		daemon_settle_soon(daemon);
	if (record.deviation)
		recent_remember(daemon->recent, record.deviation);
	tell(daemon, &record, NULL, sequence);
	return true;
}

void daemon_flush(struct daemon *daemon)
{
	ipc_server_flush(daemon->server);
	if (daemon->options.tail)
		fflush(stdout);
}

/*
 * Deviations are always to be recorded, what is allowed only on demand: of a recording without it only lost
 * deviations are missing. What a predecessor had told of them is not known, and then as many are taken
 * as may be meant.
 */
static uint64_t lost_of_recording(struct daemon *daemon,
				  const struct cw_counter counters[CW_COUNTERS], uint64_t fresh)
{
	uint64_t deviations = 0, before = daemon->deviations_lost;

	for (size_t i = 0; i < CW_COUNTERS; i++)
		if (i % CW_VERDICT_MAX != CW_VERDICT_ALLOW)
			deviations += counters[i].lost;
	if (!daemon->deviations_lost_known)
		before = deviations - (deviations < fresh ? deviations : fresh);
	else if (before > deviations)
		before = 0; /* of a set that was recovered they begin anew */
	daemon->deviations_lost = deviations;
	daemon->deviations_lost_known = true;
	return daemon->options.recorder.what == RECORD_ALL ? fresh : deviations - before;
}

static void tell_lost(struct daemon *daemon)
{
	uint64_t lost = 0, missed, told = kern_lost_told(daemon->kern);
	struct cw_counter counters[CW_COUNTERS];

	if ((!ipc_server_subscribers(daemon->server) && !daemon->recorder) ||
	    kern_counters(daemon->kern, counters))
		return;
	for (size_t i = 0; i < CW_COUNTERS; i++)
		lost += counters[i].lost;
	missed = lost_of_recording(daemon, counters, lost > told ? lost - told : 0);
	if (lost > told)
		ipc_server_lost(daemon->server, lost - told);
	if (daemon->recorder && missed)
		recorder_missed(daemon->recorder, missed);
	kern_lost_tell(daemon->kern, lost);
}

/* ------------------------------------------------------------------ what was counted, not recorded */

static void tell_repeat(void *context, const struct cw_record *same,
			const struct kern_repeat *repeat, uint64_t sequence)
{
	struct daemon *daemon = context;
	struct cw_record bare;
	struct record record = recent_record(daemon->recent, same, repeat->last, &bare);

	tell(daemon, &record, repeat, sequence);
}

static void settle_repeats(void *context)
{
	struct daemon *daemon = context;

	daemon_flush(daemon);
	recording_settle(daemon);
}

static struct kern_repeat_handler repeat_handler(struct daemon *daemon)
{
	return (struct kern_repeat_handler){ tell_repeat, settle_repeats, daemon };
}

void tell_repeats(struct daemon *daemon, bool all)
{
	struct kern_repeat_handler handler = repeat_handler(daemon);

	kern_repeats_tell(daemon->kern, all, &handler);
}

void tell_repeats_begun(struct daemon *daemon)
{
	struct kern_repeat_handler handler = repeat_handler(daemon);

	kern_repeats_resume(daemon->kern, &handler);
}

void tell_old_repeats(struct daemon *daemon, struct kern_old *old)
{
	struct kern_repeat_handler handler = repeat_handler(daemon);

	kern_old_repeats_tell(old, &handler);
}

/* ------------------------------------------------------------------ at its time */

void tell_every_second(struct daemon *daemon)
{
	tell_repeats(daemon, false);
	tell_lost(daemon);
	recording_report(daemon);
}

void tell_all(void *context)
{
	struct daemon *daemon = context;

	if (daemon_consume(daemon) < 0)
		log_debug("the rings could not be read to the end");
	tell_repeats(daemon, true);
}

void tell_begin(void *context, struct ipc_begin *ret_begin)
{
	struct daemon *daemon = context;
	struct recorder_statistics statistics = { 0 };

	tell_all(daemon);
	if (daemon->recorder)
		recorder_statistics(daemon->recorder, &statistics);
	*ret_begin = (struct ipc_begin){ .sequence = kern_ring_sequence(daemon->kern),
					 .recorded = statistics.handed };
}

/* While nobody wants allowed operations, nothing needs to be fetched on time. */
void daemon_subscribers_changed(void *context)
{
	struct daemon *daemon = context;
	uint32_t wanted = 0, host = 0;

	ipc_server_wanted(daemon->server, &wanted, &host);
	if (daemon->recorder && daemon->options.recorder.what == RECORD_ALL)
		wanted = ALL_OPERATIONS;
	kern_wanted(daemon->kern, wanted, host);
	daemon_timer(daemon->batch_timer, wanted | host ? BATCH_MILLISECONDS : 0, true);
}

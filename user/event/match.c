/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does an event pass a filter? Cheap tests on numbers come first: with many events and narrow filters
 * most go no further.
 */
#include "event/filter.h"

#include <string.h>
#include <sys/socket.h>

/* `*` and `?` only, and never more than text times pattern steps: patterns come over the socket, and a
 * matcher that backtracks into every star could be kept busy with one. */
static bool pattern_match(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* A pattern with a slash is meant for the path; one without, for the policy's name or the file's. */
static bool executable_match(const char *pattern, const struct event *event)
{
	const char *slash = event->path ? strrchr(event->path, '/') : NULL;

	if (strchr(pattern, '/'))
		return event->path && pattern_match(pattern, event->path);
	if (event->executable && pattern_match(pattern, event->executable))
		return true;
	return slash && pattern_match(pattern, slash + 1);
}

static bool in_range(const struct filter_value *value, uint32_t number)
{
	return number >= value->range.low && number <= value->range.high;
}

/* The process, or one it descends from: as the kernel recorded, then as far as the look-up climbs. */
static bool pid_match(const struct filter_value *value, const struct event *event,
		      const struct filter_lookup *lookup)
{
	uint32_t pid = event->record.ppid;

	if (in_range(value, event->record.pid) || (pid && in_range(value, pid)))
		return true;
	for (size_t i = 0; i < event->ancestors; i++) {
		pid = event->ancestry[i].pid;
		if (in_range(value, pid))
			return true;
	}
	if (!lookup || !lookup->parent)
		return false;
	for (int depth = 0; depth < FILTER_DEPTH_MAX && pid > 1; depth++) {
		pid = lookup->parent(lookup->context, pid);
		if (pid && in_range(value, pid))
			return true;
	}
	return false;
}

static bool address_match(const struct filter_value *value, const struct cw_record *record)
{
	unsigned int bytes = value->address.prefix / 8, bits = value->address.prefix % 8;
	unsigned char mask = (unsigned char)(0xff00u >> bits);

	if (record->family != value->address.family)
		return false;
	if (memcmp(record->address, value->address.bytes, bytes) != 0)
		return false;
	return !bits || ((record->address[bytes] ^ value->address.bytes[bytes]) & mask) == 0;
}

static bool value_match(const struct filter_value *value, const struct event *event,
			const struct filter_lookup *lookup)
{
	switch (value->criterion) {
	case FILTER_INSTANCE:
		return event->instance && strcmp(event->instance, value->string) == 0;
	case FILTER_EXECUTABLE:
		return executable_match(value->string, event);
	case FILTER_PID:
		return pid_match(value, event, lookup);
	case FILTER_PORT:
		return in_range(value, event->record.port);
	case FILTER_ADDRESS:
		return event->address && address_match(value, &event->record);
	case FILTER_ROLE:
		return event->role && pattern_match(value->string, event->role);
	case FILTER_USER:
		if (!value->string)
			return in_range(value, event->record.uid);
		return event->user && strcmp(event->user, value->string) == 0;
	default:
		return false;
	}
}

bool filter_match(const struct filter *filter, const struct event *event,
		  const struct filter_lookup *lookup)
{
	const struct cw_record *record = &event->record;
	bool met[FILTER_CRITERION_MAX] = { 0 };

	if (filter->operations && !(filter->operations & 1u << record->operation))
		return false;
	if (filter->verdicts && !(filter->verdicts & 1u << record->verdict))
		return false;
	/* What is done to us is everybody's business. */
	if (!filter->host && record->instance == CW_INSTANCE_NONE &&
	    record->operation != CW_OPERATION_TAMPER)
		return false;
	/* "Port 0" is a port that the kernel chooses; an operation without ports has none. */
	if (filter->given[FILTER_PORT] &&
	    (event->target_is_file || record->operation == CW_OPERATION_SOCKET))
		return false;
	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_value *value = &filter->values[i];

		if (!met[value->criterion])
			met[value->criterion] = value_match(value, event, lookup);
	}
	for (size_t i = FILTER_INSTANCE; i <= FILTER_ROLE; i++) {
		if (filter->given[i] && !met[i])
			return false;
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Naming: numbers of a record become what people call them. Where the kernel recorded a text it wins
 * over any look-up: the process it came from may be gone, and its pid another's.
 */
#include "event/event.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define NANOSECONDS 1000000000
#define LOGINUID_UNSET 0xffffffffu

/* A look-up that may be missing. */
#define look_up(names, function, ...) \
	((names)->function ? (names)->function((names)->context, ##__VA_ARGS__) : NULL)

void event_time(int64_t nanoseconds, char *to)
{
	int64_t fraction = nanoseconds % NANOSECONDS;
	time_t seconds = nanoseconds / NANOSECONDS;
	struct tm parts;
	size_t length;

	if (fraction < 0) { /* before 1970: a clock that was never set */
		fraction += NANOSECONDS;
		seconds--;
	}
	gmtime_r(&seconds, &parts);
	length = strftime(to, EVENT_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &parts);
	to[length++] = '.';
	for (int digit = 8; digit >= 0; digit--) {
		to[length + digit] = (char)('0' + fraction % 10);
		fraction /= 10;
	}
	memcpy(to + length + 9, "Z", 2);
}

static int64_t wall_clock(uint64_t boot, int64_t offset)
{
	return (int64_t)(boot + (uint64_t)offset); /* unsigned: a hostile record may overflow */
}

static void copy_comm(char *to, const char *comm)
{
	size_t length = strnlen(comm, CW_COMM);

	memcpy(to, comm, length);
	to[length] = '\0';
}

/* A path that the kernel recorded, reassembled; NULL if it recorded none. */
static const char *recorded_path(const struct cw_deviation *deviation, enum cw_text text,
				 struct event *event)
{
	bool cut;

	if (!deviation)
		return NULL;
	cut = deviation->cut & CW_TEXT_CUT(text);
	if (record_path(deviation->text[text], deviation->length[text], cut, event->texts[text]))
		return event->texts[text];
	/* The root directory has no names; a process always has a working directory. */
	return text == CW_TEXT_CWD && !cut ? "/" : NULL;
}

static const char *known_path(const struct event_names *names, uint32_t file)
{
	return file == CW_FILE_UNKNOWN ? NULL : look_up(names, file_path, file);
}

static void name_rule(const struct event_names *names, struct event *event)
{
	const struct cw_record *record = &event->record;
	const struct catalogue *catalogue = names->catalogue;

	if (!catalogue || record->instance >= catalogue->instance_count)
		return;
	event->instance = catalogue->instances[record->instance].name;
	event->origin = catalogue_find(catalogue, record->instance, record->rule_class,
				       record->reason, record->rule);
	/* "Nothing allows it" has a place in the policy, but is no rule. */
	if (record->reason == CW_REASON_RULE || record->reason == CW_REASON_GUARD)
		event->rule = event->origin;
}

static void name_process(const struct event_names *names, const struct cw_deviation *deviation,
			 struct event *event)
{
	const struct cw_record *record = &event->record;

	event->start = wall_clock(record->start_time, names->boot_to_wall);
	copy_comm(event->comm, record->comm);
	event->user = look_up(names, user_name, record->uid);
	event->role = look_up(names, process_role, record->pid, record->start_time);
	event->script = known_path(names, record->script);
	if (record->executable != CW_FILE_UNKNOWN)
		event->executable = look_up(names, executable_name, record->instance,
					    record->executable);
	/* The cgroup backend judges an exec when it has happened: the path recorded is the new one. */
	if (record->operation != CW_OPERATION_EXEC || record->backend != CW_BACKEND_CGROUP)
		event->path = recorded_path(deviation, CW_TEXT_EXECUTABLE, event);
	if (!event->path)
		event->path = known_path(names, record->executable);
	/* After an exec the process is what it executed: too late to ask what it was. */
	if (!event->path && record->operation != CW_OPERATION_EXEC)
		event->path = look_up(names, process_path, record->pid, record->start_time);
}

/* What deviations alone carry. */
static void name_deviation(const struct event_names *names, const struct cw_deviation *deviation,
			   struct event *event)
{
	event->cwd = recorded_path(deviation, CW_TEXT_CWD, event);
	event->args = deviation->text[CW_TEXT_ARGS];
	event->args_length = deviation->length[CW_TEXT_ARGS];
	event->args_cut = deviation->cut & CW_TEXT_CUT(CW_TEXT_ARGS);
	event->has_loginuid = deviation->loginuid != LOGINUID_UNSET;
	event->loginuid = deviation->loginuid;
	event->cgroup = look_up(names, cgroup_path, deviation->cgroup);
	if (!event->cgroup) {
		snprintf(event->cgroup_text, sizeof(event->cgroup_text), "%llu",
			 (unsigned long long)deviation->cgroup);
		event->cgroup = event->cgroup_text;
	}
	for (int i = 0; i < CW_ANCESTRY && deviation->ancestry[i].pid; i++) {
		struct event_ancestor *ancestor = &event->ancestry[event->ancestors++];

		ancestor->pid = deviation->ancestry[i].pid;
		ancestor->path = known_path(names, deviation->ancestry[i].executable);
		copy_comm(ancestor->comm, deviation->ancestry[i].comm);
	}
}

static void name_file(const struct event_names *names, const struct cw_deviation *deviation,
		      struct event *event)
{
	const struct cw_record *record = &event->record;
	const uint8_t *sha256 = NULL;

	event->target_path = recorded_path(deviation, CW_TEXT_TARGET, event);
	if (!event->target_path)
		event->target_path = known_path(names, record->target_file);
	if (!event->target_path && record->operation == CW_OPERATION_LIBRARY &&
	    record->target.inode == 0)
		event->target_path = EVENT_ANONYMOUS;
	if (!event->target_path)
		event->target_path = look_up(names, target_path, record);
	if (record->operation == CW_OPERATION_EXEC)
		event->target_script = look_up(names, target_script, record);
	if (record->target_file != CW_FILE_UNKNOWN)
		sha256 = look_up(names, file_sha256, record->target_file);
	if (!sha256)
		return;
	for (size_t i = 0; i < 32; i++)
		snprintf(event->sha256_text + 2 * i, 3, "%02x", sha256[i]);
	event->target_sha256 = event->sha256_text;
}

/* What of ourselves somebody laid hands on. */
static void name_protected(struct event *event)
{
	static const struct {
		const char *text;
		bool numbered;
	} whats[CW_PROTECTED_MAX] = {
		[CW_PROTECTED_MAP] = { "bpf map", true },
		[CW_PROTECTED_LINK] = { "bpf link", true },
		[CW_PROTECTED_PIN] = { "pins" },
		[CW_PROTECTED_MOUNT] = { "mount of the pins" },
		[CW_PROTECTED_SIGNAL] = { "signal", true },
		[CW_PROTECTED_TRACE] = { "ptrace" },
	};
	const struct cw_record *record = &event->record;
	unsigned long long number = 0;
	char text[24] = "";

	if (record->socket_type >= CW_PROTECTED_MAX)
		return;
	for (int i = 0; i < 8; i++)
		number = number << 8 | record->address[i];
	if (whats[record->socket_type].numbered)
		snprintf(text, sizeof(text), " %llu", number);
	snprintf(event->texts[CW_TEXT_TARGET], sizeof(event->texts[CW_TEXT_TARGET]),
		 "cachewarden: %s%s", whats[record->socket_type].text, text);
	event->target_path = event->texts[CW_TEXT_TARGET];
}

static void name_address(struct event *event)
{
	const struct cw_record *record = &event->record;

	if (record->operation == CW_OPERATION_SOCKET ||
	    (record->family != AF_INET && record->family != AF_INET6))
		return;
	if (inet_ntop(record->family, record->address, event->address_text,
		      sizeof(event->address_text)))
		event->address = event->address_text;
}

void event_name(const struct record *record, const struct event_names *names, uint64_t sequence,
		struct event *ret_event)
{
	struct event *event = ret_event;

	/* All but the texts, which their lengths or NULs bound: clearing 2 KiB an event is not free. */
	memset(event, 0, offsetof(struct event, texts));
	event->record = *record->record;
	event->sequence = sequence;
	event->time = wall_clock(record->record->time, names->boot_to_wall);
	event->count = 1;
	event->host = names->host;
	name_rule(names, event);
	name_process(names, record->deviation, event);
	if (record->deviation)
		name_deviation(names, record->deviation, event);
	event->target_is_file = event_targets_file(record->record->operation);
	if (record->record->reason == CW_REASON_PROTECTED)
		name_protected(event);
	else if (event->target_is_file)
		name_file(names, record->deviation, event);
	else
		name_address(event);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The getters of the table of fields. Each answers from an event alone; a field that an event does not
 * have answers false, which the printers show as null or `-`.
 */
#include "event/fields.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "policy/words.h"

const char *const event_parent_names[EVENT_PARENT_MAX] = {
	[EVENT_RULE] = "rule",
	[EVENT_POLICY] = "policy",
	[EVENT_PROCESS] = "process",
	[EVENT_TARGET] = "target",
};

bool event_parent_present(const struct event *event, enum event_parent parent)
{
	switch (parent) {
	case EVENT_RULE:
		return event->rule;
	case EVENT_POLICY:
		return event->origin && event->origin->file && *event->origin->file;
	default:
		return true;
	}
}

static bool string_value(const char *string, struct event_value *ret_value)
{
	ret_value->string = string;
	return string;
}

#define STRING_GETTER(id, expression) \
	static bool get_##id(const struct event *event, struct event_value *ret_value) \
	{ \
		return string_value((expression), ret_value); \
	}
#define NUMBER_GETTER(id, present, expression) \
	static bool get_##id(const struct event *event, struct event_value *ret_value) \
	{ \
		if (!(present)) \
			return false; \
		ret_value->number = (expression); \
		return true; \
	}
#define TIME_GETTER(id, expression) \
	static bool get_##id(const struct event *event, struct event_value *ret_value) \
	{ \
		ret_value->time = (expression); \
		return true; \
	}

TIME_GETTER(TIME, event->time)
NUMBER_GETTER(SEQ, true, event->sequence)
STRING_GETTER(HOST, event->host ? event->host : "")
STRING_GETTER(INSTANCE, event->instance)
NUMBER_GETTER(OPERATION, true, event->record.operation)
NUMBER_GETTER(VERDICT, true, event->record.verdict)
NUMBER_GETTER(EFFECT, true, event->record.effect)
NUMBER_GETTER(MODE, true, event->record.mode)
NUMBER_GETTER(BACKEND, true, event->record.backend)
NUMBER_GETTER(GENERATION, true, event->record.generation)
STRING_GETTER(RULE_ID, event->rule->id ? event->rule->id : "")
STRING_GETTER(RULE_WHY, event->rule->why)
STRING_GETTER(RULE_FILE, event->rule->file ? event->rule->file : "")
NUMBER_GETTER(RULE_LINE, true, event->rule->line)
NUMBER_GETTER(REASON, true, event->record.reason)
STRING_GETTER(POLICY_FILE, event->origin->file)
NUMBER_GETTER(POLICY_LINE, true, event->origin->line)
NUMBER_GETTER(POLICY_CLASS, event->record.rule_class < CW_CLASS_MAX, event->record.rule_class)
NUMBER_GETTER(PID, true, event->record.pid)
NUMBER_GETTER(TID, true, event->record.tid)
NUMBER_GETTER(PPID, true, event->record.ppid)
TIME_GETTER(START, event->start)
STRING_GETTER(EXECUTABLE, event->executable)
STRING_GETTER(PATH, event->path)
STRING_GETTER(COMM, event->comm)
STRING_GETTER(SCRIPT, event->script)
NUMBER_GETTER(ARGS_CUT, event->args, event->args_cut)
STRING_GETTER(CWD, event->cwd)
NUMBER_GETTER(UID, true, event->record.uid)
NUMBER_GETTER(GID, true, event->record.gid)
STRING_GETTER(USER, event->user)
NUMBER_GETTER(LOGINUID, event->has_loginuid, event->loginuid)
STRING_GETTER(CGROUP, event->cgroup)
STRING_GETTER(ROLE, event->role)
NUMBER_GETTER(ANCESTRY, true, event->ancestors)
STRING_GETTER(TARGET_PATH, event->target_path)
STRING_GETTER(TARGET_SHA256, event->target_sha256)
STRING_GETTER(TARGET_SCRIPT, event->target_script)
NUMBER_GETTER(PROTOCOL, true, event->record.protocol)
NUMBER_GETTER(IPPROTO, true, event->record.socket_protocol)
STRING_GETTER(ADDRESS, event->address)
NUMBER_GETTER(COUNT, true, event->count)

/* Only of an event that stands for several: a single one's time is `time`. */
static bool get_FIRST(const struct event *event, struct event_value *ret_value)
{
	ret_value->time = event->first;
	return event->aggregated;
}

static bool get_LAST(const struct event *event, struct event_value *ret_value)
{
	ret_value->time = event->last;
	return event->aggregated;
}

static bool get_ARGS(const struct event *event, struct event_value *ret_value)
{
	ret_value->length = event->args_length;
	return string_value(event->args, ret_value);
}

/* Families without a word of ours are still told apart: a policy may not have meant any of them. */
static bool get_FAMILY(const struct event *event, struct event_value *ret_value)
{
	static __thread char number[16];

	if (event->record.family < words_family.count && words_family.words[event->record.family])
		return string_value(words_family.words[event->record.family], ret_value);
	snprintf(number, sizeof(number), "%u", event->record.family);
	return string_value(number, ret_value);
}

static bool get_SOCKET_TYPE(const struct event *event, struct event_value *ret_value)
{
	unsigned int type = event->record.socket_type;

	return string_value(type < words_socket_type.count ? words_socket_type.words[type] : NULL,
			    ret_value);
}

/* A socket that is made has no port yet; families without ports never have one. */
static bool get_PORT(const struct event *event, struct event_value *ret_value)
{
	const struct cw_record *record = &event->record;

	ret_value->number = record->port;
	return record->operation != CW_OPERATION_SOCKET &&
	       (record->family == AF_INET || record->family == AF_INET6);
}

const struct event_field event_fields[EVENT_FIELD_MAX] = {
#define EVENT_FIELD_ROW(id, name, parent, kind, target, nullable, words) \
	{ #name, EVENT_##parent, EVENT_##kind, EVENT_##target##_TARGET, nullable, words, get_##id },
	EVENT_FIELDS(EVENT_FIELD_ROW)
#undef EVENT_FIELD_ROW
};

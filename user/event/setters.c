/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One setter a field, beside fields.c's getters and made by the same macro: a field without one does not
 * compile.
 */
#include "event/setters.h"

#include <string.h>

#include "policy/words.h"
#include "util/number.h"

#define NUMBER_SETTER(id, place) \
	static bool set_##id(struct event_parsed *parsed, const struct event_value *value) \
	{ \
		__typeof__(parsed->place) number = (__typeof__(parsed->place))value->number; \
\
		parsed->place = number; \
		return number == value->number; \
	}
#define STRING_SETTER(id, place) \
	static bool set_##id(struct event_parsed *parsed, const struct event_value *value) \
	{ \
		parsed->place = (__typeof__(parsed->place))value->string; \
		return true; \
	}
#define TIME_SETTER(id, place) \
	static bool set_##id(struct event_parsed *parsed, const struct event_value *value) \
	{ \
		parsed->place = value->time; \
		return true; \
	}

TIME_SETTER(TIME, event.time)
NUMBER_SETTER(SEQ, event.sequence)
STRING_SETTER(HOST, event.host)
STRING_SETTER(INSTANCE, event.instance)
NUMBER_SETTER(OPERATION, event.record.operation)
NUMBER_SETTER(VERDICT, event.record.verdict)
NUMBER_SETTER(EFFECT, event.record.effect)
NUMBER_SETTER(MODE, event.record.mode)
NUMBER_SETTER(BACKEND, event.record.backend)
NUMBER_SETTER(GENERATION, event.record.generation)
STRING_SETTER(RULE_ID, rule.id)
STRING_SETTER(RULE_WHY, rule.why)
STRING_SETTER(RULE_FILE, rule.file)
NUMBER_SETTER(RULE_LINE, rule.line)
NUMBER_SETTER(REASON, event.record.reason)
STRING_SETTER(POLICY_FILE, origin.file)
NUMBER_SETTER(POLICY_LINE, origin.line)
NUMBER_SETTER(POLICY_CLASS, event.record.rule_class)
NUMBER_SETTER(PID, event.record.pid)
NUMBER_SETTER(TID, event.record.tid)
NUMBER_SETTER(PPID, event.record.ppid)
TIME_SETTER(START, event.start)
STRING_SETTER(EXECUTABLE, event.executable)
STRING_SETTER(PATH, event.path)
STRING_SETTER(SCRIPT, event.script)
NUMBER_SETTER(ARGS_CUT, event.args_cut)
STRING_SETTER(CWD, event.cwd)
NUMBER_SETTER(UID, event.record.uid)
NUMBER_SETTER(GID, event.record.gid)
STRING_SETTER(USER, event.user)
STRING_SETTER(CGROUP, event.cgroup)
STRING_SETTER(ROLE, event.role)
STRING_SETTER(TARGET_PATH, event.target_path)
STRING_SETTER(TARGET_SHA256, event.target_sha256)
STRING_SETTER(TARGET_SCRIPT, event.target_script)
NUMBER_SETTER(PROTOCOL, event.record.protocol)
NUMBER_SETTER(IPPROTO, event.record.socket_protocol)
STRING_SETTER(ADDRESS, event.address)
NUMBER_SETTER(PORT, event.record.port)
NUMBER_SETTER(COUNT, event.count)
TIME_SETTER(FIRST, event.first)

/* A comm may have grown by replacement characters: cut where one begins. */
void event_set_comm(char *to, const char *string)
{
	size_t length = strlen(string);

	if (length > CW_COMM)
		for (length = CW_COMM; length && ((unsigned char)string[length] & 0xc0) == 0x80;)
			length--;
	memcpy(to, string, length);
	to[length] = '\0';
}

static bool set_LAST(struct event_parsed *parsed, const struct event_value *value)
{
	parsed->event.aggregated = true;
	parsed->event.last = value->time;
	return true;
}

static bool set_COMM(struct event_parsed *parsed, const struct event_value *value)
{
	event_set_comm(parsed->event.comm, value->string);
	return true;
}

static bool set_ARGS(struct event_parsed *parsed, const struct event_value *value)
{
	parsed->event.args = value->string;
	parsed->event.args_length = value->length;
	return true;
}

static bool set_LOGINUID(struct event_parsed *parsed, const struct event_value *value)
{
	parsed->event.has_loginuid = true;
	parsed->event.loginuid = (uint32_t)value->number;
	return value->number <= UINT32_MAX;
}

static bool set_ANCESTRY(struct event_parsed *parsed, const struct event_value *value)
{
	(void)parsed; /* read as it came */
	(void)value;
	return true;
}

static bool set_FAMILY(struct event_parsed *parsed, const struct event_value *value)
{
	int family = vocabulary_value(&words_family, value->string, strlen(value->string));
	uint64_t number;

	if (family < 0 && number_parse(value->string, 0, UINT8_MAX, &number))
		return false;
	parsed->event.record.family = family < 0 ? (uint8_t)number : (uint8_t)family;
	return true;
}

static bool set_SOCKET_TYPE(struct event_parsed *parsed, const struct event_value *value)
{
	int type = vocabulary_value(&words_socket_type, value->string, strlen(value->string));

	if (type < 0)
		return false;
	parsed->event.record.socket_type = (uint8_t)type;
	return true;
}

bool (*const event_setters[EVENT_FIELD_MAX])(struct event_parsed *parsed,
					     const struct event_value *value) = {
#define SETTER_ROW(id, ...) set_##id,
	EVENT_FIELDS(SETTER_ROW)
#undef SETTER_ROW
};

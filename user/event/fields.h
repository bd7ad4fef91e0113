/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one table of what an event has. The JSON printer, the schema, the text printer and the filters
 * all walk it, so that none of them can know a field that the others do not.
 */
#ifndef CW_EVENT_FIELDS_H
#define CW_EVENT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"
#include "util/vocabulary.h"

/* The object a field stands in. Fields of one object are neighbours in the table. */
enum event_parent {
	EVENT_TOP,
	EVENT_RULE, /* null where no rule or guard answered */
	EVENT_POLICY, /* null where no policy answered */
	EVENT_PROCESS,
	EVENT_TARGET, /* a file's or a socket's: see event_field.target */
	EVENT_PARENT_MAX,
};

enum event_kind {
	EVENT_STRING, /* .string: untrusted bytes, NUL-terminated */
	EVENT_NUMBER, /* .number */
	EVENT_WORD, /* .number, an index of event_field.words */
	EVENT_TIME, /* .time: nanoseconds since 1970 */
	EVENT_BOOLEAN, /* .number */
	EVENT_STRINGS, /* .string and .length: untrusted, NUL between the items */
	EVENT_ANCESTRY, /* the event's ancestry: a list of {pid, path, comm} */
	EVENT_KIND_MAX,
};

/* Which kind of target has the field. */
enum event_target { EVENT_ANY_TARGET, EVENT_FILE_TARGET, EVENT_SOCKET_TARGET };

struct event_value {
	const char *string;
	size_t length; /* EVENT_STRINGS only */
	uint64_t number;
	int64_t time;
};

struct event_field {
	const char *name;
	enum event_parent parent;
	enum event_kind kind;
	enum event_target target;
	bool nullable;
	const struct vocabulary *words; /* EVENT_WORD */
	/* false: null. */
	bool (*get)(const struct event *event, struct event_value *ret_value);
};

/* name in code, name in JSON, parent, kind, target, nullable, words */
#define EVENT_FIELDS(X) \
	X(TIME, time, TOP, TIME, ANY, false, NULL) \
	X(SEQ, seq, TOP, NUMBER, ANY, false, NULL) \
	X(HOST, host, TOP, STRING, ANY, false, NULL) \
	X(INSTANCE, instance, TOP, STRING, ANY, true, NULL) \
	X(OPERATION, operation, TOP, WORD, ANY, false, &words_told) \
	X(VERDICT, verdict, TOP, WORD, ANY, false, &words_verdict) \
	X(EFFECT, effect, TOP, WORD, ANY, false, &words_effect) \
	X(MODE, mode, TOP, WORD, ANY, false, &words_mode) \
	X(BACKEND, backend, TOP, WORD, ANY, false, &words_backend) \
	X(GENERATION, generation, TOP, NUMBER, ANY, false, NULL) \
	X(RULE_ID, id, RULE, STRING, ANY, false, NULL) \
	X(RULE_WHY, why, RULE, STRING, ANY, true, NULL) \
	X(RULE_FILE, file, RULE, STRING, ANY, false, NULL) \
	X(RULE_LINE, line, RULE, NUMBER, ANY, false, NULL) \
	X(REASON, reason, TOP, WORD, ANY, false, &words_reason) \
	X(POLICY_FILE, file, POLICY, STRING, ANY, false, NULL) \
	X(POLICY_LINE, line, POLICY, NUMBER, ANY, false, NULL) \
	X(POLICY_CLASS, class, POLICY, WORD, ANY, true, &words_class) \
	X(PID, pid, PROCESS, NUMBER, ANY, false, NULL) \
	X(TID, tid, PROCESS, NUMBER, ANY, false, NULL) \
	X(PPID, ppid, PROCESS, NUMBER, ANY, false, NULL) \
	X(START, start, PROCESS, TIME, ANY, false, NULL) \
	X(EXECUTABLE, executable, PROCESS, STRING, ANY, true, NULL) \
	X(PATH, path, PROCESS, STRING, ANY, true, NULL) \
	X(COMM, comm, PROCESS, STRING, ANY, false, NULL) \
	X(SCRIPT, script, PROCESS, STRING, ANY, true, NULL) \
	X(ARGS, args, PROCESS, STRINGS, ANY, true, NULL) \
	X(ARGS_CUT, args_cut, PROCESS, BOOLEAN, ANY, true, NULL) \
	X(CWD, cwd, PROCESS, STRING, ANY, true, NULL) \
	X(UID, uid, PROCESS, NUMBER, ANY, false, NULL) \
	X(GID, gid, PROCESS, NUMBER, ANY, false, NULL) \
	X(USER, user, PROCESS, STRING, ANY, true, NULL) \
	X(LOGINUID, loginuid, PROCESS, NUMBER, ANY, true, NULL) \
	X(CGROUP, cgroup, PROCESS, STRING, ANY, true, NULL) \
	X(ROLE, role, PROCESS, STRING, ANY, true, NULL) \
	X(ANCESTRY, ancestry, TOP, ANCESTRY, ANY, false, NULL) \
	X(TARGET_PATH, path, TARGET, STRING, FILE, true, NULL) \
	X(TARGET_SHA256, sha256, TARGET, STRING, FILE, true, NULL) \
	X(TARGET_SCRIPT, script, TARGET, STRING, FILE, true, NULL) \
	X(FAMILY, family, TARGET, STRING, SOCKET, false, NULL) \
	X(SOCKET_TYPE, type, TARGET, STRING, SOCKET, true, NULL) \
	X(PROTOCOL, protocol, TARGET, WORD, SOCKET, false, &words_protocol) \
	X(IPPROTO, ipproto, TARGET, NUMBER, SOCKET, false, NULL) \
	X(ADDRESS, address, TARGET, STRING, SOCKET, true, NULL) \
	X(PORT, port, TARGET, NUMBER, SOCKET, true, NULL) \
	X(COUNT, count, TOP, NUMBER, ANY, false, NULL) \
	X(FIRST, first, TOP, TIME, ANY, true, NULL) \
	X(LAST, last, TOP, TIME, ANY, true, NULL)

enum event_field_id {
#define EVENT_FIELD_ID(id, ...) EVENT_FIELD_##id,
	EVENT_FIELDS(EVENT_FIELD_ID)
#undef EVENT_FIELD_ID
		EVENT_FIELD_MAX,
};

extern const struct event_field event_fields[EVENT_FIELD_MAX];
/* Name of the object; NULL for EVENT_TOP. */
extern const char *const event_parent_names[EVENT_PARENT_MAX];
/* Is the object there (not null)? */
bool event_parent_present(const struct event *event, enum event_parent parent);

#endif

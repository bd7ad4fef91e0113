/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records come from our own programs, but also from rings that an older or newer daemon left pinned and
 * from files; so they are checked like anything else from outside. The first thing that is wrong is
 * named, and the record is dropped and counted by the caller.
 */
#include "event/record.h"

#include <stdint.h>
#include <string.h>

#define CHECKS(X) \
	X(OK, "ok") \
	X(SHORT, "shorter than a header") \
	X(MISALIGNED, "misaligned") \
	X(BAD_VERSION, "of another version") \
	X(BAD_TYPE, "of an unknown type") \
	X(BAD_SIZE, "not of its type's size") \
	X(BAD_OPERATION, "unknown operation") \
	X(BAD_VERDICT, "unknown verdict") \
	X(BAD_EFFECT, "unknown effect") \
	X(BAD_MODE, "unknown mode") \
	X(BAD_REASON, "unknown reason") \
	X(BAD_BACKEND, "unknown backend") \
	X(BAD_CLASS, "unknown class") \
	X(BAD_PROTOCOL, "unknown protocol") \
	X(BAD_INSTANCE, "instance out of range") \
	X(BAD_RULE, "rule out of range") \
	X(BAD_FILE, "file number out of range") \
	X(BAD_LENGTH, "text longer than its room") \
	X(BAD_CUT, "cut mark of no text")

static const char *const record_error_names[] = {
#define CHECK_NAME(id, name) [RECORD_##id] = (name),
	CHECKS(CHECK_NAME)
#undef CHECK_NAME
};
_Static_assert(sizeof(record_error_names) / sizeof(char *) == RECORD_ERROR_MAX, "names");

const char *record_error_name(enum record_error error)
{
	return error < RECORD_ERROR_MAX ? record_error_names[error] : "?";
}

static enum record_error record_check_header(const struct cw_record *record, size_t length)
{
	static const size_t sizes[CW_RECORD_MAX] = {
		[CW_RECORD_EVENT] = sizeof(struct cw_record),
		[CW_RECORD_DEVIATION] = sizeof(struct cw_deviation),
	};

	if (record->version != CW_RECORD_VERSION)
		return RECORD_BAD_VERSION;
	if (record->type >= CW_RECORD_MAX)
		return RECORD_BAD_TYPE;
	if (record->size != sizes[record->type] || record->size > length ||
	    record->more != CW_RECORD_MORE)
		return RECORD_BAD_SIZE;
	return RECORD_OK;
}

static enum record_error record_check_values(const struct cw_record *record)
{
	const struct {
		unsigned int value, max;
		enum record_error error;
	} ranges[] = {
		{ record->operation, CW_OPERATIONS_TOLD, RECORD_BAD_OPERATION },
		{ record->verdict, CW_VERDICT_MAX, RECORD_BAD_VERDICT },
		{ record->effect, CW_EFFECT_MAX, RECORD_BAD_EFFECT },
		{ record->mode, CW_MODE_MAX, RECORD_BAD_MODE },
		{ record->reason, CW_REASON_MAX, RECORD_BAD_REASON },
		{ record->backend, CW_BACKEND_MAX, RECORD_BAD_BACKEND },
		{ record->rule_class, CW_CLASS_MAX, RECORD_BAD_CLASS },
		{ record->protocol, CW_PROTOCOL_MAX, RECORD_BAD_PROTOCOL },
		{ record->executable, CW_FILES_MAX, RECORD_BAD_FILE },
		{ record->script, CW_FILES_MAX, RECORD_BAD_FILE },
		{ record->target_file, CW_FILES_MAX, RECORD_BAD_FILE },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (ranges[i].value >= ranges[i].max)
			return ranges[i].error;
	}
	if (record->instance >= CW_INSTANCES_MAX && record->instance != CW_INSTANCE_NONE)
		return RECORD_BAD_INSTANCE;
	if (record->rule >= CW_RULES_MAX && record->rule != CW_RULE_NONE)
		return RECORD_BAD_RULE;
	return RECORD_OK;
}

static enum record_error record_check_deviation(const struct cw_deviation *deviation)
{
	for (int i = 0; i < CW_TEXT_MAX; i++) {
		if (deviation->length[i] > CW_TEXT)
			return RECORD_BAD_LENGTH;
	}
	if (deviation->cut >= CW_TEXT_CUT(CW_TEXT_MAX))
		return RECORD_BAD_CUT;
	for (int i = 0; i < CW_ANCESTRY; i++) {
		if (deviation->ancestry[i].executable >= CW_FILES_MAX)
			return RECORD_BAD_FILE;
	}
	return RECORD_OK;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

const void *record_adapt(const void *bytes, size_t *length, struct cw_deviation *room)
{
	const struct cw_record *from = bytes;
	size_t head = CW_RECORD_LEAST, rest;

	if (*length < CW_RECORD_LEAST || (uintptr_t)bytes % _Alignof(struct cw_record) != 0 ||
	    from->version != CW_RECORD_VERSION || from->type >= CW_RECORD_MAX ||
	    from->size > *length || from->size < head + from->more)
		return bytes;
	head += from->more;
	rest = from->size - head;
	if (from->type == CW_RECORD_EVENT ? rest != 0 : rest < CW_DEVIATION_LEAST)
		return bytes;
	if (from->more == CW_RECORD_MORE && (!rest || rest == sizeof(*room) - sizeof(*from)))
		return bytes;
	memset(room, 0, sizeof(*room));
	memcpy(room, from, smaller(head, sizeof(*from)));
	memcpy((char *)room + sizeof(*from), (const char *)from + head,
	       smaller(rest, sizeof(*room) - sizeof(*from)));
	*length = rest ? sizeof(*room) : sizeof(*from);
	room->record.size = (uint32_t)*length;
	room->record.more = CW_RECORD_MORE;
	return room;
}

enum record_error record_decode(const void *bytes, size_t length, struct record *ret_record)
{
	const struct cw_record *record = bytes;
	const struct cw_deviation *deviation = NULL;
	enum record_error error;

	if (length < sizeof(struct cw_record))
		return RECORD_SHORT;
	if ((uintptr_t)bytes % _Alignof(struct cw_record) != 0)
		return RECORD_MISALIGNED;
	error = record_check_header(record, length);
	if (error)
		return error;
	error = record_check_values(record);
	if (error)
		return error;
	if (record->type == CW_RECORD_DEVIATION) {
		deviation = bytes;
		error = record_check_deviation(deviation);
		if (error)
			return error;
	}
	*ret_record = (struct record){ .record = record, .deviation = deviation };
	return RECORD_OK;
}

/*
 * Written from the end of the room to its front, since the leaf comes first, then moved. A name that
 * is empty or "/" is that of a file system's root, and stands for no component. Each component needs
 * one byte more than its name, which is what its NUL took: hence the room is enough.
 */
size_t record_path(const char *names, size_t length, bool cut, char *to)
{
	char path[RECORD_PATH_MAX];
	size_t start = sizeof(path), position = 0, result;

	while (position < length) {
		const char *name = names + position;
		size_t size = strnlen(name, length - position);

		position += size + 1;
		if (size == 0 || (size == 1 && *name == '/'))
			continue;
		start -= size;
		memcpy(path + start, name, size);
		path[--start] = '/';
	}
	if (cut && start < sizeof(path)) {
		start -= strlen(RECORD_CUT_MARK) - 1; /* its last character is the slash there */
		memcpy(path + start, RECORD_CUT_MARK, strlen(RECORD_CUT_MARK) - 1);
	}
	/* The root itself is one name, "/", that was passed over. */
	if (start == sizeof(path) && length && *names == '/')
		path[--start] = '/';
	result = sizeof(path) - start;
	memcpy(to, path + start, result);
	to[result] = '\0';
	return result;
}

const char *record_argument(const char *args, size_t length, size_t *position, size_t *ret_length)
{
	const char *argument = args + *position;

	if (*position >= length)
		return NULL;
	*ret_length = strnlen(argument, length - *position);
	*position += *ret_length + 1;
	return argument;
}

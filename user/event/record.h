/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw records, as they come from the rings or from a file of them: believed in nothing until checked.
 * After record_decode() every enumeration is in range, every length within its text, and the record's
 * size is that of its type.
 */
#ifndef CW_EVENT_RECORD_H
#define CW_EVENT_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "abi.h"

enum record_error {
	RECORD_OK,
	RECORD_SHORT, /* fewer bytes than a header */
	RECORD_MISALIGNED, /* not on an 8-byte boundary, as every ring record is */
	RECORD_BAD_VERSION,
	RECORD_BAD_TYPE,
	RECORD_BAD_SIZE, /* not its type's, or more than there are bytes */
	RECORD_BAD_OPERATION,
	RECORD_BAD_VERDICT,
	RECORD_BAD_EFFECT,
	RECORD_BAD_MODE,
	RECORD_BAD_REASON,
	RECORD_BAD_BACKEND,
	RECORD_BAD_CLASS,
	RECORD_BAD_PROTOCOL,
	RECORD_BAD_INSTANCE,
	RECORD_BAD_RULE,
	RECORD_BAD_FILE, /* a file number beyond CW_FILES_MAX */
	RECORD_BAD_LENGTH, /* of a text */
	RECORD_BAD_CUT, /* a bit of no text */
	RECORD_ERROR_MAX,
};
const char *record_error_name(enum record_error error);

/* Views of the checked bytes, valid as long as these are. */
struct record {
	const struct cw_record *record;
	const struct cw_deviation *deviation; /* NULL for CW_RECORD_EVENT */
};

/*
 * A record as a daemon of another version's programs left it, its structs longer or shorter at their ends:
 * made one of ours, in `room`, what it lacks being 0. What is ours, or is nothing that can be made ours,
 * is returned as it is, and record_decode() then says what is wrong.
 */
const void *record_adapt(const void *bytes, size_t *length, struct cw_deviation *room);

enum record_error record_decode(const void *bytes, size_t length, struct record *ret_record);

/*
 * A path from its names, leaf first, to an absolute path in `to` (RECORD_PATH_MAX bytes); returns its
 * length, 0 and "" if there are no names. A walk that was cut begins with RECORD_CUT_MARK instead of
 * the slash: no absolute path can be mistaken for it.
 */
#define RECORD_CUT_MARK ".../"
#define RECORD_PATH_MAX (CW_TEXT + sizeof(RECORD_CUT_MARK) + 1)
size_t record_path(const char *names, size_t length, bool cut, char *to);

/* Arguments stand one after another, each ended by NUL; the last may lack it. The next one from
 * *position on, NULL at the end; its length is *ret_length (it need not end with NUL). */
const char *record_argument(const char *args, size_t length, size_t *position, size_t *ret_length);

#endif

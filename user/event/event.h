/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The named event: a record whose numbers have become names, as every reader of events gets it.
 *
 * A named event is made for one moment: it borrows from the record's bytes, from the catalogue and
 * from what the look-ups returned. Whoever keeps one longer prints it (event_json) and keeps that.
 */
#ifndef CW_EVENT_EVENT_H
#define CW_EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "event/record.h"
#include "policy/image.h"

/*
 * Where names come from. Any look-up may be NULL, and may return NULL for "not known". What it
 * returns must stay until event_name()'s event is no longer used. The kernel's own answer, where a
 * record carries one (a deviation's texts), is preferred over look-ups by pid, which may come too late.
 */
struct event_names {
	void *context; /* first argument of every look-up */
	const char *host;
	int64_t boot_to_wall; /* nanoseconds to add to a record's clock (CLOCK_BOOTTIME) for UTC */
	const struct catalogue
		*catalogue; /* NULL: no rule names; else of the record's generation */

	const char *(*file_path)(void *context, uint32_t file); /* of a file number */
	const uint8_t *(*file_sha256)(void *context, uint32_t file); /* 32 bytes, if hashed */
	/* The name a policy gives the file; instance: of the rule or guard that answered. */
	const char *(*executable_name)(void *context, uint16_t instance, uint32_t file);
	const char *(*user_name)(void *context, uint32_t uid);
	const char *(*cgroup_path)(void *context, uint64_t cgroup);
	const char *(*process_path)(void *context, uint32_t pid, uint64_t start_time);
	const char *(*process_role)(void *context, uint32_t pid, uint64_t start_time);
	/* Path of an executed or mapped file whose record neither tells it nor has a file number. */
	const char *(*target_path)(void *context, const struct cw_record *record);
	/* The script on whose behalf an interpreter was executed. */
	const char *(*target_script)(void *context, const struct cw_record *record);
};

struct event_ancestor {
	uint32_t pid;
	const char *path; /* NULL: not a file that a policy names */
	char comm[CW_COMM + 1];
};

#define EVENT_ADDRESS_MAX 48 /* of an IPv6 address with its NUL */

struct event {
	struct cw_record record; /* a copy: numbers are read here */
	uint64_t sequence;
	int64_t time; /* nanoseconds since 1970, UTC */
	int64_t start; /* of the process */
	uint64_t count; /* operations that this event stands for */
	bool aggregated; /* told as a number, after one like them was told in full */
	int64_t first, last; /* aggregated: when */
	const char *host;
	const char *instance; /* NULL for host records */
	const struct catalogue_rule *rule; /* rule or guard; NULL if none */
	const struct catalogue_rule *origin; /* place in the policy that answered: rule, or class */

	const char *executable; /* policy name */
	const char *path;
	char comm[CW_COMM + 1];
	const char *script; /* path of the script that the process runs */
	const char *args; /* NUL between arguments; NULL: not recorded */
	size_t args_length;
	bool args_cut;
	const char *cwd;
	const char *user;
	bool has_loginuid;
	uint32_t loginuid;
	const char *cgroup; /* path; its number where the path is not known */
	const char *role;
	struct event_ancestor ancestry[CW_ANCESTRY]; /* nearest first */
	size_t ancestors;

	bool target_is_file; /* else a socket: see event_targets_file() */
	const char *target_path; /* EVENT_ANONYMOUS for memory without a file */
	const char *target_sha256; /* 64 hexadecimal digits */
	const char *target_script; /* exec of an interpreter on behalf of this script */
	const char *address;

	/* What the pointers above may point to. */
	char texts[CW_TEXT_ARGS][RECORD_PATH_MAX];
	char sha256_text[65];
	char address_text[EVENT_ADDRESS_MAX];
	char cgroup_text[24];
};

#define EVENT_ANONYMOUS "[anonymous]"

static inline bool event_targets_file(uint64_t operation)
{
	return operation == CW_OPERATION_EXEC || operation == CW_OPERATION_LIBRARY ||
	       operation == CW_OPERATION_TAMPER;
}

/* record must have passed record_decode(). sequence: the daemon's running number. */
void event_name(const struct record *record, const struct event_names *names, uint64_t sequence,
		struct event *ret_event);

/* RFC 3339 in UTC with nanoseconds and `Z`; to has EVENT_TIME_MAX bytes. */
#define EVENT_TIME_MAX 32
void event_time(int64_t nanoseconds, char *to);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `status` tells: filled by the daemon, printed as text or JSON from one set of tables. Strings
 * are borrowed for the time of the call.
 */
#ifndef CW_EVENT_STATUS_H
#define CW_EVENT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "util/buffer.h"

struct status_instance {
	const char *name;
	uint64_t mode; /* enum cw_mode now in force */
	uint64_t policy_mode; /* … and as the file says */
	uint64_t generation;
	uint64_t governed; /* processes */
	uint64_t rules[CW_RULE_CLASSES];
	uint64_t guards; /* of all classes */
	const char *file; /* of the policy */
};

struct status_counter {
	uint64_t operation;
	uint64_t verdict;
	uint64_t judged;
	uint64_t recorded;
	uint64_t unwanted;
	uint64_t suppressed;
	uint64_t lost;
};

struct status_fault {
	uint64_t fault; /* enum cw_fault */
	uint64_t count;
};

struct status_name {
	const char *name; /* a host name of a policy */
	const char *error;
	uint64_t addresses; /* kept from the last good answer */
};

struct status_file {
	const char *path;
	const char *trust; /* file_trust_name() */
	const char *reason;
};

struct status_report {
	const char *version;
	uint64_t pid;
	uint64_t uptime; /* seconds */
	uint64_t memory; /* resident, KiB */
	uint64_t backend; /* enum cw_backend */
	const char *pinned; /* where; NULL: verdicts end with the daemon */
	bool self_test_passed;
	const char *self_test_detail; /* what failed or could not be tried; NULL if nothing */
	uint64_t generation;
	const char *falls_back; /* when modes set for a time do, RFC 3339; NULL: none is */
	uint64_t governed; /* processes of all instances */
	uint64_t clients; /* connected */
	uint64_t clients_subscribed; /* … that have asked for events and get them */
	uint64_t clients_lost; /* records that slow clients lost, since the daemon's start */
	uint64_t clients_refused; /* connections: who may not, or too many */
	uint64_t clients_malformed; /* requests */
	uint64_t malformed; /* records from the rings that record_decode() refused */

	uint64_t repeats_told; /* deviations that were counted and not recorded: told as numbers */
	uint64_t repeats_waiting; /* … and to be told within a second */

	const char *record_what;
	const char *record_dir; /* NULL: nothing is recorded */
	const char *record_error; /* NULL: all is well */
	uint64_t record_events; /* in the recording */
	uint64_t record_lost; /* that are missing there */
	uint64_t record_waiting; /* bytes */

	const struct status_instance *instances;
	size_t instance_count;
	const struct status_counter *counters; /* rows that are all zero need not be given */
	size_t counter_count;
	const struct status_fault *faults; /* those that happened */
	size_t fault_count;
	const struct status_name *names; /* host names that do not resolve */
	size_t name_count;
	const struct status_file *files; /* that are not trusted */
	size_t file_count;
};

/* judged = recorded + unwanted + suppressed + lost in every row? */
bool status_adds_up(const struct status_report *report);

void status_text(const struct status_report *report, struct buffer *buffer);
void status_json(const struct status_report *report, struct buffer *buffer);

#endif

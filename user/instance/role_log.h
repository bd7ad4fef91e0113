/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an instance's log (cconsole.log, messages.log) says of processes: lines of the form
 *
 *	MM/DD/YY-HH:MM:SS:mmm (PID) LEVEL [Category] text
 *
 * in the local time zone. The file may be written by every process of the instance and pids are given
 * again, so a line is a hint, and only about a process that was there when it was written.
 */
#ifndef CW_INSTANCE_ROLE_LOG_H
#define CW_INSTANCE_ROLE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "instance/role.h"

#define ROLE_LOG_MAX (1u << 20) /* bytes of the end of the file that are read */
#define ROLE_MARKS_MAX 4096 /* the last ones count */

struct role_mark {
	uint32_t pid;
	unsigned int logged; /* enum role_logged */
	int64_t time; /* seconds since 1970 */
};

struct role_marks {
	struct role_mark *marks;
	size_t count;
};
void role_marks_release(struct role_marks *marks);

/* 0 or -ENOMEM; lines of other shapes are passed over. */
int role_log_read(const char *text, size_t length, struct role_marks *ret);
/* The end of a file. Its errors are no errors: then there are no marks. 0 or -ENOMEM. */
int role_log_read_file(const char *path, struct role_marks *ret);

/* What the log says of this process. boot_time: process_boot_time(). */
unsigned int role_log_of(const struct role_marks *marks, const struct process *process,
			 int64_t boot_time);

#endif

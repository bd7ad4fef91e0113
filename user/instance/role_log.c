/* SPDX-License-Identifier: GPL-2.0-only */
#include "instance/role_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util/cleanup.h"
#include "util/regular.h"

#define SLACK 2 /* seconds that a start time may be late: it is rounded, and clocks are set */

void role_marks_release(struct role_marks *marks)
{
	free(marks->marks);
	*marks = (struct role_marks){ 0 };
}

/* What a line's text marks its process as; 0: nothing. */
static unsigned int meaning(const char *text, size_t length)
{
	static const struct {
		const char *part;
		unsigned int logged;
	} parts[] = {
		{ "[WriteDaemon.Started]", ROLE_LOGGED_WRITE_DAEMON },
		{ "Write daemon started", ROLE_LOGGED_WRITE_DAEMON },
		{ "System Initialized", ROLE_LOGGED_START },
		{ "Startup of ", ROLE_LOGGED_START },
		{ "shared memory", ROLE_LOGGED_START },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (memmem(text, length, parts[i].part, strlen(parts[i].part)))
			return parts[i].logged;
	return 0;
}

/* The stamp of a line. Returns the bytes used; 0: it is none. */
static size_t read_stamp(const char *line, size_t length, struct role_mark *ret)
{
	struct tm parts = { .tm_isdst = -1 };
	char text[64] = "";
	int used = 0, year;
	uint32_t pid;

	memcpy(text, line, length < sizeof(text) - 1 ? length : sizeof(text) - 1);
	if (sscanf(text, "%2d/%2d/%2d-%2d:%2d:%2d:%*3d (%10u)%n", &parts.tm_mon, &parts.tm_mday,
		   &year, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &pid, &used) != 7 ||
	    used <= 0)
		return 0;
	if (parts.tm_mon < 1 || parts.tm_mon > 12 || parts.tm_mday < 1 || parts.tm_mday > 31 ||
	    year < 0)
		return 0;
	ret->pid = pid;
	parts.tm_mon--;
	parts.tm_year = year + 100;
	ret->time = mktime(&parts);
	return (size_t)used;
}

static int add_mark(struct role_marks *marks, const struct role_mark *mark)
{
	if (!marks->marks) {
		marks->marks = calloc(ROLE_MARKS_MAX, sizeof(*marks->marks));
		if (!marks->marks)
			return -ENOMEM;
	}
	marks->marks[marks->count++ % ROLE_MARKS_MAX] = *mark;
	return 0;
}

/* The start-up's banner has several lines under one stamp: of what is not stamped, that alone is taken for the
 * process before. */
int role_log_read(const char *text, size_t length, struct role_marks *ret)
{
	struct role_marks marks = { 0 };
	struct role_mark mark = { 0 };
	int r = 0;

	for (size_t at = 0; !r && at < length;) {
		const char *line = text + at, *end = memchr(line, '\n', length - at);
		size_t size = end ? (size_t)(end - line) : length - at;
		size_t used = read_stamp(line, size, &mark);

		mark.logged = meaning(line + used, size - used);
		if (!used)
			mark.logged &= ROLE_LOGGED_START;
		if (mark.pid && mark.logged)
			r = add_mark(&marks, &mark);
		at += size + 1;
	}
	if (marks.count > ROLE_MARKS_MAX)
		marks.count = ROLE_MARKS_MAX;
	if (r)
		role_marks_release(&marks);
	*ret = marks;
	return r;
}

int role_log_read_file(const char *path, struct role_marks *ret)
{
	struct stat st;
	_cleanup_close_ int fd = regular_open(path, &st);
	_cleanup_free_ char *text = NULL;
	ssize_t length;
	off_t from;

	*ret = (struct role_marks){ 0 };
	if (fd < 0)
		return 0;
	text = malloc(ROLE_LOG_MAX);
	if (!text)
		return -ENOMEM;
	from = st.st_size > (off_t)ROLE_LOG_MAX ? st.st_size - (off_t)ROLE_LOG_MAX : 0;
	length = pread(fd, text, ROLE_LOG_MAX, from);
	return length > 0 ? role_log_read(text, (size_t)length, ret) : 0;
}

unsigned int role_log_of(const struct role_marks *marks, const struct process *process,
			 int64_t boot_time)
{
	int64_t start = (boot_time + (int64_t)process->start) / 1000000000;
	unsigned int logged = 0;

	for (size_t i = 0; i < marks->count; i++)
		if (marks->marks[i].pid == process->pid && marks->marks[i].time >= start - SLACK)
			logged |= marks->marks[i].logged;
	return logged;
}

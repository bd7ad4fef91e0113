/* SPDX-License-Identifier: GPL-2.0-only */
#include "recording/segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "event/escape.h"
#include "event/event.h"
#include "event/scan.h"
#include "event/when.h"
#include "util/cleanup.h"
#include "util/number.h"

#define PREFIX "events-"
#define PLAIN ".ndjson"
#define COMPRESSED ".ndjson.gz"
#define STAMP_MAX 17 /* bytes of 20261122T032510Z and a NUL */

static const char *const notice_words[] = {
#define NOTICE_WORD(id, word) [SEGMENT_NOTICE_##id] = (word),
	SEGMENT_NOTICES(NOTICE_WORD)
#undef NOTICE_WORD
};
_Static_assert(ARRAY_SIZE(notice_words) == SEGMENT_NOTICE_MAX, "words");
const struct vocabulary segment_notices = { notice_words, SEGMENT_NOTICE_MAX };

/* ------------------------------------------------------------------ names */

void segment_name(const struct segment *segment, char *name)
{
	time_t seconds = (time_t)segment->time;
	char stamp[32];
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &parts);
	snprintf(name, SEGMENT_NAME_MAX, PREFIX "%s-%llu%s", stamp,
		 (unsigned long long)segment->sequence, segment->compressed ? COMPRESSED : PLAIN);
}

/* The stamp as RFC 3339 has it, which there is a reader for. */
static bool stamp_parse(const char *stamp, int64_t *ret_seconds)
{
	char text[32];
	int64_t time;
	int length = snprintf(text, sizeof(text), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", stamp,
			      stamp + 4, stamp + 6, stamp + 9, stamp + 11, stamp + 13);

	if (stamp[8] != 'T' || stamp[15] != 'Z' || event_time_parse(text, (size_t)length, &time))
		return false;
	*ret_seconds = time / 1000000000;
	return true;
}

bool segment_name_parse(const char *name, struct segment *ret_segment)
{
	char copy[SEGMENT_NAME_MAX], again[SEGMENT_NAME_MAX], *number, *suffix;
	struct segment segment = { 0 };

	if (strlen(name) >= sizeof(copy) || strncmp(name, PREFIX, strlen(PREFIX)) != 0)
		return false;
	strcpy(copy, name + strlen(PREFIX));
	number = strchr(copy, '-');
	suffix = number ? strchr(number, '.') : NULL;
	if (!suffix || number - copy != STAMP_MAX - 1 || !stamp_parse(copy, &segment.time))
		return false;
	segment.compressed = strcmp(suffix, COMPRESSED) == 0;
	*suffix = '\0';
	if (number_parse(number + 1, 0, UINT64_MAX, &segment.sequence))
		return false;
	/* One name a segment: what would be written otherwise is not ours. */
	segment_name(&segment, again);
	if (strcmp(name, again) != 0)
		return false;
	*ret_segment = segment;
	return true;
}

/* ------------------------------------------------------------------ lists */

void segment_list_release(struct segment_list *list)
{
	free(list->items);
	*list = (struct segment_list){ 0 };
}

int segment_compare(const struct segment *one, const struct segment *other)
{
	if (one->sequence != other->sequence)
		return one->sequence < other->sequence ? -1 : 1;
	if (one->time != other->time)
		return one->time < other->time ? -1 : 1;
	return 0;
}

static int by_sequence(const void *one, const void *other)
{
	const struct segment *first = one, *second = other;
	int order = segment_compare(first, second);

	return order ? order : (int)second->compressed - (int)first->compressed;
}

static int list_add(struct segment_list *list, size_t *capacity, const struct segment *segment)
{
	if (list->count == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 64;
		struct segment *items = reallocarray(list->items, more, sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		*capacity = more;
	}
	list->items[list->count++] = *segment;
	return 0;
}

static void list_settle(struct segment_list *list)
{
	size_t kept = 0;

	if (!list->count)
		return;
	qsort(list->items, list->count, sizeof(*list->items), by_sequence);
	for (size_t i = 0; i < list->count; i++)
		if (!kept || segment_compare(&list->items[kept - 1], &list->items[i]) != 0)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

/* A pipe, a link or a directory of that name is nothing of ours: to open one could take for ever. */
static bool is_file(int directory, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return !fstatat(directory, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode);
}

int segment_list_read(int directory, struct segment_list *ret_list)
{
	/* A description of its own: where another reader of the directory stands is not ours. */
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct segment_list list = { 0 };
	const struct dirent *entry;
	size_t capacity = 0;
	int r = 0;

	if (!stream) {
		r = -errno;
		close_fd(fd);
		return r;
	}
	while (!r && (errno = 0, entry = readdir(stream))) {
		struct segment segment;

		if (segment_name_parse(entry->d_name, &segment) && is_file(directory, entry))
			r = list_add(&list, &capacity, &segment);
	}
	if (!r && errno)
		r = -errno;
	closedir(stream);
	if (r) {
		segment_list_release(&list);
		return r;
	}
	list_settle(&list);
	*ret_list = list;
	return 0;
}

/* ------------------------------------------------------------------ lines */

/* What stands between here and the next quote, if that is near. */
static bool head_quoted(struct scan *scan, const char **ret_text, size_t *ret_length)
{
	size_t left = (size_t)(scan->end - scan->at);
	const char *quote = memchr(scan->at, '"', left < EVENT_TIME_MAX ? left : EVENT_TIME_MAX);

	if (!quote)
		return false;
	*ret_text = scan->at;
	*ret_length = (size_t)(quote - scan->at);
	scan->at = quote + 1;
	return true;
}

static bool head_notice(struct scan *scan, struct segment_head *head)
{
	const char *word;
	size_t length;

	if (!scan_word(scan, ",\"notice\":\""))
		return true;
	if (!head_quoted(scan, &word, &length))
		return false;
	head->notice = vocabulary_value(&segment_notices, word, length);
	if (head->notice < 0)
		head->notice = SEGMENT_NOTICE_MAX;
	return scan_word(scan, ",\"count\":") && scan_number(scan, &head->count);
}

bool segment_head(const char *line, size_t length, struct segment_head *ret_head)
{
	struct segment_head head = { .notice = -1 };
	struct scan scan = { line, line + length };
	size_t time_length;
	const char *time;

	if (length && line[length - 1] == '\n')
		length--;
	if (!length || line[length - 1] != '}')
		return false;
	if (!scan_word(&scan, "{\"time\":\"") || !head_quoted(&scan, &time, &time_length) ||
	    event_time_parse(time, time_length, &head.time) || !scan_word(&scan, ",\"seq\":") ||
	    !scan_number(&scan, &head.sequence) || !head_notice(&scan, &head))
		return false;
	*ret_head = head;
	return true;
}

void segment_notice(struct buffer *buffer, enum segment_notice notice, uint64_t sequence,
		    uint64_t count, const char *detail)
{
	char time[EVENT_TIME_MAX];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	event_time((int64_t)now.tv_sec * 1000000000 + now.tv_nsec, time);
	buffer_printf(buffer,
		      "{\"time\":\"%s\",\"seq\":%llu,\"notice\":\"%s\",\"count\":%llu,\"detail\":",
		      time, (unsigned long long)sequence, vocabulary_word(&segment_notices, notice),
		      (unsigned long long)count);
	escape_json(buffer, detail, strlen(detail));
	buffer_add_string(buffer, "}\n");
}

uint64_t segment_events(const char *lines, size_t length)
{
	uint64_t events = 0;

	while (length) {
		const char *newline = memchr(lines, '\n', length);
		size_t line = newline ? (size_t)(newline + 1 - lines) : length;
		struct segment_head head;

		events += segment_head(lines, line, &head) && head.notice < 0;
		lines += line;
		length -= line;
	}
	return events;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Read by hand and not with strptime(): that one takes blanks and signs, and what it leaves unset depends
 * on the field. A day is checked by asking timegm() back.
 */
#include "event/when.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "util/number.h"

#define NANOSECONDS 1000000000
#define AGO_MAX (100ull * 366 * 86400)

struct reading {
	const char *at, *end;
};

static bool read_char(struct reading *reading, const char *any)
{
	if (reading->at == reading->end || !*reading->at || !strchr(any, *reading->at))
		return false;
	reading->at++;
	return true;
}

/* Exactly so many digits, from min to max. */
static bool read_digits(struct reading *reading, int digits, int min, int max, int *ret)
{
	int value = 0;

	while (digits--) {
		if (reading->at == reading->end || *reading->at < '0' || *reading->at > '9')
			return false;
		value = value * 10 + (*reading->at++ - '0');
	}
	*ret = value;
	return value >= min && value <= max;
}

/* `.` and one to nine digits, or nothing. */
static bool read_fraction(struct reading *reading, int64_t *ret_nanoseconds)
{
	int64_t unit = NANOSECONDS, value = 0;

	*ret_nanoseconds = 0;
	if (!read_char(reading, "."))
		return true;
	while (unit > 1 && reading->at < reading->end && *reading->at >= '0' &&
	       *reading->at <= '9') {
		unit /= 10;
		value += unit * (*reading->at++ - '0');
	}
	*ret_nanoseconds = value;
	return unit < NANOSECONDS;
}

/* `Z`, or hours and minutes ahead of it. */
static bool read_offset(struct reading *reading, int64_t *ret_seconds)
{
	int hours, minutes;
	char sign;

	*ret_seconds = 0;
	if (read_char(reading, "Zz"))
		return true;
	sign = reading->at < reading->end ? *reading->at : '\0';
	if (!read_char(reading, "+-") || !read_digits(reading, 2, 0, 23, &hours) ||
	    !read_char(reading, ":") || !read_digits(reading, 2, 0, 59, &minutes))
		return false;
	*ret_seconds = (hours * 60ll + minutes) * 60 * (sign == '-' ? -1 : 1);
	return true;
}

static bool read_date(struct reading *reading, struct tm *parts)
{
	struct tm asked;

	*parts = (struct tm){ .tm_isdst = -1 };
	if (!read_digits(reading, 4, 1, 9999, &parts->tm_year) || !read_char(reading, "-") ||
	    !read_digits(reading, 2, 1, 12, &parts->tm_mon) || !read_char(reading, "-") ||
	    !read_digits(reading, 2, 1, 31, &parts->tm_mday))
		return false;
	parts->tm_year -= 1900;
	parts->tm_mon--;
	asked = *parts;
	timegm(&asked); /* makes the 31st of April the 1st of May */
	return asked.tm_mday == parts->tm_mday;
}

/* 60: a leap second. */
static bool read_clock(struct reading *reading, bool need_seconds, struct tm *parts,
		       int64_t *ret_fraction)
{
	*ret_fraction = 0;
	if (!read_digits(reading, 2, 0, 23, &parts->tm_hour) || !read_char(reading, ":") ||
	    !read_digits(reading, 2, 0, 59, &parts->tm_min))
		return false;
	if (!read_char(reading, ":"))
		return !need_seconds;
	return read_digits(reading, 2, 0, 60, &parts->tm_sec) &&
	       read_fraction(reading, ret_fraction);
}

/* Seconds and a fraction to nanoseconds: what 64 bits hold is from 1677 to 2262. */
static int moment(int64_t seconds, int64_t fraction, int64_t *ret_nanoseconds)
{
	if (__builtin_mul_overflow(seconds, NANOSECONDS, &seconds) ||
	    __builtin_add_overflow(seconds, fraction, ret_nanoseconds))
		return -EINVAL;
	return 0;
}

int event_time_parse(const char *text, size_t length, int64_t *ret_nanoseconds)
{
	struct reading reading = { text, text + length };
	int64_t fraction, offset;
	struct tm parts;

	if (!read_date(&reading, &parts) || !read_char(&reading, "Tt ") ||
	    !read_clock(&reading, true, &parts, &fraction) || !read_offset(&reading, &offset) ||
	    reading.at != reading.end)
		return -EINVAL;
	return moment((int64_t)timegm(&parts) - offset, fraction, ret_nanoseconds);
}

/* A date, perhaps a time of day, in the local time zone. */
static int local_parse(const char *text, int64_t *ret_nanoseconds)
{
	struct reading reading = { text, text + strlen(text) };
	int64_t fraction = 0;
	struct tm parts;

	if (!read_date(&reading, &parts))
		return -EINVAL;
	if (reading.at < reading.end &&
	    (!read_char(&reading, "Tt ") || !read_clock(&reading, false, &parts, &fraction) ||
	     reading.at != reading.end))
		return -EINVAL;
	return moment((int64_t)mktime(&parts), fraction, ret_nanoseconds);
}

static int midnight(int64_t now, int days, int64_t *ret_nanoseconds)
{
	time_t seconds = (time_t)(now / NANOSECONDS);
	struct tm parts;

	localtime_r(&seconds, &parts);
	parts.tm_hour = parts.tm_min = parts.tm_sec = 0;
	parts.tm_mday += days;
	parts.tm_isdst = -1; /* it may have been another one at midnight */
	return moment((int64_t)mktime(&parts), 0, ret_nanoseconds);
}

/* A time of today, local. */
static int clock_parse(const char *text, int64_t now, int64_t *ret_nanoseconds)
{
	struct reading reading = { text, text + strlen(text) };
	time_t seconds = (time_t)(now / NANOSECONDS);
	int64_t fraction;
	struct tm parts;

	localtime_r(&seconds, &parts);
	parts.tm_sec = 0;
	parts.tm_isdst = -1;
	if (!read_clock(&reading, false, &parts, &fraction) || reading.at != reading.end)
		return -EINVAL;
	return moment((int64_t)mktime(&parts), fraction, ret_nanoseconds);
}

/* Seconds since 1970, as `date +%s` and journalctl have them. */
static int epoch_parse(const char *text, int64_t *ret_nanoseconds)
{
	struct reading reading = { text + strcspn(text, "."), text + strlen(text) };
	char digits[16];
	size_t length = (size_t)(reading.at - text);
	int64_t fraction;
	uint64_t seconds;

	if (length >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, length);
	digits[length] = '\0';
	if (number_parse(digits, 0, INT64_MAX, &seconds) || !read_fraction(&reading, &fraction) ||
	    reading.at != reading.end)
		return -EINVAL;
	return moment((int64_t)seconds, fraction, ret_nanoseconds);
}

/* A number with its unit, perhaps `ago`. A bare number would be read as seconds, and may have been meant as a date. */
static int ago_parse(const char *text, int64_t now, int64_t *ret_nanoseconds)
{
	size_t length = strlen(text), suffix = strlen(" ago");
	char number[32];
	uint64_t ago;

	if (length > suffix && strcmp(text + length - suffix, " ago") == 0)
		length -= suffix;
	if (!length || length >= sizeof(number) || !strchr("smhd", text[length - 1]))
		return -EINVAL;
	memcpy(number, text, length);
	number[length] = '\0';
	if (number_parse_seconds(number, 0, AGO_MAX, &ago))
		return -EINVAL;
	*ret_nanoseconds = now - (int64_t)ago * NANOSECONDS;
	return 0;
}

int when_parse(const char *text, int64_t now, int64_t *ret_nanoseconds)
{
	if (strcmp(text, "now") == 0)
		return *ret_nanoseconds = now, 0;
	if (strcmp(text, "today") == 0)
		return midnight(now, 0, ret_nanoseconds);
	if (strcmp(text, "yesterday") == 0)
		return midnight(now, -1, ret_nanoseconds);
	if (*text == '@')
		return epoch_parse(text + 1, ret_nanoseconds);
	if (!event_time_parse(text, strlen(text), ret_nanoseconds) ||
	    !ago_parse(text, now, ret_nanoseconds) || !clock_parse(text, now, ret_nanoseconds))
		return 0;
	return local_parse(text, ret_nanoseconds);
}

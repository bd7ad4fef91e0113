/* SPDX-License-Identifier: GPL-2.0-only */
#include "event/scan.h"

#include <string.h>

static void scan_space(struct scan *scan)
{
	while (scan->at < scan->end && strchr(" \t\r\n", *scan->at) && *scan->at)
		scan->at++;
}

bool scan_char(struct scan *scan, char character)
{
	scan_space(scan);
	if (scan->at == scan->end || *scan->at != character)
		return false;
	scan->at++;
	return true;
}

bool scan_word(struct scan *scan, const char *word)
{
	size_t length = strlen(word);

	scan_space(scan);
	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
		return false;
	scan->at += length;
	return true;
}

bool scan_end(struct scan *scan)
{
	scan_space(scan);
	return scan->at == scan->end;
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

bool scan_number(struct scan *scan, uint64_t *ret)
{
	struct scan ahead = *scan;
	uint64_t value = 0;
	const char *begin;

	scan_space(&ahead);
	for (begin = ahead.at; ahead.at < ahead.end && is_digit(*ahead.at); ahead.at++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*ahead.at - '0'), &value))
			return false;
	if (ahead.at == begin || (*begin == '0' && ahead.at - begin > 1))
		return false;
	if (ahead.at < ahead.end && strchr(".eE", *ahead.at) && *ahead.at)
		return false;
	*scan = ahead;
	*ret = value;
	return true;
}

/* ------------------------------------------------------------------ strings */

/* Four hexadecimal digits. */
static bool scan_unit(struct scan *scan, uint32_t *ret)
{
	uint32_t value = 0;

	if (scan->end - scan->at < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char digit = (char)(*scan->at | 0x20);
		const char *found = digit ? strchr(digits, digit) : NULL;

		if (!found || !*found || (*scan->at < '0'))
			return false;
		value = value << 4 | (uint32_t)(found - digits);
		scan->at++;
	}
	*ret = value;
	return true;
}

static char *put_utf8(char *to, uint32_t character)
{
	if (character < 0x80) {
		*to++ = (char)character;
	} else if (character < 0x800) {
		*to++ = (char)(0xc0 | character >> 6);
		*to++ = (char)(0x80 | (character & 0x3f));
	} else if (character < 0x10000) {
		*to++ = (char)(0xe0 | character >> 12);
		*to++ = (char)(0x80 | (character >> 6 & 0x3f));
		*to++ = (char)(0x80 | (character & 0x3f));
	} else {
		*to++ = (char)(0xf0 | character >> 18);
		*to++ = (char)(0x80 | (character >> 12 & 0x3f));
		*to++ = (char)(0x80 | (character >> 6 & 0x3f));
		*to++ = (char)(0x80 | (character & 0x3f));
	}
	return to;
}

/* Behind `\u`; NULL if it is no character. */
static char *scan_numbered(struct scan *scan, char *to)
{
	uint32_t high, low;

	if (!scan_unit(scan, &high) || !high || (high >= 0xdc00 && high < 0xe000))
		return NULL;
	if (high < 0xd800 || high >= 0xe000)
		return put_utf8(to, high);
	if (scan->end - scan->at < 2 || scan->at[0] != '\\' || scan->at[1] != 'u')
		return NULL;
	scan->at += 2;
	if (!scan_unit(scan, &low) || low < 0xdc00 || low >= 0xe000)
		return NULL;
	return put_utf8(to, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
}

/* Behind a backslash. */
static char *scan_escape(struct scan *scan, char *to)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (scan->at == scan->end || !*scan->at)
		return NULL;
	if (*scan->at == 'u') {
		scan->at++;
		return scan_numbered(scan, to);
	}
	found = strchr(letters, *scan->at++);
	if (!found)
		return NULL;
	*to++ = meant[found - letters];
	return to;
}

bool scan_string(struct scan *scan, char *to, size_t *ret_length)
{
	struct scan ahead = *scan;
	char *begin = to;

	if (!scan_char(&ahead, '"'))
		return false;
	while (to && ahead.at < ahead.end && *ahead.at != '"') {
		unsigned char byte = (unsigned char)*ahead.at++;

		if (byte < 0x20)
			return false;
		if (byte == '\\')
			to = scan_escape(&ahead, to);
		else
			*to++ = (char)byte;
	}
	if (!to || ahead.at == ahead.end)
		return false;
	ahead.at++;
	*to = '\0';
	*ret_length = (size_t)(to - begin);
	*scan = ahead;
	return true;
}

/* ------------------------------------------------------------------ what is passed over */

static bool scan_any_number(struct scan *scan)
{
	const char *begin;

	scan_space(scan);
	begin = scan->at;
	while (scan->at < scan->end && *scan->at && strchr("+-.eE0123456789", *scan->at))
		scan->at++;
	return scan->at > begin;
}

static bool scan_nested(struct scan *scan, char *to, int depth);

static bool scan_members(struct scan *scan, char *to, char close, int depth)
{
	size_t length;

	if (scan_char(scan, close))
		return true;
	do {
		if (close == '}' && (!scan_string(scan, to, &length) || !scan_char(scan, ':')))
			return false;
		if (!scan_nested(scan, to, depth + 1))
			return false;
	} while (scan_char(scan, ','));
	return scan_char(scan, close);
}

static bool scan_nested(struct scan *scan, char *to, int depth)
{
	size_t length;

	if (depth > SCAN_DEPTH_MAX)
		return false;
	if (scan_char(scan, '{'))
		return scan_members(scan, to, '}', depth);
	if (scan_char(scan, '['))
		return scan_members(scan, to, ']', depth);
	return scan_string(scan, to, &length) || scan_word(scan, "true") ||
	       scan_word(scan, "false") || scan_word(scan, "null") || scan_any_number(scan);
}

bool scan_value(struct scan *scan, char *to)
{
	struct scan ahead = *scan;

	if (!scan_nested(&ahead, to, 0))
		return false;
	*scan = ahead;
	return true;
}

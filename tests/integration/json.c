/* SPDX-License-Identifier: GPL-2.0-only */
#include "json.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 256

struct reading {
	const char *at;
	struct json *json;
	char path[PATH_SIZE];
	bool bad;
};

static void add(struct reading *reading, char *value)
{
	struct json *json = reading->json;

	json->members = realloc(json->members, (json->count + 1) * sizeof(*json->members));
	if (!json->members)
		abort();
	json->members[json->count++] = (struct json_member){ strdup(reading->path), value };
}

static void blanks(struct reading *reading)
{
	reading->at += strspn(reading->at, " \t\r\n");
}

static bool take(struct reading *reading, char wanted)
{
	blanks(reading);
	if (*reading->at != wanted)
		return false;
	reading->at++;
	return true;
}

static char escaped(struct reading *reading)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found = *reading->at ? strchr(from, *reading->at) : NULL;
	char digits[5] = "";

	if (found) {
		reading->at++;
		return to[found - from];
	}
	if (*reading->at != 'u' || strlen(reading->at) < 5) {
		reading->bad = true;
		return 0;
	}
	memcpy(digits, reading->at + 1, 4);
	reading->at += 5;
	/* These tests print ASCII; whatever else there is need only not be mistaken for it. */
	return (char)(strtoul(digits, NULL, 16) < 128 ? strtoul(digits, NULL, 16) : '?');
}

static char *string(struct reading *reading)
{
	char *text = malloc(strlen(reading->at) + 1);
	size_t length = 0;

	if (!text)
		abort();
	while (*reading->at && *reading->at != '"') {
		char character = *reading->at++;

		if (character == '\\')
			character = escaped(reading);
		text[length++] = character;
	}
	reading->bad |= !take(reading, '"');
	text[length] = '\0';
	return text;
}

static void value(struct reading *reading);

/* Append a name to the path for the time of one value. */
static void below(struct reading *reading, const char *name)
{
	size_t length = strlen(reading->path);

	snprintf(reading->path + length, PATH_SIZE - length, "%s%s", length ? "." : "", name);
	value(reading);
	reading->path[length] = '\0';
}

static void object(struct reading *reading)
{
	if (take(reading, '}'))
		return;
	do {
		char *name;

		if (!take(reading, '"')) {
			reading->bad = true;
			return;
		}
		name = string(reading);
		reading->bad |= !take(reading, ':');
		below(reading, name);
		free(name);
	} while (!reading->bad && take(reading, ','));
	reading->bad |= !take(reading, '}');
}

static void array(struct reading *reading)
{
	unsigned int index = 0;

	if (take(reading, ']'))
		return;
	do {
		char name[16];

		snprintf(name, sizeof(name), "%u", index++);
		below(reading, name);
	} while (!reading->bad && take(reading, ','));
	reading->bad |= !take(reading, ']');
}

static void value(struct reading *reading)
{
	size_t length;

	if (take(reading, '{')) {
		object(reading);
	} else if (take(reading, '[')) {
		array(reading);
	} else if (take(reading, '"')) {
		add(reading, string(reading));
	} else {
		length = strspn(reading->at, "-+.0123456789abcdefghijklmnopqrstuvwxyzE");
		reading->bad |= !length;
		add(reading, length == 4 && strncmp(reading->at, "null", 4) == 0
				     ? NULL
				     : strndup(reading->at, length));
		reading->at += length;
	}
}

bool json_read(const char *text, struct json *ret)
{
	struct reading reading = { .at = text, .json = ret };

	*ret = (struct json){ 0 };
	value(&reading);
	blanks(&reading);
	if (!reading.bad && !*reading.at)
		return true;
	json_release(ret);
	return false;
}

void json_release(struct json *json)
{
	for (size_t i = 0; i < json->count; i++) {
		free(json->members[i].path);
		free(json->members[i].value);
	}
	free(json->members);
	*json = (struct json){ 0 };
}

static const char *find(const struct json *json, const char *path)
{
	for (size_t i = 0; i < json->count; i++) {
		if (strcmp(json->members[i].path, path) == 0)
			return json->members[i].value;
	}
	return NULL;
}

const char *json_get(const struct json *json, const char *format, ...)
{
	char path[PATH_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	return find(json, path);
}

unsigned long long json_number(const struct json *json, unsigned long long otherwise,
			       const char *format, ...)
{
	char path[PATH_SIZE];
	const char *text;
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	text = find(json, path);
	return text ? strtoull(text, NULL, 10) : otherwise;
}

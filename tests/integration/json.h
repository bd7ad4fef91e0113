/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A JSON text as a list of paths and values: {"a":{"b":[1,"x"]}} is a.b.0 = 1, a.b.1 = x. All that
 * these tests ask of an event or a status is the value at a path. null is the value NULL.
 */
#ifndef CW_TESTS_JSON_H
#define CW_TESTS_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct json_member {
	char *path;
	char *value;
};

struct json {
	struct json_member *members;
	size_t count;
};

/* False: not JSON. */
bool json_read(const char *text, struct json *ret);
void json_release(struct json *json);
/* NULL: null, or not there. */
const char *json_get(const struct json *json, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A number, or the given one. */
unsigned long long json_number(const struct json *json, unsigned long long otherwise,
			       const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grammar of a policy as tables: each mapping is a schema, each schema a list of keys. The reader
 * walks them, and so do help, the man page's check and the tests, hence a key cannot be read without
 * being documented.
 */
#ifndef CW_POLICY_SCHEMA_H
#define CW_POLICY_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

struct reader;
struct node;

/* What may stand behind a key; a bit mask. */
enum schema_form {
	SCHEMA_TEXT = 1,
	SCHEMA_LIST = 2,
	SCHEMA_MAPPING = 4,
	SCHEMA_NOTHING = 8,
};

struct schema_key {
	const char *name;
	unsigned int forms; /* enum schema_form */
	bool required;
	const char *expected; /* "a name": completes "must be …" */
	const char *help; /* one line */
	void (*read)(struct reader *reader, const struct schema_key *key, const struct node *value,
		     void *object);
};

#define SCHEMA_KEYS_MAX 20

struct schema {
	const char *name; /* "an exec rule": completes "unknown key in …" */
	const struct schema_key *keys; /* read in this order, whatever the file's */
	size_t count;
};

/* Every mapping of the grammar, the whole file first; ends with NULL. */
extern const struct schema *const policy_schemas[];

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the reader of policies. Text goes one way:
 *
 *   read_text.c   is it text at all: size, UTF-8, no hidden characters, line ends -> clean text
 *   read_yaml.c   events of libfyaml, what a policy may not use refused          -> tree of nodes
 *   read_schema.c keys against the tables of schema.h                            -> read_*() of a key
 *   read_*.c      one file a part of the grammar                                 -> struct policy
 *
 * Mistakes are added to the diagnostics and reading goes on; memory that is missing sets a flag that
 * policy_read() looks at once. So nothing here returns an error that a caller must carry.
 */
#ifndef CW_POLICY_READ_H
#define CW_POLICY_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/diagnostics.h"
#include "policy/model.h"
#include "policy/schema.h"
#include "util/cleanup.h"
#include "util/vocabulary.h"

#define READ_DEPTH_MAX 8 /* nested lists and mappings; the grammar has five */
#define READ_NODES_MAX 262144
/* libfyaml's time for a text grows with the square of its blanks and line ends. */
#define READ_BLANKS_MAX 1000 /* in a row */
#define READ_TEXT_MAX 4096 /* bytes of one name, path, reason ... with its quotes and indentation */

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAPPING };

struct node {
	enum node_kind kind;
	bool nothing; /* an empty value, `~` or `null` without quotes */
	bool unread; /* told already, and nobody knows what it would say: an alias */
	bool exact; /* the text stands in the file as it is: parts of it have places */
	unsigned int quotes; /* columns between where and the text */
	struct location where;
	const char *text; /* NUL-terminated; of a list or mapping: "" */
	size_t length;
	struct node *next; /* in the list, or the next key of the mapping */
	struct node *value; /* of a mapping's key */
	struct node *first; /* item or key */
	size_t count;
};

struct tree_block;

/* The nodes of one file, freed together. */
struct tree {
	struct tree_block *blocks;
	size_t node_count;
	struct node *document; /* NULL if the file holds none */
};

enum root_state { ROOT_ABSENT, ROOT_GOOD, ROOT_BAD, ROOT_ABSENT_REPORTED };

struct reader {
	struct policy *policy;
	struct diagnostics *diagnostics;
	size_t errors_before; /* in diagnostics, of other files */
	bool out_of_memory;
	size_t unread; /* values passed over, and follow-ups of other mistakes that are not told */
	bool executables_bad; /* names that are not known may be the follow-up of another mistake */
	bool executables_full;
	enum root_state root;
	struct location key; /* of the key whose value is being read, when its handler begins */
};

/* Bytes of a file -> text with \n line ends, without byte order mark, owned by the caller. False:
 * diagnosed (or out of memory). */
bool read_text(struct reader *reader, const char *bytes, size_t length, char **ret_text,
	       size_t *ret_length);
/* Is there nothing in a value that a file may not hold? Escapes in quotes can write it. */
bool read_text_visible(const char *text, size_t length);
/* Text -> tree; false: diagnosed (or out of memory). */
bool read_yaml(struct reader *reader, const char *text, size_t length, struct tree *tree);
struct fy_diag;
/* What the parser found wrong with text, reported. */
void read_yaml_errors(struct reader *reader, struct fy_diag *diag, const char *text);
void tree_release(struct tree *tree);
/* Zeroed memory that lives as long as the tree. */
void *tree_allocate(struct reader *reader, struct tree *tree, size_t size);

/* ---- mistakes ---- */

#define read_error(reader, where, ...) \
	diagnostics_add((reader)->diagnostics, SEVERITY_ERROR, (where), __VA_ARGS__)
#define read_warning(reader, where, ...) \
	diagnostics_add((reader)->diagnostics, SEVERITY_WARNING, (where), __VA_ARGS__)
#define read_note(reader, where, ...) \
	diagnostics_add((reader)->diagnostics, SEVERITY_NOTE, (where), __VA_ARGS__)

/* Told or not: more of them than before, and what was read between is not all that was meant. */
static inline size_t read_faults(const struct reader *reader)
{
	return reader->diagnostics->errors + reader->unread;
}

/* The place of a part of a text; the whole text's where parts have none. */
struct location node_part(const struct node *node, size_t at, size_t length);
/* "did you mean", if one of the words is near. */
void hint_nearest(struct diagnostic *diagnostic, const struct vocabulary *words, const char *word);
/* All of them, behind `what`: "types are `stream`, …". */
void hint_all(struct diagnostic *diagnostic, const char *what, const struct vocabulary *words);

/* ---- memory ---- */

/* Room for one more element behind *count of them, zeroed; NULL: out of memory. */
void *read_append(struct reader *reader, void *array, size_t *count, size_t size);
#define APPEND(reader, array, count) \
	((__typeof__(array))read_append(reader, &(array), &(count), sizeof(*(array))))
void read_take_text(struct reader *reader, const struct node *node, struct text *text);
char *read_strdup(struct reader *reader, const char *text, size_t length);

/* ---- tables ---- */

/* A mapping by its schema: unknown keys, duplicates, types, required keys; then each key's read(). What stands below a
 * misspelt key is read as that of the key that was meant. */
void schema_read(struct reader *reader, const struct schema *schema, const struct node *mapping,
		 void *object);
/* Some of its keys may be where an alias stands: what it lacks is not known. */
bool node_incomplete(const struct node *mapping);
/* The key's node; NULL if the mapping has none. */
const struct node *node_key(const struct node *mapping, const char *name);

/* A text, or a list of texts, each handed to item(). Empty and nested lists are mistakes. */
typedef void read_item(struct reader *reader, const struct node *item, void *object);
void read_items(struct reader *reader, const char *what, const struct node *value, read_item *item,
		void *object);
/* One word of a vocabulary: its value, or -1 (diagnosed). what: "`mode`". */
int read_word(struct reader *reader, const char *what, const struct node *value,
	      const struct vocabulary *words);
/* A name of ours: [A-Za-z0-9][A-Za-z0-9_.-]*, POLICY_NAME_MAX. what: "a rule's id". */
bool read_name(struct reader *reader, const char *what, const struct node *value);

extern const struct vocabulary read_file_modes; /* audit, enforce */
extern const struct vocabulary read_class_modes; /* and off */

/* ---- parts of the grammar ---- */

struct index_list {
	size_t **items;
	size_t *count;
};
struct port_list {
	struct port_range **items;
	size_t *count;
};
struct address_list {
	struct address **items;
	size_t *count;
};

/* A path with ${root} replaced. False: diagnosed. ret_glob NULL: globs are mistakes. */
bool read_path(struct reader *reader, const struct node *value, struct text *path, bool *ret_glob);
/* Names of executables, or paths. */
void read_executables(struct reader *reader, const char *what, const struct node *value,
		      struct index_list list);
void read_ports(struct reader *reader, const char *what, const struct node *value,
		struct port_list list);
void read_addresses(struct reader *reader, const char *what, const struct node *value,
		    struct address_list list);
/* Names or numbers of users or groups. */
void read_accounts(struct reader *reader, const char *what, const struct node *value,
		   struct text_list *list);

/* Handlers of the file's keys, each beside its part of the grammar. */
typedef void read_key(struct reader *reader, const struct schema_key *key, const struct node *value,
		      void *object);
read_key read_root_key, read_executables_key, read_class_key, read_library_key, read_sockets_key,
	read_guard_key;

/* The schemas of those parts. */
extern const struct schema schema_policy, schema_executable, schema_exec_rule, schema_bind_rule,
	schema_connect_rule, schema_class, schema_library, schema_sockets, schema_guard,
	schema_guard_bind, schema_guard_connect, schema_guard_exec;

/* Defaults of what the file does not say. */
void read_sockets_default(struct policy *policy);

#endif

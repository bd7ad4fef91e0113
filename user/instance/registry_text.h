/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the reader of `qlist` and `list`: registry_text.c tells lines apart and has what both need,
 * registry_qlist.c and registry_list.c know one of them each.
 */
#ifndef CW_INSTANCE_REGISTRY_TEXT_H
#define CW_INSTANCE_REGISTRY_TEXT_H

#include "instance/registry_inside.h"
#include "instance/source.h"

struct text_part {
	const char *text;
	size_t length;
};

struct text_reading {
	struct registry *registry;
	struct source source;
	const char *file; /* of the registry */
	/* The block of `list` that is being read: its instance is known with its directory. */
	bool block;
	bool by_default;
	struct source_line heading;
	struct text_part name;
	struct instance *instance;
	size_t understood; /* lines */
	bool passed; /* over the line before: told of the first in a row */
	bool out_of_memory;
};

/* A line with `^`. */
void text_read_qlist(struct text_reading *reading, const struct source_line *line);
/* `Configuration 'NAME'`: false, it is none. */
bool text_read_heading(struct text_reading *reading, const struct source_line *line);
/* `key: value` of a block. */
void text_read_block(struct text_reading *reading, const struct source_line *line,
		     struct text_part key, struct text_part value);
void text_end_block(struct text_reading *reading);

/* ---- what both need ---- */

/* For `%.*s`. */
#define SHOWN(part) (int)((part).length < 100 ? (part).length : 100), (part).text

struct location text_location(const struct text_reading *reading, const struct source_line *line,
			      struct text_part part);
struct diagnostic *text_error(const struct text_reading *reading, const struct location *where,
			      const char *before, struct text_part part, const char *behind);
struct text_part text_trimmed(const char *text, size_t length);
bool text_begins(struct text_part part, const char *word); /* whatever the case */
/* An empty part leaves the string as it is. */
void text_set(struct text_reading *reading, char **string, struct text_part part);
void text_set_status(struct text_reading *reading, struct instance *instance,
		     struct text_part status);
/* Empty and 0: none. */
void text_set_port(struct text_reading *reading, const struct source_line *line,
		   struct text_part part, uint16_t *ret);
void text_set_name(struct text_reading *reading, struct instance *instance, struct text_part name);
/* A path of its own, or NULL where it is the install directory. */
void text_set_data(struct text_reading *reading, struct instance *instance, struct text_part data);
/* The instance of a directory; NULL: diagnosed. */
struct instance *text_place(struct text_reading *reading, const struct source_line *line,
			    struct text_part root, enum instance_source source);

#endif

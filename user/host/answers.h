/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What host names resolved to last, as a file in the daemon's runtime directory. A daemon that is started while no
 * name server answers has it from the one before: without it, what was allowed a minute ago would be refused.
 *
 *	host-names 1 3				version, number of lines that follow
 *	ecp.example.org 10.1.2.3
 *	ecp.example.org 2001:db8::3
 *	mirror.example.org 10.1.2.4
 *
 * Names stand in the order of strcmp(), addresses of one in that of struct resolved_address's bytes, none twice. The
 * count tells a file that was cut off from a whole one. A name without an address is not in it.
 */
#ifndef CW_HOST_ANSWERS_H
#define CW_HOST_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/diagnostics.h"
#include "policy/facts.h"
#include "util/buffer.h"

#define ANSWERS_FILE "host-names"
#define ANSWERS_MAX 65536 /* addresses of all names together */

/* Add an address (or with NULL, none) to a name; what belongs to one name comes together. NULL: no memory. */
struct name_fact *answers_add(struct facts *names, const char *name,
			      const struct resolved_address *address);

/* The file's text; nothing where no name has an address. -E2BIG: there are more than ANSWERS_MAX. */
int answers_print(const struct facts *names, struct buffer *to);

/*
 * The reverse: 0 and *ret_names, of which only names are set; -EINVAL: one mistake, told as a warning; -ENOMEM. text need
 * not be NUL-terminated; path is for messages.
 */
int answers_parse(const char *path, const char *text, size_t length,
		  struct diagnostics *diagnostics, struct facts *ret_names);

/* Only what nobody but root (or the caller) can have written is read. As above; -ENOENT: there is none. */
int answers_load(const char *directory, struct diagnostics *diagnostics, struct buffer *ret_text,
		 struct facts *ret_names);

/* False: nothing has that name. */
bool answers_there(const char *directory);

/* Replace the file by this text, whole or not at all; empty: remove it. 0 or an error of the system. */
int answers_save(const char *directory, const struct buffer *text);

#endif

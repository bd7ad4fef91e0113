/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the decoder of cpfs: config.c the parameters, config_*.c the sections that are lists. What is
 * wrong is added to the diagnostics and decoding goes on; memory that is missing sets a flag that
 * config_decode() looks at once.
 */
#ifndef CW_INSTANCE_DECODE_H
#define CW_INSTANCE_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "instance/config.h"

struct decode {
	struct config *config;
	const struct cpf *cpf;
	struct diagnostics *diagnostics;
	bool out_of_memory;
};

#define DECODE_FIELDS_MAX 32

/* A value cut into its fields. */
struct decode_fields {
	const struct cpf_setting *setting;
	struct {
		size_t at, length; /* in the value; blanks at the ends cut */
	} items[DECODE_FIELDS_MAX];
	size_t count;
};

/* Cut the setting's bytes from `at` to `end` at each separator that is not within a field's double
 * quotes. What goes beyond DECODE_FIELDS_MAX stays in the last field. */
void decode_split(const struct cpf_setting *setting, size_t at, size_t end, char separator,
		  struct decode_fields *ret);
/*
 * IRIS's reference allows comments behind a value (`;`, `#`, two slashes, a slash and an asterisk). Whether Caché
 * takes them is not known: there they stay, and what they stand behind is no number.
 *
 * decode_split_row: the fields between commas of a whole row, but for a comment that has blanks on both sides.
 * decode_uncommented: how many bytes come before a comment and the blanks before it. Only for what never has such
 * signs itself: numbers, hosts.
 */
void decode_split_row(const struct decode *decode, const struct cpf_setting *setting,
		      struct decode_fields *ret);
size_t decode_uncommented(const struct decode *decode, const char *text, size_t length);
/* A field's text, `""` and quotes around it taken off; "" beyond the last. */
const char *decode_text(struct decode *decode, const struct decode_fields *fields, size_t field);
const char *decode_copy(struct decode *decode, const char *text, size_t length);
/* A field's port, without a comment behind it. Empty: `otherwise`; where that is 0 and for what is no port: an
 * error, and 0. */
uint16_t decode_port(struct decode *decode, const struct decode_fields *fields, size_t field,
		     uint16_t otherwise);
/* A field's number; empty: 0, and so is, with an error, what is no number. */
uint32_t decode_number(struct decode *decode, const struct decode_fields *fields, size_t field);
/* The place of a field; of the key where the field is not given. */
struct location decode_where(const struct decode *decode, const struct decode_fields *fields,
			     size_t field);
/* Decimal digits, at most UINT32_MAX. */
bool decode_digits(const char *text, size_t length, uint32_t *ret);

/* Room for one more element, zeroed; NULL: out of memory. */
void *decode_append(struct decode *decode, void *array, size_t *count, size_t size);
#define DECODE_APPEND(decode, list) \
	((__typeof__((list)->items))decode_append((decode), &(list)->items, &(list)->count, \
						  sizeof(*(list)->items)))

#define decode_error(decode, where, ...) \
	diagnostics_add((decode)->diagnostics, SEVERITY_ERROR, (where), __VA_ARGS__)
#define decode_warning(decode, where, ...) \
	diagnostics_add((decode)->diagnostics, SEVERITY_WARNING, (where), __VA_ARGS__)
#define decode_note(decode, where, ...) \
	diagnostics_add((decode)->diagnostics, SEVERITY_NOTE, (where), __VA_ARGS__)

/* Each section of the name, whatever its argument: each of its settings that counts. */
typedef void decode_row(struct decode *decode, const struct cpf_section *section,
			const struct cpf_setting *setting);
void decode_section(struct decode *decode, const char *name, decode_row *row);

void decode_data(struct decode *decode); /* databases, namespaces, archives, devices, actions */
void decode_peers(struct decode *decode); /* ECP, license servers, mirrors, shadows, gateways */
void decode_crosses(struct decode *decode); /* what names what; after all of them */
void decode_says(struct decode *decode); /* what the file is, where that is no configuration */

struct config_pool *config_pool_free(struct config_pool *pool);

#endif

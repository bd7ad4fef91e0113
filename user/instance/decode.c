/* SPDX-License-Identifier: GPL-2.0-only */
/* What the decoders of a cpf's sections have in common. */
#include "instance/decode.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "instance/source.h"

struct config_pool {
	struct config_pool *next;
	size_t used, size;
	char bytes[];
};

#define POOL_BLOCK 16384

struct config_pool *config_pool_free(struct config_pool *pool)
{
	while (pool) {
		struct config_pool *next = pool->next;

		free(pool);
		pool = next;
	}
	return NULL;
}

const char *decode_copy(struct decode *decode, const char *text, size_t length)
{
	struct config_pool *pool = decode->config->pool;
	char *copy;

	if (!length)
		return "";
	if (!pool || pool->size - pool->used < length + 1) {
		size_t size = length + 1 > POOL_BLOCK ? length + 1 : POOL_BLOCK;

		pool = malloc(sizeof(*pool) + size);
		if (!pool) {
			decode->out_of_memory = true;
			return "";
		}
		*pool = (struct config_pool){ .next = decode->config->pool, .size = size };
		decode->config->pool = pool;
	}
	copy = pool->bytes + pool->used;
	memcpy(copy, text, length);
	copy[length] = '\0';
	pool->used += length + 1;
	return copy;
}

void *decode_append(struct decode *decode, void *array, size_t *count, size_t size)
{
	void **items = array;
	void *grown;

	/* Room is doubled whenever the count is a power of two. */
	if ((*count & (*count - 1)) == 0) {
		grown = reallocarray(*items, *count ? 2 * *count : 1, size);
		if (!grown) {
			decode->out_of_memory = true;
			return NULL;
		}
		*items = grown;
	}
	return memset((char *)*items + (*count)++ * size, 0, size);
}

/* The end of the field that begins at `at`. */
static size_t field_end(const char *value, size_t at, size_t end, char separator)
{
	const char *found;

	while (at < end && source_blank(value[at]))
		at++;
	if (at < end && value[at] == '"') {
		size_t quote = at + 1;

		while (quote < end && value[quote] != '"')
			quote++;
		/* A quote that is never closed is a character like any other. */
		if (quote < end)
			at = quote;
	}
	found = memchr(value + at, separator, end - at);
	return found ? (size_t)(found - value) : end;
}

/* The length of a comment's mark; 0: none begins there. */
static size_t comment_mark(const char *text, size_t length)
{
	if (*text == ';' || *text == '#')
		return 1;
	return length > 1 && *text == '/' && (text[1] == '/' || text[1] == '*') ? 2 : 0;
}

/* apart: only with blanks on both sides. */
static size_t before_comment(const struct decode *decode, const char *text, size_t length,
			     bool apart)
{
	bool quoted = false;

	for (size_t i = 0; decode->config->product == CONFIG_IRIS && i < length; i++) {
		size_t mark = comment_mark(text + i, length - i);

		quoted ^= text[i] == '"';
		if (!mark || quoted)
			continue;
		if (apart && ((i && !source_blank(text[i - 1])) ||
			      (i + mark < length && !source_blank(text[i + mark]))))
			continue;
		while (i && source_blank(text[i - 1]))
			i--;
		return i;
	}
	return length;
}

size_t decode_uncommented(const struct decode *decode, const char *text, size_t length)
{
	return before_comment(decode, text, length, false);
}

void decode_split(const struct cpf_setting *setting, size_t at, size_t end, char separator,
		  struct decode_fields *ret)
{
	const char *value = setting->value;

	ret->setting = setting;
	ret->count = 0;
	for (bool more = true; more; at++) {
		size_t stop = ret->count + 1 < DECODE_FIELDS_MAX
				      ? field_end(value, at, end, separator)
				      : end;
		const char *text = value + at;
		size_t length = stop - at;

		source_trim(&text, &length);
		ret->items[ret->count].at = (size_t)(text - value);
		ret->items[ret->count++].length = length;
		more = stop < end;
		at = stop;
	}
}

void decode_split_row(const struct decode *decode, const struct cpf_setting *setting,
		      struct decode_fields *ret)
{
	size_t length = strlen(setting->value);

	decode_split(setting, 0, before_comment(decode, setting->value, length, true), ',', ret);
}

static void unquote(const char **text, size_t *length)
{
	if (*length >= 2 && (*text)[0] == '"' && (*text)[*length - 1] == '"') {
		++*text;
		*length -= 2;
	}
}

const char *decode_text(struct decode *decode, const struct decode_fields *fields, size_t field)
{
	const char *text;
	size_t length;

	if (field >= fields->count)
		return "";
	text = fields->setting->value + fields->items[field].at;
	length = fields->items[field].length;
	unquote(&text, &length);
	return decode_copy(decode, text, length);
}

struct location decode_where(const struct decode *decode, const struct decode_fields *fields,
			     size_t field)
{
	if (field >= fields->count || !fields->items[field].length)
		return cpf_key_location(decode->cpf, fields->setting);
	return cpf_value_location(decode->cpf, fields->setting, fields->items[field].at,
				  fields->items[field].length);
}

bool decode_digits(const char *text, size_t length, uint32_t *ret)
{
	uint64_t number = 0;

	if (!length || length > 10)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	if (number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

uint16_t decode_port(struct decode *decode, const struct decode_fields *fields, size_t field,
		     uint16_t otherwise)
{
	struct location where = decode_where(decode, fields, field);
	const char *text = decode_text(decode, fields, field);
	size_t length = decode_uncommented(decode, text, strlen(text));
	uint16_t port;

	if (!length && otherwise)
		return otherwise;
	if (source_port(text, length, &port))
		return port;
	diagnostic_hint(decode_error(decode, &where,
				     *text ? "`%s` is no port" : "%sno port is given", text),
			"a port is a number from 1 to 65535");
	return 0;
}

uint32_t decode_number(struct decode *decode, const struct decode_fields *fields, size_t field)
{
	struct location where = decode_where(decode, fields, field);
	const char *text = decode_text(decode, fields, field);
	size_t length = decode_uncommented(decode, text, strlen(text));
	uint32_t number = 0;

	if (length && !decode_digits(text, length, &number))
		diagnostic_hint(decode_error(decode, &where, "`%s` is no number", text),
				"digits only");
	return number;
}

void decode_section(struct decode *decode, const char *name, decode_row *row)
{
	for (size_t i = 0; i < decode->cpf->section_count; i++) {
		const struct cpf_section *section = &decode->cpf->sections[i];

		if (strcasecmp(section->name, name) != 0)
			continue;
		for (const struct cpf_setting *setting = section->first; setting;
		     setting = setting->next)
			if (!setting->overridden)
				row(decode, section, setting);
	}
}

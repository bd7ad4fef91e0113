/* SPDX-License-Identifier: GPL-2.0-only */
/* What is asked of a cpf that was read, and what its name says. */
#include "instance/cpf.h"

#include <string.h>
#include <strings.h>

#include "util/utf8.h"

static const char *const kind_words[] = {
	[CPF_CONFIGURATION] = "configuration", [CPF_BACKUP] = "backup",
	[CPF_LAST_GOOD] = "last good",	       [CPF_INSTALL] = "installed",
	[CPF_REJECTED] = "rejected",	       [CPF_MERGE] = "merge",
};
_Static_assert(ARRAY_SIZE(kind_words) == CPF_KIND_MAX, "kind_words");
const struct vocabulary cpf_kind_words = { kind_words, ARRAY_SIZE(kind_words) };

/* `.cpf` in a name, the last one; NULL: none. */
static const char *last_suffix(const char *name)
{
	const char *found = NULL;

	for (const char *at = name; (at = strcasestr(at, ".cpf")); at++)
		found = at;
	return found;
}

enum cpf_kind cpf_kind_of_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	const char *suffix = last_suffix(name);

	if (strcasecmp(name, "_LastGood_.cpf") == 0)
		return CPF_LAST_GOOD;
	if (strcasecmp(name, "install.cpf") == 0)
		return CPF_INSTALL;
	if (!suffix)
		return CPF_CONFIGURATION;
	if (strcasecmp(suffix, ".cpf_rejected") == 0)
		return CPF_REJECTED;
	/* cache.cpf_20150129, and copies that somebody made: cache.cpf.old, cache.cpf~ */
	if (suffix[strlen(".cpf")])
		return CPF_BACKUP;
	/* A daily copy that was given its ending back: iris.cpf_20231204.cpf */
	for (const char *at = name; (at = strcasestr(at, ".cpf_")); at++)
		if (strspn(at + strlen(".cpf_"), "0123456789") == 8)
			return CPF_BACKUP;
	return CPF_CONFIGURATION;
}

const struct cpf_section *cpf_section(const struct cpf *cpf, const char *name, const char *argument)
{
	for (size_t i = 0; i < cpf->section_count; i++) {
		const struct cpf_section *section = &cpf->sections[i];

		if (strcasecmp(section->name, name) == 0 && !section->argument == !argument &&
		    (!argument || strcasecmp(section->argument, argument) == 0))
			return section;
	}
	return NULL;
}

/* The first of the index that is not before (section, key). */
static size_t lower_bound(const struct cpf *cpf, const struct cpf_section *section, const char *key)
{
	size_t low = 0, high = cpf->setting_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct cpf_setting *setting = cpf->index[middle];

		if (setting->section < section ||
		    (setting->section == section && strcasecmp(setting->key, key) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct cpf_setting *cpf_setting(const struct cpf *cpf, const char *section_name,
				      const char *key)
{
	const struct cpf_section *section = cpf_section(cpf, section_name, NULL);
	const struct cpf_setting *last = NULL;

	if (!section)
		return NULL;
	for (size_t i = lower_bound(cpf, section, key); i < cpf->setting_count; i++) {
		const struct cpf_setting *setting = cpf->index[i];

		if (setting->section != section || strcasecmp(setting->key, key) != 0)
			break;
		if (!last || setting > last)
			last = setting;
	}
	return last;
}

const struct cpf_setting *cpf_other_spelling(const struct cpf *cpf,
					     const struct cpf_setting *setting)
{
	for (size_t i = lower_bound(cpf, setting->section, setting->key); i < cpf->setting_count;
	     i++) {
		const struct cpf_setting *other = cpf->index[i];

		if (other->section != setting->section || strcasecmp(other->key, setting->key) != 0)
			break;
		if (!other->overridden && strcmp(other->key, setting->key) != 0)
			return other;
	}
	return NULL;
}

struct location cpf_key_location(const struct cpf *cpf, const struct cpf_setting *setting)
{
	size_t length = utf8_count(setting->key, strlen(setting->key));

	return (struct location){
		.file = cpf->file,
		.line = setting->line,
		.column = setting->column,
		.length = length ? (unsigned int)length : 1,
	};
}

struct location cpf_value_location(const struct cpf *cpf, const struct cpf_setting *setting,
				   size_t at, size_t length)
{
	size_t shown = utf8_count(setting->value + at, length);

	return (struct location){
		.file = cpf->file,
		.line = setting->line,
		.column = setting->value_column + (unsigned int)utf8_count(setting->value, at),
		.length = shown ? (unsigned int)shown : 1,
	};
}
